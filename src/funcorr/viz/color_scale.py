"""Colours for values in [0, 1], and the bar that explains them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from PIL import Image

from funcorr.viz.canvas import Color, Pen

BAR = (260, 14)
"""Width and height of the bar, in pixels."""

FOOTER = 44
"""Height of the room below the panels in which it lies."""


def scale_colors(
    anchors: Sequence[Color], values: Float[np.ndarray, "*n"]
) -> Float[np.ndarray, "*n 3"]:
    """Colours in [0, 255], between the ``anchors`` that stand evenly from 0 to 1.

    Example:
        >>> scale_colors([(0, 0, 0), (200, 100, 0)], np.array([0.5])).tolist()
        [[100.0, 50.0, 0.0]]
    """
    at = np.linspace(0, 1, len(anchors))
    channels = np.array(anchors, dtype=np.float64).T
    return np.stack([np.interp(values, at, channel) for channel in channels], axis=-1)


def draw_scale(
    canvas: Image.Image, pen: Pen, place: tuple[int, int], anchors: Sequence[Color], words: str
) -> None:
    """The bar from 0, with words behind its upper end.

    Args:
        canvas: what the bar is pasted into.
        pen: of the canvas; to be applied by the caller.
        place: (x, y) of its upper left corner.
        anchors: of :func:`scale_colors`.
        words: what the upper end stands for.
    """
    (left, top), (width, height) = place, BAR
    bar = np.broadcast_to(scale_colors(anchors, np.linspace(0, 1, width)), (height, width, 3))
    canvas.paste(Image.fromarray(bar.round().astype(np.uint8)), (left + 20, top))
    for x, text in ((left, "0"), (left + width + 30, words)):
        pen.words((x, top + height / 2), text, 22, anchor="lm")
