"""One object of several that a mask holds."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool

LOOKED_AT = 320
"""Longer side, in cells, at which pieces are told apart."""

REACH = 3
"""Pieces that come as close as twice so many cells belong to one object."""

OTHER = 0.05
"""Pieces from this share of the largest on are objects of their own, smaller ones are dust."""


def one_object(mask: Bool[np.ndarray, "h w"]) -> tuple[Bool[np.ndarray, "h w"], int]:
    """The largest object of a mask, and how many others there are.

    Example:
        >>> mask = np.zeros((100, 100), bool)
        >>> mask[10:40, 10:40] = mask[60:70, 60:80] = True
        >>> kept, others = one_object(mask)
        >>> int(kept.sum()), others
        (900, 1)
    """
    from scipy import ndimage

    step = -(-max(mask.shape) // LOOKED_AT)
    cells = _cells(mask, step)
    near = np.hypot(*np.ogrid[-REACH : REACH + 1, -REACH : REACH + 1]) <= REACH + 0.5
    labels, count = ndimage.label(ndimage.binary_dilation(cells, near), np.ones((3, 3)))
    if count < 2:
        return mask, 0
    areas = np.bincount(labels[cells], minlength=count + 1)
    largest = int(areas.argmax())
    full = np.repeat(np.repeat(labels == largest, step, axis=0), step, axis=1)
    kept = mask & full[: mask.shape[0], : mask.shape[1]]
    return kept, int((areas >= OTHER * areas[largest]).sum()) - 1


def _cells(mask: Bool[np.ndarray, "h w"], step: int) -> Bool[np.ndarray, "r c"]:
    """Cells of step x step pixels that hold some of the mask."""
    rows, columns = (-(-side // step) for side in mask.shape)
    padded = np.zeros((rows * step, columns * step), bool)
    padded[: mask.shape[0], : mask.shape[1]] = mask
    return np.asarray(padded.reshape(rows, step, columns, step).any(axis=(1, 3)))
