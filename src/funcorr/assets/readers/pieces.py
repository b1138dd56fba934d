"""What a reader finds in a mesh file: pieces of surface, and what it did with the rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from funcorr.assets.mesh import Material, Mesh
from funcorr.errors import UserError

Wrap = Literal["repeat", "mirror", "clamp"]
"""What a texture shows outside [0, 1]."""


def finite(values: Float[np.ndarray, "..."], what: str) -> Float[np.ndarray, "..."]:
    """The values themselves.

    Raises:
        UserError: some are NaN or infinite.
    """
    if not np.isfinite(values).all():
        raise UserError(f"it has {what} that are NaN or infinite; repair it first")
    return values


@dataclass(frozen=True, eq=False)
class Piece:
    """A surface of one part and one material.

    Attributes:
        name: of the part.
        vertices: positions, in the file's own axes.
        faces: vertex indices, counter-clockwise seen from outside.
        material: its texture is right where texture coordinates repeat outside [0, 1].
        uv: texture coordinates per face corner (u right, v up), or None.
        colors: sRGB colours in [0, 1] per face corner, which multiply the material's; or None.
        wrap: what the texture shows outside [0, 1], along u and along v.
    """

    name: str
    vertices: Float[np.ndarray, "v 3"]
    faces: Int[np.ndarray, "f 3"]
    material: Material = field(default=Material("plain"))
    uv: Float[np.ndarray, "f 3 2"] | None = None
    colors: Float[np.ndarray, "f 3 3"] | None = None
    wrap: tuple[Wrap, Wrap] = ("repeat", "repeat")

    def __post_init__(self) -> None:
        finite(self.vertices, "vertices")
        if self.uv is not None:
            finite(self.uv, "texture coordinates")
        if len(self.faces) and (self.faces.min() < 0 or self.faces.max() >= len(self.vertices)):
            raise UserError(
                f"the part {self.name!r} has faces that point at vertices it does not have; "
                "export the file again"
            )


@dataclass(frozen=True)
class Findings:
    """What became of a file's features, in words; readers add to it.

    Attributes:
        kept: read as they are.
        baked: turned into plain vertices, texture coordinates, colours or pictures.
        left_out: not in the mesh.
    """

    kept: set[str] = field(default_factory=set)
    baked: set[str] = field(default_factory=set)
    left_out: set[str] = field(default_factory=set)


def joined(pieces: list[Piece]) -> Mesh:
    """One mesh; equal vertices are merged, so that neighbouring parts share them."""
    part_names = tuple(sorted({piece.name for piece in pieces}))
    counts = [len(piece.faces) for piece in pieces]
    starts = np.cumsum([0] + [len(piece.vertices) for piece in pieces])
    vertices, merged = np.unique(
        np.concatenate([np.asarray(p.vertices, np.float64) for p in pieces]),
        axis=0,
        return_inverse=True,
    )
    faces = np.concatenate([p.faces + s for p, s in zip(pieces, starts, strict=False)])
    materials: list[Material] = []
    used = [_material_index(piece.material, materials) for piece in pieces]
    textured = any(piece.uv is not None for piece in pieces)
    uv = [np.zeros((len(p.faces), 3, 2)) if p.uv is None else p.uv for p in pieces]
    return Mesh(
        vertices=vertices,
        faces=merged.reshape(-1)[faces],
        face_parts=np.repeat([part_names.index(piece.name) for piece in pieces], counts),
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
