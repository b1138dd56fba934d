"""Convex pieces of a mesh, as physics engines want them, kept on disk by the mesh's content."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from jaxtyping import Float

from funcorr.assets.mesh import Mesh
from funcorr.errors import UserError, require
from funcorr.io import content_hash, read_arrays, write_arrays
from funcorr.simulation.plane_cuts import cut
from funcorr.weights.resolver import cache_folder

Pieces = tuple[Float[np.ndarray, "_ 3"], ...]

SETTINGS = {
    "threshold": 0.04,
    "preprocess_resolution": 100,
    "resolution": 300,
    "mcts_iterations": 20,
    "mcts_nodes": 10,
    "mcts_max_depth": 1,
    "seed": 0,
}
"""Of ``coacd.run_coacd``: the concavity that is left, and a quarter of its usual search."""

VERSION = 3
"""Part of the key: another way of cutting makes other pieces."""


def convex_pieces(mesh: Mesh, folder: Path | None = None) -> Pieces:
    """Corner points of convex pieces that together make up a mesh.

    A closed surface is cut by planes (:mod:`funcorr.simulation.plane_cuts`); any other goes to
    CoACD, which closes it and takes longer.

    Args:
        mesh: centred, longest side 1.
        folder: where pieces are kept by content; ``convex`` in funcorr's cache where None.

    Raises:
        MissingExtraError: manifold3d or coacd is not installed.
        UserError: the mesh cannot be taken apart.
    """
    vertices, faces = _merged(mesh)
    key = content_hash(
        [vertices.tobytes(), faces.tobytes(), json.dumps([VERSION, SETTINGS]).encode()]
    )
    path = (folder or cache_folder() / "convex") / f"{key}.npz"
    if not path.exists():
        pieces = cut(vertices, faces) or _decomposed(vertices, faces)
        ends = np.cumsum([len(piece) for piece in pieces])
        write_arrays(path, points=np.concatenate(pieces), ends=ends)
    arrays = read_arrays(path, ("points", "ends"), "convex pieces")
    return tuple(np.split(arrays["points"], arrays["ends"][:-1]))


def _merged(mesh: Mesh) -> tuple[np.ndarray, np.ndarray]:
    """Vertices joined by position, which closes a surface that was split along its seams."""
    vertices, index = np.unique(np.round(mesh.vertices, 7), axis=0, return_inverse=True)
    faces = index.reshape(-1)[mesh.faces]
    proper = np.all(faces != np.roll(faces, 1, axis=1), axis=1)
    return vertices, faces[proper].astype(np.int32)


def _decomposed(vertices: np.ndarray, faces: np.ndarray) -> list[np.ndarray]:
    coacd = require("coacd", extra="simulation")
    coacd.set_log_level("error")
    try:
        found = coacd.run_coacd(coacd.Mesh(vertices, faces), **SETTINGS)
    except RuntimeError as error:
        raise UserError(f"coacd cannot take the mesh apart: {error}") from None
    if not found:
        raise UserError("coacd found no solid in the mesh; expected a surface with an inside")
    return [np.asarray(points, dtype=np.float64) for points, _ in found]
