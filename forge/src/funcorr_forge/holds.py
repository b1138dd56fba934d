"""Where an object is held: the frame of its grip or handle, from the finished mesh.

The rule is one for all kinds: the origin is the middle of the grip, x runs along it, z away from
the body. A grip that continues the body, as a hammer's, has x towards the end that works and z up,
away from the side that works; beside the body, as a mug's, x points up or, where it lies, forward.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from funcorr.assets.mesh import Mesh
from funcorr.functions.frames import FunctionalFrame
from funcorr.geometry.sampling import sample_surface
from funcorr_forge.curves import FORWARD
from funcorr_forge.uses import Use, Uses

FUNCTION = "hold-by"
PARTS = ("grip", "handle")
"""What is held, the first that an object has."""

ALIKE = 0.9
"""Share of the largest piece's area from which on a part's piece is another grip."""

ROUND = 0.85
"""Ratio of the two largest spreads from which on a grip has no long axis of its own."""

CONTINUES = 0.5
"""A grip continues the body where less than this share of the way between them lies aside."""

CENTERED = 0.05
"""Share of the grip's length within which it lies in the middle of the body."""

SLANTED = 0.5
"""Least share of a direction along an axis that is taken for the direction of use."""

UPRIGHT = 0.85
"""Least height of a direction of length 1 that stands upright."""

CLOSE = 0.8
"""Least cosine with an axis of the object for which a direction away from the body takes it."""

PREFERRED = (0.5, 0.25, 1.0)
"""Grips beside the body point up, or where they lie, forward, or aside."""

LOOP = 0.25
"""Gap in a grip's middle, as a share of its depth there, from which on it goes around a hole."""

SAMPLES, QUANTILE, SLACK = 3000, 0.98, 1.5
"""Surface points that tell whether a turn changes the object, and how far they may be off."""

AXES = np.eye(3)


def hold_use(mesh: Mesh) -> Uses:
    """What ``hold-by`` needs of an object; nothing where it has no grip and no handle."""
    part = next((name for name in PARTS if name in mesh.part_names), None)
    if part is None:
        return {}
    pieces = _pieces(mesh, mesh.face_parts == mesh.part_names.index(part))
    held, others = mesh.triangles[pieces[0]], mesh.triangles[~pieces[0]]
    along, away = _directions(held, others)
    origin, length = _middle(held, along, away)
    twin = _middle(mesh.triangles[pieces[1]], along, away)[0] if len(pieces) == 2 else None
    frame = FunctionalFrame.along(origin, length, x=along, z=away)
    pivot = origin if twin is None else (origin + twin) / 2
    symmetry = _symmetry(mesh, frame, pivot, twin)
    moved = None if twin is None or symmetry == "none" else pivot
    frame = FunctionalFrame.along(origin, length, symmetry, moved, x=along, z=away)
    return {FUNCTION: Use((part,), frame)}


def _pieces(mesh: Mesh, chosen: Bool[np.ndarray, " f"]) -> list[Bool[np.ndarray, " f"]]:
    """The largest connected piece of some faces and those as large, the hindmost first."""
    faces = mesh.faces[chosen]
    edges = np.concatenate([faces[:, :2], faces[:, 1:]])
    links = coo_matrix((np.ones(len(edges)), edges.T), shape=(len(mesh.vertices),) * 2)
    _, label = connected_components(links, directed=False)
    pieces = [
        chosen & (label[mesh.faces[:, 0]] == piece) for piece in np.unique(label[faces[:, 0]])
    ]
    areas = np.array([_areas(mesh.triangles[piece]).sum() for piece in pieces])
    alike = [pieces[index] for index in np.flatnonzero(areas >= ALIKE * areas.max())]
    return sorted(alike, key=lambda piece: tuple(_moments(mesh.triangles[piece])[0].round(6)))


def _areas(triangles: Float[np.ndarray, "f 3 3"]) -> Float[np.ndarray, " f"]:
    a, b, c = (triangles[:, corner] for corner in range(3))
    return np.asarray(np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2)


def _moments(
    triangles: Float[np.ndarray, "f 3 3"],
) -> tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3 3"]]:
    """Center and covariance of a surface."""
    areas, sums = _areas(triangles), triangles.sum(axis=1)
    total = areas.sum()
    center = (areas[:, None] * sums).sum(axis=0) / (3 * total)
    second = np.einsum("f,fki,fkj->ij", areas, triangles, triangles)
    second = (second + np.einsum("f,fi,fj->ij", areas, sums, sums)) / (12 * total)
    return center, second - np.outer(center, center)


def _directions(
    held: Float[np.ndarray, "f 3 3"], others: Float[np.ndarray, "g 3 3"]
) -> tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3"]]:
    """Along the grip, and away from the body."""
    along = _long_axis(held)
    way = _moments(held)[0] - _moments(others)[0]
    aside = way - (way @ along) * along
    nothing = CENTERED * np.ptp(held @ along)
    if np.linalg.norm(aside) <= max(CONTINUES * np.linalg.norm(way), nothing):
        upright = abs(along[2]) >= UPRIGHT
        if upright and (top := _across_legs(held, along)) is not None:
            return _signed(top, PREFERRED), _straightened(way)
        lies = abs(along @ FORWARD) >= SLANTED
        return _signed(along, FORWARD if lies else -way), AXES[0 if upright else 2]
    return _signed(along, PREFERRED), _straightened(aside)


def _straightened(way: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3"]:
    """An axis of the object instead of a direction that is close to it."""
    axis = np.argmax(np.abs(way))
    straight = np.sign(way[axis]) * AXES[axis]
    return straight if straight @ way >= CLOSE * np.linalg.norm(way) else way


def _signed(
    axis: Float[np.ndarray, "3"], direction: Float[np.ndarray, "3"] | tuple[float, float, float]
) -> Float[np.ndarray, "3"]:
    return axis if axis @ direction >= 0 else -axis


def _long_axis(held: Float[np.ndarray, "f 3 3"]) -> Float[np.ndarray, "3"]:
    """The direction in which the grip is longest; one of the object's own where none stands out."""
    spreads, axes = np.linalg.eigh(_moments(held)[1])
    candidates = AXES if spreads[1] > ROUND**2 * spreads[2] else axes.T
    extents = np.ptp(held.reshape(-1, 3) @ candidates.T, axis=0)
    return np.asarray(candidates[np.argmax(np.round(extents / extents.max(), 3))])


def _across_legs(
    held: Float[np.ndarray, "f 3 3"], along: Float[np.ndarray, "3"]
) -> Float[np.ndarray, "3"] | None:
    """From leg to leg where the grip is an arch that stands on two, else nothing."""
    cut, _ = _cut(held, along)
    points = cut.reshape(-1, 3)
    axis = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)[2][0]
    return axis if len(_far_side(cut, axis)) < len(cut) else None


def _middle(
    held: Float[np.ndarray, "f 3 3"],
    along: Float[np.ndarray, "3"],
    away: Float[np.ndarray, "3"],
) -> tuple[Float[np.ndarray, "3"], float]:
    """Where a plane halfway along cuts the grip, and the grip's length.

    Of a loop it is the far side that is held.
    """
    cut, length = _cut(held, along)
    points = _far_side(cut, away / np.linalg.norm(away)).reshape(-1, 3)
    return (points.min(axis=0) + points.max(axis=0)) / 2, length


def _cut(
    held: Float[np.ndarray, "f 3 3"], along: Float[np.ndarray, "3"]
) -> tuple[Float[np.ndarray, "n 2 3"], float]:
    """Where a plane halfway along a direction cuts the triangles, and the length along it."""
    places = held @ along
    low, high = float(places.min()), float(places.max())
    before = places - (low + high) / 2
    after = np.roll(before, -1, axis=1)
    crossing = (before > 0) != (after > 0)  # two edges of a triangle, or none
    share = (before[crossing] / (before[crossing] - after[crossing]))[:, None]
    ways = np.roll(held, -1, axis=1)[crossing] - held[crossing]
    return (held[crossing] + share * ways).reshape(-1, 2, 3), high - low


def _far_side(
    cut: Float[np.ndarray, "n 2 3"], away: Float[np.ndarray, "3"]
) -> Float[np.ndarray, "m 2 3"]:
    """Of the outlines of what is cut those beyond a wide gap; all where there is none."""
    spans = np.sort(cut @ away, axis=1)
    cut, spans = cut[np.argsort(spans[:, 0])], spans[np.argsort(spans[:, 0])]
    gaps = spans[1:, 0] - np.maximum.accumulate(spans[:-1, 1])
    if gaps.max() <= LOOP * np.ptp(spans):
        return cut
    return cut[gaps.argmax() + 1 :]


def _symmetry(
    mesh: Mesh,
    frame: FunctionalFrame,
    pivot: Float[np.ndarray, "3"],
    twin: Float[np.ndarray, "3"] | None,
) -> str:
    """The turns about the pivot that change nothing of the object."""
    generator = np.random.default_rng(0)
    points, again = (sample_surface(mesh.triangles, SAMPLES, generator)[0] for _ in range(2))
    tree = cKDTree(again)
    allowed = SLACK * np.quantile(tree.query(points)[0], QUANTILE)

    def unchanged(axis: int, angle: float) -> bool:
        turn = _rotation(frame.axes[:, axis], angle)
        off = np.quantile(tree.query((points - pivot) @ turn.T + pivot)[0], QUANTILE)
        return bool(off <= allowed)

    free = all(unchanged(0, angle) for angle in (0.7, np.pi / 2))
    flips = [axis for axis in ((2,) if free else (0, 1, 2)) if unchanged(axis, np.pi)]
    turns = ["axis:x"] * free + [f"flip:{'xyz'[axis]}" for axis in flips[:2]]
    return "+".join(turns) or "none"


def _rotation(axis: Float[np.ndarray, "3"], angle: float) -> Float[np.ndarray, "3 3"]:
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
