"""The surface samples of an object as a graph: thin places, smoothing, connected pieces."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Float32, Int
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from funcorr.errors import UserError

NEIGHBOURS = 16
"""Nearest neighbours of a surface point that count."""

STRONG = 90
"""Percentile of the normal variation that counts as fully thin."""


class SurfaceGraph:
    """Every surface sample with its nearest neighbours in space; computed when first needed.

    Args:
        xyz: positions.
        normal: unit normals.
        neighbours: how many nearest neighbours count.

    Raises:
        UserError: ``neighbours`` is below 1.
    """

    def __init__(
        self,
        xyz: Float32[np.ndarray, "p 3"],
        normal: Float32[np.ndarray, "p 3"],
        neighbours: int = NEIGHBOURS,
    ) -> None:
        if neighbours < 1:
            raise UserError(f"a surface point has at least one neighbour, got {neighbours}")
        self.xyz, self.normal = xyz, normal
        self.neighbours = min(neighbours, len(xyz) - 1)

    @cached_property
    def nearest(self) -> Int[np.ndarray, "p k"]:
        """Ids of each point and its nearest neighbours, itself first but for doubled points."""
        found = cKDTree(self.xyz).query(self.xyz, k=self.neighbours + 1)[1]
        return found.reshape(len(self.xyz), -1)

    @cached_property
    def thinness(self) -> Float32[np.ndarray, " p"]:
        """How much the normals turn around each point, 0 on flat places, 1 on edges and rims.

        One minus the length of the mean normal of the neighbourhood, in units of its 90th
        percentile, at most 1; 0 everywhere on an object without edges. It takes the place of the
        paper's edge network.
        """
        variation = 1 - np.linalg.norm(self.normal[self.nearest].mean(axis=1), axis=1)
        strong = np.percentile(variation, STRONG)
        return np.clip(variation / max(float(strong), 1e-6), 0, 1).astype(np.float32)

    def smoothed(self, values: Float[np.ndarray, " p"], rounds: int) -> Float[np.ndarray, " p"]:
        """Replace each value, ``rounds`` times, by the mean over neighbours that face its way.

        A neighbour's weight is the cosine between the normals, 0 where they point away from each
        other, so that nothing leaks from the outside of a cup to its inside.
        """
        for _ in range(rounds):
            values = self._averaging @ values
        return values

    @cached_property
    def _averaging(self) -> csr_matrix:
        normal = self.normal.astype(np.float64)  # weights add up to 1, and even votes stay even
        agreement = np.einsum("pkc,pc->pk", normal[self.nearest], normal).clip(0)
        agreement /= np.maximum(agreement.sum(axis=1, keepdims=True), 1e-6)
        return self._matrix(agreement)

    def large_pieces(
        self, selected: Bool[np.ndarray, " p"], share: float
    ) -> Bool[np.ndarray, " p"]:
        """The selected points without the pieces smaller than ``share`` of the largest one.

        Example:
            >>> line = np.array([[x, 0, 0] for x in (0, 1, 2, 10, 11)], np.float32)
            >>> graph = SurfaceGraph(line, np.ones_like(line), neighbours=2)
            >>> graph.large_pieces(np.ones(5, bool), 1.0).tolist()
            [True, True, True, True, True]
            >>> graph.large_pieces(np.array([1, 1, 0, 0, 1], bool), 1.0).tolist()
            [True, True, False, False, False]
        """
        ids = np.flatnonzero(selected)
        if len(ids) == 0 or share <= 0:
            return selected
        links = self._matrix(np.ones(self.nearest.shape, np.float32))[ids][:, ids]
        piece = connected_components(links, directed=False)[1]
        sizes = np.bincount(piece)
        kept = np.zeros_like(selected)
        kept[ids[sizes[piece] >= share * sizes.max()]] = True
        return kept

    def _matrix(self, weights: Float[np.ndarray, "p k"]) -> csr_matrix:
        count, width = self.nearest.shape
        starts = np.arange(0, count * width + 1, width)
        return csr_matrix((weights.ravel(), self.nearest.ravel(), starts), shape=(count, count))
