"""A task on every pair of a benchmark, resumable: trials into a folder, the table from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zlib import crc32

import numpy as np

from funcorr.benchmark.image_encoding import Encoder, partners_together
from funcorr.errors import UserError, require
from funcorr.groundtruth.pairs import Benchmark, ImagePair, read_benchmark
from funcorr.io import read_json, write_json
from funcorr.run_folder import Stage, claim
from funcorr.simulation.body import Body, load_body
from funcorr.simulation.similarities import chance, oracle, predicted
from funcorr.simulation.summary import summarize, write_summary
from funcorr.simulation.task import Task
from funcorr.simulation.tasks import task_named
from funcorr.simulation.trial import Outcome, demonstrated, tried

FORMAT = "funcorr-simulation/1"
NATIVE = ("oracle", "chance")
"""Rows that look at no picture; they stand beside every model."""

WAYS = ("forward", "backward")


def simulate(
    bench: str | Path,
    assets: str | Path,
    model: Any,
    task: str,
    out: str | Path,
    seed: int = 0,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Try a task on every pair of a benchmark in both directions.

    The action is demonstrated on one object, carried to the other by the pose that the model's
    matches give, and tried there. Pairs count where the demonstration works and its carrying by
    the true functional frames does. The run folder holds ``config.json``, ``trials/`` (a JSON per
    directed pair), ``results.json``, ``table.md`` and ``table.csv``; a stopped run continues.

    Args:
        bench: the benchmark; with depth where a model is asked.
        assets: the folder of the assets that its pairs name.
        model: ``"oracle"``, ``"chance"``, a model, or a name for :func:`funcorr.load_model`.
        task: ``"lift"``, ``"pour"``, ``"hang"``, ``"pound"`` or ``"press"``.
        out: the run folder.
        seed: of chance and of the robot's small errors.
        overwrite: discard what another configuration left in ``out``.

    Returns:
        What ``results.json`` holds: per row ``success`` with its 95 percent interval, how often
        each criterion was broken, and the same per function.

    Raises:
        UserError: no such task, the benchmark lacks depth or functions of the task, an asset is
            missing, or ``out`` belongs to another configuration.
    """
    chosen, benchmark, out = task_named(task), read_benchmark(bench), Path(out)
    require("mujoco", extra="simulation")
    pairs = _usable(benchmark, chosen, Path(assets))
    if model not in NATIVE and not benchmark.has_depth:
        raise UserError(
            f"{benchmark.path} has no depth, and poses come from it; make it with "
            "funcorr pairs --depth, or ask for --model oracle or chance"
        )
    if isinstance(model, str) and model not in NATIVE:
        from funcorr.correspondence.registry import load_model

        model = load_model(model)
    with claim(out, *_stages(benchmark, model, chosen, seed), overwrite=overwrite):
        _try(benchmark, Path(assets), pairs, model, chosen, out, seed)
        records = [read_json(_path(out, pair, way)) for pair in pairs for way in WAYS]
        head = {"model": _name(model), "task": task, "benchmark": benchmark.name}
        results = head | summarize(records)
        write_json(out / "results.json", results)
        write_summary(results, out)
    return results


def _usable(benchmark: Benchmark, task: Task, assets: Path) -> list[ImagePair]:
    """The pairs of the task's functions, those that share a picture close to each other."""
    pairs = [
        pair for pair in benchmark.pairs if pair.function in task.functions or not task.functions
    ]
    if not pairs:
        raise UserError(
            f"{benchmark.path} has no pair that {task.name} can be tried on; expected one of "
            f"the functions {', '.join(task.functions)}"
        )
    for name in sorted({name for pair in pairs for name in (pair.asset1, pair.asset2)}):
        if not (assets / name / "asset.json").is_file():
            raise UserError(f"{assets} has no asset {name!r}, which {benchmark.path} names")
    return partners_together(pairs)


def _name(model: Any) -> str:
    return model if isinstance(model, str) else model.name


def _stages(benchmark: Benchmark, model: Any, task: Task, seed: int) -> tuple[Stage, Stage]:
    config = {
        "format": FORMAT,
        "task": task.name,
        "model": _name(model),
        "model_fingerprint": str(getattr(model, "fingerprint", "")),
        "benchmark": benchmark.name,
        "benchmark_fingerprint": benchmark.fingerprint(),
        "seed": seed,
    }
    written = ["results.json", "table.md", "table.csv"]
    return Stage("trials", config, ["trials"]), Stage("results", {}, written)


def _path(out: Path, pair: ImagePair, way: str) -> Path:
    return out / "trials" / f"{quote(pair.id, safe=' ')}.{way}.json"


def _try(
    benchmark: Benchmark,
    assets: Path,
    pairs: list[ImagePair],
    model: Any,
    task: Task,
    out: Path,
    seed: int,
) -> None:
    """Fill ``out/trials`` with the directed pairs that are not there yet."""
    encoder = None if isinstance(model, str) else Encoder(benchmark, model)
    todo = [p for p in pairs if not all(_path(out, p, way).exists() for way in WAYS)]
    for pair in _progress(todo, f"Trying {task.name} with {_name(model)}"):
        bodies = load_body(assets / pair.asset1), load_body(assets / pair.asset2)
        for way, (a, b) in zip(WAYS, (bodies, bodies[::-1]), strict=True):
            seeds = (seed, crc32(f"{pair.id} {way}".encode()))
            record: dict[str, Any] = {"pair": pair.id, "way": way, "function": pair.function}
            record |= _native(task, a, b, pair.function, seeds)
            if encoder is not None and record["oracle"]["success"]:
                numbers = (1, 2) if way == WAYS[0] else (2, 1)
                match = model.match(*(encoder(pair, n) for n in numbers), pair.function)
                similarity, sure = predicted(benchmark, pair, match, way == WAYS[1])
                found = _carried(task, a, b, pair.function, similarity, seeds)
                record[model.name] = asdict(found) | {"confidence": sure}
            write_json(_path(out, pair, way), record)


def _native(
    task: Task, a: Body, b: Body, function: str, seeds: tuple[int, int]
) -> dict[str, dict[str, Any]]:
    """The outcomes of the truth and, where that works, of chance."""
    truth = oracle(a.asset, b.asset, function)
    found = {"oracle": asdict(_carried(task, a, b, function, truth, seeds))}
    if found["oracle"]["success"]:
        guess = chance(a.asset, b.asset, function, np.random.default_rng(seeds))
        found["chance"] = asdict(_carried(task, a, b, function, guess, seeds))
    return found


def _carried(
    task: Task, a: Body, b: Body, function: str, similarity: np.ndarray, seeds: tuple[int, int]
) -> Outcome:
    """What becomes of A's demonstration on B."""
    action = demonstrated(task, a, function)
    if action is None:
        return Outcome(False, "demonstration")
    if np.isnan(similarity).any():
        return Outcome(False, "refused")
    outcome = tried(task, b, function, action.carried(similarity), seeds)
    return replace(outcome, measures={k: round(v, 5) for k, v in outcome.measures.items()})


def _progress(items: list[ImagePair], title: str) -> Iterator[ImagePair]:
    from rich.console import Console
    from rich.progress import track

    return iter(track(items, title, console=Console(stderr=True), transient=True))
