"""A task on every pair of a benchmark, resumable: poses, trials and the table of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from funcorr.errors import UserError, require
from funcorr.groundtruth.pairs import Benchmark, read_benchmark
from funcorr.io import read_json, write_json
from funcorr.parallel import Engine, run_tasks
from funcorr.run_folder import Stage, claim
from funcorr.simulation.asset_folder import find_assets
from funcorr.simulation.directed import Directed, both_ways, objects_file
from funcorr.simulation.jobs import Objects, try_guesses, try_truth
from funcorr.simulation.predicted_poses import BOX, predict_poses, read_poses
from funcorr.simulation.report import write_report
from funcorr.simulation.summary import summarize, write_summary
from funcorr.simulation.task import Task
from funcorr.simulation.tasks import task_named

FORMAT = "funcorr-simulation/2"
NATIVE = ("oracle", "chance")
"""Rows that look at no picture; they stand beside every model."""


def simulate(
    bench: str | Path,
    model: Any,
    task: str,
    out: str | Path,
    assets: str | Path | None = None,
    seed: int = 0,
    workers: int = 1,
    engine: Engine = "processes",
    overwrite: bool = False,
) -> dict[str, Any]:
    """Try a task on every pair of a benchmark in both directions.

    The action is demonstrated on one object, carried to the other by the pose that the model's
    matches give, and tried there. Pairs count where the demonstration works and its carrying by
    the true functional frames does; models are asked about no others. The run folder holds
    ``config.json``, ``poses/`` (by row and directed pair; kept when another task or seed
    overwrites), ``oracle/`` (by function and objects), ``trials/`` (by directed pair),
    ``results.json``, ``table.md``, ``table.csv`` and ``report.md`` with ``sheets/``, pictures of
    the best and worst trials; a stopped run continues.

    Args:
        bench: the benchmark; with depth where a model or ``"box"`` is asked.
        model: ``"oracle"``, ``"chance"``, ``"box"``, a model, a name for
            :func:`funcorr.load_model`, or a list of them.
        task: one of :data:`funcorr.simulation.tasks.TASKS`.
        out: the run folder.
        assets: the folder of the assets that its pairs name; beside the benchmark where None, see
            :func:`funcorr.simulation.asset_folder.find_assets`.
        seed: of chance and of the robot's small errors.
        workers: processes that simulate; models run in this one.
        engine: see :func:`funcorr.parallel.run_tasks`.
        overwrite: discard what another configuration left in ``out``.

    Returns:
        What ``results.json`` holds: per row ``success`` with its 95 percent interval, how often
        each criterion was broken, and the same per function.

    Raises:
        UserError: no such task, the benchmark lacks depth or functions of the task, an asset is
            missing, or ``out`` belongs to another configuration.
    """
    chosen, benchmark, out = task_named(task), read_benchmark(bench), Path(out).resolve()
    require("mujoco", extra="simulation")
    pairs = _usable(benchmark, chosen)
    names = {name for each in pairs for name in each.objects[1:]}
    folder = find_assets(benchmark.path, names, None if assets is None else Path(assets))
    models = _models(model, benchmark)
    run = _Run(chosen, folder, out, seed, workers, engine)
    with claim(out, *_stages(benchmark, models, chosen, seed), overwrite=overwrite):
        run.truths(pairs)
        counted = [each for each in pairs if run.truth(each)["success"]]
        predict_poses(benchmark, models, counted, out / "poses")
        run.guesses(counted, list(models))
        head = {"task": task, "benchmark": benchmark.name, "models": list(models)}
        results = head | summarize([run.record(each) for each in pairs])
        write_json(out / "results.json", results)
        write_summary(results, out)
        write_report(
            chosen, folder, out, seed, [(each, run.record(each)["rows"]) for each in pairs]
        )
    return results


@dataclass(frozen=True)
class _Run:
    """Trials of one task into one folder."""

    task: Task
    assets: Path
    out: Path
    seed: int
    workers: int
    engine: Engine

    @cached_property
    def _given(self) -> tuple[str, Path]:
        return self.task.name, self.assets

    def truths(self, pairs: Sequence[Directed]) -> None:
        """Fill ``oracle/`` with what is not there yet."""
        wanted = sorted({each.objects for each in pairs}, key=lambda each: each[::-1])
        self._work(
            try_truth,
            {
                objects: (*self._given, objects, self.seed, file)
                for objects in wanted
                if not (file := self.out / "oracle" / objects_file(objects)).exists()
            },
            "oracle",
        )

    def truth(self, directed: Directed) -> dict[str, Any]:
        """The outcome of the true pose."""
        found: dict[str, Any] = read_json(self.out / "oracle" / objects_file(directed.objects))
        return found

    def guesses(self, pairs: Sequence[Directed], rows: Sequence[str]) -> None:
        """Fill ``trials/`` with what is not there yet."""
        jobs: dict[Objects, dict[Path, Any]] = defaultdict(dict)
        for each in sorted(pairs, key=lambda each: each.objects[::-1]):
            if not self._trial(each).exists():
                poses = read_poses(self.out / "poses", rows, each)
                jobs[each.objects][self._trial(each)] = (each, poses)
        self._work(
            try_guesses,
            {key: (*self._given, key, self.seed, files) for key, files in jobs.items()},
            "trials",
        )

    def record(self, directed: Directed) -> dict[str, Any]:
        """What is known of a directed pair: its outcome by row."""
        truth = self.truth(directed)
        rows = read_json(self._trial(directed)) if truth["success"] else {}
        function, a, b = directed.objects
        named = {"pair": directed.pair.id, "way": directed.way, "function": function}
        return {**named, "asset1": a, "asset2": b, "rows": {"oracle": truth, **rows}}

    def _trial(self, directed: Directed) -> Path:
        return self.out / "trials" / directed.file

    def _work(self, function: Any, jobs: Mapping[Objects, tuple[Any, ...]], what: str) -> None:
        named = {" ".join(objects): arguments for objects, arguments in jobs.items()}
        label = f"{self.task.name}: {what}"
        for name, lost in run_tasks(function, named, self.workers, self.engine, label):
            if lost is not None:
                raise UserError(f"the trials of {name} were lost: {lost}; run the command again")


def _usable(benchmark: Benchmark, task: Task) -> list[Directed]:
    """The pairs of the task's functions, both ways."""
    pairs = [
        pair for pair in benchmark.pairs if pair.function in task.functions or not task.functions
    ]
    if not pairs:
        raise UserError(
            f"{benchmark.path} has no pair that {task.name} can be tried on; expected one of "
            f"the functions {', '.join(task.functions)}"
        )
    return both_ways(pairs)


def _models(given: Any, benchmark: Benchmark) -> dict[str, Any]:
    """Row -> model, None for the box, without the rows that stand beside every model."""
    several = given if isinstance(given, (list, tuple)) else [given]
    asked = [each for each in several if each not in NATIVE]
    if asked and not benchmark.has_depth:
        raise UserError(
            f"{benchmark.path} has no depth, and poses come from it; make it with "
            "funcorr pairs --depth, or ask for --model oracle or chance"
        )
    models: dict[str, Any] = {}
    for each in asked:
        if each == BOX:
            models[BOX] = None
        elif isinstance(each, str):
            from funcorr.correspondence.registry import load_model

            models[each] = load_model(each)
        else:
            models[each.name] = each
    return models


def _stages(
    benchmark: Benchmark, models: Mapping[str, Any], task: Task, seed: int
) -> tuple[Stage, ...]:
    poses = {
        "format": FORMAT,
        "models": {row: str(getattr(each, "fingerprint", "")) for row, each in models.items()},
        "benchmark": benchmark.name,
        "benchmark_fingerprint": benchmark.fingerprint(),
    }
    trials = {"task": task.name, "seed": seed}
    written = ["results.json", "table.md", "table.csv", "report.md", "sheets"]
    return (
        Stage("poses", poses, ["poses"]),
        Stage("trials", trials, ["oracle", "trials"]),
        Stage("results", {}, written),
    )
