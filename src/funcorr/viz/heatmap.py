"""Affordance heatmaps over their image, with a scale."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from funcorr.errors import UserError
from funcorr.functions import function_words
from funcorr.viz.canvas import GAP, MARGIN, WHITE, WIDTH, Pen, for_drawing
from funcorr.viz.color_scale import FOOTER, draw_scale, scale_colors

ANCHORS = ((0, 0, 4), (87, 16, 110), (188, 55, 84), (249, 142, 9), (252, 255, 164))
"""Value 0 to 1: five colours of inferno, whose lightness rises evenly."""

TITLE, TALLEST = 34, 560
STRONGEST = 0.85
"""How much of the photo the hottest colour covers."""


def heatmap_picture(heatmap: Float[np.ndarray, "h w"]) -> Image.Image:
    """A heatmap by itself in 256 colours, one pixel each; 0 is black, 1 is pale yellow."""
    levels = np.empty(heatmap.shape, np.uint8)
    for level, row in zip(levels, heatmap, strict=True):  # one by one: no copy of the whole
        level[:] = (255 * row).round()
    picture = Image.fromarray(levels)
    colors = scale_colors(ANCHORS, np.linspace(0, 1, 256, dtype=np.float32))
    picture.putpalette(colors.round().astype(np.uint8).tobytes())
    return picture


def draw_heatmaps(
    rgb: UInt8[np.ndarray, "h w 3"],
    heatmaps: Float[np.ndarray, "a _ _"],
    actions: Sequence[str],
) -> Image.Image:
    """The image once per action, in grey, with the action's heatmap over it.

    Colours are stretched to each map's own peak, which is written above it: heatmaps of some
    actions stay low everywhere, and their shape would not be seen.

    Args:
        rgb: the image.
        heatmaps: A x H x W in [0, 1].
        actions: A names.

    Returns:
        An RGB picture 1200 pixels wide.

    Raises:
        UserError: image and heatmaps differ in size.
    """
    if heatmaps.shape[1:] != rgb.shape[:2]:
        raise UserError(
            f"the heatmaps are {heatmaps.shape[2]} x {heatmaps.shape[1]} pixels but the image is "
            f"{rgb.shape[1]} x {rgb.shape[0]}"
        )
    peaks = heatmaps.max(axis=(1, 2))
    rgb, heatmaps = for_drawing(rgb), np.stack([for_drawing(each) for each in heatmaps])
    columns = min(len(actions), 2 if len(actions) < 5 else 4)
    rows = math.ceil(len(actions) / columns)
    room = (WIDTH - 2 * MARGIN - (columns - 1) * GAP) // columns
    scale = min(room / rgb.shape[1], TALLEST / rgb.shape[0])
    width, height = (max(round(side * scale), 1) for side in rgb.shape[1::-1])
    canvas = Image.new("RGB", (WIDTH, MARGIN + rows * (TITLE + height + MARGIN) + FOOTER), WHITE)
    pen = Pen(canvas)
    for index, (heatmap, action, peak) in enumerate(zip(heatmaps, actions, peaks, strict=True)):
        left = MARGIN + index % columns * (room + GAP) + (room - width) // 2
        top = MARGIN + index // columns * (TITLE + height + MARGIN)
        painted = Image.fromarray(paint_heatmap(rgb, heatmap, (width, height)))
        canvas.paste(painted, (left, top + TITLE))
        words = f"{function_words(action)}   peak {peak:.2f}"
        pen.words((left, top + TITLE / 2), words, 24, anchor="lm")
    corner = (MARGIN, canvas.height - FOOTER + 8)
    draw_scale(canvas, pen, corner, ANCHORS, "peak of each heatmap")
    pen.apply()
    return canvas


def paint_heatmap(
    rgb: UInt8[np.ndarray, "h w 3"],
    heatmap: Float[np.ndarray, "h w"],
    size: tuple[int, int] | None = None,
) -> UInt8[np.ndarray, "h2 w2 3"]:
    """The image in grey with one heatmap over it, stretched to its peak.

    Args:
        rgb: the image.
        heatmap: of the image's size, in [0, 1].
        size: (width, height) at which it is painted; the image's own without one.
    """
    size = size or rgb.shape[1::-1]
    photo = np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.LANCZOS), np.float64)
    grey = photo.mean(axis=-1, keepdims=True)
    share = heatmap.astype(np.float32) / max(float(heatmap.max()), 1e-6)
    strength = np.asarray(Image.fromarray(share).resize(size, Image.Resampling.BILINEAR))
    strength = strength.clip(0, 1)
    cover = STRONGEST * np.sqrt(strength)[..., None]
    mixed = grey + cover * (scale_colors(ANCHORS, strength) - grey)
    return mixed.round().clip(0, 255).astype(np.uint8)
