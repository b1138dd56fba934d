"""What gizmos and number fields hold: a similarity or a box as position, turn and size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from funcorr.errors import UserError
from funcorr.geometry.rotations import nearest_rotations

Triple = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]

MARGIN = 1.05
"""A first box is this much larger than what it is around, as in the paper's annotator."""

THINNEST = 1e-3
"""Boxes are at least this thick, in the object's longest side."""


@dataclass(frozen=True)
class Placement:
    """A rotation and even scale about the origin, then a move.

    Attributes:
        position: where the origin goes.
        wxyz: unit quaternion, real part first.
        scale: above 0.

    Example:
        >>> Placement((1.0, 0.0, 0.0), scale=2.0).matrix[0].tolist()
        [2.0, 0.0, 0.0, 1.0]
    """

    position: Triple = (0.0, 0.0, 0.0)
    wxyz: Quaternion = (1.0, 0.0, 0.0, 0.0)
    scale: float = 1.0

    @classmethod
    def from_matrix(cls, matrix: Float[np.ndarray, "4 4"]) -> Placement:
        """Take a 4 x 4 similarity, such as that of an alignment, apart."""
        scale = float(np.cbrt(np.linalg.det(matrix[:3, :3])))
        turn = Rotation.from_matrix(matrix[:3, :3] / scale)
        return cls(_triple(matrix[:3, 3]), _wxyz(turn), scale)

    @property
    def matrix(self) -> Float[np.ndarray, "4 4"]:
        """The similarity as 4 x 4."""
        matrix = np.eye(4)
        matrix[:3, :3] = self._rotation.as_matrix() * self.scale
        matrix[:3, 3] = self.position
        return matrix

    def turned(
        self, degrees: float, axis: Float[np.ndarray, "3"], through: Float[np.ndarray, "3"]
    ) -> Placement:
        """Turned about a line, after everything else.

        Args:
            degrees: the angle, right-handed about the axis.
            axis: direction of the line, of any length.
            through: a point on the line.
        """
        turn = Rotation.from_rotvec(np.radians(degrees) * axis / np.linalg.norm(axis))
        position = turn.apply(np.array(self.position) - through) + through
        return Placement(_triple(position), _wxyz(turn * self._rotation), self.scale)

    def scaled(self, scale: float, about: Float[np.ndarray, "3"]) -> Placement:
        """With another scale, while the point ``about`` keeps its place.

        Raises:
            UserError: the scale is not above 0.
        """
        if not (np.isfinite(scale) and scale > 0):
            raise UserError(f"an object's scale must be above 0, got {scale:g}")
        position = about + (np.array(self.position) - about) * (scale / self.scale)
        return Placement(_triple(position), self.wxyz, scale)

    @property
    def _rotation(self) -> Rotation:
        return Rotation.from_quat(self.wxyz, scalar_first=True)


@dataclass(frozen=True)
class Box:
    """A box around a functional part, in its object's coordinates.

    Attributes:
        position: its middle.
        wxyz: unit quaternion, real part first.
        size: lengths of its sides, above 0.

    Raises:
        UserError: a side is not above 0.
    """

    position: Triple
    wxyz: Quaternion
    size: Triple

    def __post_init__(self) -> None:
        if not all(np.isfinite(side) and side > 0 for side in self.size):
            raise UserError("the sides of a box must be above 0")

    @classmethod
    def around(cls, points: Float[np.ndarray, "n 3"]) -> Box:
        """The upright box around points, a little larger."""
        low, high = points.min(axis=0), points.max(axis=0)
        size = np.maximum((high - low) * MARGIN, THINNEST)
        return cls(_triple((low + high) / 2), Placement().wxyz, _triple(size))

    @classmethod
    def from_matrix(cls, matrix: Float[np.ndarray, "4 4"]) -> Box:
        """From the matrix that takes the cube [-0.5, 0.5]^3 to it; a skew box is made straight."""
        size = np.linalg.norm(matrix[:3, :3], axis=0)
        rotation = Rotation.from_matrix(nearest_rotations(matrix[:3, :3] / size))
        return cls(_triple(matrix[:3, 3]), _wxyz(rotation), _triple(size))

    @property
    def axes(self) -> Float[np.ndarray, "3 3"]:
        """Directions of the sides, as columns."""
        return Rotation.from_quat(self.wxyz, scalar_first=True).as_matrix()

    @property
    def matrix(self) -> Float[np.ndarray, "4 4"]:
        """Takes the cube [-0.5, 0.5]^3 to the box."""
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = self.axes * np.array(self.size), self.position
        return matrix

    @property
    def corner(self) -> Triple:
        """The corner with the largest coordinates along the box's own axes."""
        return _triple(np.array(self.position) + self.axes @ np.array(self.size) / 2)

    def with_corner(self, corner: Triple) -> Box:
        """With :attr:`corner` elsewhere, while the opposite corner keeps its place."""
        fixed = 2 * np.array(self.position) - np.array(self.corner)
        size = np.maximum((np.array(corner) - fixed) @ self.axes, THINNEST)
        return Box(_triple(fixed + self.axes @ size / 2), self.wxyz, _triple(size))


def turn_of(degrees: Triple) -> Quaternion:
    """The quaternion of three angles about the fixed axes x, y, z, one after the other."""
    return _wxyz(Rotation.from_euler("xyz", degrees, degrees=True))


def degrees_of(wxyz: Quaternion) -> Triple:
    """The inverse of :func:`turn_of`."""
    turn = Rotation.from_quat(wxyz, scalar_first=True)
    return _triple(turn.as_euler("xyz", degrees=True, suppress_warnings=True))


def _wxyz(rotation: Rotation) -> Quaternion:
    return _quaternion(rotation.as_quat(canonical=True, scalar_first=True))


def _triple(values: Float[np.ndarray, "3"]) -> Triple:
    x, y, z = values.tolist()
    return x, y, z


def _quaternion(values: Float[np.ndarray, "4"]) -> Quaternion:
    w, x, y, z = values.tolist()
    return w, x, y, z
