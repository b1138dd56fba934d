"""Functional frames: where on an object a function happens, in which directions, how large.

One rule per function fixes the frame, so that aligning two frames brings the parts that do the same
job on top of each other. Directions are those of use.

| function | origin | axes | size |
|---|---|---|---|
| pour | mouth centre | z outflow, x the side that goes down (off the handle) | mouth diameter |
| cut, spread | blade centre | x heel to tip, y away from the edge | blade length |
| pierce, poke, write, pry | tip | x thrust, z flat or hollow side | tip length |
| scoop | centre of the opening | x leading edge, z out of the opening | opening length |
| dig, lift, mix | leading edge or end | x forward, z carrying or hollow side | width there |
| scrape | edge centre | x out of the edge, y along it | edge length |
| pound, press | contact face | x towards the target | face diameter |
| hang, pull | centre of the arc | z towards the contact, x in the arc's plane | inner diameter |
| wedge | edge centre | x thrust, y along the edge | edge length |
| brush, sweep | contact face | z out of the bristles, x along the row | length of the row |
| peel | blade centre | x along the blade, y away from the edge | blade length |
| torque, pick up | between the jaws | x out of the jaws, z the axis they turn about | jaw length |
| sift | centre of the opening | z out of the opening, x off the handle | opening diameter |
| roll | middle of the round side | x along the axis, towards mouth or tip | its length |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from funcorr.errors import UserError
from funcorr.geometry.symmetry import AXES, best_turn, check_symmetry, flips, free_axis, turn

Numbers = ArrayLike | tuple[Any, ...]
SWEEPS = 16
"""Rounds of turning one object, then the other, where each has a free axis of its own."""


@dataclass(frozen=True, eq=False)
class FunctionalFrame:
    """A right-handed frame in normalised object coordinates.

    Attributes:
        origin: 3, the point of the function.
        axes: 3 x 3 rotation, columns x, y, z.
        size: length of the functional part, the unit of the frame.
        symmetry: ``"none"``; ``"axis:z"`` when any turn about that axis does the same job;
            ``"flip:z"`` when only the half turn does; several joined by ``+``, at most one of them
            an axis and the flips about it or square to it, as for a log: ``"axis:x+flip:z"``.
        pivot: 3, a point of the object that those turns leave in place, where it is not the origin:
            a rolling pin strikes with any side, and each is reached by a turn about its middle.

    Raises:
        UserError: a value is not finite, the axes are no rotation, the size is not positive or the
            symmetry is of another form.
    """

    origin: Float[np.ndarray, "3"]
    axes: Float[np.ndarray, "3 3"]
    size: float
    symmetry: str = "none"
    pivot: Float[np.ndarray, "3"] | None = None

    def __post_init__(self) -> None:
        if not all(np.isfinite(v).all() for v in (self.origin, self.axes, self.center)):
            raise UserError("a functional frame has NaN or infinite numbers; expected finite ones")
        if not np.allclose(self.axes.T @ self.axes, np.eye(3), atol=1e-6):
            raise UserError("the axes of a functional frame must be orthonormal columns x, y, z")
        if np.linalg.det(self.axes) < 0:
            raise UserError("the axes of a functional frame are left-handed; swap or negate one")
        if not (np.isfinite(self.size) and self.size > 0):
            raise UserError(f"a functional frame needs a size above 0, got {self.size}")
        check_symmetry(self.symmetry)

    @classmethod
    def along(
        cls,
        origin: Numbers,
        size: float | int,
        symmetry: str = "none",
        pivot: Numbers | None = None,
        **directions: Numbers,
    ) -> FunctionalFrame:
        """A frame from two directions: the first is kept, the second is made square to it.

        Args:
            origin: 3 numbers.
            size: the frame's unit.
            symmetry: see the class.
            pivot: 3 numbers, see the class.
            **directions: two of ``x``, ``y``, ``z``, of any length.

        Raises:
            UserError: not two directions, or they are parallel.

        Example:
            >>> FunctionalFrame.along([0, 0, 0], 1.0, z=[0, 0, 2], x=[1, 0, 1]).axes[:, 0].tolist()
            [1.0, 0.0, 0.0]
        """
        if len(directions) != 2 or not set(directions) <= set(AXES):
            raise UserError("a frame is fixed by two of the directions x, y and z")
        (first, u), (second, v) = (
            (AXES.index(k), np.asarray(d, dtype=np.float64)) for k, d in directions.items()
        )
        u = u / np.linalg.norm(u)
        v = v - (v @ u) * u
        if not np.linalg.norm(v) > 1e-9:
            raise UserError("the two directions of a frame are parallel; expected different ones")
        axes = np.zeros((3, 3))
        axes[:, first], axes[:, second] = u, v / np.linalg.norm(v)
        third = 3 - first - second
        axes[:, third] = np.cross(axes[:, (third + 1) % 3], axes[:, (third + 2) % 3])
        fixed = None if pivot is None else np.asarray(pivot, dtype=np.float64)
        return cls(np.asarray(origin, dtype=np.float64), axes, float(size), symmetry, fixed)

    @property
    def center(self) -> Float[np.ndarray, "3"]:
        """What the turns of the symmetry leave in place: the pivot, or the origin."""
        return self.origin if self.pivot is None else self.pivot

    @property
    def matrix(self) -> Float[np.ndarray, "4 4"]:
        """The similarity from frame coordinates (size 1) to object coordinates."""
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = self.axes * self.size, self.origin
        return matrix

    def transformed(self, similarity: Float[np.ndarray, "4 4"]) -> FunctionalFrame:
        """The frame after its object is moved by a 4 x 4 rotation, scale and translation."""
        linear, shift = similarity[:3, :3], similarity[:3, 3]
        scale = float(np.cbrt(np.linalg.det(linear)))
        return FunctionalFrame(
            linear @ self.origin + shift,
            linear / scale @ self.axes,
            self.size * scale,
            self.symmetry,
            None if self.pivot is None else linear @ self.pivot + shift,
        )

    def to_json(self) -> dict[str, Any]:
        """Plain lists and numbers, as in ``asset.json``; ``pivot`` only where there is one."""
        lists = {"origin": self.origin.tolist(), "axes": self.axes.tolist()}
        pivot = {} if self.pivot is None else {"pivot": self.pivot.tolist()}
        return {**lists, "size": self.size, "symmetry": self.symmetry, **pivot}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> FunctionalFrame:
        """Read what :meth:`to_json` wrote.

        Raises:
            UserError: a key is missing or a value is not a frame.
        """
        try:
            origin = np.array(content["origin"], dtype=np.float64).reshape(3)
            axes = np.array(content["axes"], dtype=np.float64).reshape(3, 3)
            size = float(content["size"])
            symmetry = str(content.get("symmetry", "none"))
            pivot = content.get("pivot")
            pivot = None if pivot is None else np.array(pivot, dtype=np.float64).reshape(3)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UserError(
                "a functional frame needs origin (3), axes (3 x 3), size and symmetry: "
                f"{type(error).__name__} {error}"
            ) from None
        return cls(origin, axes, size, symmetry, pivot)


def alignment(a: FunctionalFrame, b: FunctionalFrame) -> Float[np.ndarray, "4 4"]:
    """The similarity that brings object B onto object A, function on function.

    It maps the origin, axes and size of ``b`` onto those of ``a``: ``A.matrix @ inv(B.matrix)``.
    """
    return a.matrix @ np.linalg.inv(b.matrix)


def view_alignment(
    a: FunctionalFrame,
    b: FunctionalFrame,
    world_to_camera_a: Float[np.ndarray, "4 4"],
    world_to_camera_b: Float[np.ndarray, "4 4"],
) -> Float[np.ndarray, "4 4"]:
    """Like :func:`alignment`, with the free symmetries fixed for one pair of images.

    Of all turns that the symmetries of the two frames allow, each about its object's own pivot, it
    takes the ones after which camera B, carried along with its object, looks in the direction
    closest to camera A's: those with the least angle of ``R_a (R_b R^T)^T``, where R is the
    rotation of the alignment. Two different free axes are turned one after the other until nothing
    moves.
    """
    between = (
        b.axes.T @ world_to_camera_b[:3, :3].T @ world_to_camera_a[:3, :3] @ a.axes
    )  # trace(turn @ between) = 1 + 2 cos(angle between the cameras)
    turn_a, turn_b = _closest_turns(a, b, between)
    turns = _about_center(a, turn_a) @ _about_center(b, turn_b)
    return a.matrix @ turns @ np.linalg.inv(b.matrix)


def closest_frames(
    a: FunctionalFrame, b: FunctionalFrame, motion: Float[np.ndarray, "3 3"] | None = None
) -> tuple[FunctionalFrame, FunctionalFrame]:
    """Two frames turned within their symmetries so that A's goes to B's by the least rotation.

    With both frames in the coordinates of their own cameras, this fixes the free symmetries as
    :func:`view_alignment` does: ``b'.matrix @ inv(a'.matrix)`` is the inverse of its alignment.

    Args:
        a: the first frame.
        b: the second frame.
        motion: a rotation to come closest to instead, for instance that of a predicted pose.

    Returns:
        The same frames after a turn about their centers that their symmetry allows.
    """
    motion = np.eye(3) if motion is None else motion
    turn_a, turn_b = _closest_turns(a, b, b.axes.T @ motion @ a.axes)
    return _turned(a, turn_a), _turned(b, turn_b.T)


def _turned(frame: FunctionalFrame, turn: Float[np.ndarray, "3 3"]) -> FunctionalFrame:
    """The frame after a turn about its center, which is given in frame coordinates."""
    origin = (frame.matrix @ _about_center(frame, turn))[:3, 3]
    return replace(frame, origin=origin, axes=frame.axes @ turn)


def _closest_turns(
    a: FunctionalFrame, b: FunctionalFrame, between: Float[np.ndarray, "3 3"]
) -> tuple[Float[np.ndarray, "3 3"], Float[np.ndarray, "3 3"]]:
    """Of all turns of A and of B those with the largest ``trace(turn_a turn_b between)``."""
    choices = [
        _best_turns(flip_a, flip_b, free_axis(a.symmetry), free_axis(b.symmetry), between)
        for flip_a, flip_b in product(flips(a.symmetry), flips(b.symmetry))
    ]
    return max(choices, key=lambda turns: float(np.trace(turns[0] @ turns[1] @ between)))


def _best_turns(
    flip_a: Float[np.ndarray, "3 3"],
    flip_b: Float[np.ndarray, "3 3"],
    axis_a: str,
    axis_b: str,
    between: Float[np.ndarray, "3 3"],
) -> tuple[Float[np.ndarray, "3 3"], Float[np.ndarray, "3 3"]]:
    """The turns of A and of B, flips given, with the largest ``trace(turn_a turn_b between)``."""
    if axis_a == axis_b:
        axis_a = ""  # turning B alone comes to the same
    found = []
    for start in np.arange(4) * np.pi / 2 if axis_a and axis_b else [0.0]:
        turn_a, turn_b = (turn(axis_a, start) @ flip_a if axis_a else flip_a), flip_b
        for _ in range(SWEEPS):
            before = turn_a
            if axis_b:
                turn_b = flip_b @ best_turn(between @ turn_a @ flip_b, axis_b)
            if axis_a:
                turn_a = best_turn(flip_a @ turn_b @ between, axis_a) @ flip_a
            if np.allclose(before, turn_a, rtol=0, atol=1e-9):
                break
        found.append((turn_a, turn_b))
    return max(found, key=lambda turns: float(np.trace(turns[0] @ turns[1] @ between)))


def _about_center(
    frame: FunctionalFrame, turn: Float[np.ndarray, "3 3"]
) -> Float[np.ndarray, "4 4"]:
    """A turn that leaves the frame's center in place, in frame coordinates."""
    center = frame.axes.T @ (frame.center - frame.origin) / frame.size
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = turn, center - turn @ center
    return matrix
