"""What pictures show of an image: the object with a margin, and the whole scene small."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image, ImageDraw

from funcorr.viz.canvas import INK, WHITE, Panel, for_drawing

BORDER = 0.12
"""Free room on every side of the object, as a share of its longer side."""

SLIMMEST = 0.6
"""Least ratio of the window's sides, where the image has the room."""

WHOLE = 0.6
"""A window of more than this share of its image shows the scene well enough."""

SCENE = 150
"""Height of the row of whole scenes, in pixels, with the gap above it."""

SCENE_GAP = 10

Occupied = Bool[np.ndarray, "_ _"] | Float[np.ndarray, "_ 2"]
"""Where an object is: its mask, or pixels (x, y) of it."""


class Window(NamedTuple):
    """Pixels of an image from ``left``, ``top`` up to, without, ``right``, ``bottom``."""

    left: int
    top: int
    right: int
    bottom: int

    def cut(self, image: np.ndarray) -> np.ndarray:
        """What an image, or map of one, shows there."""
        return image[self.top : self.bottom, self.left : self.right]

    def shift(self, points: np.ndarray) -> np.ndarray:
        """Pixels (x, y) of the image as pixels of the window."""
        return points - np.array([self.left, self.top], points.dtype)


def window_around(occupied: Occupied, shape: Sequence[int]) -> Window:
    """The object with a margin, inside an image of (height, width, ...).

    Example:
        >>> window_around(np.array([[50.0, 40.0], [149.0, 139.0]]), (400, 600))
        Window(left=38, top=28, right=162, bottom=152)
        >>> window_around(np.zeros((30, 40), bool), (30, 40))
        Window(left=0, top=0, right=40, bottom=30)
    """
    if not occupied.any():
        return Window(0, 0, shape[1], shape[0])
    spans = _spans(occupied)
    longest = max(last - first for first, last in spans)
    margin = BORDER * longest
    sides = [max(last - first, SLIMMEST * longest) + 2 * margin for first, last in spans]
    (left, right), (top, bottom) = (
        _inside((first + last) / 2, side, length)
        for (first, last), side, length in zip(spans, sides, (shape[1], shape[0]), strict=True)
    )
    return Window(left, top, right, bottom)


def draw_scenes(
    images: Sequence[UInt8[np.ndarray, "_ _ 3"]], windows: Sequence[Window]
) -> tuple[Image.Image, ...]:
    """Both images small, their windows framed; none where the windows show nearly everything."""
    shares = [
        (window.right - window.left) * (window.bottom - window.top) / (len(image) * len(image[0]))
        for image, window in zip(images, windows, strict=True)
    ]
    return tuple(map(_scene, images, windows)) if min(shares) <= WHOLE else ()


def scenes_height(scenes: Sequence[Image.Image]) -> int:
    """Room below the panels that :func:`paste_scenes` needs."""
    return SCENE if scenes else 0


def paste_scenes(
    canvas: Image.Image, panels: Sequence[Panel], scenes: Sequence[Image.Image]
) -> None:
    """Each scene under the left end of its panel; none where there are none."""
    for panel, scene in zip(panels, scenes, strict=False):
        canvas.paste(scene, (panel.left, panel.top + panel.size[1] + SCENE_GAP))


def _spans(occupied: Occupied) -> list[tuple[float, float]]:
    """First and last edge of the object along x and along y."""
    if occupied.dtype != bool:
        low, high = occupied.min(axis=0), occupied.max(axis=0)
        return [(float(a), float(b) + 1) for a, b in zip(low, high, strict=True)]
    places = [np.flatnonzero(occupied.any(axis=axis)) for axis in (0, 1)]
    return [(float(place[0]), float(place[-1]) + 1) for place in places]


def _inside(center: float, side: float, length: int) -> tuple[int, int]:
    """An interval of that length around a center, shifted and cut so that it fits."""
    side = min(side, length)
    first = min(max(center - side / 2, 0), length - side)
    return int(np.floor(first)), int(np.ceil(first + side))


def _scene(rgb: UInt8[np.ndarray, "_ _ 3"], window: Window) -> Image.Image:
    height = SCENE - SCENE_GAP
    scale = height / len(rgb)
    size = (max(round(rgb.shape[1] * scale), 1), height)
    whole = Image.fromarray(for_drawing(rgb))
    small = whole.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    left, top, right, bottom = (round(edge * scale) for edge in window)
    pen = ImageDraw.Draw(small)
    for grow, color in ((2, WHITE), (1, INK), (0, INK)):
        pen.rectangle((left - grow, top - grow, right - 1 + grow, bottom - 1 + grow), outline=color)
    return small
