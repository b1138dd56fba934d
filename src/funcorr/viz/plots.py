"""The same pictures in matplotlib axes: axes in, axes out, to be composed into larger figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from funcorr.correspondence.result import PART_THRESHOLD, Correspondence
from funcorr.errors import UserError, require
from funcorr.images import read_image
from funcorr.viz.canvas import WHITE, Color, pictures_of
from funcorr.viz.dense import paint_dense
from funcorr.viz.heatmap import paint_heatmap
from funcorr.viz.matches import PALETTE, readable_separation
from funcorr.viz.parts import paint_parts, parts_of

PANEL_INCHES = 4.0
"""Width and height of each panel of a new figure."""


def plot_images(
    images: Sequence[Any], axes: Any = None, titles: Sequence[str] = ()
) -> Sequence[Any]:
    """Show images side by side, without ticks; pixel centres lie at integer coordinates.

    Args:
        images: what :func:`funcorr.images.read_image` takes.
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


def plot_matches(
    result: Correspondence,
    axes: Any = None,
    k: int = 10,
    lines: bool = True,
    images: bool = True,
) -> Sequence[Any]:
    """The ``k`` best matches that can be told apart: numbered dots, joined by lines.

    Args:
        result: a match with its pictures.
        axes: two matplotlib axes; None makes a new figure.
        k: how many matches at the most.
        lines: whether the two ends are joined.
        images: whether to show the two images first; False draws over what the axes hold, for
            instance over :func:`plot_dense`.

    Returns:
        The two axes.

    Raises:
        UserError: the result has no pictures because it was loaded from a file.
    """
    if images or axes is None:
        axes = plot_images(pictures_of(result), axes)
    axes = list(np.ravel(axes))
    best = result.top(k, readable_separation(result.points1, result.points2))
    for rank, ends in enumerate(zip(best.points1, best.points2, strict=True)):
        color = _hex(PALETTE[rank % len(PALETTE)])
        if lines:
            _join(axes, ends, color)
        for ax, (x, y) in zip(axes, ends, strict=True):
            box = {"boxstyle": "circle,pad=0.2", "facecolor": color, "edgecolor": _hex(WHITE)}
            ax.annotate(
                str(rank + 1), (x, y), color="white", fontsize=7, ha="center", va="center", bbox=box
            )
    return axes


def plot_dense(result: Correspondence, axes: Any = None) -> Sequence[Any]:
    """Equal colours are matches, see :func:`funcorr.viz.draw_dense`.

    Args:
        result: a match with its pictures.
        axes: two matplotlib axes; None makes a new figure.

    Returns:
        The two axes.

    Raises:
        UserError: the result has no pictures because it was loaded from a file.
    """
    return plot_images(paint_dense(result), axes)


def plot_parts(result: Correspondence, axes: Any = None) -> Sequence[Any]:
    """Probability of the functional part, outlined at one half, see :func:`funcorr.viz.draw_parts`.

    Args:
        result: a match by a model that predicts parts.
        axes: two matplotlib axes; None makes a new figure.

    Returns:
        The two axes.

    Raises:
        UserError: the model predicts no parts, or the result was loaded from a file.
    """
    axes = plot_images(paint_parts(result), axes)
    for ax, part in zip(axes, parts_of(result), strict=True):
        if part.min() < PART_THRESHOLD < part.max():
            for color, width in (("white", 3.0), ("black", 1.0)):
                ax.contour(part, [PART_THRESHOLD], colors=color, linewidths=width)
    return axes


def plot_heatmap(image: Any, heatmap: Float[np.ndarray, "h w"], ax: Any = None) -> Any:
    """An affordance heatmap over its image, see :func:`funcorr.viz.draw_heatmaps`.

    Args:
        image: what :func:`funcorr.images.read_image` takes.
        heatmap: of the image's size, in [0, 1]; colours are stretched to its peak.
        ax: matplotlib axes; None makes a new figure.

    Returns:
        The axes.

    Raises:
        UserError: image and heatmap differ in size.
    """
    rgb = read_image(image).rgb
    if heatmap.shape != rgb.shape[:2]:
        raise UserError(
            f"the heatmap is {heatmap.shape[1]} x {heatmap.shape[0]} pixels but the image is "
            f"{rgb.shape[1]} x {rgb.shape[0]}"
        )
    return plot_images([paint_heatmap(rgb, heatmap)], None if ax is None else [ax])[0]


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
