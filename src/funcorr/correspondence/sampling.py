"""A sample of an object's points that is matched in place of all, and the way back to all.

A backbone's map has some 28 x 28 cells, so that descriptors of neighbouring pixels of a large
picture say nearly the same. One point per cell of an even grid is described and searched; every
point takes the mean of what the samples around it found, where these agree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.spatial import cKDTree

from funcorr.correspondence.ranking import plain_scores
from funcorr.images.crop import grid_step

Points = Float[np.ndarray, "_ 2"]

SAMPLES = 2048
"""Points of an object that are described and searched, at most; by measurement (docs/speed.md)."""

NEIGHBOURS = 4
"""Samples around a point that tell it where it goes."""

AGREEMENT = 3.0
"""Samples agree where they land within so many grid cells of the other image."""


@dataclass(frozen=True, eq=False)
class PointSample:
    """Sampled points, and for every point the samples it listens to.

    Attributes:
        rows: S, which of the points are the samples.
        points: S x 2 (x, y), these points.
        cell: side of the grid's cells in pixels.
        near: N x k, samples around each point; the first is that of its own cell.
        weights: N x k, how much each counts.
    """

    rows: Int[np.ndarray, " s"]
    points: Points
    cell: float
    near: Int[np.ndarray, "n k"]
    weights: Float[np.ndarray, "n k"]

    def of(self, rows: np.ndarray) -> PointSample:
        """The same for some of the points."""
        return replace(self, near=self.near[rows], weights=self.weights[rows])

    def spread(self, values: Float[np.ndarray, " s"]) -> Float[np.ndarray, " n"]:
        """Values of the samples as weighted means at all points."""
        return weighted_mean(values[self.near], self.weights)


@dataclass(frozen=True, eq=False)
class Landing:
    """Where the samples of image 1 land on image 2.

    Attributes:
        points: S x 2 (x, y) points of image 2.
        similarity: S cosines.
        cycle_error: S distances in pixels of image 1.
    """

    points: Points
    similarity: Float[np.ndarray, " s"]
    cycle_error: Float[np.ndarray, " s"]

    def scores(self, size: tuple[int, int]) -> Float[np.ndarray, " s"]:
        """Similarity times cycle consistency, for an image 1 of (height, width) pixels."""
        return plain_scores(self.similarity, self.cycle_error, size).astype(np.float32)

    def spread(
        self, sample: PointSample, cell2: float, allowed: Bool[np.ndarray, "n k"] | None = None
    ) -> tuple[Landing, Points]:
        """The same for all points of image 1, and for each the sample's answer it is based on.

        Args:
            sample: of image 1.
            cell2: side of the grid's cells in image 2.
            allowed: which of the samples around a point it may listen to, at least one of each.
        """
        weights = sample.weights if allowed is None else np.where(allowed, sample.weights, 0)
        best = np.take_along_axis(sample.near, weights.argmax(1)[:, None], axis=1)[:, 0]
        landed, anchor = self.points[sample.near], self.points[best]
        apart = np.square(landed - anchor[:, None]).sum(2)
        weights = np.where(apart <= (AGREEMENT * cell2) ** 2, weights, 0)
        similarity, cycle = (
            weighted_mean(values[sample.near], weights)
            for values in (self.similarity, self.cycle_error)
        )
        return Landing(weighted_mean(landed, weights), similarity, cycle), anchor


def weighted_mean(
    values: Float[np.ndarray, "n k *d"], weights: Float[np.ndarray, "n k"]
) -> Float[np.ndarray, "n *d"]:
    """Means over the second axis; of one value exactly that value."""
    shares = weights / weights.sum(1, keepdims=True)
    shares = shares.reshape(*shares.shape, *(1,) * (values.ndim - 2))
    return (values * shares).sum(1).astype(np.float32)


def every_point(points: Points) -> PointSample:
    """The sample that leaves nothing out."""
    rows = np.arange(len(points))
    return PointSample(rows, points, 1.0, rows[:, None], np.ones((len(points), 1), np.float32))


def sample_points(
    points: Points, at_most: int = SAMPLES, part: Bool[np.ndarray, " n"] | None = None
) -> PointSample:
    """One point per occupied cell of an even grid, the one nearest to the cell's middle.

    Args:
        points: N x 2 (x, y) pixels.
        at_most: how many samples; all points where there are no more.
        part: where the functional part is known, a cell has a sample of the part and one of the
            rest, so that no part is too thin to be sampled.
    """
    if len(points) <= at_most:
        return every_point(points)
    cell = np.sqrt(len(points) / at_most) * grid_step(points)
    while True:
        rows, own = _per_cell(points, cell, part)
        if len(rows) <= at_most:
            break
        cell *= max(np.sqrt(len(rows) / at_most), 1.02)
    distance, near = cKDTree(points[rows]).query(points, k=min(NEIGHBOURS, len(rows)))
    near = np.column_stack([own, near])
    distance = np.column_stack([np.linalg.norm(points - points[rows][own], axis=1), distance])
    weights = (1 / (np.square(distance / cell) + 0.05)).astype(np.float32)
    weights[:, 1:][near[:, 1:] == own[:, None]] = 0
    return PointSample(rows, points[rows], float(cell), near, weights)


def _per_cell(
    points: Points, cell: float, part: Bool[np.ndarray, " n"] | None
) -> tuple[Int[np.ndarray, " s"], Int[np.ndarray, " n"]]:
    """The rows of the samples, and the number of each point's own."""
    column, row = np.floor((points - points.min(0)) / cell).astype(np.int64).T
    number = row * (column.max() + 1) + column
    if part is not None:
        number = 2 * number + part
    middle = (np.stack([column, row], axis=1) + 0.5) * cell + points.min(0)
    order = np.lexsort([np.square(points - middle).sum(1), number])
    _, first, own = np.unique(number[order], return_index=True, return_inverse=True)
    back = np.empty(len(points), np.int64)
    back[order] = own
    return order[first], back
