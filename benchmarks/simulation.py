"""Trials a second in physics, per task: the right pose, on one core, without a model.

python benchmarks/simulation.py --trials 20
"""

from __future__ import annotations

import time

import tyro

from funcorr.assets.generators import load_generator
from funcorr.simulation.body import Body
from funcorr.simulation.tasks import TASKS
from funcorr.simulation.trial import demonstrated, tried

OBJECTS = {
    "lift": ("mug", "hang-onto"),
    "pour": ("mug", "pour-with"),
    "hang": ("mug", "hang-onto"),
    "pound": ("hammer", "pound-with"),
    "press": ("bowl", "press-with"),
}
"""Task -> the forge's object and the function that it is measured on."""


def main(trials: int = 20) -> None:
    """Print trials per second of CPU and of wall clock.

    Args:
        trials: per task.
    """
    print("| task | object | pieces | decomposition s | trials | per CPU s | per s |")
    print("|---|---|---:|---:|---:|---:|---:|")
    for name, (category, function) in OBJECTS.items():
        task, asset = TASKS[name], load_generator().forge_asset(category, 0)
        start = time.process_time()
        body = Body.of(asset)
        taken = time.process_time() - start
        action = demonstrated(task, body, function)  # compiles the scene too
        if action is None:
            raise SystemExit(f"no demonstration of {name} works on {asset.id}")
        cpu, wall = time.process_time(), time.perf_counter()
        made = 0
        while made < trials:
            made += tried(task, body, function, action, (made,)).tries
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        row = [name, asset.id, str(len(body.pieces)), f"{taken:.1f}", str(made)]
        print(f"| {' | '.join(row)} | {made / cpu:.1f} | {made / wall:.1f} |", flush=True)


if __name__ == "__main__":
    tyro.cli(main)
