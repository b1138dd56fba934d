"""Pose transfer on a benchmark with depth: the motion that a match gives, and how far it is off."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from funcorr.errors import UserError
from funcorr.functions.frames import closest_frames
from funcorr.groundtruth.pair_geometry import ObjectFrame
from funcorr.groundtruth.pairs import Benchmark, ImagePair
from funcorr.metrics import pose
from funcorr.transfer.pose import transfer_pose
from funcorr.transfer.rgbd import RGBDView

POSE = "pose"
"""The array of a prediction with the 4 x 4 from camera 1 to camera 2; NaN where it was refused."""

POSE_CONFIDENCE = "pose_confidence"
"""The array with the probability that the pose is right; 0 where it was refused."""

REFUSED = {"rotation_deg": 180.0, "translation": 1.0}
"""What a refused pose counts as: turned round, and a whole object away."""


def rgbd_views(benchmark: Benchmark, pair: ImagePair) -> tuple[RGBDView, RGBDView]:
    """Both images of a pair with their depth.

    Raises:
        UserError: a depth picture is damaged, empty or in another unit.
    """
    depths, cameras = benchmark.depths(pair), benchmark.cameras(pair)
    first, second = (RGBDView(d, c.intrinsics) for d, c in zip(depths, cameras, strict=True))
    return first, second


def predicted_pose(match: Any, views: tuple[RGBDView, RGBDView]) -> dict[str, np.ndarray]:
    """The pose that a match gives, as the arrays of a prediction.

    Args:
        match: the :class:`funcorr.Correspondence` between the two images.
        views: their depth and cameras.
    """
    try:
        found = transfer_pose(match, *views)
    except UserError:  # too little in common: that is an answer too
        return {POSE: np.full((4, 4), np.nan), POSE_CONFIDENCE: np.array(0.0)}
    return {POSE: np.asarray(found.matrix), POSE_CONFIDENCE: np.array(float(found.confidence))}


def score_pose(
    predicted: Float[np.ndarray, "4 4"], first: ObjectFrame, second: ObjectFrame
) -> dict[str, float]:
    """``rotation_deg``, ``translation`` and ``pose@5``, ``pose@10``, ``pose@20`` of one pose.

    Of the frames that do the same job, by the symmetries of both objects, the two count that the
    pose brings together best.

    Args:
        predicted: camera 1 to camera 2, NaN where it was refused (:data:`REFUSED`).
        first: functional frame of the object in image 1.
        second: of that in image 2.
    """
    if np.isnan(predicted).any():
        return {**REFUSED, **dict.fromkeys(("pose@5", "pose@10", "pose@20"), 0.0)}
    rotation = predicted[:3, :3] / np.cbrt(np.linalg.det(predicted[:3, :3]))
    here, there = closest_frames(first.frame, second.frame, rotation)
    found = pose(predicted @ here.matrix, there.matrix, second.object_size)
    passed = {f"pose@{degrees}": float(ok) for (degrees, _), ok in found["success"].items()}
    return {"rotation_deg": found["rotation_deg"], "translation": found["translation"], **passed}
