"""Write the multi-view dataset: one folder per asset, whole or absent.

See :mod:`funcorr.render.dataset` for what is in the files, and for reading them.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

import funcorr
from funcorr.assets.store import fingerprint, list_assets, read_asset
from funcorr.errors import UserError
from funcorr.io import cannot_write, read_json, write_json
from funcorr.parallel import Engine, run_tasks
from funcorr.render.asset import render_asset
from funcorr.render.config import RenderConfig
from funcorr.render.dataset import FORMAT, asset_ids
from funcorr.render.raster import Tracer
from funcorr.run_folder import Stage, claim, flat

RECORD = "dataset.json"
PARTIAL = ".partial"
"""Suffix of a folder that is still being written."""


@dataclass(frozen=True)
class RenderReport:
    """What a run did.

    Attributes:
        rendered: ids of assets rendered now.
        skipped: ids that were there already.
        failed: id -> reason.
    """

    rendered: tuple[str, ...]
    skipped: tuple[str, ...]
    failed: dict[str, str]


def render_dataset(
    assets: Path | str,
    out: Path | str,
    config: RenderConfig | None = None,
    workers: int = 1,
    resume: bool = False,
    engine: Engine = "processes",
) -> RenderReport:
    """Render a folder of assets into a multi-view dataset.

    Every asset appears in ``out`` only when it is whole, so a killed run loses at most the assets
    that were under way. The bytes do not depend on the number of workers. An asset that cannot be
    rendered is reported and left out.

    Args:
        assets: folder with ``<asset-id>/model.glb`` and ``asset.json``.
        out: folder of the dataset.
        config: what to render.
        workers: processes.
        resume: go on with a dataset that is there. Its assets are left as they are, but for those
            whose ``model.glb`` or ``asset.json`` is no longer the one that was rendered.
        engine: see :func:`funcorr.parallel.run_tasks`.

    Raises:
        UserError: no assets; ``out`` holds a dataset and ``resume`` is off; it was made with
            another configuration; it cannot be written to; or no asset could be rendered.
    """
    assets, out, config = Path(assets).absolute(), Path(out).absolute(), config or RenderConfig()
    wanted = list_assets(assets)
    dataset = Stage("dataset", {"config": asdict(config)}, ["*"])
    with claim(out, dataset, record=RECORD, resume=resume, upgrade=_todays):
        return _render(assets, wanted, out, config, workers, engine)


def _render(
    assets: Path,
    wanted: Sequence[str],
    out: Path,
    config: RenderConfig,
    workers: int,
    engine: Engine,
) -> RenderReport:
    _remove_leftovers(out)
    _remove_stale(assets, out, wanted)
    _describe(out, config, {})
    present = set(asset_ids(out))
    missing = [name for name in wanted if name not in present]
    failed: dict[str, str] = {}
    jobs = {name: (assets / name, out, config) for name in missing}
    for name, problem in run_tasks(_render_one, jobs, workers, engine, "rendering"):
        if problem is not None:
            failed[name] = str(problem)
    _remove_leftovers(out)
    _describe(out, config, failed)
    rendered = tuple(name for name in missing if name not in failed)
    if failed and not asset_ids(out):
        name, problem = next(iter(failed.items()))
        raise UserError(f"none of {len(failed)} assets could be rendered; {name}: {problem}")
    return RenderReport(rendered, tuple(name for name in wanted if name in present), failed)


def _remove_leftovers(out: Path) -> None:
    for leftover in out.glob(f".*{PARTIAL}"):
        shutil.rmtree(leftover)


def _remove_stale(assets: Path, out: Path, wanted: Sequence[str]) -> None:
    """Remove what was rendered from files that have changed since."""
    for name in set(asset_ids(out)).intersection(wanted):
        rendered = read_json(out / name / "asset.json", "asset").get("fingerprint")
        if rendered is not None and rendered != fingerprint(assets / name):
            stale = out / f".{name}{PARTIAL}"
            (out / name).replace(stale)
            shutil.rmtree(stale)


def _render_one(source: Path, out: Path, config: RenderConfig) -> str | None:
    """Render into a hidden folder and rename it; what went wrong with the asset, if anything."""
    partial = out / f".{source.name}{PARTIAL}"
    try:
        shutil.rmtree(partial, ignore_errors=True)
        render_asset(read_asset(source), partial, config, fingerprint(source))
        partial.replace(out / source.name)
    except OSError as error:
        raise cannot_write(out, error) from None
    except Exception as error:  # one bad asset must not end the run
        return str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return None


def _describe(out: Path, config: RenderConfig, failed: dict[str, str]) -> None:
    """Write ``dataset.json``."""
    names = asset_ids(out)
    assets = [read_json(out / name / "asset.json", "asset") for name in names]
    content = {
        "format": FORMAT,
        "generator": f"funcorr {funcorr.__version__}",
        "seed": config.seed,
        "config": asdict(config),
        "assets": len(names),
        "categories": dict(sorted(Counter(asset["category"] for asset in assets).items())),
        "licenses": dict(sorted(Counter(asset["license"] for asset in assets).items())),
        "failed": dict(sorted(failed.items())),
    }
    write_json(out / RECORD, content)


def _todays(stored: dict[str, Any]) -> dict[str, Any]:
    """Settings of an older dataset; those that are newer than it had their defaults."""
    if (tracer := stored.get("config.renderer")) in get_args(
        Tracer
    ):  # of the one painter there was
        stored = {**stored, "config.renderer": "raster", "config.tracer": tracer}
    return flat({"config": asdict(RenderConfig())}) | stored
