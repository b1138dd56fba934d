"""Tell an object from a plain background."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, UInt8

from funcorr.images.shrink import enlarged, shrink_factor, shrunk

PLAIN_BORDER = 4.0
"""Largest CIELAB distance (95th percentile) of border pixels to a plain background's surface."""

OBJECT_DIFFERENCE = 7.0
"""Least CIELAB distance to the background's surface that counts as object."""

SMALL_HOLE = 0.002
"""Gaps in the object below this share of the background are filled; larger ones are real holes."""

SMALL_PIECE = 0.05
"""Pieces below this share of the largest one are dust, not object."""

ROWS_AT_ONCE = 64
"""Rows whose colours are compared with the background together; bounds the memory."""

LONGEST = 2000
"""Longer side at which the object of a large picture is looked for."""

PLAUSIBLE_SHARE = (0.002, 0.95)
"""A mask found on a plain background must cover a share of the image between these."""


def difference_from_background(
    rgb: UInt8[np.ndarray, "h w 3"],
) -> tuple[Float[np.ndarray, "h w"], float, float]:
    """How unlike a smooth background every pixel is, in CIELAB.

    Returns:
        The distance to the quadratic colour surface through the border pixels; its 95th percentile
        on the border; and the least distance that counts as object.
    """
    height, width = rgb.shape[:2]
    border = np.zeros((height, width), dtype=bool)
    rim = max(1, min(height, width) // 50)
    border[:rim], border[-rim:], border[:, :rim], border[:, -rim:] = True, True, True, True
    distance = _distance_from_background(rgb, border)
    noise = float(np.quantile(distance[border], 0.95))
    return distance, noise, max(OBJECT_DIFFERENCE, 2 * noise)


def plain_background_mask(rgb: UInt8[np.ndarray, "h w 3"]) -> Bool[np.ndarray, "h w"] | None:
    """The object before a plain background; None where the background is not plain.

    It counts as plain when the pixels along the border fit a smooth (quadratic) colour surface;
    what differs from that surface, and is not joined to the border, is the object.
    """
    factor = shrink_factor(rgb.shape[:2], LONGEST)
    distance, noise, least = difference_from_background(shrunk(rgb, factor))
    if noise > PLAIN_BORDER:
        return None
    mask = _without_specks(~_without_specks(~(distance > least), SMALL_HOLE), SMALL_PIECE)
    if not PLAUSIBLE_SHARE[0] < mask.mean() < PLAUSIBLE_SHARE[1]:
        return None
    return enlarged(mask, factor, rgb.shape[:2])


def _distance_from_background(
    rgb: UInt8[np.ndarray, "h w 3"], border: Bool[np.ndarray, "h w"]
) -> Float[np.ndarray, "h w"]:
    """CIELAB distance of every pixel to the quadratic colour surface through the border pixels."""
    from skimage.color import rgb2lab

    height, width = border.shape
    y, x = np.linspace(-1, 1, height), np.linspace(-1, 1, width)
    rows, columns = np.nonzero(border)
    terms = _quadratic(x[columns], y[rows])
    surface, *_ = np.linalg.lstsq(terms, rgb2lab(rgb[rows, columns]), rcond=None)
    distance = np.empty((height, width), np.float32)
    for top in range(0, height, ROWS_AT_ONCE):
        block = slice(top, top + ROWS_AT_ONCE)
        background = _quadratic(x[None], y[block, None]) @ surface
        distance[block] = np.linalg.norm(rgb2lab(rgb[block]) - background, axis=-1)
    return distance


def _quadratic(x: np.ndarray, y: np.ndarray) -> Float[np.ndarray, "*n 6"]:
    x, y = np.broadcast_arrays(x, y)
    return np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=-1)


def _without_specks(mask: Bool[np.ndarray, "h w"], share: float) -> Bool[np.ndarray, "h w"]:
    """The mask without connected pieces smaller than ``share`` of its largest piece."""
    from scipy import ndimage

    labels, count = ndimage.label(mask)
    if count == 0:
        return mask
    areas = np.bincount(labels.ravel())
    areas[0] = 0
    return areas[labels] > areas.max() * share
