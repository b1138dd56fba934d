"""Parts drawn onto a mesh: faces are cut where a box ends, and named by where they lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from funcorr.assets.mesh import Mesh

Corners = tuple[Sequence[float], Sequence[float]]
REST = "rest"
"""Name of the part that everything else belongs to."""


@dataclass(frozen=True)
class PartShape:
    """Where a part is; the union of what is given.

    Attributes:
        boxes: low and high corner of each; faces are cut at their sides.
        tubes: upright cylinders, ``(x, y, radius, low z, high z)``; faces are not cut at them.
        materials: names of materials, of faces in no box or tube as well.
        facing: direction that the part's faces look in, by less than a right angle; any where None.
    """

    boxes: tuple[Corners, ...] = ()
    tubes: tuple[Sequence[float], ...] = ()
    materials: tuple[str, ...] = ()
    facing: tuple[float, ...] | None = None

    def holds(self, mesh: Mesh) -> Bool[np.ndarray, " f"]:
        """Whether the middle of each face is in the part."""
        middle = mesh.triangles.mean(axis=1)
        names = [material.name for material in mesh.materials]
        wanted = [i for i, name in enumerate(names) if name in self.materials]
        inside = np.isin(mesh.face_materials, wanted)
        for low, high in self.boxes:
            inside |= ((middle >= low) & (middle <= high)).all(axis=1)
        for x, y, radius, low_z, high_z in self.tubes:
            across = np.hypot(middle[:, 0] - x, middle[:, 1] - y)
            inside |= (across <= radius) & (middle[:, 2] >= low_z) & (middle[:, 2] <= high_z)
        if self.facing is not None:
            edges = mesh.triangles[:, 1:] - mesh.triangles[:, :1]
            inside &= np.cross(edges[:, 0], edges[:, 1]) @ np.asarray(self.facing, float) > 0
        return inside


def draw_parts(mesh: Mesh, parts: Mapping[str, PartShape]) -> Mesh:
    """The same surface with new parts: of shapes that overlap the later one wins.

    Args:
        mesh: the object; its own parts are given up, its materials stay.
        parts: shapes by name, in the mesh's coordinates.

    Returns:
        The mesh, cut at the sides of the boxes; what is in no shape is the part ``rest``.
    """
    for shape in parts.values():
        for low, high in shape.boxes:
            mesh = _cut_at_box(mesh, np.asarray(low, float), np.asarray(high, float))
    index = np.zeros(len(mesh.faces), dtype=int)
    for number, shape in enumerate(parts.values(), start=1):
        index[shape.holds(mesh)] = number
    return replace(mesh, face_parts=index, part_names=(REST, *parts))


def cut_at_plane(mesh: Mesh, axis: int, value: float, near: Bool[np.ndarray, " f"]) -> Mesh:
    """Split faces in three where they cross a plane; the surface stays as it is.

    Args:
        mesh: the object.
        axis: 0, 1 or 2, the axis that the plane is square to.
        value: where the plane meets the axis.
        near: which faces may be cut.
    """
    side = mesh.triangles[..., axis] - value
    crossing = np.flatnonzero((side.min(axis=1) < -1e-9) & (side.max(axis=1) > 1e-9) & near)
    if not len(crossing):
        return mesh
    corners = mesh.triangles[crossing]
    uv = np.zeros((len(crossing), 3, 2)) if mesh.uv is None else mesh.uv[crossing]
    pieces = _split(np.concatenate([corners, uv], axis=2), side[crossing])
    kept = np.setdiff1d(np.arange(len(mesh.faces)), crossing)
    rows = np.concatenate([kept, np.tile(crossing, 3)])
    added = len(mesh.vertices) + np.arange(len(pieces) * 3).reshape(-1, 3)
    return replace(
        mesh,
        vertices=np.concatenate([mesh.vertices, pieces[..., :3].reshape(-1, 3)]),
        faces=np.concatenate([mesh.faces[kept], added]),
        face_parts=mesh.face_parts[rows],
        face_materials=mesh.face_materials[rows],
        uv=None if mesh.uv is None else np.concatenate([mesh.uv[kept], pieces[..., 3:]]),
    )


def _split(
    corners: Float[np.ndarray, "k 3 d"], side: Float[np.ndarray, "k 3"]
) -> Float[np.ndarray, "3*k 3 d"]:
    """The three triangles of each face: the corner that is alone on its side, and the other two."""
    above = side > 0
    lone_above = above.sum(axis=1) == 1
    lone = np.where(lone_above, above.argmax(axis=1), (~above).argmax(axis=1))
    order = (lone[:, None] + np.arange(3)) % 3
    a, b, c = np.moveaxis(np.take_along_axis(corners, order[..., None], axis=1), 1, 0)
    da, db, dc = np.take_along_axis(side, order, axis=1).T[..., None]
    p, q = a + (b - a) * da / (da - db), a + (c - a) * da / (da - dc)
    return np.concatenate([np.stack(t, axis=1) for t in ((a, p, q), (p, b, c), (p, c, q))])


def _cut_at_box(mesh: Mesh, low: Float[np.ndarray, "3"], high: Float[np.ndarray, "3"]) -> Mesh:
    for axis in range(3):
        for value in (low[axis], high[axis]):
            triangles = mesh.triangles
            near = (triangles.max(axis=1) >= low) & (triangles.min(axis=1) <= high)
            mesh = cut_at_plane(mesh, axis, float(value), near.all(axis=1))
    return mesh
