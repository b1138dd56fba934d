"""How far the scores of a model can be trusted, and the curve that turns them into probabilities.

Graded are the ground-truth points of a benchmark: each has the score of its match, and the match
is right when it lies within a share of the image's longer side of the true point.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.optimize import minimize
from scipy.spatial import cKDTree

from funcorr.benchmark.predictions import CYCLE, DIRECTIONS, TRANSFER_SCORES, prediction_path
from funcorr.correspondence.confidence import Calibration
from funcorr.correspondence.ranking import plain_scores
from funcorr.errors import UserError
from funcorr.groundtruth.pairs import Benchmark
from funcorr.io import read_arrays

WITHIN = 23 / 224
"""The paper's loosest threshold, as a share of its image size."""


class Graded(NamedTuple):
    """Matches with known truth.

    Attributes:
        scores: N plain scores, without what the functional part adds.
        right: N, whether each is right.
    """

    scores: Float[np.ndarray, " n"]
    right: Bool[np.ndarray, " n"]


class Reliability(NamedTuple):
    """What was promised and what came true, in bins of equal counts.

    Attributes:
        promised: mean confidence per bin.
        kept: share of right matches per bin.
        error: expected calibration error, the mean of their differences.
    """

    promised: Float[np.ndarray, " b"]
    kept: Float[np.ndarray, " b"]
    error: float


def graded_matches(benchmark: Benchmark, run: Path, within: float = WITHIN) -> Graded:
    """The matches of all ground-truth points, from the predictions of an evaluation.

    Args:
        benchmark: with the truth.
        run: run folder of :func:`funcorr.benchmark.evaluate.evaluate`.
        within: see :class:`funcorr.correspondence.confidence.Calibration`.

    Raises:
        UserError: a prediction is missing or damaged.
    """
    radius = within * max(benchmark.image_size)
    scores, right = [], []
    for found, row, there in _directed(benchmark, run, ("points2", *CYCLE)):
        similarity, cycle_error = (found[name][row].astype(np.float64) for name in CYCLE)
        scores.append(plain_scores(similarity, cycle_error, benchmark.image_size))
        right.append(np.linalg.norm(found["points2"][row] - there, axis=1) < radius)
    return Graded(np.concatenate(scores), np.concatenate(right))


def graded_transfers(benchmark: Benchmark, run: Path, within: float = WITHIN) -> Graded:
    """The label transfer of all ground-truth points, from the predictions of an evaluation.

    Left out are pairs in which the model found no part, where a point takes its own match.

    Args:
        benchmark: with the truth.
        run: run folder of :func:`funcorr.benchmark.evaluate.evaluate`.
        within: see :class:`funcorr.correspondence.confidence.Calibration`.

    Raises:
        UserError: a prediction is missing or damaged.
    """
    radius = within * max(benchmark.image_size)
    scores, right = [np.empty(0)], [np.empty(0, bool)]
    for found, row, there in _directed(benchmark, run, ("transferred",), [TRANSFER_SCORES]):
        if TRANSFER_SCORES in found:
            off = np.linalg.norm(found["transferred"] - there, axis=1)
            scores.append(found[TRANSFER_SCORES][row][np.isfinite(off)].astype(np.float64))
            right.append(off[np.isfinite(off)] < radius)
    return Graded(np.concatenate(scores), np.concatenate(right))


def _directed(
    benchmark: Benchmark, run: Path, names: Sequence[str], optional: Sequence[str] = ()
) -> Iterator[tuple[dict[str, np.ndarray], Int[np.ndarray, " k"], Float[np.ndarray, "k 2"]]]:
    """Arrays of every kept prediction, the rows of the ground-truth points, where they belong."""
    for pair in benchmark.pairs:
        truth = benchmark.ground_truth(pair)
        for way, (here, there) in zip(DIRECTIONS, (truth, truth[::-1]), strict=True):
            path = prediction_path(run, pair, way)
            found = read_arrays(path, ("points1", *names), "predictions", optional=optional)
            yield found, cKDTree(found["points1"]).query(here)[1], there


def fit_calibration(graded: Graded, within: float = WITHIN) -> Calibration:
    """The logistic curve of greatest likelihood (Platt scaling).

    Raises:
        UserError: all matches are right, or all wrong, or better scores are not righter.
    """
    if graded.right.all() or not graded.right.any():
        raise UserError("a calibration needs right and wrong matches; got only one of them")
    sign = np.where(graded.right, 1.0, -1.0)

    def unlikelihood(curve: np.ndarray) -> float:
        return float(np.logaddexp(0, -sign * (curve[0] * graded.scores + curve[1])).mean())

    slope, offset = minimize(unlikelihood, np.array([1.0, 0.0])).x
    return Calibration(float(slope), float(offset), within)


def reliability(
    confidence: Float[np.ndarray, " n"], right: Bool[np.ndarray, " n"], bins: int = 10
) -> Reliability:
    """Compare confidence with what came true.

    Example:
        >>> sure = np.array([0.0, 0.0, 1.0, 1.0])
        >>> reliability(sure, sure > 0.5, bins=2).error
        0.0
    """
    groups = np.array_split(np.argsort(confidence, kind="stable"), bins)
    promised = np.array([confidence[group].mean() for group in groups])
    kept = np.array([right[group].mean() for group in groups])
    shares = np.array([len(group) for group in groups]) / len(confidence)
    return Reliability(promised, kept, float((shares * np.abs(promised - kept)).sum()))
