"""The same pictures in matplotlib axes: axes in, axes out, to be composed into larger figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from funcorr.errors import UserError, require
from funcorr.images import ImageLike, read_image
from funcorr.viz.canvas import WHITE, Color, Points
from funcorr.viz.matches import PALETTE
from funcorr.viz.parts import OUTLINED

PANEL_INCHES = 4.0
"""Width and height of each panel of a new figure."""


def plot_images(
    images: Sequence[ImageLike], axes: Any = None, titles: Sequence[str] = ()
) -> Sequence[Any]:
    """Show images side by side, without ticks; pixel centres lie at integer coordinates.

    Args:
        images: what :func:`funcorr.images.read_image` takes, such as what a ``paint_*`` returned.
        axes: as many matplotlib axes; None makes a new figure.
        titles: a line above each.

    Returns:
        The axes, one per image.

    Raises:
        UserError: the number of axes or titles is not that of the images.
        MissingExtraError: matplotlib is not installed.
    """
    shown = [read_image(image).rgb for image in images]
    axes = _new_axes(len(shown)) if axes is None else list(np.ravel(axes))
    if len(axes) != len(shown) or (titles and len(titles) != len(shown)):
        raise UserError(
            f"{len(shown)} images need as many axes and titles; "
            f"got {len(axes)} axes and {len(titles)} titles"
        )
    for ax, rgb in zip(axes, shown, strict=True):
        ax.imshow(rgb)
        ax.set_axis_off()
    for ax, title in zip(axes, titles, strict=False):
        ax.set_title(title)
    return axes


def plot_matches(points: Points, axes: Any, lines: bool = True) -> None:
    """Numbered dots over two images, joined by lines.

    Args:
        points: matched pixels of both images, best first.
        axes: two matplotlib axes that show them, as of :func:`plot_images`.
        lines: whether the two ends are joined.
    """
    axes = list(np.ravel(axes))
    for rank, ends in enumerate(zip(*points, strict=True)):
        color = _hex(PALETTE[rank % len(PALETTE)])
        if lines:
            _join(axes, ends, color)
        for ax, (x, y) in zip(axes, ends, strict=True):
            box = {"boxstyle": "circle,pad=0.2", "facecolor": color, "edgecolor": _hex(WHITE)}
            ax.annotate(
                str(rank + 1), (x, y), color="white", fontsize=7, ha="center", va="center", bbox=box
            )


def plot_outlines(parts: Sequence[Float[np.ndarray, "_ _"]], axes: Any) -> None:
    """A line in each of the axes where the probability of its part crosses one half."""
    for ax, part in zip(np.ravel(axes), parts, strict=True):
        if part.min() < OUTLINED < part.max():
            for color, width in (("white", 3.0), ("black", 1.0)):
                ax.contour(part, [OUTLINED], colors=color, linewidths=width)


def _new_axes(count: int) -> Sequence[Any]:
    pyplot = require("matplotlib.pyplot", extra="plot")
    size = (PANEL_INCHES * count, PANEL_INCHES)
    _, axes = pyplot.subplots(1, count, figsize=size, layout="constrained", squeeze=False)
    return list(axes[0])


def _join(axes: Sequence[Any], ends: Sequence[np.ndarray], color: str) -> None:
    patches = require("matplotlib.patches", extra="plot")
    first, second = axes
    style = {"color": color, "linewidth": 1.4, "clip_on": False}
    first.figure.add_artist(
        patches.ConnectionPatch(*ends, "data", "data", axesA=first, axesB=second, **style)
    )


def _hex(color: Color) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)
