"""Discovery: does the model find the functional correspondences without being shown the part?"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TypedDict

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike
from scipy.spatial.distance import cdist

from funcorr.errors import UserError
from funcorr.metrics.checks import as_points, as_scores, check_aligned, check_thresholds

_BLOCK_VALUES = 2**17  # distances held at once, per image: 1 MiB


class Discovery(TypedDict):
    """Result of :func:`discovery` at one threshold: the curve and its two summaries."""

    best_f1: float
    ap: float
    precision: Float[np.ndarray, " t"]
    recall: Float[np.ndarray, " t"]


def discovery(
    points1: ArrayLike,
    points2: ArrayLike,
    scores: ArrayLike,
    gt1: ArrayLike,
    gt2: ArrayLike,
    thresholds: Sequence[int | float] = (23, 10),
    cutoffs: int = 100,
) -> dict[int | float, Discovery]:
    """Best F1 and average precision of ranked matches, for one direction of one image pair.

    Matches are ranked by falling score, equal scores in the given order. The top
    ``n_t = max(1, N t // cutoffs)`` matches, t = 1 ... cutoffs, are "discovered" (section 5.1 of
    the paper). A match and a ground-truth pair agree at k when both ends lie within k pixels
    (closed ball) of each other. Then

    - ``precision_t`` is the share of the discovered matches that agree with some ground-truth pair;
    - ``recall_t`` the share of all ground-truth pairs that agree with some discovered match;
    - ``best_f1 = max_t 2 P_t R_t / (P_t + R_t)``, 0 where ``P_t + R_t`` is 0;
    - ``ap = sum_t (R_t - R_{t-1}) P_t`` with ``R_0 = 0``.

    Agreement is not one to one: a match may serve many ground-truth pairs and the reverse.
    Differences from the released code of the paper: scores are taken as they are, while that code
    min-max normalises cycle distance and similarity within a pair before it ranks
    (:func:`released_scores` does so); and its ``floor(N t / 100)`` is 0 (and the precision NaN)
    with fewer than 100 matches, here at least 1.

    Distances are computed in blocks, so memory grows with N + M and not with N M.

    Args:
        points1: N x 2 matched points (x, y) on image 1, pixels.
        points2: N x 2 their matches on image 2.
        scores: N, higher is better.
        gt1: M x 2 ground-truth points on image 1.
        gt2: M x 2 their partners on image 2.
        thresholds: distances k in pixels; 23 and 10 belong to 224 x 224 images.
        cutoffs: number of cutoffs T (the paper sweeps percents: 100).

    Returns:
        Per threshold ``{"best_f1": float, "ap": float, "precision": (T,), "recall": (T,)}``.

    Raises:
        UserError: shapes differ, no points, NaN or infinite values, or ``cutoffs`` below 1.

    Example:
        >>> exact = [[1, 2], [3, 4]]
        >>> discovery(exact, exact, [0.9, 0.1], exact, exact, thresholds=(1,))[1]["best_f1"]
        1.0
    """
    matches = as_points(points1, "points1"), as_points(points2, "points2")
    truth = as_points(gt1, "gt1"), as_points(gt2, "gt2")
    check_aligned(*matches, "points1 and points2")
    check_aligned(*truth, "gt1 and gt2")
    order = np.argsort(-as_scores(scores, "scores", len(matches[0])), kind="stable")
    if cutoffs < 1:
        raise UserError(f"cutoffs must be at least 1, got {cutoffs}")
    ends = np.maximum(1, len(order) * np.arange(1, cutoffs + 1) // cutoffs)
    limits = np.square(np.array(check_thresholds(thresholds), dtype=np.float64))
    precision, recall = _curves(matches[0][order], matches[1][order], *truth, ends, limits)
    return {k: _summary(precision[i], recall[i]) for i, k in enumerate(thresholds)}


def released_scores(
    similarity: ArrayLike, cycle_error: ArrayLike, part: ArrayLike | None = None
) -> Float[np.ndarray, " n"]:
    """The ranking of matches by the paper's released code, as scores for :func:`discovery`.

    ``(1 - d) s`` with cycle error d and similarity s min-maxed to [0, 1] within the image pair,
    where the paper takes both as they are. Matches of the functional part are min-maxed among
    themselves and rank before all others, which are min-maxed among themselves too. Where all
    values are equal, that code divides by zero; here they become 0.

    Args:
        similarity: N similarities.
        cycle_error: N distances between a point and the match of its match, pixels.
        part: N, which matches are between functional parts; None without part masks.

    Raises:
        UserError: lengths differ, or NaN.

    Example:
        >>> released_scores([0.9, 0.8, 0.7], [4, 0, 2]).round(2).tolist()
        [0.0, 0.5, 0.0]
        >>> released_scores([0.9, 0.8, 0.7], [4, 0, 2], [False, True, True]).tolist()
        [0.0, 3.0, 2.0]
    """
    count = len(np.atleast_1d(np.asarray(similarity, dtype=object)))
    similarity = as_scores(similarity, "similarity", count)
    cycle_error = as_scores(cycle_error, "cycle_error", count)
    inside = np.zeros(count, bool) if part is None else as_scores(part, "part", count) > 0
    scores = np.zeros(count)
    for rows, bonus in ((inside, 2.0), (~inside, 0.0)):
        if rows.any():
            closeness = 1 - _min_maxed(cycle_error[rows])
            scores[rows] = closeness * _min_maxed(similarity[rows]) + bonus
    return scores


def _min_maxed(values: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    span = float(np.ptp(values))
    return (values - values.min()) / span if span > 0 else np.zeros_like(values)


def _curves(
    points1: Float[np.ndarray, "n 2"],
    points2: Float[np.ndarray, "n 2"],
    gt1: Float[np.ndarray, "m 2"],
    gt2: Float[np.ndarray, "m 2"],
    ends: Int[np.ndarray, " t"],
    limits: Float[np.ndarray, " k"],
) -> tuple[Float[np.ndarray, "k t"], Float[np.ndarray, "k t"]]:
    """Precision and recall at every squared limit and cutoff, from one pass over the distances.

    The pass goes down the ranking. The least distance of a match to any ground-truth pair decides
    its precision at every limit; the least distance of a ground-truth pair to any match so far
    decides its recall at every limit.
    """
    of_match = np.empty(len(points1))
    of_truth = np.full(len(gt1), np.inf)
    recall = np.empty((len(limits), len(ends)))
    block = max(1, _BLOCK_VALUES // len(gt1))
    for t, (start, end) in enumerate(pairwise([0, *ends.tolist()])):
        for first in range(start, end, block):
            rows = slice(first, min(first + block, end))
            distance = cdist(points1[rows], gt1, "sqeuclidean")
            np.maximum(distance, cdist(points2[rows], gt2, "sqeuclidean"), out=distance)
            of_match[rows] = distance.min(axis=1)
            np.minimum(of_truth, distance.min(axis=0), out=of_truth)
        recall[:, t] = (of_truth <= limits[:, None]).mean(axis=1)
    correct = np.cumsum(of_match <= limits[:, None], axis=1)
    return correct[:, ends - 1] / ends, recall


def _summary(precision: Float[np.ndarray, " t"], recall: Float[np.ndarray, " t"]) -> Discovery:
    total = precision + recall
    f1 = np.divide(2 * precision * recall, total, out=np.zeros_like(total), where=total > 0)
    ap = np.sum(np.diff(recall, prepend=0.0) * precision)
    return {"best_f1": float(f1.max()), "ap": float(ap), "precision": precision, "recall": recall}
