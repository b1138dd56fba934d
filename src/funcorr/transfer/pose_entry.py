"""One pose as people write it down: a matrix, or a position and a quaternion of a named order."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from funcorr.errors import UserError

ORDERS = ("xyzw", "wxyz")

QUATERNION = ("quaternion", "orientation")
"""The second as in ``geometry_msgs/Pose``."""

GEOMETRY = {"matrix", "position", *QUATERNION}
"""Keys of a pose that are carried over; the others stay as they are."""

ANGLES = {"euler", "rpy", "roll", "rotvec", "rotation_vector", "axis_angle", "angles"}
"""Keys of turns whose order or unit nobody can tell."""

UNIT_LENGTH = 1e-3
"""A quaternion's length may differ from 1 by this."""


def read_entry(entry: Mapping[str, Any], order: Any) -> Float[np.ndarray, "4 4"]:
    """A pose of a file as a matrix.

    Args:
        entry: with ``matrix`` (4 x 4, or 3 x 4 without the last row), or with ``position`` and
            ``quaternion``: numbers, or objects with ``x``, ``y``, ``z`` and ``w``, as in ROS.
        order: of quaternions that are numbers, xyzw or wxyz.

    Raises:
        UserError: it is another one.

    Example:
        >>> turned = {"position": [0, 0, 1], "orientation": {"x": 0, "y": 0, "z": 1, "w": 0}}
        >>> read_entry(turned, None).diagonal().tolist()
        [-1.0, -1.0, 1.0, 1.0]
    """
    if "matrix" in entry:
        return _matrix(entry["matrix"])
    if told := ANGLES & set(entry):
        raise UserError(
            f"{min(told)!r} tells a turn whose order and unit are not plain; write it as a "
            "quaternion (scipy's Rotation.from_euler or from_rotvec, then as_quat gives xyzw)"
        )
    given = next((entry[key] for key in QUATERNION if key in entry), None)
    if given is None or "position" not in entry:
        raise UserError("expected a matrix, or position and quaternion")
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_quat(_quaternion(given, order)).as_matrix()
    matrix[:3, 3] = _row(entry["position"], "xyz", "a position")
    return matrix


def _matrix(given: Any) -> Float[np.ndarray, "4 4"]:
    try:
        matrix = np.array(given, dtype=np.float64)
    except (TypeError, ValueError):
        matrix = np.zeros(0)
    if matrix.shape == (3, 4):
        return np.vstack([matrix, [0, 0, 0, 1]])
    if matrix.shape not in ((4, 4), (16,)):
        raise UserError(f"a matrix must be 4 x 4 or 3 x 4 numbers; got {matrix.shape}")
    return matrix.reshape(4, 4)


def _quaternion(given: Any, order: Any) -> Float[np.ndarray, "4"]:
    """In the order x, y, z, w."""
    if isinstance(given, Mapping):
        order = "xyzw"
    elif order not in ORDERS:
        raise UserError(f'"quaternion_order" must be xyzw or wxyz; got {order!r}')
    quaternion = _row(given, order, "a quaternion")
    length = math.hypot(*quaternion)
    if not abs(length - 1) < UNIT_LENGTH:
        raise UserError(f"a quaternion must have length 1, got {length:.4g}")
    return np.roll(quaternion, -1) if order == "wxyz" else quaternion


def _row(given: Any, names: str, what: str) -> Float[np.ndarray, " n"]:
    """Numbers, or an object that names them."""
    try:
        values = [given[name] for name in names] if isinstance(given, Mapping) else given
        row = np.array(values, dtype=np.float64)
    except (KeyError, TypeError, ValueError):
        row = np.zeros(0)
    if row.shape != (len(names),):
        raise UserError(f"{what} must be {len(names)} numbers, {', '.join(names)}")
    return row
