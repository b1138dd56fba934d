"""An asset as a rigid body: its length in metres, convex pieces, and which part is where."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from funcorr.assets.store import Asset, read_asset
from funcorr.geometry.sampling import sample_surface
from funcorr.simulation.convex import Pieces, convex_pieces

DENSITY = 600.0
"""Kilograms per cubic metre, of wood."""

SAMPLES = 6000
"""Surface points by which a contact is told to be on a part."""

LENGTHS = {
    "mug": 0.12,
    "cup": 0.12,
    "glass": 0.14,
    "bottle": 0.22,
    "hammer": 0.25,
    "mallet": 0.25,
    "shovel": 0.25,
    "coat hanger": 0.25,
}
"""Category -> longest side in metres."""

DEFAULT_LENGTH = 0.16


@dataclass(frozen=True, eq=False)
class Body:
    """An asset at its real size.

    Attributes:
        asset: what it is; its coordinates are normalised, longest side 1.
        length: of the longest side in metres.
        pieces: convex, in normalised coordinates.
    """

    asset: Asset
    length: float
    pieces: Pieces

    @classmethod
    def of(cls, asset: Asset, length: float | None = None, cache: Path | None = None) -> Body:
        """Take an asset apart; ``length`` is that of its category where None."""
        size = LENGTHS.get(asset.category, DEFAULT_LENGTH) if length is None else length
        return cls(asset, size, convex_pieces(asset.mesh, cache))

    @cached_property
    def _surface(self) -> tuple[np.ndarray, np.ndarray]:
        mesh = self.asset.mesh
        points, faces = sample_surface(mesh.triangles, SAMPLES, np.random.default_rng(0))
        return points, mesh.face_parts[faces]

    @cached_property
    def _trees(self) -> dict[str, tuple[Any, Any]]:
        """Function -> the search trees of its part and of the rest."""
        return {}

    def on_part(
        self, points: Float[np.ndarray, "n 3"], function: str, tolerance: float = 0.02
    ) -> Bool[np.ndarray, " n"]:
        """Whether surface points belong to the part of a function.

        Args:
            points: in normalised coordinates.
            function: one of the asset's.
            tolerance: how much farther the part may be than the rest of the surface, in lengths of
                the object: contacts lie on convex pieces, not on the mesh itself.
        """
        named, other = self._part_trees(function)
        near = np.inf if other is None else other.query(points)[0]
        return named.query(points)[0] <= near + tolerance

    def _part_trees(self, function: str) -> tuple[Any, Any]:
        from scipy.spatial import cKDTree

        if function not in self._trees:
            points, parts = self._surface
            names = self.asset.mesh.part_names
            ids = [names.index(part) for part in self.asset.parts[function]]
            inside = np.isin(parts, ids)
            other = None if inside.all() else cKDTree(points[~inside])
            self._trees[function] = cKDTree(points[inside]), other
        return self._trees[function]


@lru_cache(maxsize=256)
def load_body(folder: Path) -> Body:
    """The asset of a folder as a body; read once."""
    return Body.of(read_asset(folder))
