"""The two pictures of the page that a visitor looks at and clicks on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image
from skimage.segmentation import find_boundaries

from funcorr.app.bench import Located
from funcorr.app.objects import Mark, mark_pixels
from funcorr.correspondence.result import Correspondence
from funcorr.images import resize_points
from funcorr.viz import draw_points, paint_dense, paint_parts, readable_separation
from funcorr.viz.canvas import Color, pictures_of
from funcorr.viz.matches import PALETTE

VIEW_SIDE = 640
"""Longer side of the pictures on the page."""

MODES = ("Best matches", "Dense colours", "Functional part", "Photos")
"""What the pictures show, the first at first."""

PIN_NAMES = "ABCDEFGH"
"""At most this many points are carried over at once; the oldest goes first."""

PIN_COLOR: Color = (20, 20, 20)
OBJECT_COLOR: Color = (0, 114, 178)
BACKGROUND_COLOR: Color = (213, 94, 0)

PALE = 0.72
"""How far towards white everything goes that is not the object."""

TOP = 10
"""Best matches that are marked."""

Painted = tuple[UInt8[np.ndarray, "h1 w1 3"], UInt8[np.ndarray, "h2 w2 3"]]


def view_size(size: tuple[int, int]) -> tuple[int, int]:
    """(width, height) at which a picture of (height, width) is shown."""
    scale = VIEW_SIDE / max(size)
    return max(round(size[1] * scale), 1), max(round(size[0] * scale), 1)


def outline_view(located: Located, marks: Sequence[Mark]) -> Image.Image:
    """What counts as the object: the rest is pale, its border drawn, clicks as dots."""
    width, height = view_size(located.picture.size)
    rgb = _shown(located.picture.rgb)
    mask = _shown_mask(located.mask)
    pale = (rgb + PALE * (255.0 - rgb)).round().astype(np.uint8)
    painted = np.where(mask[..., None], rgb, pale)
    painted[find_boundaries(mask, mode="thick")] = OBJECT_COLOR
    colors = [OBJECT_COLOR if mark.is_object else BACKGROUND_COLOR for mark in marks]
    signs = ["+" if mark.is_object else "\N{MINUS SIGN}" for mark in marks]
    points = mark_pixels(marks, (height, width))
    return draw_points(painted, points, signs, colors)


def plain_view(rgb: UInt8[np.ndarray, "h w 3"], marks: Sequence[Mark]) -> Image.Image:
    """An image whose object is not known yet, with its clicks."""
    shown = _shown(rgb)
    return draw_points(
        shown,
        mark_pixels(marks, shown.shape[:2]),
        ["\N{MINUS SIGN}"] * len(marks),
        (BACKGROUND_COLOR,),
    )


def paint(result: Correspondence, mode: str) -> Painted:
    """Both images of a result at the size of the page, coloured by one of the :data:`MODES`."""
    images = pictures_of(result)
    if mode == "Dense colours":
        size1, size2 = (view_size(image.shape[:2]) for image in images)
        return paint_dense(result, size1, size2)
    if mode == "Functional part" and result.part1 is not None:
        images = paint_parts(result)
    return _shown(images[0]), _shown(images[1])


def result_views(
    result: Correspondence, painted: Painted, numbered: bool, pins: Sequence[tuple[float, float]]
) -> tuple[Image.Image, Image.Image]:
    """Both painted images with the best matches, the clicked points and where they land.

    Args:
        result: a match with its pictures.
        painted: of :func:`paint`.
        numbered: whether to mark the best matches.
        pins: points (x, y) of image 1.
    """
    ends: tuple[np.ndarray, np.ndarray] = (np.empty((0, 2)), np.empty((0, 2)))
    names: list[str] = []
    colors: list[Color] = []
    if pins:
        starts = np.array(pins, dtype=np.float64)
        ends = starts, np.asarray(result.transfer(starts).points, np.float64)
        names, colors = list(PIN_NAMES[: len(pins)]), [PIN_COLOR] * len(pins)
    if numbered:
        best = result.top(TOP, readable_separation(result.points1, result.points2))
        ends = np.vstack([ends[0], best.points1]), np.vstack([ends[1], best.points2])
        names += [str(rank + 1) for rank in range(len(best))]
        colors += [PALETTE[rank % len(PALETTE)] for rank in range(len(best))]
    first, second = (
        draw_points(rgb, resize_points(points, rgb.shape[1] / image.shape[1]), names, colors)
        for rgb, points, image in zip(painted, ends, pictures_of(result), strict=True)
    )
    return first, second


def _shown(rgb: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h2 w2 3"]:
    size = view_size(rgb.shape[:2])
    return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.LANCZOS))


def _shown_mask(mask: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "h2 w2"]:
    cover = Image.fromarray(mask.astype(np.float32))
    return np.asarray(cover.resize(view_size(mask.shape), Image.Resampling.BILINEAR)) >= 0.5
