"""Heatmaps: values in [0, 1] from images and arrays of any depth, never clipped or stretched."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32

from funcorr.errors import UserError
from funcorr.images.decode import Frame, check_frame, decode
from funcorr.images.masks import is_grey, luminance
from funcorr.images.types import HeatmapLike

FAINT = 4095
"""Heatmaps of 16 bits that do not go beyond this may be of 12 bits or fewer."""


def read_heatmap(
    source: HeatmapLike, size: Frame | tuple[int, int] | None = None, name: str = "the heatmap"
) -> Float32[np.ndarray, "h w"]:
    """Read a heatmap, H x W in [0, 1].

    8-bit values are divided by 255, 16-bit values by 65535; 0 and 1 alone are taken as they are.
    Floats lie in [0, 1], or in [0, 255] with a peak above one half.

    Args:
        source: what :func:`funcorr.images.read_image` takes; grey, without transparency.
        size: (height, width) that it must have, or its picture's ``frame``; any where None.
        name: what messages call it when the source is not a file.

    Raises:
        UserError: unreadable, coloured, of another size or orientation, of an unclear range, NaN.

    Example:
        >>> read_heatmap(np.array([[0, 51], [255, 0]], np.uint8)).max(axis=1).tolist()
        [0.20000000298023224, 1.0]
    """
    decoded = decode(source, "a heatmap", name)
    values, name = decoded.values, decoded.name
    if size is not None:
        check_frame(decoded.frame, Frame(*size), name, "heatmaps")
    if decoded.alpha is not None and decoded.alpha.min() < 255:
        raise UserError(f"{name} is partly transparent; expected a grey image without alpha")
    if values.ndim == 3:
        if values.dtype != np.uint8 or not is_grey(values):
            raise UserError(
                f"{name} is coloured; expected grey levels or the float array itself, not the "
                "picture of a heatmap"
            )
        values = luminance(values)
    white = np.float32(heatmap_white(values, name))
    return values.astype(np.float32) / white


def heatmap_white(values: np.ndarray, name: str) -> int:
    """What 1 is in the values of one or several heatmaps: 1, 255 or 65535.

    Args:
        values: of any shape; bool, integers or floats.
        name: what messages call it.

    Raises:
        UserError: the values do not tell, or are no values of heatmaps.

    Example:
        >>> heatmap_white(np.array([0.0, 0.7]), "a"), heatmap_white(np.array([0, 254]), "b")
        (1, 255)
    """
    if values.dtype.kind not in "buif" or not np.isfinite(values).all():
        raise UserError(
            f"{name} must hold values from 0 to 1 or 0 to 255; got {values.dtype} with others"
        )
    low, high = float(values.min()), float(values.max())
    if low < 0 or high > 65535 or (values.dtype.kind == "f" and high > 255):
        raise UserError(f"{name} must hold values from 0 to 1 or 0 to 255; got {low:g} to {high:g}")
    if high <= 1:
        return 1
    if (values.dtype.kind == "f" and high < 128) or (values.dtype == np.uint16 and high <= FAINT):
        raise UserError(
            f"{name} has {values.dtype} values from {low:g} to {high:g}, which do not tell what 1 "
            "is; save floats in [0, 1], or integers of 8 or 16 bits that use their range"
        )
    return 255 if high <= 255 else 65535
