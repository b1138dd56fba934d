"""From some of a mask's pixels to all of them: each takes the value of the nearest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from funcorr.images.crop import grid_step

LARGEST_SEARCHED = 2_000_000
"""Pixels of a mask whose nearest points are searched one by one; larger masks go by cells."""


@dataclass(frozen=True, eq=False)
class NearestPoints:
    """Whose value each pixel of a mask takes: the nearest of its matched points.

    On a large mask the nearest on a grid of equal cells.

    Attributes:
        mask: H x W.
        rows: of the points (:func:`funcorr.images.mask_pixels`), one per pixel of the mask, or per
            cell.
        step: side of the cells in pixels; 0 where there are none.
    """

    mask: Bool[np.ndarray, "h w"]
    rows: Int[np.ndarray, "*cells"]
    step: int = 0

    @classmethod
    def of(cls, points: Float[np.ndarray, "n 2"], mask: Bool[np.ndarray, "h w"]) -> NearestPoints:
        """Search for each pixel of a mask."""
        count = np.count_nonzero(mask)
        if count == len(points):
            return cls(mask, np.arange(count))
        if count > LARGEST_SEARCHED:
            step = grid_step(points)
            return cls(mask, _nearest_of_cells(points, mask.shape, step), step)
        from scipy.spatial import cKDTree

        pixels = np.argwhere(mask)[:, ::-1]
        return cls(mask, cKDTree(points).query(pixels)[1])

    def spread(self, values: Float[np.ndarray, " n"]) -> Float[np.ndarray, "h w"]:
        """Values at the points as a map; 0 outside the mask."""
        full, found = np.zeros(self.mask.shape, np.float32), values[self.rows]
        if not self.step:
            full[self.mask] = found
            return full
        rows, columns = (_cells(side, self.step) for side in self.mask.shape)
        for row, inside, target in zip(rows, self.mask, full, strict=True):
            np.copyto(target, found[row, columns], where=inside)
        return full


def _cells(side: int, step: int) -> Int[np.ndarray, " side"]:
    """In which cell, with a point of the grid in its middle, each pixel of a side lies."""
    return (np.arange(side) + step // 2) // step


def _nearest_of_cells(
    points: Float[np.ndarray, "n 2"], size: tuple[int, ...], step: int
) -> Int[np.ndarray, "r c"]:
    """For each cell the nearest one's point."""
    from scipy.ndimage import distance_transform_edt

    cells = np.full([_cells(side, step)[-1] + 1 for side in size], -1)
    x, y = points.astype(int).T
    cells[_cells(size[0], step)[y], _cells(size[1], step)[x]] = np.arange(len(points))
    nearest = distance_transform_edt(cells < 0, return_distances=False, return_indices=True)
    return cells[tuple(nearest)]
