"""Label transfer: how precisely points of a functional part are carried to the other image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import numpy as np
from numpy.typing import ArrayLike

from funcorr.errors import UserError
from funcorr.metrics.checks import as_box, as_points, check_aligned, check_thresholds

PROTOCOLS = ("paper", "released-code")


class LabelTransfer(TypedDict):
    """Result of :func:`label_transfer`: mean error, and share of correct points per threshold."""

    normalized_distance: float
    pck: dict[int | float, float]


def label_transfer(
    pred2: ArrayLike,
    gt2: ArrayLike,
    image_size: Sequence[int] = (224, 224),
    thresholds: Sequence[int | float] = (23, 10),
    protocol: str = "paper",
) -> LabelTransfer:
    """Normalized distance and PCK of carried points, for one direction of one image pair.

    With ``e_i = ||pred2_i - gt2_i||`` in pixels of image 2, the paper (section 5.1) defines
    ``normalized distance = mean(e_i) / image size`` and ``PCK@k = mean(e_i < k)``.

    The released code of the paper differs from its text. ``protocol="released-code"`` follows it:

    - it divides by ``max(height, width) - 1`` (223 at 224 pixels), not by ``max(height, width)``;
    - it counts ``e_i <= k``, not ``e_i < k``.

    Both score the two directions of a pair separately. The reported tables are means over
    directed pairs of the value returned here, not means over all points pooled. Which target
    pixels a model may choose from (its object mask, or its predicted part) is the model's affair.

    Args:
        pred2: N x 2 predicted points (x, y) on image 2, pixels.
        gt2: N x 2 ground-truth points, row by row the truth of ``pred2``.
        image_size: (height, width) of image 2 in pixels.
        thresholds: the distances k in pixels of image 2; 23 and 10 belong to 224 x 224 images.
        protocol: ``"paper"`` or ``"released-code"``.

    Returns:
        ``{"normalized_distance": float, "pck": {k: float}}`` with the thresholds as keys.

    Raises:
        UserError: shapes differ, no points, NaN, or an unknown protocol.

    Example:
        >>> label_transfer([[0, 0], [10, 0]], [[0, 0], [0, 0]], thresholds=(10,))["pck"]
        {10: 0.5}
    """
    predicted, truth = as_points(pred2, "pred2"), as_points(gt2, "gt2")
    check_aligned(predicted, truth, "pred2 and gt2")
    check_thresholds(thresholds)
    side = _reference_side(image_size, protocol)
    error = np.linalg.norm(predicted - truth, axis=1)
    correct = np.less if protocol == "paper" else np.less_equal
    return {
        "normalized_distance": float(error.mean() / side),
        "pck": {k: float(correct(error, k).mean()) for k in thresholds},
    }


def keypoint_pck(
    pred2: ArrayLike,
    gt2: ArrayLike,
    box: Sequence[float],
    shares: Sequence[float] = (0.1, 0.05),
) -> dict[float, float]:
    """PCK as sets of keypoints define it: in shares of the object's box on the target image.

    ``PCK@a = mean(||pred2_i - gt2_i|| <= a max(box width, box height))``, as SPair-71k, PF-WILLOW
    and SOCO have it.

    Args:
        pred2: N x 2 predicted points (x, y) on image 2, pixels.
        gt2: N x 2 keypoints, row by row the truth of ``pred2``.
        box: left, top, right, bottom of the object on image 2, pixels.
        shares: the shares a.

    Raises:
        UserError: shapes differ, no points, NaN, or a box of no area.

    Example:
        >>> keypoint_pck([[0, 0], [8, 0]], [[0, 0], [0, 0]], (0, 0, 40, 20), (0.1, 0.2))
        {0.1: 0.5, 0.2: 1.0}
    """
    predicted, truth = as_points(pred2, "pred2"), as_points(gt2, "gt2")
    check_aligned(predicted, truth, "pred2 and gt2")
    check_thresholds(shares)
    left, top, right, bottom = as_box(box, "box")
    error = np.linalg.norm(predicted - truth, axis=1) / max(right - left, bottom - top)
    return {share: float((error <= share).mean()) for share in shares}


def _reference_side(image_size: Sequence[int], protocol: str) -> float:
    if protocol not in PROTOCOLS:
        raise UserError(f"unknown protocol {protocol!r}; expected one of {', '.join(PROTOCOLS)}")
    if len(image_size) != 2 or not min(image_size) >= 1:
        raise UserError(f"image_size must be (height, width) in pixels; got {image_size}")
    side = max(image_size) - (protocol == "released-code")
    if side == 0:
        raise UserError("the released-code protocol is not defined for images of one pixel")
    return float(side)
