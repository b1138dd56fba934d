"""``funcorr doctor``: what works on this machine, and what each missing thing would give."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

CORE = ("torch", "numpy", "scipy", "pillow", "safetensors", "transformers", "huggingface_hub")
"""Packages that are always installed, whose versions matter in a report."""

EXTRAS: dict[str, tuple[tuple[str, ...], str]] = {
    "render": (("manifold3d", "embreex"), "making and rendering training objects"),
    "photoreal": (("mitsuba", "pyoidn"), "path-traced renderings"),
    "diffusion": (("diffusers",), "the rows sd and sd-dino"),
    "vlm": (("openai",), "labels from a vision-language model on a server"),
    "app": (("gradio", "viser"), "the web page and the 3D annotator"),
    "cluster": (("ray",), "rendering and labelling on many machines"),
    "draco": (("DracoPy",), "importing glTF files that Draco compresses"),
}
"""Extra -> its modules, and what works only with them."""


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Attributes:
        topic: its section, for instance ``"weights"``.
        item: the thing looked at.
        ok: True when it is here; None when it is neither good nor bad.
        detail: version, place or number.
        gives: what a missing thing would give, and how to get it; empty when it is here.
    """

    topic: str
    item: str
    ok: bool | None
    detail: str
    gives: str = ""


def doctor() -> None:
    """Say what is installed, which weights are cached, what the CPU and GPU can do, what works."""
    from funcorr.cli.tables import print_paragraph, print_table

    marks = {True: "yes", False: "no", None: ""}
    *findings, cache = examine()
    rows = [(each.topic, each.item, marks[each.ok], each.detail) for each in findings]
    print_table("funcorr doctor", ("topic", "item", "here", "what it is"), rows)
    print()
    print_paragraph(": ".join(filter(None, ("cache", cache.detail, cache.gives))))
    for each in findings:
        if each.gives:
            print_paragraph(f"{each.item}: {each.gives}")
    print()
    print_paragraph(f"Works here: {', '.join(_works())}.")


def _works() -> Iterator[str]:
    """What a user can do on this machine as it is."""
    from funcorr.cli.models import heatmap_rows
    from funcorr.correspondence.registry import rows

    models = rows()
    running = [row.name for row in models if row.missing() is None]
    if "funcorr-small" in running:
        yield "funcorr match with funcorr-small"
    for row in heatmap_rows():
        if row.missing() is None:
            yield f"funcorr afford with {row.name}"
    yield f"{len(running)} of {len(models)} models for matching ('funcorr models' lists them)"
    for extra, (modules, gives) in EXTRAS.items():
        if extra != "diffusion" and not _lacking(modules):  # that one is among the models
            yield gives


def examine() -> tuple[Finding, ...]:
    """Look at this machine; nothing is fetched, written or changed."""
    return (*_packages(), *_extras(), *_weights(), *_hardware(), _cache())


def vector_unit(flags: set[str], capability: str = "") -> str:
    """The widest matrix or vector unit of a CPU.

    Args:
        flags: lower-case CPU flags as Linux lists them; may be empty on other systems.
        capability: what ``torch.backends.cpu.get_cpu_capability()`` says.

    Returns:
        ``"AMX"``, ``"AVX-512"``, ``"AVX2"`` or ``"none"``.
    """
    if "amx_tile" in flags:
        return "AMX"
    if "avx512f" in flags or capability.startswith("AVX512"):
        return "AVX-512"
    if "avx2" in flags or capability.startswith("AVX2"):
        return "AVX2"
    return "none"


def _packages() -> Iterator[Finding]:
    yield Finding("python", platform.python_implementation(), True, platform.python_version())
    for name in ("funcorr", *CORE):
        version = _version(name)
        gives = "" if version else "for everything: pip install funcorr"
        yield Finding("package", name, version is not None, version or "", gives)


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _extras() -> Iterator[Finding]:
    for extra, (modules, gives) in EXTRAS.items():
        lacking = _lacking(modules)
        detail = f"lacks {', '.join(lacking)}" if lacking else ", ".join(modules)
        hint = f"for {gives}: pip install 'funcorr[{extra}]'" if lacking else ""
        yield Finding("extra", extra, not lacking, detail, hint)


def _lacking(modules: tuple[str, ...]) -> list[str]:
    return [name for name in modules if importlib.util.find_spec(name) is None]


def _weights() -> Iterator[Finding]:
    from funcorr.weights.catalog import CATALOG
    from funcorr.weights.resolver import find

    for entry in CATALOG.values():
        folder = find(entry.name)
        hint = "" if folder else f"for {entry.needed_by}: funcorr weights fetch {entry.name}"
        detail = entry.licence if folder else f"{entry.size / 1e6:.0f} MB to fetch"
        yield Finding("weights", entry.name, folder is not None, detail, hint)


def _hardware() -> Iterator[Finding]:
    import torch

    threads = f"{torch.get_num_threads()} of {os.cpu_count()} logical cores"
    yield Finding("cpu", "torch threads", None, threads)
    flags = _cpu_flags()
    unit = vector_unit(flags, torch.backends.cpu.get_cpu_capability())
    fast = unit in ("AMX", "AVX-512")
    gives = "" if fast else "faster matching needs a CPU with AVX-512 or AMX, or a GPU"
    yield Finding("cpu", "vector unit", fast, unit, gives)
    bf16 = "yes" if {"avx512_bf16", "amx_bf16"} & flags else "no"
    yield Finding("cpu", "bf16 in hardware", None, bf16)
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else ""
    gives = "" if gpu else "faster encoding and training; not needed"
    yield Finding("gpu", "CUDA or ROCm", bool(gpu), gpu or "none", gives)


def _cpu_flags() -> set[str]:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(errors="replace").splitlines() if cpuinfo.is_file() else []
    flags = (line.partition(":")[2].split() for line in lines if line.startswith("flags"))
    return set().union(*flags)


def _cache() -> Finding:
    from funcorr.cli.tables import short_path
    from funcorr.weights.resolver import cache_folder, is_offline

    folder = cache_folder()
    existing = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    writable = os.access(existing, os.W_OK)
    free = f"{shutil.disk_usage(existing).free / 1e9:.1f} GB free"
    state = ", downloads switched off" if is_offline() else ""
    gives = "" if writable else "to keep weights, set FUNCORR_CACHE to a folder you may write to"
    return Finding("cache", "folder", writable, f"{short_path(folder)}, {free}{state}", gives)
