"""Matches as coloured, numbered lines, and points as dots."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from funcorr.viz.canvas import INK, WHITE, Color, Images, Pen, Points, lay_out, paste
from funcorr.viz.close_up import (
    Occupied,
    draw_scenes,
    paste_scenes,
    scenes_height,
    window_around,
)

PALETTE: tuple[Color, ...] = (
    (0, 114, 178),
    (213, 94, 0),
    (0, 158, 115),
    (204, 121, 167),
    (230, 159, 0),
    (86, 180, 233),
    (68, 68, 68),
)
"""Okabe and Ito's colours for every common kind of colour vision, without yellow, which is too
light on white, and with dark grey for black."""

LINE, HALO = 3.6, 2.2
DOT, NUMBERED_DOT = 5.0, 9.5
NUMBER = 1.5
"""Height of a number in radii of its dot."""

BADGE, SMALLEST_BADGE, LARGEST_BADGE = 0.028, 12.0, 20.0
"""Radius of the numbered ends of a match as a share of the panels' height, and its bounds: a
number is read where the picture is shown 400 pixels wide."""

SEPARATION = 0.07
"""Share of the larger object's longer side that lies between two drawn matches, so that their
numbers hardly ever touch."""


def draw_matches(
    images: Images,
    points: Points,
    objects: tuple[Occupied, Occupied] | None = None,
    numbers: bool = True,
) -> Image.Image:
    """Both images side by side at one height, with a coloured line per match.

    Args:
        images: the two images.
        points: N x 2 (x, y) pixels of each, best first; the best is drawn on top.
        objects: the mask of each object, or pixels (x, y) of it: only that is shown, with a
            margin, and the whole scenes small below. The whole images without.
        numbers: whether the dots at the ends carry the rank, from 1.

    Returns:
        An RGB picture 1200 pixels wide.

    Example:
        >>> grey = np.full((40, 60, 3), 128, np.uint8)
        >>> point = np.array([[30.0, 20.0]])
        >>> draw_matches((grey, grey), (point, point)).width
        1200
    """
    scenes: tuple[Image.Image, ...] = ()
    if objects is not None:
        windows = [
            window_around(*each) for each in zip(objects, map(np.shape, images), strict=True)
        ]
        scenes = draw_scenes(images, windows)
        images = (windows[0].cut(images[0]), windows[1].cut(images[1]))
        points = (windows[0].shift(points[0]), windows[1].shift(points[1]))
    canvas, *panels = lay_out(images[0].shape, images[1].shape, footer=scenes_height(scenes))
    paste(canvas, panels, images)
    paste_scenes(canvas, panels, scenes)
    ends = np.stack([panel.place(of) for panel, of in zip(panels, points, strict=True)], axis=1)
    _draw_lines(canvas, ends, numbers, badge_radius(panels[0].size[1]))
    return canvas


def badge_radius(height: int) -> float:
    """Radius of a numbered dot in panels of that height, in pixels.

    Example:
        >>> [badge_radius(height) for height in (100, 500, 800)]
        [12.0, 14.0, 20.0]
    """
    return min(max(BADGE * height, SMALLEST_BADGE), LARGEST_BADGE)


def _draw_lines(
    canvas: Image.Image, ends: Float[np.ndarray, "n 2 2"], numbers: bool, radius: float
) -> None:
    pen = Pen(canvas)
    for rank in reversed(range(len(ends))):
        pen.line(ends[rank], WHITE, LINE + 2 * HALO)
        pen.line(ends[rank], PALETTE[rank % len(PALETTE)], LINE)
    for rank in reversed(range(len(ends))):
        sign, size = (str(rank + 1), radius) if numbers else ("", DOT)
        for end in ends[rank]:
            _dot(pen, end, PALETTE[rank % len(PALETTE)], sign, size)
    pen.apply()


def draw_points(
    rgb: UInt8[np.ndarray, "h w 3"],
    points: Float[np.ndarray, "n 2"],
    labels: Sequence[str] | None = None,
    colors: Sequence[Color] = PALETTE,
    radius: float | None = None,
    rim: float = HALO,
) -> Image.Image:
    """One image, at its own size, with a coloured dot per point.

    Args:
        rgb: the image.
        points: N x 2 (x, y) pixels of it; the first is drawn on top.
        labels: a sign for each dot; by default the rank, from 1.
        colors: taken in turn.
        radius: of the dots in pixels; by default they are as large as their labels need.
        rim: white pixels around each dot; 0 suits many small ones.
    """
    canvas = Image.fromarray(rgb)
    pen = Pen(canvas)
    signs = [str(rank + 1) for rank in range(len(points))] if labels is None else labels
    for rank in reversed(range(len(points))):
        _dot(pen, points[rank], colors[rank % len(colors)], signs[rank], radius, rim)
    pen.apply()
    return canvas


def readable_separation(
    points1: Float[np.ndarray, "n 2"], points2: Float[np.ndarray, "n 2"]
) -> float:
    """Least distance in pixels between matches that can be told apart in a picture.

    Args:
        points1: N x 2 matched pixels of the whole object of image 1.
        points2: their matches.

    Example:
        >>> low, high = np.array([[0.0, 0.0], [9.0, 4.0]]), np.array([[0.0, 0.0], [199.0, 40.0]])
        >>> round(readable_separation(low, high), 6)
        14.0
    """
    return SEPARATION * (max(float(np.ptp(p, axis=0).max()) for p in (points1, points2)) + 1)


def _dot(
    pen: Pen,
    center: Float[np.ndarray, "2"],
    color: Color,
    number: str,
    radius: float | None = None,
    rim: float = HALO,
) -> None:
    radius = radius or (NUMBERED_DOT if number else DOT)
    if rim:
        pen.disc(center, radius + rim, WHITE)
    pen.disc(center, radius, color)
    if number:
        pen.words(center, number, NUMBER * radius, INK if _is_light(color) else WHITE)


def _is_light(color: Color) -> bool:
    """By relative luminance, whether dark words read better on it than white ones."""
    return 0.2126 * color[0] + 0.7152 * color[1] + 0.0722 * color[2] > 130


def silhouette(
    points: Float[np.ndarray, "n 2"], part: Float[np.ndarray, "h w"] | None = None
) -> UInt8[np.ndarray, "h w 3"]:
    """What is known of an object without its picture, in greys on white.

    Args:
        points: N x 2 (x, y) pixels of the object.
        part: H x W probability of its functional part, which is darker; without it the picture
            ends at the last point.
    """
    columns, rows = points.round().astype(int).T
    grey = np.full((rows.max() + 1, columns.max() + 1) if part is None else part.shape, 255.0)
    grey[rows, columns] = 200
    if part is not None:
        grey = np.where(part > 0, 200 - 80 * part, grey)
    return np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2)
