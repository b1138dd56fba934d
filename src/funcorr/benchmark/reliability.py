"""How far the scores of a model can be trusted, and the curve that turns them into probabilities.

Graded are the ground-truth points of a benchmark: each has the score of its answer, and the answer
is right when it lies within a share of the image's longer side of the true point.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from scipy.optimize import minimize
from scipy.spatial import cKDTree

from funcorr.correspondence.confidence import Calibration
from funcorr.correspondence.result import Correspondence
from funcorr.errors import UserError

WITHIN = 23 / 224
"""The paper's loosest threshold, as a share of its image size."""

FOLDS = 4
"""Shares of the objects, each left out once where a curve is judged on what it was fitted on."""


class Graded(NamedTuple):
    """Answers for points of one image, with known truth.

    Attributes:
        scores: N plain scores, without what the functional part adds.
        right: N, whether each is right.
        objects: names of the two objects.
    """

    scores: Float[np.ndarray, " n"]
    right: Bool[np.ndarray, " n"]
    objects: tuple[str, str] = ("", "")


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


def graded(
    result: Correspondence,
    here: Float[np.ndarray, "n 2"],
    there: Float[np.ndarray, "n 2"],
    objects: tuple[str, str] = ("", ""),
    transfer: bool = True,
    within: float = WITHIN,
) -> Graded | None:
    """The answers of a match for points whose truth is known.

    Args:
        result: the match.
        here: points (x, y) of image 1.
        there: where they belong on image 2.
        objects: names of the two objects.
        transfer: whether label transfer is graded; else the points' own matches.
        within: see :class:`funcorr.correspondence.confidence.Calibration`.

    Returns:
        None where label transfer is asked for and no part was found: there a point takes its match.
    """
    landed, scores = result.points2, result.plain_scores
    if transfer:
        if result.transferred is None or result.transfer_scores is None:
            return None
        landed, scores = result.transferred, result.transfer_scores
    row = cKDTree(result.points1).query(here)[1]
    radius = within * max(result.images[1].shape[:2])
    right = np.linalg.norm(landed[row] - there, axis=1) < radius
    return Graded(scores[row].astype(np.float64), right, objects)


def fit_calibration(graded: Sequence[Graded], within: float = WITHIN) -> Calibration:
    """The logistic curve of greatest likelihood (Platt scaling); every pair has the same weight.

    Args:
        graded: answers with known truth.
        within: see :class:`funcorr.correspondence.confidence.Calibration`.

    Raises:
        UserError: all answers are right, or all wrong, or better ones are not righter.
    """
    right = np.concatenate([each.right for each in graded])
    if right.all() or not right.any():
        raise UserError("a calibration needs right and wrong matches; got only one of them")
    scores = np.concatenate([each.scores for each in graded])
    weights = np.concatenate([np.full(len(g.right), 1 / len(g.right)) for g in graded])
    sign = np.where(right, 1.0, -1.0)

    def unlikelihood(curve: np.ndarray) -> float:
        margin = sign * (curve[0] * scores + curve[1])
        return float(np.average(np.logaddexp(0, -margin), weights=weights))

    slope, offset = minimize(unlikelihood, np.array([1.0, 0.0])).x.tolist()
    return Calibration(slope, offset, within)


def held_out_confidence(graded: Sequence[Graded]) -> list[Float[np.ndarray, " n"]]:
    """Confidence by curves that saw neither object of the pair that they judge."""
    folds = [frozenset(zlib.crc32(n.encode()) % FOLDS for n in each.objects) for each in graded]
    curves = {
        left_out: fit_calibration(
            [each for each, own in zip(graded, folds, strict=True) if not own & left_out]
        )
        for left_out in set(folds)
    }
    return [curves[own](each.scores) for each, own in zip(graded, folds, strict=True)]


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
