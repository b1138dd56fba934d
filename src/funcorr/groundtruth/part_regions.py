"""Functional parts of an object: named parts of its mesh, boxes around pieces of its surface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from funcorr.errors import UserError
from funcorr.render.dataset import View

FAR = 1e6
"""Objects have the longest side 1; entries of their boxes are never as large as this."""


@dataclass(frozen=True, eq=False)
class PartRegion:
    """Where the functional part of an object is: the union of named parts and boxes.

    Attributes:
        names: names of the asset's parts.
        boxes: 4 x 4 affine matrices that take the cube [-0.5, 0.5]^3 to object coordinates.

    Raises:
        UserError: there is neither a name nor a box, or a box is flat or no affine matrix.
    """

    names: tuple[str, ...] = ()
    boxes: tuple[Float[np.ndarray, "4 4"], ...] = ()

    def __post_init__(self) -> None:
        if not (self.names or self.boxes):
            raise UserError("a functional part needs a part name or a box, got neither")
        for box in self.boxes:
            check_affine(box, "a part box")

    @property
    def key(self) -> tuple[Any, ...]:
        """Equal for equal regions."""
        return self.names, tuple(np.asarray(box, np.float64).tobytes() for box in self.boxes)

    def contains(self, points: Float[np.ndarray, "n 3"]) -> Bool[np.ndarray, " n"]:
        """Whether points in object coordinates lie in one of the boxes."""
        inside = np.zeros(len(points), dtype=bool)
        for box in self.boxes:
            local = (points - box[:3, 3]) @ np.linalg.inv(box[:3, :3]).T
            inside |= (np.abs(local) <= 0.5).all(axis=1)
        return inside

    def mask(self, view: View) -> Bool[np.ndarray, "h w"]:
        """The visible pixels of the part in a view of the object.

        Raises:
            UserError: the object has no part of one of the names.
        """
        known = view.asset.part_names
        if missing := sorted(set(self.names) - set(known)):
            raise UserError(f"{view.asset.id} has no part {missing[0]!r}; its parts: {known}")
        mask = np.isin(view.parts, [known.index(name) for name in self.names])
        if self.boxes:
            rows, columns = np.nonzero(view.mask & (view.depth > 0))
            pixels = np.stack([columns, rows], axis=1).astype(np.float64)
            depth = view.depth[rows, columns].astype(np.float64)
            mask[rows, columns] |= self.contains(view.camera.unproject(pixels, depth))
        return mask

    def to_json(self) -> dict[str, Any]:
        """Plain lists, as in the file."""
        return {"names": list(self.names), "boxes": [box.tolist() for box in self.boxes]}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> PartRegion:
        """Read what :meth:`to_json` wrote."""
        boxes = tuple(np.array(box, np.float64).reshape(4, 4) for box in content.get("boxes", ()))
        return cls(tuple(map(str, content.get("names", ()))), boxes)


def check_affine(matrix: Float[np.ndarray, "4 4"], what: str) -> None:
    """Refuse what is not an invertible affine matrix; ``what`` names it in the message."""
    affine = (np.abs(matrix) < FAR).all() and np.allclose(matrix[3], [0, 0, 0, 1])
    if not affine or abs(np.linalg.det(matrix[:3, :3])) < 1e-12:
        raise UserError(f"{what} is not an invertible 4 x 4 affine matrix (last row 0 0 0 1)")
