"""Mesh files: GLB, glTF, OBJ, STL and PLY in, GLB out.

GLB is y-up by its standard; a :class:`Mesh` is z-up: ``save_glb`` and ``load_mesh`` turn it. The
other formats have no up axis: say which one with ``up``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from funcorr.assets.mesh import Material, Mesh
from funcorr.assets.readers.baking import baked
from funcorr.assets.readers.gltf import read_gltf
from funcorr.assets.readers.obj import read_obj
from funcorr.assets.readers.pieces import Findings, Piece, joined
from funcorr.assets.readers.ply import read_ply
from funcorr.assets.readers.stl import read_stl
from funcorr.errors import UserError
from funcorr.io import atomic_path

SUFFIXES = (".glb", ".gltf", ".obj", ".stl", ".ply")
_Y_UP_TO_Z_UP = np.array([[1, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]], dtype=float)


def save_glb(mesh: Mesh, path: Path | str) -> None:
    """Write a mesh as GLB: a node and a primitive per part (and per material within a part).

    Part names are node names; ``metallicFactor`` is always written (its default is metal) and the
    base colour and texture are those of the material. Vertices keep their order within a part.

    Raises:
        UserError: the place cannot be written to.
    """
    import trimesh

    scene = trimesh.Scene()
    materials = [_to_pbr(material) for material in mesh.materials]
    for part, material in np.unique(np.stack([mesh.face_parts, mesh.face_materials], 1), axis=0):
        rows = np.flatnonzero((mesh.face_parts == part) & (mesh.face_materials == material))
        piece = _piece(mesh, rows, materials[material])
        name = mesh.part_names[part]
        node = name if name not in scene.geometry else f"{name}#{material}"
        scene.add_geometry(piece, node_name=node, geom_name=node)
    scene.apply_transform(np.linalg.inv(_Y_UP_TO_Z_UP))
    with atomic_path(Path(path)) as temporary:
        temporary.write_bytes(scene.export(file_type="glb"))


@dataclass(frozen=True, eq=False)
class MeshFile:
    """What a file holds.

    Attributes:
        mesh: its surface, z up.
        findings: what was kept, baked and left out.
    """

    mesh: Mesh
    findings: Findings


def load_mesh(path: Path | str, up: Literal["y", "z"] | None = None) -> Mesh:
    """Read GLB, glTF, OBJ, STL or PLY; nodes, groups or materials become parts.

    Args:
        path: the file.
        up: its up axis; y for GLB and glTF and z for the others where None.

    Returns:
        The mesh, z up, with equal vertices merged so that neighbouring parts share them.

    Raises:
        UserError: no such file, another kind of file, a damaged one, one without triangles, or one
            with a feature that is not read.
    """
    try:
        return read_mesh_file(path, up).mesh
    except UserError as error:
        raise UserError(f"cannot read the mesh {path}: {error}") from None


def read_mesh_file(
    path: Path | str, up: Literal["y", "z"] | None = None, max_faces: int | None = None
) -> MeshFile:
    """Like :func:`load_mesh`, with what was found in the file.

    Args:
        path: the file.
        up: its up axis.
        max_faces: a glTF that claims more is refused before it is read.

    Raises:
        UserError: as :func:`load_mesh`.
    """
    path, findings = Path(path), Findings()
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UserError(f"not a mesh file; expected one of {', '.join(SUFFIXES)}")
    if not path.is_file():
        raise UserError("no such file")
    try:
        with np.errstate(all="ignore"):  # what becomes infinite is refused with the mesh
            found = _read(path, suffix, findings, max_faces)
            pieces = [baked(piece, findings) for piece in found if len(piece.faces)]
    except OSError as error:
        raise UserError(f"it cannot be opened: {error.strerror or error}") from None
    if not pieces:
        others = f", only {', '.join(sorted(findings.left_out))}" if findings.left_out else ""
        raise UserError(f"it holds no triangles{others}")
    mesh = joined(pieces)
    y_up = (up or ("y" if suffix in (".glb", ".gltf") else "z")) == "y"
    return MeshFile(mesh.transformed(_Y_UP_TO_Z_UP) if y_up else mesh, findings)


def _read(path: Path, suffix: str, findings: Findings, max_faces: int | None) -> list[Piece]:
    match suffix:
        case ".obj":
            return read_obj(path, findings)
        case ".ply":
            return read_ply(path, findings)
        case ".stl":
            return read_stl(path, findings)
        case _:
            return read_gltf(path, findings, max_faces)


def _piece(mesh: Mesh, rows: np.ndarray, material: Any) -> Any:
    """The faces ``rows`` as a trimesh; corners are split where their texture coordinates differ."""
    import trimesh

    corners = mesh.faces[rows].reshape(-1, 1).astype(np.float64)
    uv = np.zeros((len(rows), 3, 2)) if mesh.uv is None else mesh.uv[rows]
    keys, faces = np.unique(
        np.concatenate([corners, uv.reshape(-1, 2)], axis=1), axis=0, return_inverse=True
    )
    visual = trimesh.visual.TextureVisuals(
        uv=None if mesh.uv is None else keys[:, 1:], material=material
    )
    return trimesh.Trimesh(
        mesh.vertices[keys[:, 0].astype(np.int64)],
        faces.reshape(-1, 3),
        visual=visual,
        process=False,
    )


def _to_pbr(material: Material) -> Any:
    from PIL import Image
    from trimesh.visual.material import PBRMaterial

    texture = None if material.texture is None else Image.fromarray(material.texture)
    rgba = [*np.round(np.array(material.color) * 255).astype(np.uint8), 255]
    return PBRMaterial(
        name=material.name,
        baseColorFactor=np.array(rgba, dtype=np.uint8),
        baseColorTexture=texture,
        metallicFactor=float(material.metallic),
        roughnessFactor=float(material.roughness),
    )
