"""GLB and glTF 2.0."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from funcorr.assets.readers.gltf_document import Document, read_document
from funcorr.assets.readers.gltf_extensions import tell_extensions
from funcorr.assets.readers.gltf_geometry import Geometry, geometry
from funcorr.assets.readers.gltf_materials import Look, Looks, srgb_from_linear
from funcorr.assets.readers.gltf_nodes import INSTANCING, Nodes
from funcorr.assets.readers.pieces import Findings, Piece
from funcorr.errors import UserError


def read_gltf(path: Path, findings: Findings, max_faces: int | None = None) -> list[Piece]:
    """Read a GLB or glTF; a node is a part, or one for each of its materials.

    Args:
        path: the file.
        findings: told what is kept, baked and left out.
        max_faces: a file that claims more is refused before it is read.

    Raises:
        UserError: a damaged file, or a feature that is not read and that the surface or its
            colours depend on; the message names it.
    """
    document = read_document(path)
    try:
        if max_faces is not None:
            _check_claims(document, max_faces)
        pieces = _pieces(document, findings)
        tell_extensions(document.content, findings)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise UserError(f"damaged glTF: {type(error).__name__} in its description") from None
    if document.holds_meshopt:
        findings.kept.add("meshopt compression")
    if document.items("animations"):
        findings.left_out.add("animations")
    return pieces


def _pieces(document: Document, findings: Findings) -> list[Piece]:
    nodes, looks = Nodes(document), Looks(document, findings)
    pieces = []
    for placed in nodes.shown(findings):
        mesh = document.item("meshes", placed.node["mesh"])
        several = len({primitive.get("material") for primitive in mesh["primitives"]}) > 1
        name = str(placed.node.get("name") or mesh.get("name") or f"part{placed.index}")
        for primitive in mesh["primitives"]:
            if surface := geometry(nodes, placed, mesh, primitive, findings):
                look = looks.of(primitive)
                part = f"{name}_{look.material.name}" if several else name
                pieces.append(_piece(part, surface, look, looks))
    return _without_numbers(pieces)


def _piece(name: str, surface: Geometry, look: Look, looks: Looks) -> Piece:
    uv, material = look.uv(surface.attributes), look.material
    if material.texture is not None and uv is None:
        looks.findings.left_out.add("textures without coordinates")
        material = replace(material, texture=None)
    return Piece(
        name,
        surface.vertices,
        surface.faces,
        material,
        None if uv is None else uv[surface.corners],
        _colors(surface, looks),
        look.wrap,
    )


def _colors(surface: Geometry, looks: Looks) -> Float[np.ndarray, "f 3 3"] | None:
    found = surface.attributes.get("COLOR_0")
    if found is None:
        return None
    if found.shape[1] == 4 and (found[:, 3] < 1).any():
        looks.findings.left_out.add("transparency")
    values = np.clip(found[:, :3].astype(np.float64), 0, 1)
    return (values if looks.holds_srgb else srgb_from_linear(values))[surface.corners]


def _without_numbers(pieces: list[Piece]) -> list[Piece]:
    """Pieces ``lid`` and ``lid#2`` are one part: so a part of several materials is written."""
    names = {piece.name for piece in pieces}
    stems = [piece.name.rpartition("#")[0] for piece in pieces]
    return [
        replace(piece, name=stem) if stem in names else piece
        for piece, stem in zip(pieces, stems, strict=True)
    ]


def _check_claims(document: Document, max_faces: int) -> None:
    """A mesh counts as often as nodes show it: few bytes can ask for many faces."""
    counts = [accessor["count"] for accessor in document.items("accessors")]
    corners = [
        sum(counts[p.get("indices", p["attributes"]["POSITION"])] for p in mesh["primitives"])
        for mesh in document.items("meshes")
    ]
    nodes = [node for node in document.items("nodes") if "mesh" in node]
    for node in nodes:
        document.item("meshes", node["mesh"])
    shown = [corners[node["mesh"]] * _instances(node, counts) for node in nodes]
    if max([sum(shown), *counts]) > 3 * max_faces:
        raise UserError(f"it has over {max_faces} faces; simplify it or raise the limit")


def _instances(node: dict[str, Any], counts: list[int]) -> int:
    attributes = node.get("extensions", {}).get(INSTANCING, {}).get("attributes", {})
    return max((counts[index] for index in attributes.values()), default=1)
