"""Fit what a shipped model's scores mean, write it into its card, and draw how far it holds.

python scripts/calibrate.py funcorr-small --fit data/forge-unseen-dev data/forge-seen \
    --test data/real-design data/forge-unseen-test

Every pair of the benchmarks is matched both ways by the public methods. A curve for the points' own
matches and one for label transfer are fitted on the first benchmarks together. There they are
judged by curves that were fitted without the pair's objects, on the others as they are shipped;
drawn is that of label transfer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import tyro

import funcorr
from funcorr.benchmark.image_encoding import Encoder, partners_together
from funcorr.benchmark.reliability import (
    Graded,
    Reliability,
    fit_calibration,
    graded,
    held_out_confidence,
    reliability,
)
from funcorr.correspondence.confidence import Calibration
from funcorr.correspondence.model import Matcher
from funcorr.errors import require
from funcorr.groundtruth.pairs import read_benchmark
from funcorr.io import read_json, write_json
from funcorr.viz import save
from funcorr.weights.heads import PACKAGED

CURVES = ("calibration", "transfer_calibration")
"""Entries of the card: of the points' own matches, and of label transfer."""


def main(
    name: tyro.conf.Positional[str],
    fit: tuple[Path, ...],
    test: tuple[Path, ...] = (),
    curves: tuple[str, ...] = CURVES,
    picture: Path = Path("docs/images/reliability.png"),
) -> None:
    """Calibrate a packaged model.

    Args:
        name: of the model.
        fit: benchmarks to fit on.
        test: benchmarks to judge by.
        curves: which entries of the card are made anew.
        picture: where the reliability curves of label transfer go.
    """
    model, card = funcorr.load_model(name), PACKAGED / name / "config.json"
    for key in curves:
        transfer = key == CURVES[1]
        found = {path.name: grade(model, path, transfer) for path in (*fit, *test)}
        kinds = [path.name for path in fit]
        curve, judged = calibrated(found, kinds)
        write_json(card, read_json(card, "model config") | {key: asdict(curve)})
        print(key, curve)
        for kind, each in judged.items():
            print(f"{kind}: calibration error {each.error:.3f}")
        if transfer:
            draw(judged, f"{name}, label transfer", picture)


def grade(model: Matcher, folder: Path, transfer: bool) -> list[Graded]:
    """Both ways of every pair of a benchmark."""
    benchmark = read_benchmark(folder)
    encoder, found = Encoder(benchmark, model), []
    for pair in partners_together(benchmark.pairs):
        images = encoder(pair, 1), encoder(pair, 2)
        objects = pair.asset1, pair.asset2
        truth = benchmark.ground_truth(pair)
        for way in (slice(None), slice(None, None, -1)):
            result = model.match(*images[way], pair.function)
            found.append(graded(result, *truth[way], objects[way], transfer))
    return [each for each in found if each is not None]


def calibrated(
    found: dict[str, list[Graded]], fit: Sequence[str]
) -> tuple[Calibration, dict[str, Reliability]]:
    """The curve of some benchmarks together, and how far it holds on each."""
    joined = [each for kind in fit for each in found[kind]]
    curve = fit_calibration(joined)
    held_out = iter(held_out_confidence(joined))
    judged = {}
    for kind in (*fit, *(kind for kind in found if kind not in fit)):
        sure = [next(held_out) if kind in fit else curve(g.scores) for g in found[kind]]
        right = np.concatenate([each.right for each in found[kind]])
        judged[kind] = reliability(np.concatenate(sure), right)
    return curve, judged


def draw(judged: dict[str, Reliability], title: str, picture: Path) -> None:
    """Promised against kept, a line for each benchmark."""
    figure = require("matplotlib.figure", extra="train").Figure(figsize=(5, 5))
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], "k:", label="as promised")
    for kind, found in judged.items():
        axes.plot(found.promised, found.kept, "o-", label=kind)
    axes.set(xlabel="confidence", ylabel="share of right points", title=title)
    axes.legend()
    axes.grid(alpha=0.3)
    save(figure, picture, dpi=100)


if __name__ == "__main__":
    tyro.cli(main)
