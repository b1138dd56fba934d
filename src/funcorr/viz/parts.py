"""``parts.png``: how likely each pixel belongs to the functional part."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image
from skimage.measure import find_contours

from funcorr.correspondence.result import PART_THRESHOLD, Correspondence
from funcorr.errors import UserError
from funcorr.functions import function_words
from funcorr.viz.canvas import INK, WHITE, Panel, Pen, lay_out, paste, pictures_of

RAMP = ((62, 80, 116), (103, 112, 127), (146, 143, 131), (199, 185, 116), (254, 231, 68))
"""Probability 0 to 1: the blues and yellows of cividis, its dark end raised so that the object's
shape stays visible; lightness rises evenly."""

SHADING = 0.5
"""How much of the photo's own light and shade stays under the colours."""

PALE = 0.55
"""How far towards white everything outside the object goes."""

FOOTER = 44
BAR = (260, 14)


def draw_parts(result: Correspondence) -> Image.Image:
    """Both images with the probability of the functional part as colour, outlined at one half.

    Args:
        result: a match by a model that predicts parts, with its pictures.

    Returns:
        An RGB picture 1200 pixels wide with a legend.

    Raises:
        UserError: the model predicts no parts, or the result was loaded from a file.
    """
    parts = parts_of(result)
    image1, image2 = pictures_of(result)
    caption = f"{function_words(result.function)}: functional part"
    canvas, *panels = lay_out(image1.shape, image2.shape, caption, footer=FOOTER)
    for panel, rgb in zip(panels, paint_parts(result), strict=True):
        paste(canvas, panel, rgb)
    pen = Pen(canvas)
    for panel, part in zip(panels, parts, strict=True):
        draw_outline(pen, panel, part)
    _legend(canvas, pen, panels[0].left, canvas.height - FOOTER)
    pen.apply()
    return canvas


def paint_parts(
    result: Correspondence,
) -> tuple[UInt8[np.ndarray, "h1 w1 3"], UInt8[np.ndarray, "h2 w2 3"]]:
    """The two images of :func:`draw_parts` alone, at their own sizes and without outlines.

    Raises:
        UserError: the model predicts no parts, or the result was loaded from a file.
    """
    part1, part2 = parts_of(result)
    image1, image2 = pictures_of(result)
    mask1, mask2 = result.mask1, result.mask2
    return (
        _tint(image1, part1, part1 > 0 if mask1 is None else mask1),
        _tint(image2, part2, part2 > 0 if mask2 is None else mask2),
    )


def parts_of(
    result: Correspondence,
) -> tuple[Float[np.ndarray, "h1 w1"], Float[np.ndarray, "h2 w2"]]:
    """The part maps of a result.

    Raises:
        UserError: its model predicts none.
    """
    if result.part1 is None or result.part2 is None:
        raise UserError(f"the model {result.model} predicts no functional part")
    return result.part1, result.part2


def ramp_colors(values: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n 3"]:
    """Colours of the ramp in [0, 255] for values in [0, 1]."""
    anchors = np.array(RAMP, dtype=np.float64)
    at = np.linspace(0, 1, len(anchors))
    return np.stack([np.interp(values, at, channel) for channel in anchors.T], axis=-1)


def _tint(rgb: np.ndarray, part: np.ndarray, mask: np.ndarray) -> UInt8[np.ndarray, "h w 3"]:
    pale = rgb + PALE * (255.0 - rgb)
    grey = rgb.mean(axis=-1, keepdims=True)
    tinted = ramp_colors(part) + SHADING * (grey - grey[mask].mean())
    return np.where(mask[..., None], tinted, pale).round().clip(0, 255).astype(np.uint8)


def draw_outline(pen: Pen, panel: Panel, part: Float[np.ndarray, "h w"]) -> None:
    """A dark line with a white rim where the map of an image crosses one half."""
    image = Image.fromarray(part.astype(np.float32)).resize(panel.size, Image.Resampling.BICUBIC)
    around = np.pad(np.asarray(image), 1)  # so that an outline at the border of the image closes
    corner = np.array([panel.left - 1, panel.top - 1])
    lines = [line[:, ::-1] + corner for line in find_contours(around, PART_THRESHOLD)]
    for color, width in ((WHITE, 4.5), (INK, 1.8)):
        for line in lines:
            pen.line(line, color, width)


def _legend(canvas: Image.Image, pen: Pen, left: int, top: int) -> None:
    width, height = BAR
    bar = np.broadcast_to(ramp_colors(np.linspace(0, 1, width)), (height, width, 3))
    canvas.paste(Image.fromarray(bar.round().astype(np.uint8)), (left + 20, top))
    middle = top + height / 2
    pen.words((left, middle), "0", 16, anchor="lm")
    pen.words(
        (left + width + 30, middle),
        f"1   probability; outlined at {PART_THRESHOLD}",
        16,
        anchor="lm",
    )
