"""Labelled solids: whatever is added or cut away, every face still knows its part.

Lengths are of any unit (the families use centimetres); the finished object is normalised later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from funcorr.errors import require
from funcorr_forge.curves import Numbers, circle

manifold3d = require("manifold3d", extra="render")
Manifold = manifold3d.Manifold


@dataclass(frozen=True)
class Solid:
    """A manifold whose faces carry part names through ``+`` (union), ``-`` and ``&``.

    Attributes:
        manifold: the geometry.
        parts: part name of each original id in it.
    """

    manifold: Any
    parts: dict[int, str]

    @classmethod
    def of(cls, manifold: Any, part: str) -> Solid:
        """Call every face of ``manifold`` by one part name."""
        original = manifold.as_original()
        return cls(original, {original.original_id(): part})

    def __add__(self, other: Solid) -> Solid:
        return Solid(self.manifold + other.manifold, self.parts | other.parts)

    def __sub__(self, other: Solid) -> Solid:
        return Solid(self.manifold - other.manifold, self.parts | other.parts)

    def __and__(self, other: Solid) -> Solid:
        return Solid(self.manifold ^ other.manifold, self.parts | other.parts)

    def moved(self, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Solid:
        """Shifted."""
        return Solid(self.manifold.translate((x, y, z)), self.parts)

    def turned(self, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Solid:
        """Turned by degrees about the axes, x first."""
        return Solid(self.manifold.rotate((x, y, z)), self.parts)

    def scaled(self, x: float = 1.0, y: float = 1.0, z: float = 1.0) -> Solid:
        """Stretched along the axes."""
        return Solid(self.manifold.scale((x, y, z)), self.parts)

    def renamed(self, part: str, *old: str) -> Solid:
        """Some parts called by another name."""
        parts = {key: part if name in old else name for key, name in self.parts.items()}
        return Solid(self.manifold, parts)

    def labelled_mesh(
        self,
    ) -> tuple[
        Float[np.ndarray, "v 3"], Int[np.ndarray, "f 3"], Int[np.ndarray, " f"], tuple[str, ...]
    ]:
        """Vertices, faces, part index per face and the part names, sorted."""
        mesh = self.manifold.to_mesh()
        runs = np.array(mesh.run_index) // 3
        used = [self.parts[k] for k in mesh.run_original_id]
        names = tuple(sorted({n for n, count in zip(used, np.diff(runs), strict=True) if count}))
        ids = [names.index(n) if n in names else 0 for n in used]
        parts = np.repeat(np.array(ids), np.diff(runs))
        return np.array(mesh.vert_properties[:, :3]), np.array(mesh.tri_verts), parts, names


def without_crumbs(solid: Solid, share: float = 1e-3) -> Solid:
    """Drop loose splinters and closed voids that booleans leave, each below ``share`` of the whole.

    Raises:
        ValueError: a loose piece is larger: the shape falls apart.
    """
    pieces = sorted(solid.manifold.decompose(), key=lambda piece: -piece.volume())
    whole = pieces[0].volume()
    if any(abs(piece.volume()) > share * whole for piece in pieces[1:]):
        raise ValueError(f"the shape falls into {len(pieces)} pieces")
    return Solid(pieces[0], solid.parts)


def union(*solids: Solid) -> Solid:
    """The union of several solids."""
    total = solids[0]
    for solid in solids[1:]:
        total = total + solid
    return total


def skin(
    grid: Float[np.ndarray, "s n 3"],
    labels: Numbers,
    ends: tuple[str, str] | None = None,
    apexes: tuple[Numbers | None, Numbers | None] = (None, None),
) -> Solid:
    """The closed solid through ``s`` rings of ``n`` points, closed at both ends by a fan.

    Args:
        grid: the rings, in order.
        labels: part names, broadcast to (s - 1) x n: one per quad between two rings.
        ends: part names of the two fans; those next to them where None.
        apexes: the middle points of the fans; the mean of the ring where None.
    """
    s, n, _ = grid.shape
    names = np.broadcast_to(np.asarray(labels, dtype=object), (s - 1, n))
    index = np.arange(s * n).reshape(s, n)
    right = np.roll(index, -1, axis=1)
    quads = [
        np.stack([index[:-1], right[:-1], right[1:]], axis=-1),
        np.stack([index[:-1], right[1:], index[1:]], axis=-1),
    ]
    fans = [
        np.stack([right[0], index[0], np.full(n, s * n)], axis=-1),
        np.stack([index[-1], right[-1], np.full(n, s * n + 1)], axis=-1),
    ]
    caps = ends or (names[0, 0], names[-1, 0])
    faces = np.concatenate([q.reshape(-1, 3) for q in quads + fans])
    parts = np.concatenate([names.ravel(), names.ravel(), [caps[0]] * n, [caps[1]] * n])
    middles = [
        grid[row].mean(axis=0) if apex is None else np.asarray(apex, dtype=np.float64)
        for row, apex in zip((0, -1), apexes, strict=True)
    ]
    return _from_faces(np.concatenate([grid.reshape(-1, 3), middles]), faces, parts)


def _from_faces(vertices: np.ndarray, faces: np.ndarray, parts: np.ndarray) -> Solid:
    corners = vertices[faces]
    if np.einsum("fi,fi->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) < 0:
        faces = faces[:, ::-1]
    names, ids = np.unique(parts.astype(str), return_inverse=True)
    order = np.argsort(ids, kind="stable")
    runs = np.searchsorted(ids[order], np.arange(len(names) + 1)) * 3
    first = Manifold.reserve_ids(len(names))
    mesh = manifold3d.Mesh64(
        np.ascontiguousarray(vertices, dtype=np.float64),
        np.ascontiguousarray(faces[order], dtype=np.uint64),
        run_index=runs.astype(np.uint64),
        run_original_id=np.arange(first, first + len(names), dtype=np.uint32),
    )
    manifold = Manifold(mesh)
    if manifold.status() != manifold3d.Error.NoError:
        raise ValueError(f"the surface is not closed: {manifold.status()}")
    return Solid(manifold, {first + i: str(name) for i, name in enumerate(names)})


def lathe(
    profile: Numbers, labels: Numbers, sides: int = 48, exponents: Numbers = 2.0, warp: Any = None
) -> Solid:
    """Turn a profile about the z axis.

    Args:
        profile: k x 2 (radius, z) points from one end to the other; an end off the axis is closed
            by a flat disc, as if its point on the axis were given.
        labels: part names, broadcast to one per section from axis to axis, x sides.
        sides: corners per ring.
        exponents: superellipse exponent, one or one per profile point.
        warp: function of the ``k x sides x 3`` points that bends them, or None.
    """
    profile = np.asarray(profile, dtype=np.float64)
    flat = profile[[0, -1], 0] != 0
    profile = np.concatenate([profile[:1] * [0, 1], profile, profile[-1:] * [0, 1]])
    profile = profile[0 if flat[0] else 1 : None if flat[1] else -1]
    rings = [circle(sides, e) for e in np.broadcast_to(exponents, len(profile))]
    heights = np.broadcast_to(profile[:, None, 1:], (len(profile), sides, 1))
    grid = np.concatenate([np.stack(rings) * profile[:, None, :1], heights], axis=2)
    grid = grid if warp is None else warp(grid)
    labels = np.asarray(labels, dtype=object)
    labels = labels[:, None] if labels.ndim == 1 else labels
    names = np.broadcast_to(labels, (len(profile) - 1, sides))
    ends = (names[0, 0], names[-1, 0])
    return skin(grid[1:-1], names[1:-1], ends, (grid[0, 0], grid[-1, 0]))


def spun(profile: Numbers, labels: Numbers, sides: int = 32, exponents: Numbers = 2.0) -> Solid:
    """A solid turned about the x axis from (radius, x) points, see :func:`lathe`."""
    return lathe(profile, labels, sides, exponents).turned(y=90.0)


def tube(
    path: Numbers,
    radius: Numbers,
    labels: Numbers,
    *,
    up: Numbers = (0, 1, 0),
    sides: int = 20,
    exponent: float = 2.0,
    round_ends: bool = False,
) -> Solid:
    """Sweep an ellipse along a path without twist.

    Args:
        path: the centre line.
        radius: one, one per point, or per point a pair (across ``up``, along ``up``).
        labels: part names, one or one per section between points (s - 1).
        up: direction that the second radius keeps to at the start.
        sides: corners per ring.
        exponent: superellipse exponent of the cross section.
        round_ends: close the ends by domes instead of flat caps.
    """
    path = np.asarray(path, dtype=np.float64)
    radii = np.asarray(radius, dtype=np.float64)
    radii = np.broadcast_to(radii[..., None] if radii.ndim < 2 else radii, (len(path), 2))
    names = np.broadcast_to(np.asarray(labels, dtype=object), len(path) - 1)
    tangents = np.gradient(path, axis=0)
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
    if round_ends:
        path, radii, tangents, names = _domes(path, radii, tangents, names)
    second = np.empty_like(path)
    last = np.asarray(up, dtype=np.float64)
    for i, tangent in enumerate(tangents):
        last = last - (last @ tangent) * tangent
        last = last / np.linalg.norm(last)
        second[i] = last
    first = np.cross(second, tangents)
    ring = circle(sides, exponent)
    grid = (
        path[:, None]
        + ring[None, :, :1] * (first * radii[:, :1])[:, None]
        + ring[None, :, 1:] * (second * radii[:, 1:])[:, None]
    )
    return skin(grid, names[:, None])


def _domes(
    path: np.ndarray, radii: np.ndarray, tangents: np.ndarray, names: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    angle = np.radians([22, 45, 65, 82])
    out, shrink = np.sin(angle)[:, None], np.cos(angle)[:, None]
    heads = [path[i] + d * out * radii[i].min() * tangents[i] for i, d in ((0, -1), (-1, 1))]
    rings = [radii[i] * shrink for i in (0, -1)]
    k = len(angle)
    return (
        np.concatenate([heads[0][::-1], path, heads[1]]),
        np.concatenate([rings[0][::-1], radii, rings[1]]),
        np.concatenate([tangents[:1].repeat(k, 0), tangents, tangents[-1:].repeat(k, 0)]),
        np.concatenate([names[:1].repeat(k), names, names[-1:].repeat(k)]),
    )


def plate(outline: Numbers, thickness: float, part: str) -> Solid:
    """A flat plate: an outline of (x, z) points, ``thickness`` deep along y, centred on y = 0."""
    section = manifold3d.CrossSection([np.asarray(outline)], manifold3d.FillRule.NonZero)
    flat = section.extrude(thickness).translate((0, 0, -thickness / 2))
    return Solid.of(flat.rotate((90, 0, 0)), part)


def block(size: Numbers, rounding: float, part: str) -> Solid:
    """A box of the given size about the origin with rounded edges and corners."""
    half = np.asarray(size, dtype=np.float64) / 2
    rounding = min(rounding, 0.98 * half.min())
    ball = np.array(Manifold.sphere(rounding, 16).to_mesh().vert_properties)[:, :3]
    corners = np.array(np.meshgrid(*[(-1, 1)] * 3)).reshape(3, -1).T * (half - rounding)
    return Solid.of(Manifold.hull_points((corners[:, None] + ball).reshape(-1, 3)), part)
