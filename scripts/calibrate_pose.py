"""Fit what the agreement of the matches says of a pose, and judge it on other benchmarks.

python scripts/calibrate_pose.py --fit data/forge-unseen-dev-exact --test data/real-design-exact

Each argument is a benchmark with depth. The curve is a logistic regression of "within 10 degrees
and 10 percent of the object" on the evidence of :mod:`funcorr.transfer.confidence`; the printed
line belongs there.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tyro
from scipy.optimize import minimize

import funcorr
from funcorr.benchmark.image_encoding import Encoder
from funcorr.benchmark.poses import rgbd_views, score_pose
from funcorr.groundtruth.pairs import read_benchmark
from funcorr.transfer.confidence import Evidence, PoseCalibration, pose_confidence

PENALTY = 1.0
"""Of the squared weights of standardised evidence."""


MODELS = ("funcorr-small", "oracle+funcorr-small")


def main(fit: list[Path], test: list[Path], models: tuple[str, ...] = MODELS) -> None:
    """Print the curve, and success against confidence.

    Args:
        fit: benchmarks to fit to.
        test: benchmarks to judge by.
        models: whose matches the poses are fitted to.
    """
    graded = {
        path: [each for model in models for each in grade(path, model)] for path in (*fit, *test)
    }
    curve = fitted([pose for path in fit for pose in graded[path]])
    print(curve)
    for path, poses in graded.items():
        confidence = np.array([pose_confidence(evidence, curve) for evidence, _ in poses])
        right = np.array([ok for _, ok in poses])
        print(f"{path.name}: area under the curve {area(confidence, right):.2f}")
        for least in (0.0, 0.3, 0.5, 0.7):
            kept = confidence >= least
            share = right[kept].mean() if kept.any() else np.nan
            print(f"{path.name}: from {least:g}, {kept.mean():.0%} of the poses, {share:.0%} right")


def grade(path: Path, name: str) -> list[tuple[Evidence, bool]]:
    """The evidence of every pose that is not refused, and whether it is right."""
    model, benchmark = funcorr.load_model(name), read_benchmark(path)
    encoded, found = Encoder(benchmark, model), []
    for pair in benchmark.pairs:
        result = model.match(encoded(pair, 1), encoded(pair, 2), pair.function)
        try:
            pose = funcorr.transfer_pose(result, *rgbd_views(benchmark, pair))
        except funcorr.UserError:
            continue
        score = score_pose(pose.matrix, *benchmark.frames(pair))
        found.append((pose.evidence, bool(score["pose@10"])))
    return found


def area(confidence: np.ndarray, right: np.ndarray) -> float:
    """How often a right pose is surer than a wrong one (ROC)."""
    gaps = confidence[right][:, None] - confidence[~right]
    return float(((gaps > 0) + 0.5 * (gaps == 0)).mean()) if gaps.size else float("nan")


def fitted(poses: list[tuple[Evidence, bool]]) -> PoseCalibration:
    """The logistic regression."""
    evidence = np.array([each for each, _ in poses])
    signs = np.array([1.0 if right else -1.0 for _, right in poses])
    middle, spread = evidence.mean(axis=0), evidence.std(axis=0)
    scaled = (evidence - middle) / spread

    def loss(weights: np.ndarray) -> float:
        margins = signs * (scaled @ weights[:-1] + weights[-1])
        return float(np.logaddexp(0, -margins).sum() + PENALTY / 2 * (weights[:-1] ** 2).sum())

    weights = minimize(loss, np.zeros(evidence.shape[1] + 1)).x
    slopes = weights[:-1] / spread
    return PoseCalibration(Evidence(*slopes.tolist()), float(weights[-1] - slopes @ middle))


if __name__ == "__main__":
    tyro.cli(main)
