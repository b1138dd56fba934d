"""The axis about which an object looks the same: found on its part, tested on all that is seen."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from scipy.ndimage import binary_dilation
from scipy.spatial.transform import Rotation

from funcorr.transfer.rgbd import Lifted, RGBDView

SLIP = 0.15
"""Largest sine of the angle, root mean square, at which a turn leaves a surface."""

ANGLES = np.arange(30.0, 360.0, 30.0)
"""Turns, in degrees, that are tried on what is seen."""

ROUND, FREE = 0.2, 0.03
"""Largest shares of turned points that the view contradicts: of an object whose part is round but
which has a handle elsewhere, and of one that looks the same after any turn."""

MARGIN = 2
"""Pixels around the object that a turned point may fall on."""


class FreeAxis(NamedTuple):
    """A line in camera axes.

    Attributes:
        point: 3 metres, the point of the line nearest to the middle of the part.
        direction: 3, a unit vector.
    """

    point: Float[np.ndarray, "3"]
    direction: Float[np.ndarray, "3"]

    def turn(self, degrees: float) -> Float[np.ndarray, "4 4"]:
        """The turn about it."""
        motion = np.eye(4)
        turning = Rotation.from_rotvec(degrees * self.direction, degrees=True)
        motion[:3, :3] = turning.as_matrix()
        motion[:3, 3] = self.point - motion[:3, :3] @ self.point
        return motion

    def moved(self, similarity: Float[np.ndarray, "4 4"]) -> FreeAxis:
        """The line after a similarity."""
        direction = similarity[:3, :3] @ self.direction
        return FreeAxis(
            similarity[:3, :3] @ self.point + similarity[:3, 3],
            direction / np.linalg.norm(direction),
        )


class RoundPart(NamedTuple):
    """A part that is a surface of revolution.

    Attributes:
        axis: of its turns.
        free: whether the whole object looks the same after any of them.
    """

    axis: FreeAxis
    free: bool


def find_round_part(
    part: Lifted, whole: Lifted, view: RGBDView, mask: Bool[np.ndarray, "h w"] | None
) -> RoundPart | None:
    """The axis of a part that is a surface of revolution, or None.

    A turn about a line moves points of a surface of revolution along it: of all lines the one is
    taken whose velocities are most square to the normals of the part. It counts when hardly any of
    the object's seen points, turned about it, fall off the object or in front of what is seen
    there.

    Args:
        part: points and normals of the part.
        whole: points of the whole object.
        view: where they were seen.
        mask: the object, where known.
    """
    if len(part.points) < 6:
        return None
    axis, slip = _slippage(part)
    if slip > SLIP:
        return None
    contradicted = _contradicted(axis, whole.points, view, mask)
    return RoundPart(axis, contradicted <= FREE) if contradicted <= ROUND else None


def closest_turn(rotation: Float[np.ndarray, "3 3"], direction: Float[np.ndarray, "3"]) -> float:
    """Degrees about ``direction`` after which ``rotation`` is the smallest that it can be.

    So the two cameras, carried along with their objects, look in the closest directions.
    """
    cross = np.cross(np.eye(3), direction)
    along = direction @ rotation @ direction
    return float(np.degrees(np.arctan2(np.trace(cross @ rotation), np.trace(rotation) - along)))


def _slippage(part: Lifted) -> tuple[FreeAxis, float]:
    """The line of the turn that leaves the surface least, and the sine by which it does."""
    middle = part.points.mean(axis=0)
    centred = part.points - middle
    spread = np.sqrt((centred**2).sum(axis=1).mean())
    turning = np.cross(centred / spread, part.normals)
    normals = part.normals
    count = len(normals)
    shifts = normals.T @ normals / count + 1e-4 * np.eye(3)
    mixed = normals.T @ turning / count
    left = turning.T @ turning / count - mixed.T @ np.linalg.solve(shifts, mixed)
    direction = np.linalg.eigh(left)[1][:, 0]
    shift = -np.linalg.solve(shifts, mixed @ direction)
    point = np.cross(direction, shift)
    speed = np.cross(direction, centred / spread - point)
    leaving = (speed * normals).sum(axis=1)
    slip = np.sqrt((leaving**2).mean() / max((speed**2).sum(axis=1).mean(), 1e-12))
    return FreeAxis(middle + spread * point, direction), float(slip)


def _contradicted(
    axis: FreeAxis,
    points: Float[np.ndarray, "n 3"],
    view: RGBDView,
    mask: Bool[np.ndarray, "h w"] | None,
) -> float:
    """The share of turned points that the view would have seen otherwise."""
    turns = np.stack([axis.turn(angle) for angle in ANGLES])
    turned = (np.einsum("kij,nj->kni", turns[:, :3, :3], points) + turns[:, None, :3, 3]).reshape(
        -1, 3
    )
    turned = turned[turned[:, 2] > 0]
    height, width = view.size
    pixels = np.rint(view.project(turned)).astype(int)
    inside = ((pixels >= 0) & (pixels < (width, height))).all(axis=1)
    x, y = pixels[inside].T
    seen, expected = view.depth[y, x], turned[inside, 2]
    tolerance = 0.1 * np.sqrt(((points - points.mean(axis=0)) ** 2).sum(axis=1).mean())
    wrong = seen > expected + tolerance
    if mask is not None:
        wrong |= ~binary_dilation(mask, iterations=MARGIN)[y, x]
    return float(wrong.mean()) if len(wrong) else 1.0


def onto_axis(
    matrix: Float[np.ndarray, "4 4"], axis1: FreeAxis, axis2: FreeAxis
) -> Float[np.ndarray, "4 4"]:
    """The similarity after the least turn and shift that bring the one axis onto the other."""
    carried = axis1.moved(matrix)
    toward = axis2.direction * np.sign(carried.direction @ axis2.direction or 1.0)
    turning, _ = Rotation.align_vectors(toward[None], carried.direction[None])
    motion = np.eye(4)
    motion[:3, :3] = turning.as_matrix()
    motion[:3, 3] = carried.point - motion[:3, :3] @ carried.point
    off = axis2.point - carried.point
    motion[:3, 3] += off - (off @ toward) * toward
    return motion @ matrix


def settled(
    matrix: Float[np.ndarray, "4 4"], part1: RoundPart | None, part2: RoundPart | None
) -> tuple[Float[np.ndarray, "4 4"], FreeAxis | None]:
    """The pose with its free turn fixed, and the axis of that turn in camera 2.

    Two round parts are brought axis on axis first.
    """
    if part1 is not None and part2 is not None:
        matrix = onto_axis(matrix, part1.axis, part2.axis)
    if part2 is not None and part2.free:
        axis = part2.axis
    elif part1 is not None and part1.free:
        axis = part1.axis.moved(matrix)
    else:
        return matrix, None
    rotation = matrix[:3, :3] / np.cbrt(np.linalg.det(matrix[:3, :3]))
    return axis.turn(closest_turn(rotation, axis.direction)) @ matrix, axis
