"""Places for a robot: distinct best points of a heatmap, and boxes around what is hot."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from funcorr.errors import UserError
from funcorr.images.shrink import shrink_factor

LONGEST = 2000
"""Longer side at which large heatmaps are searched; no model makes finer ones."""


class HotPoint(NamedTuple):
    """A pixel and the heatmap's value there."""

    x: int
    y: int
    score: float


class HotBox(NamedTuple):
    """A connected region above the threshold.

    Attributes:
        left: x of its first column.
        top: y of its first row.
        right: x of its last column.
        bottom: y of its last row.
        score: the largest value in it.
        area: its pixels.
    """

    left: int
    top: int
    right: int
    bottom: int
    score: float
    area: int


def hot_points(
    heatmap: Float[np.ndarray, "h w"], k: int = 5, separation: float | None = None
) -> list[HotPoint]:
    """The best local maxima that lie apart, best first.

    Args:
        heatmap: H x W.
        k: how many at the most.
        separation: least distance between two, in pixels along either axis; None takes a twentieth
            of the image's longer side.

    Raises:
        UserError: ``k`` is below 1 or ``separation`` is negative.

    Example:
        >>> heatmap = np.zeros((20, 30)); heatmap[4, 25] = 0.5; heatmap[12, 3] = 0.25
        >>> hot_points(heatmap, k=2)
        [HotPoint(x=25, y=4, score=0.5), HotPoint(x=3, y=12, score=0.25)]
    """
    from skimage.feature import peak_local_max

    if k < 1 or (separation is not None and not separation >= 0):
        raise UserError(f"points need k >= 1 and separation >= 0, got {k} and {separation}")
    apart = max(heatmap.shape) / 20 if separation is None else separation
    factor = shrink_factor(heatmap.shape, LONGEST)
    peaks = factor * peak_local_max(
        heatmap[::factor, ::factor],
        min_distance=max(1, round(apart / factor)),
        num_peaks=k,
        exclude_border=False,
    )
    if len(peaks) == 0:  # flat all over
        peaks = np.array([np.unravel_index(heatmap.argmax(), heatmap.shape)])
    return [HotPoint(int(x), int(y), float(heatmap[y, x])) for y, x in peaks]


def hot_boxes(
    heatmap: Float[np.ndarray, "h w"], threshold: float = 0.5, smallest: float = 0.001
) -> list[HotBox]:
    """Boxes of the connected regions above a share of the heatmap's own peak, best first.

    The share is of the peak and not of 1, because heatmaps of rare actions stay low everywhere.

    Args:
        heatmap: H x W.
        threshold: share of the peak, above 0 and up to 1.
        smallest: regions below this share of the image are left out, but for the best.

    Raises:
        UserError: ``threshold`` is out of range.

    Example:
        >>> heatmap = np.zeros((20, 30)); heatmap[4:8, 20:26] = 0.5
        >>> hot_boxes(heatmap)
        [HotBox(left=20, top=4, right=25, bottom=7, score=0.5, area=24)]
    """
    from skimage.measure import label, regionprops

    if not 0 < threshold <= 1:
        raise UserError(f"the threshold is a share of the peak in (0, 1], got {threshold}")
    if heatmap.max() <= 0:
        return []
    factor = shrink_factor(heatmap.shape, LONGEST)
    small = heatmap[::factor, ::factor]
    regions = regionprops(label(small >= threshold * small.max(), connectivity=2), small)
    boxes = [_box(region, factor, heatmap.shape) for region in regions]
    found = sorted(boxes, key=lambda box: (-box.score, box.top, box.left))
    return [box for box in found if box is found[0] or box.area >= smallest * heatmap.size]


def _box(region: Any, factor: int, size: tuple[int, int]) -> HotBox:
    """In pixels of the heatmap, of which every ``factor``-th was looked at."""
    top, left, below, beyond = (side * factor for side in region.bbox)
    right, bottom = min(beyond, size[1]) - 1, min(below, size[0]) - 1
    area = int(region.area) * factor**2
    return HotBox(left, top, right, bottom, float(region.intensity_max), area)
