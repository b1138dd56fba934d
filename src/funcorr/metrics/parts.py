"""Part masks: how well a predicted one covers the true one, and whether matches stay on it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from funcorr.errors import UserError
from funcorr.metrics.checks import as_map, check_aligned


def part_iou(predicted: ArrayLike, exact: ArrayLike, threshold: float = 0.5) -> float:
    """Intersection over union of a predicted and an exact part mask.

    ``|P and E| / |P or E|`` with ``P = predicted > threshold`` and ``E = exact > 0.5``; 1 where
    both are empty. The paper does not measure it.

    Args:
        predicted: H x W probabilities, or a bool mask.
        exact: H x W bool mask.
        threshold: of the probabilities (released code: 0.5).

    Raises:
        UserError: not H x W maps of one size in [0, 1].

    Example:
        >>> part_iou([[0.9, 0.8, 0.1]], [[False, True, True]])
        0.3333333333333333
    """
    found, truth = as_map(predicted, "predicted") > threshold, as_map(exact, "exact") > 0.5
    check_aligned(found, truth, "predicted and exact")
    union = (found | truth).sum()
    return float((found & truth).sum() / union) if union else 1.0


def part_hits(carried: ArrayLike, part: ArrayLike) -> float:
    """Share of the points carried from one part that land on the other.

    Where only the parts are known, not which of their pixels correspond, this is what can be said
    of matches. A point without an answer (NaN) and one outside the image miss.

    Args:
        carried: N x 2 predicted points (x, y) on image 2, pixels; NaN where there is no answer.
        part: H x W bool mask of the functional part of image 2.

    Raises:
        UserError: no points, or no H x W map.

    Example:
        >>> part_hits([[0, 1], [1, 1], [np.nan, np.nan]], [[False, False], [True, False]])
        0.3333333333333333
    """
    points, truth = np.asarray(carried, np.float64), as_map(part, "part") > 0.5
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise UserError(f"carried must be N x 2 points (x, y), N at least 1; got {points.shape}")
    height, width = truth.shape
    known = ((points > -0.5) & (points < [width - 0.5, height - 0.5])).all(axis=1)
    x, y = np.floor(points[known] + 0.5).astype(int).T
    return float(truth[y, x].sum() / len(points))
