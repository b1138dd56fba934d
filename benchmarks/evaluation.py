"""The discovery metric against the usual way of computing it, on the same matches, in one run.

    python benchmarks/evaluation.py --pixels 11277 --truth 3009

Both rows score one image pair in both directions at four thresholds. The competitor asks KD-trees
for the balls around every match and every ground-truth point, per point, per threshold and per
direction, and intersects the two answers in Python. Time is the median of the repeats; extra
memory is the growth of the peak resident set of a fresh process.
"""

from __future__ import annotations

import multiprocessing
import resource
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import tyro
from matching import processor
from rich.console import Console
from rich.table import Table
from scipy.spatial import cKDTree

from funcorr.benchmark.scores import THRESHOLDS
from funcorr.metrics import discovery

CUTOFFS = 100


def ours(matches: np.ndarray, scores: np.ndarray, truth: np.ndarray) -> list[float]:
    """Best F1 and AP per threshold by :func:`funcorr.metrics.discovery`."""
    results = discovery(matches[0], matches[1], scores, truth[0], truth[1], THRESHOLDS, CUTOFFS)
    return [value for k in THRESHOLDS for value in (results[k]["best_f1"], results[k]["ap"])]


def trees(matches: np.ndarray, scores: np.ndarray, truth: np.ndarray) -> list[float]:
    """The same by ball queries in Python loops."""
    ranked = matches[:, np.argsort(-scores, kind="stable")]
    values = []
    for k in THRESHOLDS:
        hits = [bool(near) for near in _both_balls(ranked, truth, k)]
        first = [min(near, default=len(scores)) for near in _both_balls(truth, ranked, k)]
        values += _summary(np.array(hits), np.array(first))
    return values


def _both_balls(queries: np.ndarray, points: np.ndarray, radius: float) -> list[set[int]]:
    """Per query pair the point pairs of which both ends are near."""
    tree1, tree2 = cKDTree(points[0]), cKDTree(points[1])
    return [
        set(tree1.query_ball_point(end1, radius)) & set(tree2.query_ball_point(end2, radius))
        for end1, end2 in zip(*queries, strict=True)
    ]


def _summary(hits: np.ndarray, first: np.ndarray) -> list[float]:
    best = area = before = 0.0
    for t in range(1, CUTOFFS + 1):
        top = max(1, len(hits) * t // CUTOFFS)
        precision, recall = hits[:top].mean(), (first < top).mean()
        best = max(best, 2 * precision * recall / max(precision + recall, 1e-300))
        area += (recall - before) * precision
        before = recall
    return [float(best), float(area)]


ROWS: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], list[float]]] = {
    "funcorr": ours,
    "KD-tree loops": trees,
}


def example(pixels: int, truth: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Matches of two discs of which half are a few pixels off and half anywhere, and the truth."""
    rng = np.random.default_rng(0)
    radius = np.sqrt(pixels / np.pi)
    grid = np.argwhere(np.ones((224, 224), bool)).astype(float)
    disc = grid[np.argsort(np.linalg.norm(grid - 111.5, axis=1), kind="stable")[:pixels]]
    near = (disc + rng.normal(0, 0.08 * radius, disc.shape)).round()
    second = np.where(rng.random((pixels, 1)) < 0.5, near, rng.permutation(disc))
    part = disc[np.argsort(disc[:, 0], kind="stable")[:truth]]
    return np.stack([disc, second]), rng.random(pixels), np.stack([part, part])


def measure(name: str, pixels: int, truth: int, repeats: int) -> tuple[float, float, list[float]]:
    """Median seconds and extra megabytes for both directions, and the values."""
    matches, scores, gt = example(pixels, truth)
    ROWS[name](matches[:, :200], scores[:200], gt[:, :50])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times, values = [], []
    for _ in range(repeats):
        start = time.perf_counter()
        values = ROWS[name](matches, scores, gt) + ROWS[name](matches[::-1], scores, gt[::-1])
        times.append(time.perf_counter() - start)
    extra = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return statistics.median(times), extra / 1024, values


def main(pixels: int = 11277, truth: int = 3009, repeats: int = 3) -> None:
    """Print the table.

    Args:
        pixels: matches per direction (11,277: a disc of radius 60 pixels).
        truth: ground-truth pairs.
        repeats: the median is taken over these.
    """
    title = f"discovery, {pixels} matches x {truth} true pairs, both directions, {processor()}"
    table = Table(title=title)
    for column in ("", "seconds", "x funcorr", "extra MB", "largest difference"):
        table.add_column(column, justify="right" if column else "left")
    results: dict[str, Any] = {}
    spawn = multiprocessing.get_context("spawn")
    for name in ROWS:
        with spawn.Pool(1) as pool:
            results[name] = pool.apply(measure, (name, pixels, truth, repeats))
    base, _, expected = results["funcorr"]
    for name, (seconds, extra, values) in results.items():
        difference = float(np.abs(np.array(values) - expected).max())
        row = (f"{seconds:.3f}", f"{seconds / base:.1f}", f"{extra:.1f}", f"{difference:.0e}")
        table.add_row(name, *row)
    Console(width=110).print(table)


if __name__ == "__main__":
    tyro.cli(main)
