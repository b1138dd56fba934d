"""What the pictures share: two panels side by side, antialiased lines, dots and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw, ImageFont

from funcorr.images import resize_points
from funcorr.images.shrink import shrink_factor, shrunk

WIDTH = 1200
"""Width of every picture, in pixels."""

LONGEST = 2 * WIDTH
"""Longer side to which large images shrink before they are drawn."""

TALLEST = 800
"""The panels are at most this high, so that tall images still fit on a page."""

MARGIN, GAP, CAPTION = 12, 24, 44
"""Free border, room between the panels, height of the line of words above them."""

SUPERSAMPLING = 3

INK = (34, 34, 34)
WHITE = (255, 255, 255)

Color = tuple[int, int, int]

Images = tuple[UInt8[np.ndarray, "_ _ 3"], UInt8[np.ndarray, "_ _ 3"]]
Points = tuple[Float[np.ndarray, "n 2"], Float[np.ndarray, "n 2"]]
"""Of image 1 and image 2, (x, y); the rows are matches."""


@dataclass(frozen=True, eq=False)
class Panel:
    """Where an image lies on the canvas.

    Attributes:
        left: x of its left edge, in canvas pixels.
        top: y of its top edge.
        scale: canvas pixels per image pixel.
        size: (width, height) on the canvas.
    """

    left: int
    top: int
    scale: float
    size: tuple[int, int]

    def place(self, points: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
        """Image pixels (x, y) to canvas pixels."""
        corner = np.array([self.left, self.top])
        return resize_points(np.asarray(points, np.float64), self.scale) + corner


def lay_out(
    shape1: Sequence[int], shape2: Sequence[int], caption: str = "", footer: int = 0
) -> tuple[Image.Image, Panel, Panel]:
    """A white canvas with room for two images of equal height.

    Args:
        shape1: (height, width, ...) of the first image.
        shape2: the same of the second.
        caption: a line of words above the panels; empty takes no room.
        footer: free pixels below the panels.
    """
    aspects = [shape[1] / shape[0] for shape in (shape1, shape2)]
    height = max(min(round((WIDTH - 2 * MARGIN - GAP) / sum(aspects)), TALLEST), 1)
    widths = [max(round(aspect * height), 1) for aspect in aspects]
    top = MARGIN + (CAPTION if caption else 0)
    left = (WIDTH - sum(widths) - GAP) // 2
    panels = [
        Panel(x, top, height / shape[0], (width, height))
        for x, width, shape in zip(
            (left, left + widths[0] + GAP), widths, (shape1, shape2), strict=True
        )
    ]
    canvas = Image.new("RGB", (WIDTH, top + height + MARGIN + footer), WHITE)
    if caption:
        pen = Pen(canvas)
        pen.words((panels[0].left, MARGIN + 15), caption, 28, anchor="lm")
        pen.apply()
    return canvas, panels[0], panels[1]


def for_drawing(image: np.ndarray, longest: int = LONGEST) -> np.ndarray:
    """A large image, or map of one, at a size that can be shown; any other as it is."""
    return smaller(image, shrink_factor(image.shape[:2], longest))


def smaller(image: np.ndarray, factor: int) -> np.ndarray:
    """An image, or a map of one, of a whole-numbered part of its size."""
    if image.ndim == 3:
        return shrunk(image, factor)
    return image if factor == 1 else image[::factor, ::factor].copy()


def paste(canvas: Image.Image, panels: Sequence[Panel], images: Images) -> None:
    """Draw both images into their panels: smooth when they shrink or grow."""
    for panel, rgb in zip(panels, images, strict=True):
        fitted = Image.fromarray(for_drawing(rgb)).resize(panel.size, Image.Resampling.LANCZOS)
        canvas.paste(fitted, (panel.left, panel.top))


class Pen:
    """Draws antialiased over a canvas: on a larger transparent layer that :meth:`apply` shrinks."""

    def __init__(self, canvas: Image.Image) -> None:
        self.canvas = canvas
        size = (canvas.width * SUPERSAMPLING, canvas.height * SUPERSAMPLING)
        self._layer = Image.new("RGBA", size, (*WHITE, 0))
        self._draw = ImageDraw.Draw(self._layer)

    def line(self, points: Float[np.ndarray, "n 2"], color: Color, width: float) -> None:
        """A line through canvas pixels, with round joints."""
        path = [tuple(point) for point in self._up(points)]
        self._draw.line(path, fill=color, width=round(width * SUPERSAMPLING), joint="curve")

    def disc(self, center: Float[np.ndarray, "2"], radius: float, color: Color) -> None:
        """A filled circle around a canvas pixel."""
        (x, y), r = self._up(center), radius * SUPERSAMPLING
        self._draw.ellipse((x - r, y - r, x + r, y + r), fill=color)

    def words(
        self,
        place: Sequence[float] | Float[np.ndarray, "2"],
        text: str,
        size: float,
        color: Color = INK,
        anchor: str = "mm",
    ) -> None:
        """Text at a canvas pixel; the anchor is Pillow's, ``mm`` is the middle of the text."""
        font = ImageFont.load_default(size * SUPERSAMPLING)
        x, y = self._up(np.asarray(place, np.float64))
        self._draw.text((x, y), text, fill=color, font=font, anchor=anchor)

    def apply(self) -> None:
        """Bring what was drawn onto the canvas."""
        small = self._layer.resize(self.canvas.size, Image.Resampling.BOX)
        self.canvas.paste(small, (0, 0), small)

    def _up(self, points: Float[np.ndarray, "*n 2"]) -> Float[np.ndarray, "*n 2"]:
        return resize_points(points, SUPERSAMPLING)
