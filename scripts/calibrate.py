"""Fit what a shipped model's scores mean, write it into its card, and draw how far it holds.

python scripts/calibrate.py funcorr-small --fit forge-seen=runs/val --test unseen=runs/unseen

Each argument is BENCH=RUN: a benchmark folder and a ``funcorr evaluate`` run of the model on it.
A curve for matches and one for label transfer are fitted on the first benchmarks and judged on the
others; drawn is that of label transfer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import tyro

from funcorr.benchmark.reliability import (
    Graded,
    fit_calibration,
    graded_matches,
    graded_transfers,
    reliability,
)
from funcorr.errors import require
from funcorr.groundtruth.pairs import read_benchmark
from funcorr.io import read_json, write_json
from funcorr.viz import save
from funcorr.weights.heads import PACKAGED


def main(
    name: tyro.conf.Positional[str],
    fit: list[str],
    test: list[str],
    picture: Path = Path("docs/images/reliability.png"),
) -> None:
    """Calibrate a packaged model.

    Args:
        name: of the model.
        fit: BENCH=RUN to fit on.
        test: BENCH=RUN to judge by.
        picture: where the reliability curves go.
    """
    figure = require("matplotlib.figure", extra="train").Figure(figsize=(5, 5))
    axes = figure.subplots()
    card = PACKAGED / name / "config.json"
    for key, grade in (("calibration", graded_matches), ("transfer_calibration", graded_transfers)):
        graded = {each: _graded(grade, each) for each in (*fit, *test)}
        joined = Graded(*map(np.concatenate, zip(*(graded[each] for each in fit), strict=True)))
        curve = fit_calibration(joined)
        write_json(card, read_json(card, "model config") | {key: asdict(curve)})
        print(key, curve)
        axes.clear()
        axes.plot([0, 1], [0, 1], "k:", label="as promised")
        for each in (*fit, *test):
            found = reliability(curve(graded[each].scores), graded[each].right)
            raw = reliability(graded[each].scores.clip(0, 1), graded[each].right)
            label = Path(each.split("=")[0]).name
            print(
                f"{label}: calibration error {found.error:.3f}, of the raw scores {raw.error:.3f}"
            )
            axes.plot(found.promised, found.kept, "o-", label=label)
    axes.set(xlabel="confidence", ylabel="share of right points", title=f"{name}, label transfer")
    axes.legend()
    axes.grid(alpha=0.3)
    save(figure, picture, dpi=100)


def _graded(grade: Callable[..., Graded], each: str) -> Graded:
    bench, run = each.split("=")
    return grade(read_benchmark(bench), Path(run))


if __name__ == "__main__":
    tyro.cli(main)
