"""Signs that a mask that was found is not the object."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

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
