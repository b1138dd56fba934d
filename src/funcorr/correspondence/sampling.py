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
        near: k x N, samples around each point; the first is that of its own cell.
        weights: k x N, how much each counts.
    """

    rows: Int[np.ndarray, " s"]
    points: Points
    cell: float
    near: Int[np.ndarray, "k n"]
    weights: Float[np.ndarray, "k n"]

    def of(self, rows: np.ndarray) -> PointSample:
        """The same for some of the points."""
        return replace(self, near=self.near[:, rows], weights=self.weights[:, rows])

    def spread(self, values: Float[np.ndarray, " s"]) -> Float[np.ndarray, " n"]:
        """Values of the samples as weighted means at all points."""
        return weighted_mean(values, self.near, self.weights)


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
        self, sample: PointSample, cell2: float, allowed: Bool[np.ndarray, "k n"] | None = None
    ) -> tuple[Landing, Points]:
        """The same for all points of image 1, and for each the sample's answer it is based on.

        Args:
            sample: of image 1.
            cell2: side of the grid's cells in image 2.
            allowed: which of the samples around a point it may listen to, at least one of each.
        """
        near, weights = sample.near, sample.weights
        if allowed is not None:
            weights = np.where(allowed, weights, np.float32(0))
        anchor = self.points[near[weights.argmax(0), np.arange(near.shape[1])]]
        landed = self.points.T.copy()
        apart = sum(
            np.square(axis.take(near) - start) for axis, start in zip(landed, anchor.T, strict=True)
        )
        weights = np.where(apart <= (AGREEMENT * cell2) ** 2, weights, np.float32(0))
        x, y, similarity, cycle = (
            weighted_mean(values, near, weights)
            for values in (*landed, self.similarity, self.cycle_error)
        )
        return Landing(np.stack([x, y], axis=1), similarity, cycle), anchor


def weighted_mean(
    values: Float[np.ndarray, " s"], near: Int[np.ndarray, "k n"], weights: Float[np.ndarray, "k n"]
) -> Float[np.ndarray, " n"]:
    """Means of the values around each point; of one value exactly that value."""
    return (values.take(near) * (weights / weights.sum(0))).sum(0).astype(np.float32)


def every_point(points: Points) -> PointSample:
    """The sample that leaves nothing out."""
    rows = np.arange(len(points))
    return PointSample(rows, points, 1.0, rows[None], np.ones((1, len(points)), np.float32))


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
    near = np.stack([own, *near.reshape(len(points), -1).T])
    apart = np.linalg.norm(points - points[rows][own], axis=1)
    distance = np.stack([apart, *distance.reshape(len(points), -1).T])
    weights = (1 / (np.square(distance / cell) + 0.05)).astype(np.float32)
    weights[1:][near[1:] == own] = 0
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
