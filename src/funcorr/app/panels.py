"""The two pictures of the page that a visitor looks at and clicks on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image, ImageDraw
from skimage.segmentation import find_boundaries

from funcorr.app.objects import Click, Shares, box_pixels, click_pixels, resize_mask
from funcorr.correspondence.pictures import paint_dense, paint_parts
from funcorr.correspondence.result import Correspondence
from funcorr.images import resize_points
from funcorr.viz import draw_points, fitted_size, thumbnail
from funcorr.viz.canvas import Color, Images
from funcorr.viz.matches import PALETTE

VIEW_SIDE = 640
"""Longer side of the pictures on the page."""

MODES = ("Best matches", "Dense colours", "Functional part", "Photos")
"""What the pictures show, the first at first."""

MEANINGS = ("Object", "Background")
"""What a click on the outline marks."""

PIN_NAMES = "ABCDEFGH"
"""At most this many points are carried over at once; the oldest goes first."""

PIN_COLOR: Color = (20, 20, 20)
OBJECT_COLOR: Color = (0, 114, 178)
BACKGROUND_COLOR: Color = (213, 94, 0)

PALE = 0.72
"""How far towards white everything goes that is not the object."""

TOP = 10
"""Best matches that are marked."""


def view_size(size: tuple[int, int]) -> tuple[int, int]:
    """(width, height) at which a picture of (height, width) is shown."""
    height, width = fitted_size(size, VIEW_SIDE)
    return width, height


def outline_view(
    rgb: UInt8[np.ndarray, "h w 3"],
    mask: Bool[np.ndarray, "h w"] | None,
    clicks: Sequence[Click],
    box: Shares | None = None,
) -> Image.Image:
    """What counts as the object: the rest is pale, its border drawn, clicks as dots.

    Args:
        rgb: the image.
        mask: the object; None where it is not known yet, then only the clicks are drawn.
        clicks: on object and background.
        box: around the object.
    """
    painted = thumbnail(rgb, VIEW_SIDE)
    if mask is not None:
        mask = resize_mask(mask, painted.shape[:2])
        pale = (painted + PALE * (255.0 - painted)).round().astype(np.uint8)
        painted = np.where(mask[..., None], painted, pale)
        painted[find_boundaries(mask, mode="thick")] = OBJECT_COLOR
    if (corners := box_pixels(box, painted.shape[:2])) is not None:
        frame = Image.fromarray(painted)
        ImageDraw.Draw(frame).rectangle(corners, outline=OBJECT_COLOR)
        painted = np.asarray(frame)
    colors = [OBJECT_COLOR if click.is_object else BACKGROUND_COLOR for click in clicks]
    signs = ["+" if click.is_object else "\N{MINUS SIGN}" for click in clicks]
    points = click_pixels(clicks, painted.shape[:2])
    return draw_points(painted, points, signs, colors)


def paint(result: Correspondence, mode: str) -> Images:
    """Both images of a result at the size of the page, coloured by one of the :data:`MODES`."""
    images = result.images
    if mode == "Dense colours":
        size1, size2 = (view_size(image.shape[:2]) for image in images)
        return paint_dense(result, (size1, size2))
    if mode == "Functional part" and result.part1 is not None:
        images = paint_parts(result)
    return thumbnail(images[0], VIEW_SIDE), thumbnail(images[1], VIEW_SIDE)


def result_views(
    result: Correspondence, painted: Images, numbered: bool, pins: Sequence[tuple[float, float]]
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
        best = result.readable(TOP)
        ends = np.vstack([ends[0], best.points1]), np.vstack([ends[1], best.points2])
        names += [str(rank + 1) for rank in range(len(best))]
        colors += [PALETTE[rank % len(PALETTE)] for rank in range(len(best))]
    first, second = (
        draw_points(rgb, resize_points(points, rgb.shape[1] / image.shape[1]), names, colors)
        for rgb, points, image in zip(painted, ends, result.images, strict=True)
    )
    return first, second
