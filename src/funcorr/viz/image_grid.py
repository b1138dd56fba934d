"""Many small pictures on one sheet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw

from funcorr.viz.canvas import WHITE, Color, Pen

CAPTION = 20
"""Height of the line of words above a tile, in pixels."""


def draw_sheet(tiles: Sequence[Image.Image], columns: int, gap: int = 8) -> Image.Image:
    """Tiles row by row on white, each in the upper left corner of its place.

    Args:
        tiles: at least one; places are as large as the largest.
        columns: most tiles in a row.
        gap: white pixels between tiles.

    Example:
        >>> draw_sheet([Image.new("RGB", (30, 20))] * 3, columns=2, gap=4).size
        (64, 44)
    """
    columns = min(columns, len(tiles))
    rows = -(-len(tiles) // columns)
    width = max(tile.width for tile in tiles) + gap
    height = max(tile.height for tile in tiles) + gap
    sheet = Image.new("RGB", (columns * width - gap, rows * height - gap), WHITE)
    for number, tile in enumerate(tiles):
        sheet.paste(tile, (number % columns * width, number // columns * height))
    return sheet


def thumbnail(rgb: UInt8[np.ndarray, "h w 3"], longest: int) -> UInt8[np.ndarray, "h2 w2 3"]:
    """An image at another size, its longer side ``longest`` pixels."""
    height, width = (max(round(side * longest / max(rgb.shape)), 1) for side in rgb.shape[:2])
    return np.asarray(Image.fromarray(rgb).resize((width, height), Image.Resampling.LANCZOS))


def paled(rgb: UInt8[np.ndarray, "h w 3"], share: float) -> UInt8[np.ndarray, "h w 3"]:
    """An image of which only a share is left, on white."""
    return (255 - (255 - rgb.astype(np.float64)) * share).astype(np.uint8)


def captioned(tile: Image.Image, words: str) -> Image.Image:
    """A tile with a line of words above it."""
    canvas = Image.new("RGB", (tile.width, tile.height + CAPTION), WHITE)
    canvas.paste(tile, (0, CAPTION))
    pen = Pen(canvas)
    pen.words((2, CAPTION / 2), words, 12, anchor="lm")
    pen.apply()
    return canvas


def framed(tile: Image.Image, color: Color) -> Image.Image:
    """A tile whose outermost pixels are of one colour."""
    copy = tile.copy()
    ImageDraw.Draw(copy).rectangle((0, 0, copy.width - 1, copy.height - 1), outline=color)
    return copy
