"""The surface of a glTF primitive: its triangles, its pose, its attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from funcorr.assets.readers.gltf_accessors import draco_arrays, integers, numbers
from funcorr.assets.readers.gltf_document import Document
from funcorr.assets.readers.gltf_nodes import Nodes, Placed
from funcorr.assets.readers.pieces import Findings, finite
from funcorr.errors import UserError

MODES = {0: "points", 1: "lines", 2: "lines", 3: "lines", 4: "", 5: "strips", 6: "fans"}


@dataclass(frozen=True, eq=False)
class Geometry:
    """A primitive in the axes of the scene.

    Attributes:
        vertices: of all instances.
        faces: of all instances.
        corners: row of the primitive's attributes per face corner.
        attributes: texture coordinates and colours, morphed, a row per vertex of one instance.
    """

    vertices: Float[np.ndarray, "v 3"]
    faces: Int[np.ndarray, "f 3"]
    corners: Int[np.ndarray, "f 3"]
    attributes: Mapping[str, Float[np.ndarray, "n k"]]


def geometry(
    nodes: Nodes, placed: Placed, mesh: dict[str, Any], primitive: dict[str, Any], found: Findings
) -> Geometry | None:
    """The surface of a primitive where a node shows it; None for points and lines.

    Raises:
        UserError: a mode, a skin or a length that is not of the standard.
    """
    document = nodes.document
    if MODES.get(primitive.get("mode", 4)) in ("points", "lines"):
        splats = "KHR_gaussian_splatting" in primitive.get("extensions", {})
        kind = "KHR_gaussian_splatting" if splats else MODES[primitive["mode"]]
        found.left_out.add(kind)
        return None
    weights = placed.node.get("weights", mesh.get("weights", ()))
    packed = draco_arrays(document, primitive, found)
    stored = {} if packed is None else packed[0]
    attributes = {
        name: _morphed(document, primitive, name, weights, stored, found)
        for name in primitive["attributes"]
        if name.startswith(("POSITION", "TEXCOORD_", "COLOR_"))
    }
    vertices = attributes["POSITION"].astype(np.float64)
    if vertices.shape[1] != 3 or any(len(a) != len(vertices) for a in attributes.values()):
        raise UserError("damaged glTF: attributes of different lengths; export the file again")
    faces = _faces(document, primitive, len(vertices), found) if packed is None else packed[1]
    if len(faces) and faces.max() >= len(vertices):
        raise UserError("damaged glTF: an index past the last vertex; export the file again")
    if "skin" in placed.node:
        vertices = _skinned(nodes, placed, primitive, stored, vertices, found)
        return Geometry(vertices, faces, faces, attributes)
    return _placed(vertices, faces, placed.matrices, attributes, found)


def _placed(
    vertices: Float[np.ndarray, "v 3"],
    faces: Int[np.ndarray, "f 3"],
    matrices: Float[np.ndarray, "i 4 4"],
    attributes: Mapping[str, Float[np.ndarray, "n k"]],
    found: Findings,
) -> Geometry:
    """Every instance, turned inside out where its matrix is a mirror."""
    moved = [vertices @ matrix[:3, :3].T + matrix[:3, 3] for matrix in matrices]
    mirrored = [np.linalg.det(matrix[:3, :3]) < 0 for matrix in matrices]
    if any(mirrored):
        found.kept.add("mirrored nodes")
    turned = [faces[:, ::-1] if mirror else faces for mirror in mirrored]
    shifted = [rows + number * len(vertices) for number, rows in enumerate(turned)]
    return Geometry(
        np.concatenate(moved), np.concatenate(shifted), np.concatenate(turned), attributes
    )


def _morphed(
    document: Document,
    primitive: dict[str, Any],
    name: str,
    weights: Any,
    stored: Mapping[str, Any],
    found: Findings,
) -> Float[np.ndarray, "n k"]:
    """An attribute with the shapes that the file blends into it."""
    values = numbers(document, primitive["attributes"][name], found, stored.get(name))
    for weight, target in zip(weights, primitive.get("targets", ()), strict=False):
        if weight and name in target:
            found.baked.add("morph targets, as the file sets them")
            values = values + weight * numbers(document, target[name], found)
    if "targets" in primitive and not any(weights):
        found.left_out.add("morph targets, which the file sets to 0")
    return finite(values, f"attributes {name}")


def _faces(
    document: Document, primitive: dict[str, Any], count: int, found: Findings
) -> Int[np.ndarray, "f 3"]:
    mode = primitive.get("mode", 4)
    if mode not in MODES:
        raise UserError(f"damaged glTF: primitives of mode {mode!r}; export the file again")
    if "indices" in primitive:
        row = integers(document, primitive["indices"], found)[:, 0]
    else:
        row = np.arange(count)
    if mode == 4:
        if len(row) % 3:
            raise UserError(f"damaged glTF: {len(row)} corners of triangles; export it again")
        return row.reshape(-1, 3)
    found.kept.add(f"triangle {MODES[mode]}")
    if mode == 6:
        return np.stack([row[1:-1], row[2:], np.full(max(len(row) - 2, 0), row[0])], axis=1)
    odd = np.arange(max(len(row) - 2, 0)) % 2
    rows = np.stack([row[:-2], row[1:-1], row[2:]], axis=1)
    return np.where(odd[:, None] == 1, rows[:, [0, 2, 1]], rows)


def _skinned(
    nodes: Nodes,
    placed: Placed,
    primitive: dict[str, Any],
    stored: Mapping[str, Any],
    vertices: Float[np.ndarray, "v 3"],
    found: Findings,
) -> Float[np.ndarray, "v 3"]:
    """Vertices carried by the joints as the file's nodes stand; the mesh's own node has no say."""
    document = nodes.document
    skin = document.item("skins", placed.node["skin"])
    joints = [nodes.world[joint] for joint in skin["joints"]]
    matrices = np.stack(joints)
    if "inverseBindMatrices" in skin:
        inverse = numbers(document, skin["inverseBindMatrices"], found)[: len(joints)]
        matrices = matrices @ inverse.reshape(-1, 4, 4).transpose(0, 2, 1).astype(np.float64)
    index, weights = (
        np.concatenate([part.astype(np.float64) for part in parts], axis=1)
        for parts in _influences(document, primitive, stored, found)
    )
    total = weights.sum(axis=1, keepdims=True)
    if len(index) != len(vertices) or index.max() >= len(joints) or (total <= 0).any():
        raise UserError(
            "damaged glTF: a skin with joints or weights it does not have; bake its pose"
        )
    found.baked.add("skins, in the pose of the file")
    moved = np.zeros_like(vertices)
    for column, weight in zip(index.astype(int).T, (weights / total).T, strict=True):
        matrix = matrices[column]
        there = np.einsum("vij,vj->vi", matrix[:, :3, :3], vertices) + matrix[:, :3, 3]
        moved += weight[:, None] * there
    return moved


def _influences(
    document: Document, primitive: dict[str, Any], stored: Mapping[str, Any], found: Findings
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Joints and weights of every set of four."""
    attributes = primitive["attributes"]
    joints, weights = (
        [
            numbers(document, attributes[name], found, stored.get(name))
            for name in sorted(attributes)
            if name.startswith(prefix)
        ]
        for prefix in ("JOINTS_", "WEIGHTS_")
    )
    if not joints or len(joints) != len(weights):
        raise UserError("damaged glTF: a skin without joints and weights; bake its pose")
    return joints, weights
