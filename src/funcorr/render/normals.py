"""Smooth shading normals: averaged over each vertex, except across creases."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int

from funcorr.assets.mesh import Mesh

CREASE = 40.0
"""Faces that meet at more than this many degrees keep a sharp edge between them."""

MAX_VALENCE = 300
"""Vertices shared by more corners than this keep flat normals (their neighbours are too many)."""

PAIRS = 1_000_000
"""How many pairs of corners that meet are looked at in one go."""


def corner_normals(
    mesh: Mesh, face_normals: Float[np.ndarray, "f 3"], crease: float = CREASE
) -> Float[np.ndarray, "f 3 3"]:
    """A unit normal for every corner of every face.

    Vertices at one place count as one. A corner's normal is the mean of the normals of the faces
    around its vertex that turn less than ``crease`` degrees away from its own face, weighted by
    their angles there; faces wound the other way round are turned over first.

    Args:
        mesh: the object.
        face_normals: unit normal per face.
        crease: degrees.
    """
    angles = _corner_angles(mesh.triangles).ravel()
    total = np.repeat(face_normals, 3, axis=0) * 1e-9
    for first, corner, other in _corners_that_meet(_places(mesh.vertices)[mesh.faces].ravel()):
        own, met = face_normals[(first + corner) // 3], face_normals[other // 3]
        cosine = np.einsum("nd,nd->n", own, met)
        close = np.abs(cosine) > np.cos(np.radians(crease))
        weight = np.where(close, np.sign(cosine) * angles[other], 0.0)
        for axis in range(3):
            sums = np.bincount(corner, weight * met[:, axis])
            total[first : first + len(sums), axis] += sums
    length = np.linalg.norm(total, axis=1, keepdims=True)
    return (total / np.where(length > 0, length, 1)).reshape(-1, 3, 3)


def _places(vertices: Float[np.ndarray, "v 3"]) -> Int[np.ndarray, " v"]:
    """A number for each vertex, the same for those at one place (to six decimals)."""
    rounded = np.round(vertices, 6)
    order = np.lexsort(rounded.T)
    differs = (np.diff(rounded[order], axis=0) != 0).any(axis=1)
    number = np.zeros(len(vertices), dtype=np.int64)
    number[order[1:]] = np.cumsum(differs)
    return number


def _corners_that_meet(
    vertex: Int[np.ndarray, " c"],
) -> Iterator[tuple[int, Int[np.ndarray, " n"], Int[np.ndarray, " n"]]]:
    """All ordered pairs of corners at one place, in chunks of bounded size.

    Args:
        vertex: of each corner.

    Yields:
        The first corner of the chunk, and for each pair a corner, counted from it, and another.
    """
    order = np.argsort(vertex, kind="stable")
    valence = np.bincount(vertex)
    starts = np.cumsum(valence) - valence
    counts = np.where(valence <= MAX_VALENCE, valence, 0)[vertex]
    chunk = np.cumsum(counts) // PAIRS
    edges = [0, *(np.flatnonzero(np.diff(chunk)) + 1).tolist(), len(vertex)]
    for first, stop in pairwise(edges):
        count = counts[first:stop]
        corner = np.repeat(np.arange(stop - first), count)
        step = np.arange(len(corner)) - np.repeat(np.cumsum(count) - count, count)
        yield first, corner, order[starts[vertex[first + corner]] + step]


def _corner_angles(triangles: Float[np.ndarray, "f 3 3"]) -> Float[np.ndarray, "f 3"]:
    to_next = np.roll(triangles, -1, axis=1) - triangles
    to_last = np.roll(triangles, 1, axis=1) - triangles
    sine = np.linalg.norm(np.cross(to_next, to_last), axis=2)
    return np.arctan2(sine, (to_next * to_last).sum(axis=2))
