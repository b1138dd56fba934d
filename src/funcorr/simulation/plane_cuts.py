"""A closed solid cut by planes into nearly convex pieces: seconds where a search takes minutes."""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count, product
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from funcorr.errors import require

GAP = 1e-5
"""Volume between a piece and its hull at which it is left whole; the object's length is 1."""

PIECES = 300
SHARES = (0.25, 0.5, 0.75)
"""Where a piece may be cut, in shares of its extent along x, y or z."""

SMALLEST = 0.02
"""Extent that is not cut any more."""

SQUAT = 0.6
"""Share of a piece's longest extent below which another is not cut: a ring cut into thinner rings
would have hulls that close it."""

DETAIL = 0.001
"""Detail of the surface that may be lost."""


@dataclass(order=True)
class _Piece:
    """Ordered by how far it is from convex, the worst first."""

    rank: float
    number: int
    solid: Any = field(compare=False)


def cut(
    vertices: Float[np.ndarray, "v 3"], faces: Int[np.ndarray, "f 3"]
) -> list[Float[np.ndarray, "n 3"]] | None:
    """Corner points of convex pieces, or None where the surface is not closed.

    The piece that is farthest from its convex hull is cut along x, y or z, where the hulls of what
    comes out are smallest, until every piece is nearly convex or there are :data:`PIECES`.

    Args:
        vertices: joined by position; the longest side is 1.
        faces: counter-clockwise seen from outside.
    """
    manifold3d = require("manifold3d", extra="simulation")
    solid = manifold3d.Manifold(manifold3d.Mesh64(vertices, faces.astype(np.uint64)))
    if solid.status() != manifold3d.Error.NoError or solid.is_empty():
        return None
    numbers = count()
    waiting: list[_Piece] = []
    done: list[_Piece] = []
    for piece in solid.simplify(DETAIL).decompose():
        heappush(waiting, _Piece(-_gap(piece), next(numbers), piece))
    while waiting and -waiting[0].rank > GAP and len(waiting) + len(done) < PIECES:
        worst = heappop(waiting)
        parts = _halves(worst.solid)
        if not parts:
            done.append(worst)
        for part in parts:
            heappush(waiting, _Piece(-_gap(part), next(numbers), part))
    hulls = [piece.solid.hull() for piece in (*done, *waiting)]
    return [np.array(hull.to_mesh64().vert_properties)[:, :3] for hull in hulls]


def _gap(solid: Any) -> float:
    return float(solid.hull().volume() - solid.volume())


def _halves(solid: Any) -> list[Any]:
    """What the best cut leaves, in connected pieces; nothing where all cuts are too fine."""
    low, high = np.array(solid.bounding_box()).reshape(2, 3)
    extent = high - low
    best: tuple[float, list[Any]] = (np.inf, [])
    for axis, share in product(range(3), SHARES):
        if extent[axis] < max(SMALLEST, SQUAT * extent.max()):
            continue
        normal = tuple(np.eye(3)[axis])
        sides = solid.split_by_plane(normal, low[axis] + share * extent[axis])
        parts = [part for side in sides for part in side.decompose() if part.volume() > 1e-9]
        best = min(best, (sum(part.hull().volume() for part in parts), parts), key=lambda x: x[0])
    return best[1]
