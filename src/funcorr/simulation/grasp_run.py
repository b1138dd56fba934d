"""Lift where an affordance model says that things are held, beside the middle and anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from jaxtyping import Bool

from funcorr.benchmark.poses import rgbd_views
from funcorr.errors import UserError, require
from funcorr.groundtruth.pairs import Benchmark, ImagePair, read_benchmark
from funcorr.images import read_mask
from funcorr.io import read_json, write_json
from funcorr.run_folder import Stage, claim
from funcorr.simulation.asset_folder import find_assets
from funcorr.simulation.body import Body, load_body
from funcorr.simulation.directed import seed_of
from funcorr.simulation.grasp_points import grasp_at
from funcorr.simulation.lift import LIFT
from funcorr.simulation.similarities import objects_in_cameras
from funcorr.simulation.summary import summarize, write_summary
from funcorr.simulation.trial import Outcome, tried

FORMAT = "funcorr-grasp/1"
ACTION = "hold"


@dataclass(frozen=True, eq=False)
class Sight:
    """One picture of one object.

    Attributes:
        pair: the image pair that it comes from.
        number: 1 or 2.
    """

    pair: ImagePair
    number: int

    @property
    def asset(self) -> str:
        """Name of the object."""
        return str(getattr(self.pair, f"asset{self.number}"))

    @property
    def name(self) -> str:
        """The picture and the function."""
        return f"{self.pair.function} {getattr(self.pair, f'image{self.number}')}"


def simulate_grasps(
    bench: str | Path,
    model: Any,
    out: str | Path,
    assets: str | Path | None = None,
    seed: int = 0,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Lift the object of every picture by a grasp from one pixel, see :func:`grasp_at`.

    The rows differ in the pixel alone: ``oracle`` takes the middle of the functional part, the
    model the peak of its heatmap of "hold" on the object, ``box`` the object's pixel nearest to the
    middle of its bounding box, ``chance`` any pixel of it. Pictures count where the oracle
    succeeds. What must be touched is the part of the pair's function.

    Args:
        bench: a benchmark with depth and parts, best of ``hold-by``.
        model: an affordance model, or a name for :func:`funcorr.load_affordance_model`.
        out: the run folder: ``config.json``, ``trials/``, ``results.json``, ``table.md``,
            ``table.csv``.
        assets: see :func:`funcorr.simulation.run.simulate`.
        seed: of chance and of the robot's small errors.
        overwrite: discard what another configuration left in ``out``.

    Raises:
        UserError: the benchmark lacks depth or parts, an asset is missing, or ``out`` belongs to
            another configuration.
    """
    require("mujoco", extra="simulation")
    benchmark, out = read_benchmark(bench), Path(out)
    if not (benchmark.has_depth and benchmark.has_parts):
        raise UserError(
            f"{benchmark.path} has no depth or no parts; funcorr pairs --depth has both"
        )
    sights = list(_sights(benchmark))
    given = None if assets is None else Path(assets)
    folder = find_assets(benchmark.path, (each.asset for each in sights), given)
    if isinstance(model, str):
        from funcorr.affordance.registry import load_affordance_model

        model = load_affordance_model(model)
    with claim(out, *_stages(benchmark, model, seed), overwrite=overwrite):
        for sight in sights:
            if not (file := _file(out, sight)).exists():
                write_json(
                    file, _tried(benchmark, sight, load_body(folder / sight.asset), model, seed)
                )
        records = [read_json(_file(out, each)) for each in sights]
        head = {"task": "grasp", "benchmark": benchmark.name, "models": [model.name]}
        results = head | summarize(records)
        write_json(out / "results.json", results)
        write_summary(results, out)
    return results


def _sights(benchmark: Benchmark) -> Iterator[Sight]:
    """Every picture once per function."""
    seen: set[str] = set()
    for pair in benchmark.pairs:
        for sight in (Sight(pair, 1), Sight(pair, 2)):
            if sight.name not in seen:
                seen.add(sight.name)
                yield sight


def _tried(benchmark: Benchmark, sight: Sight, body: Body, model: Any, seed: int) -> dict[str, Any]:
    """The outcome of every row; of the oracle alone where that fails."""
    pair, index = sight.pair, sight.number - 1
    view, to_camera = rgbd_views(benchmark, pair)[index], objects_in_cameras(benchmark, pair)[index]
    seeds = (seed, seed_of(sight.name))
    files = {key: benchmark.file(pair, f"{key}{sight.number}") for key in ("image", "mask")}
    mask, part = read_mask(files["mask"], benchmark.image_size), benchmark.parts(pair)[index]

    def lifted(pixel: np.ndarray) -> dict[str, Any]:
        try:
            grasp = grasp_at(view, pixel, to_camera, body.length)
        except UserError:
            return asdict(Outcome(False, "unseen"))
        return asdict(tried(LIFT, body, pair.function, grasp, seeds))

    rows = {"oracle": lifted(nearest(part, _pixels(part).mean(axis=0)))}
    if rows["oracle"]["success"]:
        rng = np.random.default_rng(seeds)
        heat = model.predict(files["image"], actions=[ACTION], mask=files["mask"])[ACTION]
        peak = np.unravel_index(np.where(mask, heat, -1.0).argmax(), heat.shape)[::-1]
        rows["chance"] = lifted(rng.choice(_pixels(mask)))
        rows["box"] = lifted(nearest(mask, (_pixels(mask).min(0) + _pixels(mask).max(0)) / 2))
        rows[model.name] = lifted(np.array(peak))
    names = {"function": pair.function, "asset1": sight.asset, "asset2": sight.asset}
    return {"picture": sight.name, **names, "rows": rows}


def nearest(mask: Bool[np.ndarray, "h w"], place: np.ndarray) -> np.ndarray:
    """The pixel (x, y) of a mask that is nearest to a place."""
    pixels = _pixels(mask)
    found: np.ndarray = pixels[np.linalg.norm(pixels - place, axis=1).argmin()]
    return found


def _pixels(mask: Bool[np.ndarray, "h w"]) -> np.ndarray:
    return np.argwhere(mask)[:, ::-1]


def _file(out: Path, sight: Sight) -> Path:
    return out / "trials" / f"{quote(sight.name, safe=' ')}.json"


def _stages(benchmark: Benchmark, model: Any, seed: int) -> tuple[Stage, Stage]:
    config: Mapping[str, Any] = {
        "format": FORMAT,
        "model": model.name,
        "model_fingerprint": str(getattr(model, "fingerprint", "")),
        "benchmark_fingerprint": benchmark.fingerprint(),
        "seed": seed,
    }
    written = ["results.json", "table.md", "table.csv"]
    return Stage("trials", config, ["trials"]), Stage("results", {}, written)
