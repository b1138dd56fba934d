"""Evaluations compared on some functions only: what a model knows of functions by text alone.

python scripts/by_function.py runs/eval-small runs/eval-without runs/eval-features \
    --functions pour-with cut-with pound-with pry-with

Each run is a folder of ``funcorr evaluate`` on the same benchmark. The first is compared with the
others: mean paired difference (other minus first) with its 95 percent bootstrap interval over asset
pairs.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro

from funcorr.benchmark.paired_tests import Scores, compare, read_scores
from funcorr.benchmark.table import grid
from funcorr.errors import UserError
from funcorr.io import read_json

METRICS = ("normalized_distance", "pck@23", "pck@10", "best_f1@23", "ap@23")


def main(
    runs: Annotated[tuple[Path, ...], tyro.conf.Positional], functions: tuple[str, ...]
) -> None:
    """Print a markdown table.

    Args:
        runs: evaluations, the one to compare with first.
        functions: whose pairs count.
    """
    chosen = [on_functions(run, functions) for run in runs]
    lines = [["model", "directed pairs", *METRICS]]
    for run, scores in zip(runs, chosen, strict=True):
        name = read_json(run / "results.json", "evaluation")["model"]
        means = [np.mean([row[metric] for row in scores.values.values()]) for metric in METRICS]
        lines.append([name, str(len(scores.values)), *(f"{mean:.3f}" for mean in means)])
        if run != runs[0]:
            found = {each.metric: each for each in compare(scores, chosen[0])}
            gaps = [found[metric] for metric in METRICS]
            cells = (f"{gap.mean:+.3f} ({gap.low:+.3f} to {gap.high:+.3f})" for gap in gaps)
            lines.append([f"minus {lines[1][0]}", "", *cells])
    print(grid(lines), end="")


def on_functions(run: Path, functions: tuple[str, ...]) -> Scores:
    """The scores of a run on the pairs of some functions.

    Raises:
        UserError: it has no such pair.
    """
    scores = read_scores(run / "pairs.csv")
    with (run / "pairs.csv").open(encoding="utf-8", newline="") as stream:
        ids = {line["id"] for line in csv.DictReader(stream) if line["function"] in functions}
    if not ids:
        raise UserError(f"{run} has no pair of {', '.join(functions)}")
    keys = [key for key in scores.values if key[0] in ids]
    return Scores(
        {key: scores.values[key] for key in keys}, {key: scores.assets[key] for key in keys}
    )


if __name__ == "__main__":
    tyro.cli(main)
