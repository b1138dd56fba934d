"""Scoring one image pair against the usual way of doing it, on the same input, in one run.

    python benchmarks/evaluation.py --pixels 11277 --truth 3009

Both rows score one image pair in both directions at four thresholds. "Metric" starts from matches:
the competitor asks KD-trees for the balls around every match and every ground-truth point, per
point, per threshold and per direction, and intersects the two answers in Python. "Whole" starts
from descriptors (256 values per pixel, after the backbone): the competitor multiplies the object's
pixels with all 224 x 224 pixels of the other image, forward and back, pushes those outside the mask
down, and then scores as above. The last line is a real evaluation of one pair by a model, from
encoded images: head, matching, carried points and all metrics, both ways. Time is the median of the
repeats, of which the competitor has one: it takes long enough. Extra memory is the peak of a fresh
process while it scores, above what it held before.
"""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import tyro
from matching import processor
from rich.console import Console
from rich.table import Table
from scipy.spatial import cKDTree

from funcorr import load_model
from funcorr.benchmark.predictions import predict_one
from funcorr.benchmark.scores import THRESHOLDS, score
from funcorr.correspondence.matching import mutual_nearest
from funcorr.metrics import discovery

OURS = "funcorr"
CUTOFFS = 100
SIDE, DIMENSIONS = 224, 256

Measured = tuple[float, float, list[float]]


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


Scorer = Callable[[np.ndarray, np.ndarray, np.ndarray], list[float]]
ROWS: dict[str, Scorer] = {OURS: ours, "KD-tree loops": trees}


def ours_whole(features: np.ndarray, disc: np.ndarray, truth: np.ndarray) -> list[float]:
    """Blocked mutual nearest neighbours, then :func:`ours`."""
    first, second = (torch.from_numpy(each[_flat(disc)]) for each in features)
    found = mutual_nearest(first, second)
    back = found.backward.numpy()[found.forward.numpy()]
    scores = _scores(disc, disc[back], found.similarity.numpy())
    return ours(np.stack([disc, disc[found.forward.numpy()]]), scores, truth)


def arrays_whole(features: np.ndarray, disc: np.ndarray, truth: np.ndarray) -> list[float]:
    """Similarity arrays of object pixels x image pixels, then :func:`trees`."""
    outside = np.ones(SIDE * SIDE, dtype=bool)
    outside[_flat(disc)] = False
    row_of = np.zeros(SIDE * SIDE, dtype=int)
    row_of[_flat(disc)] = np.arange(len(disc))
    nearest, similarity = [], []
    for queries, targets in ((features[0], features[1]), (features[1], features[0])):
        array = queries[_flat(disc)] @ targets.T
        array[:, outside] = -100
        best = array.argmax(axis=1)
        nearest.append(row_of[best])
        similarity.append(array[np.arange(len(array)), best])
    back = nearest[1][nearest[0]]
    scores = _scores(disc, disc[back], similarity[0])
    return trees(np.stack([disc, disc[nearest[0]]]), scores, truth)


def _flat(points: np.ndarray) -> np.ndarray:
    return points.astype(int) @ [SIDE, 1]


def _scores(points: np.ndarray, returned: np.ndarray, similarity: np.ndarray) -> np.ndarray:
    cycle = np.linalg.norm(points - returned, axis=1)
    return (1 - cycle / np.hypot(SIDE, SIDE)) * similarity


WHOLE: dict[str, Scorer] = {OURS: ours_whole, "arrays + KD-tree loops": arrays_whole}


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


def described(pixels: int, truth: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Descriptors of two whole images that agree in part, the object's pixels, and the truth."""
    matches, _, gt = example(pixels, truth)
    rng = np.random.default_rng(0)
    first = rng.normal(size=(SIDE * SIDE, DIMENSIONS)).astype(np.float32)
    second = first + rng.normal(size=first.shape).astype(np.float32)
    features = np.stack([first, second])
    return features / np.linalg.norm(features, axis=2, keepdims=True), matches[0], gt


def measure(name: str, whole: bool, pixels: int, truth: int, repeats: int) -> Measured:
    """Median seconds and extra megabytes for both directions, and the values."""
    scorer = (WHOLE if whole else ROWS)[name]
    first, second, gt = (described if whole else example)(pixels, truth)
    warm = first if whole else first[:, :200]
    scorer(warm, second[:200], gt[:, :50])
    before = _resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    times, values = [], []
    for _ in range(repeats):
        start = time.process_time()
        values = scorer(first, second, gt) + scorer(first[::-1], second, gt[::-1])
        times.append(time.process_time() - start)
    return statistics.median(times), _resident("VmHWM") - before, values


def evaluated(model: str, pixels: int, truth: int, repeats: int) -> tuple[float, float]:
    """Median seconds and extra megabytes of a whole evaluation of one pair after the backbone."""
    matches, _, gt = example(pixels, truth)
    mask = np.zeros((SIDE, SIDE), dtype=bool)
    mask[tuple(matches[0].astype(int).T)] = True
    matcher, rng = load_model(model), np.random.default_rng(0)
    images = [
        matcher.encode(rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8), mask)
        for _ in range(2)
    ]
    before = _resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    times = []
    for function in ("warm-up", *(f"cut-with-{n}" for n in range(repeats))):  # none is remembered
        start = time.process_time()
        for one, two in (images, images[::-1]):
            prediction = predict_one(matcher, one, two, function, gt[0])
            score(prediction, gt[0], gt[1], (SIDE, SIDE))
        times.append(time.process_time() - start)
    return statistics.median(times[1:]), _resident("VmHWM") - before


def _resident(what: str) -> float:
    """Megabytes of memory now (``VmRSS``) or at the peak (``VmHWM``); Linux only."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(what)).split()[1]) / 1024


def main(
    pixels: int = 11277, truth: int = 3009, repeats: int = 3, model: str = "funcorr-small"
) -> None:
    """Print the two tables and the last line.

    Args:
        pixels: matches per direction (11,277: a disc of radius 60 pixels).
        truth: ground-truth pairs.
        repeats: the median of our rows is taken over these.
        model: whose evaluation is measured.
    """
    spawn = multiprocessing.get_context("spawn")
    for whole, rows in ((False, ROWS), (True, WHOLE)):
        results: dict[str, Any] = {}
        for name in rows:
            with spawn.Pool(1) as pool:
                times = repeats if name == OURS else 1
                results[name] = pool.apply(measure, (name, whole, pixels, truth, times))
        what = "whole, after the backbone" if whole else "metric"
        title = f"{what}: {pixels} pixels x {truth} true pairs, both directions, {processor()}"
        Console(width=110).print(_table(title, results))
    with spawn.Pool(1) as pool:
        seconds, extra = pool.apply(evaluated, (model, pixels, truth, repeats))
    print(
        f"{model}, one pair from encoded images, both directions: {seconds:.2f} s, {extra:.0f} MB"
    )


def _table(title: str, results: dict[str, Measured]) -> Table:
    table = Table(title=title)
    for column in ("", "CPU seconds", "x", "extra MB", "x", "largest difference"):
        table.add_column(column, justify="right" if column else "left")
    base, least, expected = results[OURS]
    for name, (seconds, extra, values) in results.items():
        difference = float(np.abs(np.array(values) - expected).max())
        memory = f"{extra / least:.0f}" if least else "-"
        figures = (f"{seconds:.3f}", f"{seconds / base:.1f}", f"{extra:.1f}", memory)
        table.add_row(name, *figures, f"{difference:.0e}")
    return table


if __name__ == "__main__":
    tyro.cli(main)
