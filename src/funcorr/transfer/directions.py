"""Directions of whole objects: off the part to the object's middle, and along the object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

OFF_PART, ALONG = 0.35, 0.17
"""Radians by which those of two objects that are aligned by their functions usually differ."""

REACH = 2.0
"""How many times that a direction must be off before it hardly counts."""

FEWEST = 4
"""Seen points below which an object has no directions."""


class Direction(NamedTuple):
    """A direction on object 1 that an alignment by function brings close to one on object 2.

    Attributes:
        first: 3, a unit vector in camera 1.
        second: 3, in camera 2.
        spread: radians by which the two usually differ once aligned.
        trust: in [0, 1], how well both are defined: 0 for the long axis of a ball.
        signed: whether the opposite direction is another one.
    """

    first: Float[np.ndarray, "3"]
    second: Float[np.ndarray, "3"]
    spread: float
    trust: float
    signed: bool

    def votes(self, rotation: Float[np.ndarray, "k 3 3"]) -> Float[np.ndarray, " k"]:
        r"""What it says for rotations: trust times :math:`e^{-d^2 / 2 (2 \sigma)^2}`.

        With d the distance of the turned first from the second, sigma the spread.
        """
        squares = 2 - 2 * self._toward(rotation)[1]
        return self.trust * np.exp(-squares / (2 * (REACH * self.spread) ** 2))

    def pull(self, rotation: Float[np.ndarray, "k 3 3"]) -> Float[np.ndarray, "k 3 3"]:
        """What it adds to the matrix whose nearest rotation is the least-squares one."""
        sign, _ = self._toward(rotation)
        weights = sign * self.votes(rotation) / self.spread**2
        return weights[:, None, None] * np.outer(self.second, self.first)

    def _toward(
        self, rotation: Float[np.ndarray, "k 3 3"]
    ) -> tuple[Float[np.ndarray, " k"], Float[np.ndarray, " k"]]:
        """Which way the second is taken, and the cosine of the angle to it."""
        cosines = self.second @ (rotation @ self.first).T
        sign = np.where((cosines < 0) & (not self.signed), -1.0, 1.0)
        return sign, sign * cosines


def object_directions(
    parts: Sequence[Float[np.ndarray, "_ 3"]], wholes: Sequence[Float[np.ndarray, "_ 3"]]
) -> tuple[Direction, ...]:
    """From the middle of the part to that of the object; along the longest axis of the object.

    The first is trusted as far as the two middles lie apart, in spreads of the object, the second
    as far as the object is longer than it is wide. There are none where too little is seen.

    Args:
        parts: seen points of both parts, each in its camera.
        wholes: the same of both objects.
    """
    if min(len(each) for each in (*parts, *wholes)) < FEWEST:
        return ()
    off, along, apart, longer = [], [], [], []
    for part, whole in zip(parts, wholes, strict=True):
        middle = whole.mean(axis=0)
        spreads, axes = np.linalg.eigh(np.cov((whole - middle).T))
        spreads = spreads.clip(1e-18)
        shift = middle - part.mean(axis=0)
        length = float(np.linalg.norm(shift))
        off.append(shift / max(length, 1e-12))
        along.append(axes[:, 2])
        apart.append(min(1.0, length / float(np.sqrt(spreads.sum()))))
        longer.append(1 - float(np.sqrt(spreads[1] / spreads[2])))
    return (
        Direction(off[0], off[1], OFF_PART, apart[0] * apart[1], signed=True),
        Direction(along[0], along[1], ALONG, longer[0] * longer[1], signed=False),
    )


def aligned_rotations(along: Direction, turns: int) -> Float[np.ndarray, "k 3 3"]:
    """Rotations that lay one long axis onto the other, both ways, turned evenly about it."""
    angles = 2 * np.pi * np.arange(turns) / turns
    found = []
    for second in (along.second, -along.second):
        least, _ = Rotation.align_vectors(second[None], along.first[None])
        found.append((Rotation.from_rotvec(angles[:, None] * second) * least).as_matrix())
    return np.concatenate(found)
