"""What every metric asks of its arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from funcorr.errors import UserError


def as_points(value: ArrayLike, name: str) -> Float[np.ndarray, "n 2"]:
    """At least one finite point (x, y) per row, float64.

    Raises:
        UserError: another shape, no rows, or NaN or infinite values.
    """
    points = _as_float(value, name)
    if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
        raise UserError(f"{name} must be N x 2 points (x, y), N at least 1; got {points.shape}")
    return _finite(points, name)


def as_box(value: Any, name: str) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a box.

    Raises:
        UserError: no four finite numbers around an area.
    """
    try:
        left, top, right, bottom = map(float, value)
    except (TypeError, ValueError):
        left = top = right = bottom = 0.0
    if not (np.isfinite([left, top, right, bottom]).all() and right > left and bottom > top):
        raise UserError(f"{name} must be left, top, right, bottom of an area; got {value}")
    return left, top, right, bottom


def as_scores(value: ArrayLike, name: str, length: int) -> Float[np.ndarray, " n"]:
    """One finite number per point, float64.

    Raises:
        UserError: another length, or NaN or infinite values.
    """
    scores = _as_float(value, name)
    if scores.shape != (length,):
        raise UserError(f"{name} must hold one number per point, ({length},); got {scores.shape}")
    return _finite(scores, name)


def as_map(value: ArrayLike, name: str) -> Float[np.ndarray, "h w"]:
    """A two-dimensional map with values in [0, 1], float64.

    Raises:
        UserError: another shape, or values outside [0, 1].
    """
    heatmap = _as_float(value, name)
    if heatmap.ndim != 2 or heatmap.size == 0:
        raise UserError(f"{name} must be an H x W map; got {heatmap.shape}")
    low, high = heatmap.min(), heatmap.max()
    if not (low >= 0 and high <= 1):  # NaN fails every comparison
        _finite(heatmap, name)
        raise UserError(
            f"{name} must lie in [0, 1], got {low:g} to {high:g}; "
            "scale it first (8-bit ground truth: divide by 255)"
        )
    return heatmap


def as_similarity(value: ArrayLike, name: str) -> Float[np.ndarray, "4 4"]:
    """A 4 x 4 rotation, uniform scale and translation, float64.

    Raises:
        UserError: another shape, NaN or infinite values, or another kind of matrix.
    """
    matrix = _as_float(value, name)
    if matrix.shape != (4, 4):
        raise UserError(f"{name} must be a 4 x 4 similarity; got {matrix.shape}")
    linear, last = _finite(matrix, name)[:3, :3], matrix[3]
    volume = np.linalg.det(linear)
    square = np.cbrt(max(volume, 0.0)) ** 2
    if not (volume > 0 and np.allclose(linear.T @ linear / square, np.eye(3), atol=1e-3)):
        raise UserError(
            f"{name} is no similarity: its upper left 3 x 3 must be a rotation times a scale above "
            "0, without mirroring or shear"
        )
    if not np.array_equal(last, [0, 0, 0, 1]):
        raise UserError(f"the last row of {name} must be 0 0 0 1 (transposed?); got {last}")
    return matrix


def check_aligned(first: np.ndarray, second: np.ndarray, names: str) -> None:
    """Raise a UserError unless two arrays have one shape."""
    if first.shape != second.shape:
        raise UserError(f"{names} must have one shape; got {first.shape} and {second.shape}")


def check_thresholds(thresholds: Sequence[int | float]) -> Sequence[int | float]:
    """Positive pixel distances, as given.

    Raises:
        UserError: none given, or one that is not a positive finite number.
    """
    values = _as_float(list(thresholds) if np.iterable(thresholds) else thresholds, "thresholds")
    if values.ndim != 1 or len(values) == 0 or not (np.isfinite(values) & (values > 0)).all():
        raise UserError(f"thresholds must be positive distances in pixels; got {thresholds}")
    return thresholds


def _as_float(value: Any, name: str) -> np.ndarray:
    try:
        if np.iscomplexobj(value):
            raise TypeError
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise UserError(f"{name} must be an array of numbers") from None


def _finite(array: np.ndarray, name: str) -> np.ndarray:
    if not np.isfinite(array).all():
        raise UserError(f"{name} holds NaN or infinite values; expected finite numbers")
    return array
