"""Poses and points as callers hand them over, and the JSON files that hold them."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from funcorr.errors import UserError

FARTHEST = 1e9
"""Metres or millimetres; nothing lies beyond."""


def as_poses(given: Any) -> Float[np.ndarray, "*n 4 4"]:
    """4 x 4 or N x 4 x 4 rigid transforms as float64.

    Raises:
        UserError: another shape, NaN, or no rigid transforms.
    """
    poses = _as_float(given, "poses")
    if poses.shape[-2:] != (4, 4) or poses.ndim > 3:
        raise UserError(f"poses must be 4 x 4 or N x 4 x 4; got {poses.shape}")
    rotation = poses[..., :3, :3]
    if not np.allclose(poses[..., 3, :], [0, 0, 0, 1], atol=1e-6):
        raise UserError("the last row of a pose must be 0 0 0 1; is it transposed?")
    if not np.allclose(np.swapaxes(rotation, -1, -2) @ rotation, np.eye(3), atol=1e-3):
        raise UserError("a pose's upper left 3 x 3 must be a rotation, without scale or shear")
    if (np.linalg.det(rotation) < 0).any():
        raise UserError(
            "a pose is mirrored: its axes are left-handed (Unity, Unreal); expected right-handed"
        )
    return poses


def as_points(given: Any) -> Float[np.ndarray, "*n 3"]:
    """3 or N x 3 coordinates as float64.

    Raises:
        UserError: another shape, or NaN.
    """
    points = _as_float(given, "points")
    if points.shape[-1:] != (3,) or points.ndim > 2:
        raise UserError(f"points must be 3 or N x 3 metres; got {points.shape}")
    return points


def _as_float(given: Any, what: str) -> np.ndarray:
    try:
        numbers = np.array(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise UserError(f"{what} must be numbers, all rows of one length") from None
    if not (np.abs(numbers) < FARTHEST).all():
        raise UserError(f"{what} must be finite; some are NaN, infinite or beyond all measure")
    return numbers
