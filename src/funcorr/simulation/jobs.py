"""What workers do: try an action on one object after it was demonstrated on another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from funcorr.io import write_json
from funcorr.simulation.body import Body, load_body
from funcorr.simulation.directed import Directed, seed_of
from funcorr.simulation.similarities import Similarity, chance, oracle
from funcorr.simulation.task import Task, Watch
from funcorr.simulation.tasks import task_named
from funcorr.simulation.trial import Outcome, demonstrated, tried

Objects = tuple[str, str, str]


def try_truth(task: str, assets: Path, objects: Objects, seed: int, file: Path) -> None:
    """Write the outcome of carrying by the true functional frames.

    Args:
        task: its name.
        assets: the folder of the assets.
        objects: the function, A and B.
        seed: of the robot's small errors.
        file: the JSON to write.
    """
    a, b = bodies(assets, objects)
    found = carried(task_named(task), a, b, objects[0], *truth(a, b, objects, seed))
    write_json(file, asdict(found))


def truth(a: Body, b: Body, objects: Objects, seed: int) -> tuple[Similarity, tuple[int, int]]:
    """The true similarity, and the seeds of its tries."""
    return oracle(a.asset, b.asset, objects[0]), (seed, seed_of(" ".join(objects)))


def guessed(a: Body, b: Body, directed: Directed, seed: int) -> tuple[Similarity, tuple[int, int]]:
    """A similarity by chance, and the seeds of the tries of a directed pair."""
    seeds = (seed, directed.seed)
    function = directed.objects[0]
    return chance(a.asset, b.asset, function, np.random.default_rng(seeds)), seeds


def try_guesses(
    task: str,
    assets: Path,
    objects: Objects,
    seed: int,
    pairs: Mapping[Path, tuple[Directed, Mapping[str, Any]]],
) -> None:
    """Write the outcomes of chance and of given similarities.

    Args:
        task: its name.
        assets: the folder of the assets.
        objects: the function, A and B.
        seed: of chance and of the robot's small errors.
        pairs: the JSON to write -> a directed pair of these objects, and by row its ``pose`` (NaN
            or None where it was refused) and ``confidence``.
    """
    a, b = bodies(assets, objects)
    chosen, function = task_named(task), objects[0]
    for file, (directed, poses) in pairs.items():
        guess, seeds = guessed(a, b, directed, seed)
        rows = {"chance": asdict(carried(chosen, a, b, function, guess, seeds))}
        for row, found in poses.items():
            outcome = carried(chosen, a, b, function, as_similarity(found["pose"]), seeds)
            rows[row] = asdict(outcome) | {"confidence": found["confidence"]}
        write_json(file, rows)


def carried(
    task: Task,
    a: Body,
    b: Body,
    function: str,
    similarity: Similarity,
    seeds: tuple[int, int],
    watch: Watch | None = None,
) -> Outcome:
    """What becomes of A's demonstration on B."""
    action = demonstrated(task, a, function)
    if action is None:
        return Outcome(False, "demonstration")
    if np.isnan(similarity).any():
        return Outcome(False, "refused")
    outcome = tried(task, b, function, action.carried(similarity), seeds, watch)
    return replace(outcome, measures={k: round(v, 5) for k, v in outcome.measures.items()})


def as_similarity(pose: Any) -> Similarity:
    """4 x 4 numbers as they were read; NaN for a refusal, which JSON has as null."""
    return np.full((4, 4), np.nan) if pose is None else np.asarray(pose, dtype=np.float64)


def bodies(assets: Path, objects: Objects) -> tuple[Body, Body]:
    """A and B."""
    _, a, b = objects
    return load_body(assets / a), load_body(assets / b)
