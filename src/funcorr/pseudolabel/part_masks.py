"""From scored surface points to a part's mask in a view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from jaxtyping import Bool, Float32, Int
from scipy.spatial import cKDTree

from funcorr.pseudolabel.votes import otsu

if TYPE_CHECKING:
    from funcorr.render.dataset import View

PAPER_SIDE = 490
"""Side of the paper's views in pixels; lengths below are for it and scale with the view's side."""

NOWHERE = -1
"""In place of a point's id where a pixel shows no surface."""


@dataclass(frozen=True)
class MaskConfig:
    """How masks are made.

    Attributes:
        rule: ``"points"`` chooses surface points once and draws them in every view; ``"paper"``
            thresholds the votes in every view anew.
        floor: lower votes are raised to this before Otsu's threshold, and no threshold is lower
            (paper: 64 of 255).
        fallback: threshold where few votes are high, or Otsu's is too low (paper: 128 of 255).
        fewest: fewer points than this above ``fallback`` are few, in a view of 490 pixels.
        blur: standard deviation of the blur in pixels of such a view (the paper's 11 x 11 kernel).
        thin_blur: the same for thin parts (3 x 3).
        closing: radius of the square that closes gaps, in such pixels (5 x 5, five times).
        fine_closing: the same for small and thin parts (3 x 3, three times).
    """

    rule: Literal["points", "paper"] = "points"
    floor: float = 64 / 255
    fallback: float = 128 / 255
    fewest: int = 200
    blur: float = 2.0
    thin_blur: float = 0.8
    closing: int = 10
    fine_closing: int = 3


def visible_point_map(view: View) -> Int[np.ndarray, "h w"]:
    """For every object pixel the visible surface sample nearest to what it shows.

    The paper's clouds are so dense that each pixel has a sample of its own; ours are thinner, and
    every pixel takes the value of the nearest sample in space that this very view sees.

    Returns:
        Ids of surface points, -1 off the object.
    """
    ids, _ = view.visible
    shown = np.full(view.mask.shape, NOWHERE, dtype=np.int32)
    rows, columns = np.nonzero(view.mask)
    if len(ids) == 0 or len(rows) == 0:
        return shown
    pixels = np.stack([columns, rows], axis=1).astype(np.float64)
    surface = view.camera.unproject(pixels, view.depth[rows, columns].astype(np.float64))
    nearest = cKDTree(view.asset.points.xyz[ids]).query(surface)[1]
    shown[rows, columns] = ids[nearest]
    return shown


def drawn_mask(
    shown: Int[np.ndarray, "h w"], selected: Bool[np.ndarray, " p"]
) -> Bool[np.ndarray, "h w"]:
    """The pixels that show a selected point: the rule ``"points"``.

    Example:
        >>> drawn_mask(np.array([[0, -1], [1, 1]]), np.array([True, False])).tolist()
        [[True, False], [False, False]]
    """
    return (shown != NOWHERE) & selected[shown]


def paper_mask(
    shown: Int[np.ndarray, "h w"],
    scores: Float32[np.ndarray, " p"],
    config: MaskConfig,
    thin: bool = False,
    small: bool = False,
) -> Bool[np.ndarray, "h w"]:
    """The rules of the paper's released code, in one view.

    Few high votes: a fixed threshold. Otherwise low votes are levelled, the map is blurred and
    thresholded after Otsu. Then gaps are closed, and what leaves the object is cut off. Lengths
    and the count of points scale with the view, and pixels stand for points.

    Args:
        shown: from :func:`visible_point_map`.
        scores: per surface point, 0 to 1.
        config: thresholds and lengths.
        thin: the part is thin, ``edge`` in the taxonomy.
        small: the part is small.
    """
    from skimage.filters import gaussian

    scale = max(shown.shape) / PAPER_SIDE
    votes = np.where(shown == NOWHERE, 0, scores[shown]).astype(np.float32)
    mask = votes > config.fallback
    if mask.sum() >= config.fewest * scale**2:
        sigma = (config.thin_blur if thin else config.blur) * scale
        blurred = gaussian(np.maximum(votes, config.floor), sigma, mode="nearest")
        if blurred.min() < blurred.max() and (threshold := otsu(blurred)) >= config.floor:
            mask = blurred > threshold
    radius = round((config.fine_closing if thin or small else config.closing) * scale)
    return closed(mask, radius) & (shown != NOWHERE)


def closed(mask: Bool[np.ndarray, "h w"], radius: int) -> Bool[np.ndarray, "h w"]:
    """Gaps up to a square of side ``2 * radius + 1`` are filled."""
    from skimage.morphology import closing, footprint_rectangle

    if radius < 1 or not mask.any():
        return mask
    square = footprint_rectangle((2 * radius + 1,) * 2, decomposition="separable")
    return closing(np.pad(mask, radius), square)[radius:-radius, radius:-radius]
