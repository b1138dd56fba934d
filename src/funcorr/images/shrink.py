"""Large images at the size that can be used: no model or picture shows millions of pixels."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image

LARGE = 8_000_000
"""Images of more pixels are shrunk where what is looked for does not need them."""

STRIP = 64
"""Rows of the result that are made together; bounds the memory."""


def shrink_factor(size: tuple[int, int], longest: int) -> int:
    """By how much an image of (height, width) may shrink so that its longer side keeps ``longest``.

    1 up to ``LARGE`` pixels.

    Example:
        >>> shrink_factor((4000, 12000), 2000), shrink_factor((1000, 4000), 2000)
        (6, 1)
    """
    return max(max(size) // longest, 1) if size[0] * size[1] > LARGE else 1


def shrunk(
    rgb: UInt8[np.ndarray, "h w 3"],
    factor: int,
    mask: Bool[np.ndarray, "h w"] | None = None,
    background: int = 255,
) -> UInt8[np.ndarray, "h2 w2 3"]:
    """Means over ``factor`` x ``factor`` pixels; the last row and column may average fewer.

    Args:
        rgb: the image.
        factor: so many pixels become one along either side.
        mask: pixels outside it count as ``background``.
        background: a grey value.
    """
    if factor == 1 and mask is None:
        return rgb
    strips = []
    for top in range(0, len(rgb), STRIP * factor):
        rows = slice(top, top + STRIP * factor)
        strip = rgb[rows]
        if mask is not None:
            strip = np.where(mask[rows, :, None], strip, np.uint8(background))
        strips.append(np.asarray(Image.fromarray(strip).reduce(factor)))
    return np.concatenate(strips)


def enlarged(
    mask: Bool[np.ndarray, "h w"], factor: int, size: tuple[int, int]
) -> Bool[np.ndarray, "h2 w2"]:
    """A mask of a shrunk image at the image's own (height, width), its edges smooth."""
    if factor == 1:
        return mask
    height, width = mask.shape
    grey = Image.fromarray(mask.astype(np.uint8) * 255)
    full = grey.resize((width * factor, height * factor), Image.Resampling.BILINEAR)
    return np.asarray(full)[: size[0], : size[1]] > 127
