"""Smooth shading normals: averaged over each vertex, except across creases."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

CREASE = 40.0
"""Faces that meet at more than this many degrees keep a sharp edge between them."""

MAX_VALENCE = 300
"""Vertices shared by more corners than this keep flat normals (their neighbours are too many)."""


def corner_normals(
    triangles: Float[np.ndarray, "f 3 3"],
    face_normals: Float[np.ndarray, "f 3"],
    crease: float = CREASE,
) -> Float[np.ndarray, "f 3 3"]:
    """A unit normal for every corner of every face.

    Vertices at one place count as one. A corner's normal is the mean of the normals of the faces
    around its vertex that turn less than ``crease`` degrees away from its own face, weighted by
    their angles there; faces wound the other way round are turned over first.

    Args:
        triangles: corner positions.
        face_normals: unit normal per face.
        crease: degrees.
    """
    corner, other = _corners_that_meet(triangles)
    own, met = face_normals[corner // 3], face_normals[other // 3]
    cosine = np.einsum("nd,nd->n", own, met)
    close = np.abs(cosine) > np.cos(np.radians(crease))
    weight = np.where(close, np.sign(cosine) * _corner_angles(triangles).ravel()[other], 0.0)
    total = np.repeat(face_normals, 3, axis=0) * 1e-9
    for axis in range(3):
        total[:, axis] += np.bincount(corner, weight * met[:, axis], len(total))
    length = np.linalg.norm(total, axis=1, keepdims=True)
    return (total / np.where(length > 0, length, 1)).reshape(-1, 3, 3)


def _corners_that_meet(triangles: Float[np.ndarray, "f 3 3"]) -> tuple[np.ndarray, np.ndarray]:
    """All ordered pairs of corners at one place, as indices into the flattened corners."""
    corners = np.round(triangles.reshape(-1, 3), 6) + 0.0
    _, vertex = np.unique(corners, axis=0, return_inverse=True)
    vertex = vertex.reshape(-1)
    order = np.argsort(vertex, kind="stable")
    valence = np.bincount(vertex)
    starts = np.cumsum(valence) - valence
    counts = np.where(valence <= MAX_VALENCE, valence, 0)[vertex]
    corner = np.repeat(np.arange(len(vertex)), counts)
    step = np.arange(len(corner)) - np.repeat(np.cumsum(counts) - counts, counts)
    return corner, order[starts[vertex[corner]] + step]


def _corner_angles(triangles: Float[np.ndarray, "f 3 3"]) -> Float[np.ndarray, "f 3"]:
    to_next = np.roll(triangles, -1, axis=1) - triangles
    to_last = np.roll(triangles, 1, axis=1) - triangles
    sine = np.linalg.norm(np.cross(to_next, to_last), axis=2)
    return np.arctan2(sine, (to_next * to_last).sum(axis=2))
