"""Rotations out of matrices that are nearly, or not at all, rotations."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float


def nearest_rotations(matrices: Float[np.ndarray, "*k 3 3"]) -> Float[np.ndarray, "*k 3 3"]:
    """The rotations R with the largest ``trace(R^T M)``, which are the nearest to M.

    Example:
        >>> nearest_rotations(np.diag([2.0, 3.0, 0.5])).tolist()
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    left, _, right = np.linalg.svd(matrices)
    left[..., 2] *= np.sign(np.linalg.det(left) * np.linalg.det(right))[..., None]
    return left @ right
