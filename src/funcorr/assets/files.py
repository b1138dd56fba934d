"""Mesh files: GLB, OBJ, STL and PLY in, GLB out, through trimesh.

GLB is y-up by its standard; a :class:`Mesh` is z-up: ``save_glb`` and ``load_mesh`` turn it. The
other formats have no up axis: say which one with ``up``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

from funcorr.assets.mesh import Material, Mesh
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


def load_mesh(path: Path | str, up: Literal["y", "z"] | None = None) -> Mesh:
    """Read GLB, OBJ, STL or PLY; nodes, groups or materials become parts.

    Args:
        path: the file.
        up: its up axis; y for GLB and z for the others where None.

    Returns:
        The mesh, z up, with equal vertices merged so that neighbouring parts share them.

    Raises:
        UserError: no such file, another kind of file, a damaged one, or one without triangles.
    """
    import trimesh

    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise UserError(f"cannot read {path} as a mesh; expected one of {', '.join(SUFFIXES)}")
    if not path.is_file():
        raise UserError(f"no such file: {path}")
    options = {"split_groups": True, "split_objects": True} if path.suffix.lower() == ".obj" else {}
    try:
        scene = trimesh.load_scene(path, process=False, **options)
        pieces = [p for p in scene.dump() if isinstance(p, trimesh.Trimesh) and len(p.faces)]
    except Exception as error:  # each format's parser raises kinds of its own
        raise UserError(
            f"cannot read the mesh {path}: damaged or of another kind ({type(error).__name__})"
        ) from None
    if not pieces:
        raise UserError(f"{path} holds no triangles")
    mesh = _joined(pieces)
    y_up = (up or ("y" if path.suffix.lower() in (".glb", ".gltf") else "z")) == "y"
    return mesh.transformed(_Y_UP_TO_Z_UP) if y_up else mesh


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


def _from_visual(piece: Any) -> tuple[Material, Float[np.ndarray, "f 3 2"] | None]:
    material = getattr(piece.visual, "material", None)
    if material is None:
        return Material("plain", _rgb(piece.visual.main_color)), None
    if not hasattr(material, "baseColorFactor"):
        texture = _texture(getattr(material, "image", None))
        color = _rgb(material.diffuse) if texture is None else (1.0, 1.0, 1.0)
        pbr = Material(material.name or "material", color, texture)
    else:
        factor = material.baseColorFactor
        pbr = Material(
            material.name or "material",
            (1.0, 1.0, 1.0) if factor is None else _rgb(factor),
            _texture(material.baseColorTexture),
            1.0 if material.roughnessFactor is None else float(material.roughnessFactor),
            1.0 if material.metallicFactor is None else float(material.metallicFactor),
        )
    uv = getattr(piece.visual, "uv", None)
    return pbr, None if uv is None or len(uv) == 0 else np.asarray(uv, np.float64)[piece.faces]


def _rgb(color: Any) -> tuple[float, float, float]:
    values = np.asarray(color, dtype=np.float64).ravel()[:3]
    r, g, b = values / 255 if np.asarray(color).dtype.kind in "ui" else values
    return float(r), float(g), float(b)


def _texture(image: Any) -> np.ndarray | None:
    return None if image is None else np.array(image.convert("RGB"))


def _joined(pieces: list[Any]) -> Mesh:
    names = [str(p.metadata.get("name") or f"part{i}").split("#")[0] for i, p in enumerate(pieces)]
    part_names = tuple(sorted(set(names)))
    looks = [_from_visual(piece) for piece in pieces]
    counts = [len(piece.faces) for piece in pieces]
    starts = np.cumsum([0] + [len(piece.vertices) for piece in pieces])
    everything = np.concatenate([np.asarray(p.vertices, np.float64) for p in pieces])
    vertices, merged = np.unique(everything, axis=0, return_inverse=True)
    faces = np.concatenate([np.asarray(p.faces) + s for p, s in zip(pieces, starts, strict=False)])
    materials: list[Material] = []
    used = [_material_index(look, materials) for look, _ in looks]
    textured = any(uv is not None for _, uv in looks)
    uv = [np.zeros((n, 3, 2)) if u is None else u for n, (_, u) in zip(counts, looks, strict=True)]
    return Mesh(
        vertices=vertices,
        faces=merged.reshape(-1)[faces],
        face_parts=np.repeat([part_names.index(name) for name in names], counts),
        part_names=part_names,
        face_materials=np.repeat(used, counts),
        materials=tuple(materials),
        uv=np.concatenate(uv) if textured else None,
    )


def _material_index(material: Material, known: list[Material]) -> int:
    for index, other in enumerate(known):
        same = (material.name, material.color, material.roughness, material.metallic) == (
            other.name,
            other.color,
            other.roughness,
            other.metallic,
        )
        if same and np.array_equal(material.texture, other.texture):  # type: ignore[arg-type]
            return index
    known.append(material)
    return len(known) - 1
