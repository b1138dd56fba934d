"""Forms of the affordance constraint compared on a development split, paired run by run.

    python benchmarks/affordance_forms.py agd --out forms --draws 0 1 2

Each form is one training of one annotated picture per object; run i of every form has seed i and
draw i. Scores are those of ``Unseen-dev``, objects that are neither trained nor tested. Every run
that is done stays done.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import tyro
from affordance_ablation import AblationConfig, Bench, paired_interval

from funcorr.affordance.constraints import Constraint
from funcorr.benchmark.affordance.scores import METRICS
from funcorr.benchmark.table import grid
from funcorr.io import read_json, write_json
from funcorr.train.affordance.config import SMALL_BCE, AffordanceTrainConfig

SPLIT = "Unseen-dev"


def _map(weight: float, temperature: float) -> Constraint:
    return Constraint(weight, "map", temperature=temperature)


AREA = Constraint(weight=0.005)
CELLS = Constraint(weight=0.003, level="cells", across=False)
OLI = Constraint(weight=0.005)
FORMS: dict[str, AffordanceTrainConfig] = {
    "BCE only": SMALL_BCE,
    "areas, 0.005": replace(SMALL_BCE, ami=AREA),
    "cells, 0.003": replace(SMALL_BCE, ami=CELLS),
    "map, 0.1, temperature 1": replace(SMALL_BCE, ami=_map(0.1, 1.0)),
    "map, 0.3, temperature 1": replace(SMALL_BCE, ami=_map(0.3, 1.0)),
    "map, 0.3, temperature 0.8": replace(SMALL_BCE, ami=_map(0.3, 0.8)),
    "map, 0.3, temperature 0.7": replace(SMALL_BCE, ami=_map(0.3, 0.7)),
    "map, 0.3, temperature 0.5": replace(SMALL_BCE, ami=_map(0.3, 0.5)),
    "map, 0.3, temperature 0.8, 70 steps": replace(SMALL_BCE, ami=_map(0.3, 0.8), steps=70),
    "map, 0.3, temperature 0.8, OLI 0.005": replace(SMALL_BCE, ami=_map(0.3, 0.8), oli=OLI),
}
"""Name -> training. The first is what differences are taken to."""


def main(
    root: Annotated[Path, tyro.conf.Positional],
    out: Path,
    draws: tuple[int, ...] = (0, 1, 2),
    forms: tuple[str, ...] = tuple(FORMS),
    every: int = 3,
    threads: int = 1,
) -> None:
    """Train what is not trained yet and print the table of all that is done.

    Args:
        root: a set as ``funcorr assets agd`` makes it.
        out: folder of the runs.
        draws: seeds, and draws of the annotated pictures.
        forms: which of the forms to train.
        every: score every n-th photograph.
        threads: of torch.
    """
    torch.set_num_threads(threads)
    bench = Bench(root, out, AblationConfig(every=every))
    for draw in draws:
        for name in forms:
            path = out / "runs" / f"{name.replace(' ', '-').replace(',', '')}_{draw}.json"
            if not path.is_file():
                write_json(path, {"form": name, "draw": draw, **_scored(bench, FORMS[name], draw)})
                print(name, draw, read_json(path, "run"), flush=True)
    print(_table([read_json(path, "run") for path in sorted((out / "runs").glob("*.json"))]))


def _scored(bench: Bench, form: AffordanceTrainConfig, draw: int) -> dict[str, float]:
    run = bench.drawn(replace(form, shots=1, seed=draw, draw=draw))
    trainer = run.trainer
    trainer.head.train()
    for step in range(form.steps):
        trainer.step(step, trainer.loader.example(step))
    scores, _ = bench.scored(SPLIT, run.model("form"))
    values = [[score.values[key] for key in METRICS] for score in scores]
    return dict(zip(METRICS, np.mean(values, axis=0).tolist(), strict=True))


def _table(runs: list[dict[str, Any]]) -> str:
    """Means over draws, and differences to the first form with their paired intervals."""
    base = next(iter(FORMS))
    found = {
        key: {name: {int(r["draw"]): r[key] for r in runs if r["form"] == name} for name in FORMS}
        for key in METRICS
    }
    lines = [["form", "runs", "KLD ↓", "SIM ↑", "NSS ↑"]]
    for name in FORMS:
        values = [found[key][name] for key in METRICS]
        if not values[0]:
            continue
        cells = []
        for value, key in zip(values, METRICS, strict=True):
            mean, low, high = paired_interval(value, found[key][base])
            cell = f"{np.mean(list(value.values())):.3f}"
            if name != base:
                cell += f" ({mean:+.3f}" + ("" if np.isnan(low) else f": {low:+.3f} to {high:+.3f}")
                cell += ")"
            cells.append(cell)
        lines.append([name, str(len(values[0])), *cells])
    return grid(lines)


if __name__ == "__main__":
    tyro.cli(main)
