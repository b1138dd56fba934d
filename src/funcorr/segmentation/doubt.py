"""Signs that a mask found on a plain background is not the object."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool

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
    step = -(-max(picture.size) // LOOKED_AT)
    small = mask[::step, ::step]
    if _share_of_edge(mask) > CUT:
        return "it reaches the edge of the picture"
    if mask.mean() < TINY:
        return f"it covers only {mask.mean():.1%} of the picture"
    distance, _, least = difference_from_background(picture.rgb[::step, ::step])
    beside = ~ndimage.binary_dilation(small, iterations=EDGE)
    if ((distance > NEARLY * least) & beside).sum() > DOUBTFUL * small.sum():
        return "the object hardly differs from its background"
    if (pieces := int(ndimage.label(small, np.ones((3, 3)))[1])) > PIECES:
        return f"it falls into {pieces} pieces"
    return None


def _share_of_edge(mask: Bool[np.ndarray, "h w"]) -> float:
    return float(np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]]).mean())
