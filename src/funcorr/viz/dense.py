"""Every place of object 1 in a colour of its own, carried to object 2."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8
from PIL import Image
from scipy import ndimage
from skimage.color import lab2rgb, rgb2lab

from funcorr.images import resize_points
from funcorr.viz.canvas import Color, Images, Points, lay_out, paste
from funcorr.viz.close_up import paste_scenes, scenes_height

HUES = (-75.0, 75.0)
"""Lab hue angles at the left and right end, in degrees: from blue over purple to orange. The b
axis, which nearly every eye tells apart, rises all the way."""

CHROMA = 58.0
LIGHTNESS = (76.0, 36.0)
"""At the top and at the bottom of the painted region."""

SHADING = 0.25
"""How much of the photo's own light and shade stays under the colours."""

PALE = 0.7
"""How far towards white everything goes that is not painted."""

REACH = 0.15
"""Pixels without a match take the nearest one's colour; it fades over this share of the object."""

PALEST = 0.4
"""Strength of the colour of the least sure matches; that of the surest is 1."""


class Side(NamedTuple):
    """One image at the size at which it is painted.

    Attributes:
        scale: painted pixels per image pixel.
        lab: the photo in CIELAB.
        painted: the pixels that get a colour.
        cover: how much of each pixel is painted, for smooth edges.
    """

    scale: float
    lab: Float[np.ndarray, "h w 3"]
    painted: Bool[np.ndarray, "h w"]
    cover: Float[np.ndarray, "h w"]


Regions = tuple[Bool[np.ndarray, "h1 w1"], Bool[np.ndarray, "h2 w2"]]
Sizes = tuple[tuple[int, int], tuple[int, int]]


def draw_dense(
    images: Images,
    regions: Regions,
    points: Points,
    scores: Float[np.ndarray, " n"],
    caption: str = "",
    scenes: Sequence[Image.Image] = (),
) -> Image.Image:
    """Region 1 in a smooth colour map, and the same colours where they match on image 2.

    Equal colours are matches. Hue runs along x (blue to orange), lightness along y. Pixels of
    region 2 that nothing matches take the colour of the nearest match, paler with distance;
    matches of low score are pale too. All else is grey.

    Args:
        images: the two images.
        regions: what is painted on each, its object or a part of it.
        points: matched pixels of both, best first.
        scores: of the matches, above 0 where they are sure.
        caption: a line of words above the images.
        scenes: of :func:`funcorr.viz.close_up.draw_scenes`, where the images are cut out of them.

    Returns:
        An RGB picture 1200 pixels wide.
    """
    shapes = (images[0].shape, images[1].shape)
    canvas, *panels = lay_out(*shapes, caption, scenes_height(scenes))
    paste_scenes(canvas, panels, scenes)
    sizes = (panels[0].size, panels[1].size)
    paste(canvas, panels, paint_dense(images, regions, points, scores, sizes))
    return canvas


def paint_dense(
    images: Images,
    regions: Regions,
    points: Points,
    scores: Float[np.ndarray, " n"],
    sizes: Sizes | None = None,
) -> Images:
    """The two images of :func:`draw_dense` alone, at (width, height) ``sizes`` or at their own."""
    sizes = sizes or (images[0].shape[1::-1], images[1].shape[1::-1])
    first, second = map(_side, images, regions, sizes)
    colors = position_colors(first.painted)
    carried = _carry(colors, first, second, points, scores)
    return _paint(first, colors, first.cover), _paint(second, *carried)


def position_colors(region: Bool[np.ndarray, "h w"]) -> Float[np.ndarray, "h w 3"]:
    """CIELAB colours by position in the region's box: hue along x, lightness along y."""
    y, x = (_share_of_box(np.asarray(region.any(axis=axis))) for axis in (1, 0))
    return _lab(x[None, :], y[:, None])


def point_colors(points: Float[np.ndarray, "n 2"]) -> list[Color]:
    """The same for single points (x, y), by position in their box: an RGB colour per point.

    Example:
        >>> left, right = point_colors(np.array([[0.0, 0.0], [9.0, 0.0]]))
        >>> left[2] > left[0], right[0] > right[2]  # blue, orange
        (True, True)
    """
    low, span = points.min(axis=0), np.ptp(points, axis=0)
    x, y = ((points - low) / np.maximum(span, 1e-9)).T
    return [(r, g, b) for r, g, b in _rgb(_lab(x, y)).tolist()]


def _lab(x: Float[np.ndarray, "*n"], y: Float[np.ndarray, "*m"]) -> Float[np.ndarray, "*k 3"]:
    """CIELAB colours of shares of a box."""
    hue = np.deg2rad(HUES[0] + (HUES[1] - HUES[0]) * x)
    lightness = LIGHTNESS[0] + (LIGHTNESS[1] - LIGHTNESS[0]) * y
    channels = (lightness, CHROMA * np.cos(hue), CHROMA * np.sin(hue))
    return np.stack(np.broadcast_arrays(*channels), axis=-1)


def _rgb(lab: Float[np.ndarray, "*n 3"]) -> UInt8[np.ndarray, "*n 3"]:
    with warnings.catch_warnings():  # colours outside sRGB are clipped, which is meant
        warnings.simplefilter("ignore", UserWarning)
        return (lab2rgb(lab) * 255).round().astype(np.uint8)


def _share_of_box(occupied: Bool[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """0 up to the first occupied place, 1 from the last on, linear between."""
    first, last = np.flatnonzero(occupied)[[0, -1]]
    return ((np.arange(len(occupied)) - first) / max(last - first, 1)).clip(0, 1)


def _side(rgb: np.ndarray, region: np.ndarray, size: tuple[int, int]) -> Side:
    small = np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.LANCZOS))
    whole = Image.fromarray(region.astype(np.float32))
    cover = np.asarray(whole.resize(size, Image.Resampling.BILINEAR))
    return Side(size[1] / len(rgb), rgb2lab(small), cover >= min(0.5, cover.max()), cover)


def _carry(
    colors: Float[np.ndarray, "h1 w1 3"],
    first: Side,
    second: Side,
    points: Points,
    scores: Float[np.ndarray, " n"],
) -> tuple[Float[np.ndarray, "h2 w2 3"], Float[np.ndarray, "h2 w2"]]:
    """Colours of image 2 and how strongly each pixel shows its colour."""
    column1, row1 = _pixels(points[0], first)
    column2, row2 = _pixels(points[1], second)
    inside = np.flatnonzero(first.painted[row1, column1] & second.painted[row2, column2])
    worst_first = inside[::-1]
    column1, row1, column2, row2 = (i[worst_first] for i in (column1, row1, column2, row2))
    carried, sure = np.zeros(second.lab.shape), np.zeros(second.painted.shape)
    carried[row2, column2] = colors[row1, column1]
    sure[row2, column2] = _confidence(scores)[worst_first]
    distance, (row, column) = ndimage.distance_transform_edt(sure == 0, return_indices=True)
    spacing = max(second.scale, 1.0)  # enlarged, matches lie this far apart at the least
    reach = REACH * np.sqrt(second.painted.sum())
    strength = sure[row, column] * np.exp(-(distance - spacing).clip(0) / reach)
    return carried[row, column], strength * second.cover


def _confidence(scores: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Scores as shares of the best; never quite pale."""
    return (scores / max(float(scores.max()), 1e-6)).clip(PALEST, 1)


def _pixels(
    points: Float[np.ndarray, "n 2"], side: Side
) -> tuple[Int[np.ndarray, " n"], Int[np.ndarray, " n"]]:
    """Column and row at the painted size."""
    x, y = resize_points(np.asarray(points, np.float64), side.scale).round().astype(int).T
    height, width = side.painted.shape
    return x.clip(0, width - 1), y.clip(0, height - 1)


def _paint(
    side: Side, colors: Float[np.ndarray, "h w 3"], strength: Float[np.ndarray, "h w"]
) -> UInt8[np.ndarray, "h w 3"]:
    """The photo in pale grey, with the colours over it; its shading shows through them."""
    lightness = side.lab[..., :1]
    grey = lightness + PALE * (100 - lightness)
    pale = np.concatenate([grey, np.zeros_like(grey), np.zeros_like(grey)], axis=-1)
    shade = SHADING * (lightness - lightness[side.painted].mean())
    shaded = colors + np.concatenate([shade, np.zeros_like(shade), np.zeros_like(shade)], axis=-1)
    return _rgb(pale + strength[..., None] * (shaded - pale))
