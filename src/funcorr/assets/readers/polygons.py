"""Polygons into triangles: concave ones as well, every corner kept."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from funcorr.assets.readers.pieces import Findings, finite
from funcorr.errors import UserError


def triangulated(
    points: Float[np.ndarray, "c 3"], sizes: Int[np.ndarray, " p"], findings: Findings
) -> tuple[Int[np.ndarray, "t 3"], Int[np.ndarray, " t"]]:
    """Triangles of polygons, in the order of the polygons.

    A fan around the first corner where that corner sees the whole polygon; else ear cutting.

    Args:
        points: corners of all polygons one after the other.
        sizes: corners per polygon.
        findings: told of polygons that cross themselves, which are drawn as fans.

    Returns:
        Rows of ``points`` per triangle, and the polygon of each.

    Raises:
        UserError: a polygon with less than three corners, or corners that are NaN or infinite.
    """
    if len(sizes) and sizes.min() < 3:
        raise UserError("a face has less than three corners; export the file again")
    finite(points, "vertices")
    starts = np.cumsum(sizes) - sizes
    triangles, owners = [np.zeros((0, 3), np.int64)], [np.zeros(0, np.int64)]
    for size in np.unique(sizes):
        chosen = np.flatnonzero(sizes == size)
        rows, owner = _of_one_size(points, starts[chosen], int(size), findings)
        triangles.append(rows)
        owners.append(chosen[owner])
    polygon = np.concatenate(owners)
    order = np.argsort(polygon, kind="stable")
    return np.concatenate(triangles)[order], polygon[order]


def _of_one_size(
    points: Float[np.ndarray, "c 3"], starts: Int[np.ndarray, " p"], size: int, findings: Findings
) -> tuple[Int[np.ndarray, "t 3"], Int[np.ndarray, " t"]]:
    fan = np.stack([np.zeros(size - 2, int), np.arange(1, size - 1), np.arange(2, size)], axis=1)
    rows = starts[:, None, None] + fan
    owner = np.repeat(np.arange(len(starts)), size - 2)
    if size == 3:
        return rows.reshape(-1, 3), owner
    areas = _signed_areas(points[rows])
    hard = np.flatnonzero((areas <= 1e-9 * np.abs(areas).max(axis=1, keepdims=True)).any(axis=1))
    flat = [rows.reshape(-1, 3)[~np.isin(owner, hard)]]
    owners = [owner[~np.isin(owner, hard)]]
    for index in hard:
        cut = starts[index] + _cut(points[starts[index] : starts[index] + size], fan, findings)
        flat.append(cut)
        owners.append(np.full(len(cut), index))
    return np.concatenate(flat), np.concatenate(owners)


def _signed_areas(corners: Float[np.ndarray, "p t 3 3"]) -> Float[np.ndarray, "p t"]:
    """Areas of the triangles of each fan, seen along the polygon's own normal; twice as large."""
    edges = corners[:, :, 1:] - corners[:, :, :1]
    normals = np.cross(edges[:, :, 0], edges[:, :, 1])
    whole = normals.sum(axis=1, keepdims=True)
    length = np.linalg.norm(whole, axis=2, keepdims=True)
    return (normals * whole / np.where(length > 0, length, 1)).sum(axis=2)


def _cut(
    polygon: Float[np.ndarray, "n 3"], fan: Int[np.ndarray, "t 3"], findings: Findings
) -> Int[np.ndarray, "t2 3"]:
    """Triangles of one polygon by ear cutting in its own plane."""
    from mapbox_earcut import triangulate_float64

    edges = polygon - polygon[0]
    parts = np.cross(edges, np.roll(edges, -1, axis=0))
    normal = parts.sum(axis=0)
    axis = int((np.abs(normal) + 1e-6 * np.abs(parts).sum(axis=0)).argmax())
    flat = np.ascontiguousarray(np.roll(edges, -1 - axis, axis=1)[:, :2])
    whole = abs(normal[axis])
    scale = np.abs(flat).max() or 1.0
    ears = triangulate_float64(flat / scale, np.array([len(flat)], np.uint32))
    cut = ears.astype(np.int64).reshape(-1, 3)
    areas = _areas_2d(flat[cut])
    if whole <= 1e-12 * scale**2 or abs(np.abs(areas).sum() - whole) > 1e-6 * whole:
        if np.abs(_areas_2d(flat[fan])).sum() > 1e-9 * scale**2:
            findings.left_out.add("the right filling of polygons that cross themselves")
        return fan
    backwards = areas * normal[axis] < 0
    cut[backwards] = cut[backwards][:, ::-1]
    return cut


def _areas_2d(corners: Float[np.ndarray, "t 3 2"]) -> Float[np.ndarray, " t"]:
    """Signed areas of triangles in the plane; twice as large."""
    a, b, c = corners.transpose(1, 0, 2)
    u, v = b - a, c - a
    return u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
