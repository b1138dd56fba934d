"""The robust similarity against scikit-image's RANSAC, in one run.

    python benchmarks/transfer.py --matches 5000 --outliers 0.5 --noise 0.1

Matches of an object with normals; noise in spreads of the object, outliers anywhere on it. Rows:
our search, and scikit-image's ``ransac`` over ``SimilarityTransform`` with as many trials and with
its usual 100. Time is the median of the repeats on one thread; errors are of the last one.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import statistics
import time
from collections.abc import Callable
from typing import Annotated

import numpy as np
import tyro
from rich.console import Console
from rich.table import Table
from scipy.spatial.transform import Rotation
from skimage.measure import ransac
from skimage.transform import SimilarityTransform
from tyro.conf import arg

from funcorr.transfer.ransac import FitConfig, search
from funcorr.transfer.similarity import Matches

RESIDUAL = 0.5
"""Distance, in spreads, within which scikit-image counts a match."""


def made_matches(
    count: int, outliers: float, noise: float, seed: int = 0
) -> tuple[Matches, np.ndarray]:
    """Matches of a random surface under a known similarity, and its matrix."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, 3)) * [0.8, 0.5, 0.3]
    normals = x / [0.64, 0.25, 0.09]
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    rotation = Rotation.random(rng=rng).as_matrix()
    true = np.eye(4)
    true[:3, :3], true[:3, 3] = 1.2 * rotation, rng.normal(size=3)
    y = x @ true[:3, :3].T + true[:3, 3] + noise * rng.normal(size=x.shape)
    turned = normals @ rotation.T
    wrong = np.flatnonzero(rng.random(count) < outliers)
    shuffled = rng.permutation(wrong)
    y[wrong], turned[wrong] = y[shuffled], turned[shuffled]
    return Matches(x, y, normals, turned, np.ones(count)), true


def ours(matches: Matches) -> np.ndarray:
    """Our search."""
    return search(matches, FitConfig()).similarity.matrices[0]


def skimage_ransac(trials: int) -> Callable[[Matches], np.ndarray]:
    """scikit-image's, with so many trials."""

    def run(matches: Matches) -> np.ndarray:
        model, _ = ransac(
            (matches.x, matches.y),
            SimilarityTransform,
            min_samples=3,
            residual_threshold=RESIDUAL,
            max_trials=trials,
            rng=0,
        )
        return np.asarray(model.params)

    return run


def errors(found: np.ndarray, true: np.ndarray) -> tuple[float, float]:
    """Degrees, and the ratio of the scales."""
    between = found[:3, :3] @ np.linalg.inv(true[:3, :3])
    ratio = np.cbrt(np.linalg.det(between))
    return float(np.degrees(Rotation.from_matrix(between / ratio).magnitude())), float(ratio)


def main(
    matches: Annotated[int, arg(help="how many")] = 5000,
    outliers: Annotated[float, arg(help="their share")] = 0.5,
    noise: Annotated[float, arg(help="in spreads of the object")] = 0.1,
    repeats: Annotated[int, arg(help="of each row")] = 5,
) -> None:
    """Print the table."""
    given, true = made_matches(matches, outliers, noise)
    trials = FitConfig().hypotheses
    rows: dict[str, Callable[[Matches], np.ndarray]] = {
        "funcorr": ours,
        f"scikit-image, {trials} trials": skimage_ransac(trials),
        "scikit-image, 100 trials": skimage_ransac(100),
    }
    table = Table("row", "ms", "degrees off", "scale", title=f"{matches:,} matches")
    for name, run in rows.items():
        run(given)
        seconds = []
        for _ in range(repeats):
            start = time.process_time()
            found = run(given)
            seconds.append(time.process_time() - start)
        degrees, ratio = errors(found, true)
        table.add_row(
            name, f"{1000 * statistics.median(seconds):.0f}", f"{degrees:.2f}", f"{ratio:.3f}"
        )
    Console().print(table)


if __name__ == "__main__":
    tyro.cli(main)
