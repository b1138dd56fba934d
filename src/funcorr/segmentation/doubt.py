"""Signs that a mask that was found is not the object."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, UInt8

from funcorr.images import Picture
from funcorr.segmentation.plain import difference_from_background

LOOKED_AT = 320
"""Longer side, in pixels, at which a mask is judged."""

NEARLY = 0.5
"""Pixels that differ from the background by this share of what counts as object are doubtful."""

EDGE = 2
"""Doubtful pixels this close to the mask are its blurred edge."""

DOUBTFUL = 0.15
"""Most doubtful pixels beside a trusted mask, in shares of it. With 0.15 the hint came for 9 of 10
poor masks and for 1 of 13 good ones, on the backgrounds of scripts/mask_doubt.py."""

WINDOW, FAINT, FAINT_SHARE = 7, 12.0, 0.12
"""Side in pixels of the windows along an outline; distance of their mean 8-bit colours below which
there is no edge; share of the outline without one from which on a mask is doubtful. Of masks after
a box or a click on the renders of benchmarks/masks.py, a third of the poor ones have more, none of
the good ones (docs/masks.md)."""

TINY, CUT, PIECES = 0.005, 0.02, 4
"""A trusted mask covers at least this share of the picture, holds at most this share of the
picture's edge, and has at most so many pieces."""

UNSURE = (0.2, 0.8)
"""Pixels that a network calls object with a probability between these are unsure."""

UNSURE_SHARE, LOST_SHARE = 0.15, 0.6
"""Unsure pixels away from the edge, in shares of the mask, from which on a network's mask is
doubtful, and from which on it is no answer."""


def mask_doubt(picture: Picture, mask: Bool[np.ndarray, "h w"]) -> str | None:
    """Why a mask that :func:`funcorr.segmentation.find_object` found may be wrong.

    An object that is hardly lighter or darker than its background, such as a white cup on white
    paper, leaves many pixels that are neither clearly object nor clearly background.

    Args:
        picture: with a plain background.
        mask: what was found.

    Returns:
        A reason in words; None where nothing speaks against the mask, or where it is the picture's
        own alpha channel.

    Example:
        >>> rgb = np.full((60, 80, 3), 250, np.uint8)
        >>> rgb[20:40, 30:60] = 40
        >>> mask_doubt(Picture(rgb), rgb[..., 0] < 100) is None
        True
    """
    from scipy import ndimage

    if picture.alpha_mask is not None:
        return None
    if doubt := _shape_doubt(mask):
        return doubt
    step = -(-max(picture.size) // LOOKED_AT)
    small = mask[::step, ::step]
    distance, _, least = difference_from_background(picture.rgb[::step, ::step])
    beside = ~ndimage.binary_dilation(small, iterations=EDGE)
    if ((distance > NEARLY * least) & beside).sum() > DOUBTFUL * small.sum():
        return "the object hardly differs from its background"
    if (pieces := int(ndimage.label(small, np.ones((3, 3)))[1])) > PIECES:
        return f"it falls into {pieces} pieces"
    return None


def soft_doubt(soft: Float[np.ndarray, "h w"], mask: Bool[np.ndarray, "h w"]) -> str | None:
    """Why a mask that a network or a prompt gave may be wrong.

    Args:
        soft: how surely each pixel is the object.
        mask: what was made of it.
    """
    if doubt := _shape_doubt(mask):
        return doubt
    if unsure_share(soft, mask) > UNSURE_SHARE:
        return "much of it may or may not be the object"
    return None


def outline_doubt(rgb: UInt8[np.ndarray, "h w 3"], mask: Bool[np.ndarray, "h w"]) -> str | None:
    """Why a mask that a box or clicks gave may be wrong: its outline follows no edge.

    Along the outline the mean colours of a small window inside and outside the mask are compared;
    where they hardly differ there is no edge.
    """
    step = -(-max(mask.shape) // LOOKED_AT)
    if faint_share(rgb[::step, ::step], mask[::step, ::step]) > FAINT_SHARE:
        return "much of its outline follows no edge in the picture"
    return None


def faint_share(rgb: UInt8[np.ndarray, "h w 3"], mask: Bool[np.ndarray, "h w"]) -> float:
    """Share of a mask's outline along which the colours inside and outside hardly differ."""
    from scipy import ndimage

    def windowed(values: np.ndarray) -> np.ndarray:
        return np.asarray(ndimage.uniform_filter(values.astype(np.float64), WINDOW, mode="nearest"))

    sides = [(side, np.maximum(windowed(side), 1e-9)) for side in (mask, ~mask)]
    squared = np.zeros(mask.shape)
    for channel in np.moveaxis(rgb, 2, 0):
        inside, outside = (windowed(channel * side) / weight for side, weight in sides)
        squared += (inside - outside) ** 2
    outline = mask & ~ndimage.binary_erosion(mask, border_value=1)
    contrast = np.sqrt(squared[outline])
    return float((contrast < FAINT).mean()) if contrast.size else 0.0


def unsure_share(soft: Float[np.ndarray, "h w"], mask: Bool[np.ndarray, "h w"]) -> float:
    """Pixels that may or may not be object, away from the mask's edge, in shares of the mask."""
    from scipy import ndimage

    step = -(-max(mask.shape) // LOOKED_AT)
    soft, mask = soft[::step, ::step], mask[::step, ::step]
    edge = ndimage.binary_dilation(mask, iterations=EDGE) & ~ndimage.binary_erosion(
        mask, iterations=EDGE, border_value=1
    )
    unsure = (soft > UNSURE[0]) & (soft < UNSURE[1]) & ~edge
    return float(unsure.sum() / max(mask.sum(), 1))


def _shape_doubt(mask: Bool[np.ndarray, "h w"]) -> str | None:
    edge = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    if edge.mean() > CUT:
        return "it reaches the edge of the picture"
    if mask.mean() < TINY:
        return f"it covers only {mask.mean():.1%} of the picture"
    return None
