"""Pictures of a match, beside the one of :meth:`Correspondence.plot`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from funcorr.correspondence.ranking import PART_THRESHOLD
from funcorr.correspondence.result import Correspondence
from funcorr.errors import UserError
from funcorr.functions import function_words
from funcorr.images import resize_points
from funcorr.viz import dense, parts
from funcorr.viz.canvas import lay_out, smaller
from funcorr.viz.close_up import draw_scenes, window_around

if TYPE_CHECKING:
    from PIL.Image import Image

    from funcorr.viz.canvas import Images


def draw_dense(result: Correspondence) -> Image:
    """Object 1 in a smooth colour map, and the same colours where they match on image 2.

    Where the model predicts parts, only the functional part is painted; for the colours see
    :func:`funcorr.viz.draw_dense`.

    Raises:
        UserError: the result has no pictures because it was loaded from a file.
    """
    caption = f"{function_words(result.function)}: equal colours are matches"
    result, scenes = _close_up(result)
    points, scores = (result.points1, result.points2), result.confidence
    return dense.draw_dense(result.images, _regions(result), points, scores, caption, scenes)


def paint_dense(result: Correspondence, sizes: dense.Sizes | None = None) -> Images:
    """The two images of :func:`draw_dense` alone.

    Args:
        result: a match with its pictures.
        sizes: (width, height) at which each is painted; their own without.

    Raises:
        UserError: the result has no pictures because it was loaded from a file.
    """
    points = (result.points1, result.points2)
    return dense.paint_dense(result.images, _regions(result), points, result.confidence, sizes)


def draw_parts(result: Correspondence) -> Image:
    """Both images with the probability of the functional part as colour, outlined at one half.

    Raises:
        UserError: the model predicts no parts, or the result was loaded from a file.
    """
    caption = f"{function_words(result.function)}: functional part"
    _parts(result)
    result, scenes = _close_up(result)
    return parts.draw_parts(result.images, _parts(result), _objects(result), caption, scenes)


def paint_parts(result: Correspondence) -> Images:
    """The two images of :func:`draw_parts` alone, at their own sizes and without outlines.

    Raises:
        UserError: the model predicts no parts, or the result was loaded from a file.
    """
    return parts.paint_parts(result.images, _parts(result), _objects(result))


def _close_up(result: Correspondence) -> tuple[Correspondence, tuple[Image, ...]]:
    """The match on its two objects alone, and the whole scenes small."""
    changed: dict[str, Any] = {}
    windows = []
    for number, image in enumerate(result.images, start=1):
        points, mask = getattr(result, f"points{number}"), getattr(result, f"mask{number}")
        window = window_around(points if mask is None else mask, image.shape)
        for name in (f"image{number}", f"mask{number}", f"part{number}"):
            whole = getattr(result, name)
            changed[name] = None if whole is None else window.cut(whole)
        changed[f"points{number}"] = window.shift(points)
        windows.append(window)
    return _for_panels(replace(result, **changed)), draw_scenes(result.images, windows)


def _for_panels(result: Correspondence) -> Correspondence:
    """The match with large images at one to two times the size of their panels."""
    images = result.images
    changed: dict[str, Any] = {}
    for number, panel in enumerate(lay_out(images[0].shape, images[1].shape)[1:], start=1):
        factor = max(int(1 / panel.scale), 1)
        if factor > 1:
            points = getattr(result, f"points{number}").astype(np.float64)
            changed[f"points{number}"] = resize_points(points, 1 / factor).astype(np.float32)
            for name in (f"image{number}", f"mask{number}", f"part{number}"):
                whole = getattr(result, name)
                changed[name] = None if whole is None else smaller(whole, factor)
    return replace(result, **changed) if changed else result


def _parts(result: Correspondence) -> parts.Parts:
    if result.part1 is None or result.part2 is None:
        raise UserError(f"the model {result.model} predicts no functional part")
    return result.part1, result.part2


def _objects(result: Correspondence) -> dense.Regions:
    """The masks, or where a hand-made result has none, what may be a part."""
    part1, part2 = _parts(result)
    return (
        part1 > 0 if result.mask1 is None else result.mask1,
        part2 > 0 if result.mask2 is None else result.mask2,
    )


def _regions(result: Correspondence) -> dense.Regions:
    """The functional parts where both are known and not empty, else the objects."""
    mask1, mask2 = result.mask1, result.mask2
    if mask1 is None or mask2 is None:
        raise UserError("a loaded result has no masks; draw it where the match is made")
    if result.part1 is not None and result.part2 is not None:
        part1 = mask1 & (result.part1 > PART_THRESHOLD)
        part2 = mask2 & (result.part2 > PART_THRESHOLD)
        if part1.any() and part2.any():
            return part1, part2
    return mask1, mask2
