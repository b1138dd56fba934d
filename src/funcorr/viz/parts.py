"""How likely each pixel belongs to the functional part, in colour."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image
from skimage.measure import find_contours

from funcorr.viz.canvas import INK, WHITE, Images, Panel, Pen, lay_out, paste
from funcorr.viz.close_up import paste_scenes, scenes_height
from funcorr.viz.color_scale import FOOTER, draw_scale, scale_colors

RAMP = ((62, 80, 116), (103, 112, 127), (146, 143, 131), (199, 185, 116), (254, 231, 68))
"""Probability 0 to 1: the blues and yellows of cividis, its dark end raised so that the object's
shape stays visible; lightness rises evenly."""

OUTLINED = 0.5
"""Probability at which the part is outlined."""

SHADING = 0.5
"""How much of the photo's own light and shade stays under the colours."""

PALE = 0.55
"""How far towards white everything outside the object goes."""

Parts = tuple[Float[np.ndarray, "h1 w1"], Float[np.ndarray, "h2 w2"]]


def draw_parts(
    images: Images,
    parts: Parts,
    masks: Sequence[Bool[np.ndarray, "_ _"]],
    caption: str = "",
    scenes: Sequence[Image.Image] = (),
) -> Image.Image:
    """Both images with the probability of the functional part as colour, outlined at one half.

    Args:
        images: of equal or different sizes.
        parts: probability per pixel of each image.
        masks: their objects.
        caption: a line of words above them.
        scenes: of :func:`funcorr.viz.close_up.draw_scenes`, where the images are cut out of them.

    Returns:
        An RGB picture 1200 pixels wide with a legend.
    """
    footer = FOOTER + scenes_height(scenes)
    canvas, *panels = lay_out(images[0].shape, images[1].shape, caption, footer)
    paste_scenes(canvas, panels, scenes)
    paste(canvas, panels, paint_parts(images, parts, masks))
    pen = Pen(canvas)
    for panel, part in zip(panels, parts, strict=True):
        draw_outline(pen, panel, part)
    corner = (panels[0].left, canvas.height - FOOTER)
    draw_scale(canvas, pen, corner, RAMP, f"1   probability; outlined at {OUTLINED}")
    pen.apply()
    return canvas


def paint_parts(images: Images, parts: Parts, masks: Sequence[Bool[np.ndarray, "_ _"]]) -> Images:
    """The two images of :func:`draw_parts` alone, at their own sizes and without outlines."""
    first, second = map(_tint, images, parts, masks)
    return first, second


def draw_outline(pen: Pen, panel: Panel, part: Float[np.ndarray, "h w"]) -> None:
    """A dark line with a white rim where the map of an image crosses one half."""
    image = Image.fromarray(part.astype(np.float32)).resize(panel.size, Image.Resampling.BICUBIC)
    around = np.pad(np.asarray(image), 1)  # so that an outline at the border of the image closes
    corner = np.array([panel.left - 1, panel.top - 1])
    lines = [line[:, ::-1] + corner for line in find_contours(around, OUTLINED)]
    for color, width in ((WHITE, 4.5), (INK, 1.8)):
        for line in lines:
            pen.line(line, color, width)


def _tint(rgb: np.ndarray, part: np.ndarray, mask: np.ndarray) -> UInt8[np.ndarray, "h w 3"]:
    pale = rgb + PALE * (255.0 - rgb)
    grey = rgb.mean(axis=-1, keepdims=True)
    tinted = scale_colors(RAMP, part) + SHADING * (grey - grey[mask].mean())
    return np.where(mask[..., None], tinted, pale).round().clip(0, 255).astype(np.uint8)
