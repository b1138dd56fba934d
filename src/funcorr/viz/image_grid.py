"""Many small pictures on one sheet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw

from funcorr.images import resize_points
from funcorr.viz.canvas import WHITE, Color, Pen
from funcorr.viz.matches import draw_points

CAPTION = 20
"""Height of the line of words above a tile, in pixels."""


def draw_sheet(tiles: Sequence[Image.Image], columns: int, gap: int = 8) -> Image.Image:
    """Tiles row by row on white, each in the upper left corner of its place.

    Args:
        tiles: at least one; places are as wide as the widest, rows as high as their highest.
        columns: most tiles in a row.
        gap: white pixels between tiles.

    Example:
        >>> draw_sheet([Image.new("RGB", (30, 20))] * 3, columns=2, gap=4).size
        (64, 44)
    """
    columns = min(columns, len(tiles))
    width = max(tile.width for tile in tiles) + gap
    rows = [tiles[first : first + columns] for first in range(0, len(tiles), columns)]
    heights = [max(tile.height for tile in row) + gap for row in rows]
    sheet = Image.new("RGB", (columns * width - gap, sum(heights) - gap), WHITE)
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        sheet.paste(tile, (column * width, sum(heights[:row])))
    return sheet


def thumbnail(rgb: UInt8[np.ndarray, "h w 3"], longest: int) -> UInt8[np.ndarray, "h2 w2 3"]:
    """An image at another size, its longer side ``longest`` pixels."""
    height, width = fitted_size(rgb.shape[:2], longest)
    return np.asarray(Image.fromarray(rgb).resize((width, height), Image.Resampling.LANCZOS))


def fitted_size(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """(height, width) in the same proportion, the longer one ``longest`` pixels.

    Example:
        >>> fitted_size((40, 52), 640)
        (492, 640)
    """
    height, width = (max(round(side * longest / max(size)), 1) for side in size)
    return height, width


def dotted(
    rgb: UInt8[np.ndarray, "h w 3"],
    points: Float[np.ndarray, "n 2"],
    colors: Sequence[Color],
    longest: int,
    radius: float,
    rim: float = 0.0,
) -> Image.Image:
    """An image at another size with a plain dot per point, the first on top.

    Args:
        rgb: the image.
        points: N x 2 (x, y) pixels of it.
        colors: one per point.
        longest: longer side of the picture in pixels.
        radius: of the dots, in pixels of the picture.
        rim: white pixels around each dot.
    """
    placed = resize_points(np.asarray(points, np.float64), longest / max(rgb.shape))
    plain = [""] * len(points)
    return draw_points(thumbnail(rgb, longest), placed, plain, colors, radius, rim)


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
