"""One triangle mesh with parts and materials: what the forge makes and the renderers draw."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float, Int, UInt8

from funcorr.errors import UserError


@dataclass(frozen=True)
class Material:
    """How a surface looks: a base colour, optionally multiplied by a texture.

    Attributes:
        name: for files and messages.
        color: linear-free sRGB base colour in [0, 1].
        texture: H x W x 3 sRGB image, row 0 at v = 1 (the top, as in image files), or None.
        roughness: 0 is a mirror, 1 is chalk.
        metallic: 0 (dielectric) or 1 (metal).
    """

    name: str
    color: tuple[float, float, float] = (0.8, 0.8, 0.8)
    texture: UInt8[np.ndarray, "h w 3"] | None = None
    roughness: float = 0.6
    metallic: float = 0.0


@dataclass(frozen=True)
class Mesh:
    """A triangle mesh; every face has a part and a material.

    Attributes:
        vertices: V x 3 positions, z up.
        faces: F x 3 vertex indices, counter-clockwise seen from outside.
        face_parts: index into ``part_names`` per face.
        part_names: names of the parts, unique.
        face_materials: index into ``materials`` per face.
        materials: at least one.
        uv: F x 3 x 2 texture coordinates per face corner (u right, v up), or None.
    """

    vertices: Float[np.ndarray, "v 3"]
    faces: Int[np.ndarray, "f 3"]
    face_parts: Int[np.ndarray, " f"]
    part_names: tuple[str, ...]
    face_materials: Int[np.ndarray, " f"]
    materials: tuple[Material, ...] = field(default=(Material("plain"),))
    uv: Float[np.ndarray, "f 3 2"] | None = None

    def __post_init__(self) -> None:
        if len(self.faces) == 0:
            raise UserError("the mesh has no faces; expected at least one triangle")
        if not np.isfinite(self.vertices).all():
            raise UserError("the mesh has vertices that are NaN or infinite; repair it first")
        if self.faces.min() < 0 or self.faces.max() >= len(self.vertices):
            raise UserError("the mesh has faces that point at vertices it does not have")
        if self.face_parts.max() >= len(self.part_names):
            raise UserError("the mesh has faces with a part that has no name")
        if self.face_materials.max() >= len(self.materials):
            raise UserError("the mesh has faces with a material that it does not have")

    @property
    def triangles(self) -> Float[np.ndarray, "f 3 3"]:
        """Corner positions per face."""
        return self.vertices[self.faces]

    @property
    def bounds(self) -> Float[np.ndarray, "2 3"]:
        """Lowest and highest corner of the axis-aligned box around the used vertices."""
        used = self.vertices[np.unique(self.faces)]
        return np.stack([used.min(axis=0), used.max(axis=0)])

    def transformed(self, matrix: Float[np.ndarray, "4 4"]) -> Mesh:
        """The same mesh with every vertex moved by a 4 x 4 affine matrix."""
        return replace(self, vertices=self.vertices @ matrix[:3, :3].T + matrix[:3, 3])

    def normalizing_transform(self) -> Float[np.ndarray, "4 4"]:
        """The matrix that centres the bounding box and scales its longest side to 1."""
        low, high = self.bounds
        longest = float((high - low).max())
        if longest <= 0:
            raise UserError("the mesh has no extent: all its vertices are one point")
        matrix = np.diag([1 / longest] * 3 + [1.0])
        matrix[:3, 3] = -(low + high) / 2 / longest
        return matrix

    def normalized(self) -> Mesh:
        """Centred at the origin, longest side 1 (the convention of every dataset here)."""
        return self.transformed(self.normalizing_transform())
