"""Pose transfer: how close a carried functional frame comes to that of the other object."""

from __future__ import annotations

from typing import TypedDict

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy.spatial.transform import Rotation

from funcorr.errors import UserError
from funcorr.geometry.symmetry import best_turn, check_symmetry, flips, free_axis
from funcorr.metrics.checks import as_similarity

SUCCESS = ((5, 0.05), (10, 0.1), (20, 0.1))
"""Degrees, and share of the object's size, within which a pose counts as found."""


class Pose(TypedDict):
    """Result of :func:`pose`: errors of rotation, translation and scale, and the success."""

    rotation_deg: float
    translation: float
    scale: float
    success: dict[tuple[int, float], bool]


def pose(predicted: ArrayLike, true: ArrayLike, size: float, symmetry: str = "none") -> Pose:
    """Errors of one carried functional frame.

    Both poses take frame coordinates (origin 0, unit 1) to the camera of image 2: ``predicted`` is
    the frame of object 1, carried over by the transfer that is judged, ``true`` that of object 2.
    With their rotations ``P`` and ``T``, origins ``p`` and ``t`` and scales ``a`` and ``b``:

    - ``rotation_deg = min_S angle((T S)^T P)`` over the turns S that the symmetry allows;
    - ``translation = |p - t| / size``: where the functional frame's origin lands;
    - ``scale = |log2(a / b)|``: 1 is an object twice too large, or half;
    - ``success[degrees, share]``: ``rotation_deg <= degrees and translation <= share``. Scale does
      not count: a rigid action has none.

    Args:
        predicted: 4 x 4 similarity.
        true: 4 x 4 similarity, in the same unit of length.
        size: length of object 2 in that unit, its longest side.
        symmetry: of the true frame: ``"none"``, ``"axis:z"`` (any turn about its z), ``"flip:y"``
            (half turns about its y), or several joined by ``+``, at most one of them an axis.

    Raises:
        UserError: a matrix is no similarity, the size is not positive or the symmetry is unknown.

    Example:
        >>> quarter = [[0, -1, 0, 0.01], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
        >>> pose(quarter, np.eye(4), size=0.2)["rotation_deg"]
        90.0
        >>> pose(quarter, np.eye(4), size=0.2, symmetry="axis:z")["success"]
        {(5, 0.05): True, (10, 0.1): True, (20, 0.1): True}
    """
    found, truth = as_similarity(predicted, "predicted"), as_similarity(true, "true")
    check_symmetry(symmetry)
    if not (np.isfinite(size) and size > 0):
        raise UserError(f"size must be a length above 0, the object's longest side; got {size}")
    (turn, scale), (true_turn, true_scale) = _parts(found), _parts(truth)
    angle = _angle(true_turn.T @ turn, symmetry)
    translation = float(np.linalg.norm(found[:3, 3] - truth[:3, 3]) / size)
    return {
        "rotation_deg": angle,
        "translation": translation,
        "scale": float(abs(np.log2(scale / true_scale))),
        "success": {
            (degrees, share): bool(angle <= degrees and translation <= share)
            for degrees, share in SUCCESS
        },
    }


def _parts(matrix: Float[np.ndarray, "4 4"]) -> tuple[Float[np.ndarray, "3 3"], float]:
    """Rotation and scale of a similarity."""
    scale = float(np.cbrt(np.linalg.det(matrix[:3, :3])))
    return matrix[:3, :3] / scale, scale


def _angle(between: Float[np.ndarray, "3 3"], symmetry: str) -> float:
    """The least angle in degrees of ``S^T between`` over the turns S of the symmetry."""
    axis = free_axis(symmetry)
    left = [flip @ between for flip in flips(symmetry)]  # products of half turns are symmetric
    if axis:
        left = [best_turn(each, axis) @ each for each in left]
    closest = max(left, key=np.trace)
    return float(np.degrees(Rotation.from_matrix(closest).magnitude()))
