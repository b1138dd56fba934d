"""Points as Python callers hand them over."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from funcorr.errors import UserError
from funcorr.images.arrays import as_array
from funcorr.images.types import PointsLike


def read_points(source: PointsLike, name: str = "points") -> Float[np.ndarray, "k 2"]:
    """Pixels (x, y) as float64.

    Args:
        source: K x 2 numbers, or one (x, y): lists, an array or a tensor.
        name: what messages call them.

    Raises:
        UserError: these are not finite K x 2 numbers.

    Example:
        >>> read_points([3, 4]).tolist()
        [[3.0, 4.0]]
    """
    given: Any = source
    try:
        array = as_array(given, name) if hasattr(given, "detach") else np.asarray(given)
        points = np.atleast_2d(array.astype(np.float64))
    except (TypeError, ValueError):
        raise UserError(f"{name} must be K x 2 numbers (x, y) in pixels") from None
    if points.ndim != 2 or points.shape[1] != 2:
        raise UserError(f"{name} must be K x 2 pixels (x, y); got {points.shape}")
    if not np.isfinite(points).all():
        raise UserError(f"{name} must be finite, K x 2; some are NaN or infinite")
    return points
