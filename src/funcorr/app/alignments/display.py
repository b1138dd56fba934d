"""What the page shows of a mesh: all of it, or a lighter one where it is too large to send."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Int

from funcorr.assets.mesh import Mesh

MAX_FACES = 200_000
"""More triangles than this are thinned out, for display only."""

FIRST_CELL = 1 / 1024
"""Side of the first grid's cells, in the object's longest side."""

COARSER = 1.2
"""Least growth of the cells from try to try."""


def display_mesh(mesh: Mesh, max_faces: int = MAX_FACES) -> Mesh:
    """The mesh, thinned out by merging the vertices in a grid's cells where it is too large.

    Args:
        mesh: centred, longest side 1.
        max_faces: most triangles to draw.

    Returns:
        The mesh itself, or a lighter one with the same parts and without texture coordinates.
    """
    light, cell = mesh, FIRST_CELL
    while len(light.faces) > max_faces:
        light = _merge_cells(mesh, cell)
        cell *= max(float(np.sqrt(len(light.faces) / max_faces)), COARSER)
    return light


def display_note(mesh: Mesh, shown: Mesh) -> str:
    """What to tell the annotator about a lighter mesh, or nothing."""
    if len(shown.faces) == len(mesh.faces):
        return ""
    return (
        f"{len(mesh.faces):,} triangles, drawn with {len(shown.faces):,}; "
        "this is for display only, the asset is unchanged"
    )


def _merge_cells(mesh: Mesh, cell: float) -> Mesh:
    """One vertex per occupied cell, in the middle of those it stands for; flat faces go."""
    corner = np.floor(mesh.vertices / cell).astype(np.int64)
    corner -= corner.min(axis=0)
    _, y, z = (corner.max(axis=0) + 1).tolist()
    key = (corner[:, 0] * y + corner[:, 1]) * z + corner[:, 2]
    _, merged, count = np.unique(key, return_inverse=True, return_counts=True)
    sums = [np.bincount(merged, weights=mesh.vertices[:, axis]) for axis in range(3)]
    faces = merged[mesh.faces]
    kept = _distinct_corners(faces)
    return Mesh(
        np.stack(sums, axis=1) / count[:, None],
        faces[kept],
        mesh.face_parts[kept],
        mesh.part_names,
        mesh.face_materials[kept],
        mesh.materials,
    )


def _distinct_corners(faces: Int[np.ndarray, "f 3"]) -> Bool[np.ndarray, " f"]:
    a, b, c = faces.T
    return (a != b) & (b != c) & (c != a)
