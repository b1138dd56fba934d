"""supervision: results as the fields of ``KeyPoints`` and ``Detections``, and those as points.

Fields, not objects, so that no version of supervision is needed here::

    import supervision as sv
    left, right = (sv.KeyPoints(**fields) for fields in keypoint_fields(result))
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from funcorr.correspondence.ranking import PART_THRESHOLD
from funcorr.correspondence.result import Correspondence
from funcorr.errors import UserError


def keypoint_fields(result: Correspondence, k: int = 10) -> tuple[dict[str, Any], dict[str, Any]]:
    """The best distinct matches as ``sv.KeyPoints`` of image 1 and of image 2.

    Keypoint i of the one matches keypoint i of the other; ``data`` has the function and the
    confidence of every match.

    Args:
        result: of a match.
        k: how many matches, at the most.
    """
    best = result.top(k)
    data = {"class_name": np.array([result.function]), "confidence": best.confidence[None]}
    one, two = (
        {"xy": points[None].astype(np.float32), "class_id": np.zeros(1, int), "data": dict(data)}
        for points in (best.points1, best.points2)
    )
    return one, two


def detection_fields(result: Correspondence) -> tuple[dict[str, Any], dict[str, Any]]:
    """The functional parts as ``sv.Detections`` of image 1 and of image 2; empty without a part.

    ``confidence`` is the mean probability inside the part, ``xyxy`` the first and the last pixel.

    Raises:
        UserError: the model predicts no parts.
    """
    if result.part1 is None or result.part2 is None:
        raise UserError(f"{result.model} predicts no functional part; there is nothing to detect")
    one, two = (_detection(part, result.function) for part in (result.part1, result.part2))
    return one, two


def points_of(keypoints: Any, index: int = 0) -> Float[np.ndarray, "k 2"]:
    """The points (x, y) of one object of an ``sv.KeyPoints``, for ``Correspondence.transfer``.

    Raises:
        UserError: there is no such object.
    """
    if not 0 <= index < len(keypoints.xy):
        raise UserError(f"there are keypoints of {len(keypoints.xy)} objects, none of {index}")
    return np.asarray(keypoints.xy[index], dtype=np.float32)


def mask_of(detections: Any, index: int = 0) -> Bool[np.ndarray, "h w"]:
    """The mask of one object of an ``sv.Detections``, for ``encode(mask=...)``.

    Raises:
        UserError: there are no masks, or no such object.
    """
    if detections.mask is None or not 0 <= index < len(detections.mask):
        count = 0 if detections.mask is None else len(detections.mask)
        raise UserError(f"the detections have {count} masks, none of {index}")
    return np.asarray(detections.mask[index], dtype=bool)


def _detection(part: Float[np.ndarray, "h w"], function: str) -> dict[str, Any]:
    mask = part > PART_THRESHOLD
    count = int(mask.any())
    box, confidence = np.zeros((count, 4), np.float32), np.zeros(count, np.float32)
    if count:
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        box[0] = columns[0], rows[0], columns[-1], rows[-1]
        confidence[0] = part[mask].mean()
    return {
        "xyxy": box,
        "mask": mask[None][:count],
        "confidence": confidence,
        "class_id": np.zeros(count, int),
        "data": {"class_name": np.array([function] * count, dtype=str)},
    }
