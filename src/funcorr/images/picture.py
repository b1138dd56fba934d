"""Pictures: any source as 8-bit RGB in the caller's own pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image

from funcorr.errors import UserError
from funcorr.images.decode import MAX_PIXELS, Decoded, Frame, decode
from funcorr.images.types import MaskLike

FULL_SCALES = (255, 1023, 4095, 16383, 65535)
"""What white is in integers of 8, 10, 12, 14 and 16 bits."""

ROWS_AT_ONCE = 512
"""Rows that are converted together; bounds the memory."""


@dataclass(frozen=True, eq=False)
class Picture:
    """An image in the caller's own pixels.

    Attributes:
        rgb: H x W x 3, 8-bit sRGB.
        alpha_mask: H x W, True where an alpha channel is above one half; None without alpha or
            when the alpha channel separates nothing.
        name: what messages call it.
        orientation: EXIF's, by which the stored pixels were turned.
        frames: how many pictures its file holds, of which this is the first.
    """

    rgb: UInt8[np.ndarray, "h w 3"]
    alpha_mask: Bool[np.ndarray, "h w"] | None = None
    name: str = "the image"
    orientation: int = 1
    frames: int = 1

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        return self.rgb.shape[0], self.rgb.shape[1]

    @property
    def frame(self) -> Frame:
        """Size and orientation, which its masks and heatmaps must fit."""
        return Frame(*self.size, self.orientation)


if TYPE_CHECKING:
    ImageLike = MaskLike | Picture
else:  # what callers bring is refused in words of its own
    ImageLike = Any


def read_image(source: ImageLike, order: str = "rgb", max_pixels: int = MAX_PIXELS) -> Picture:
    """Read an image from a path, an open file, a PIL image, an array or a tensor.

    EXIF orientation is applied; grey, palette and CMYK images become 8-bit RGB; of an animation
    the first frame counts; alpha becomes a mask. Floats lie in [0, 1]. Integers are uint8, or of
    more bits, of which white is the first of 255, 1023, 4095, 16383 and 65535 that holds them all.

    Args:
        source: a path; an open binary file; a PIL image; H x W, H x W x 1, 3 or 4, or C x H x W
            (numpy or torch, on any device).
        order: of an array's colours; OpenCV's are ``"bgr"``.
        max_pixels: more are refused before they are decoded.

    Raises:
        UserError: the source is missing, damaged, too large, too small, NaN or of another kind.

    Example:
        >>> read_image(np.zeros((20, 30, 3), np.uint8)).size
        (20, 30)
    """
    if isinstance(source, Picture):
        return source
    if order not in ("rgb", "bgr"):
        raise UserError(f"the order of colours is 'rgb' or 'bgr', got {order!r}")
    decoded = decode(source, "an image", "the image", max_pixels)
    rgb = eight_bit(decoded)
    if order == "bgr":
        if isinstance(source, Image.Image) or not hasattr(source, "shape") or rgb.ndim != 3:
            raise UserError("order='bgr' is for arrays of colours; files tell their order")
        rgb = rgb[..., ::-1]
    return _composed(rgb, decoded)


def eight_bit(decoded: Decoded) -> UInt8[np.ndarray, "h w *c"]:
    """Values of any depth as 8-bit ones.

    Raises:
        UserError: floats outside [0, 1], or integers below 0 or of more than 16 bits.
    """
    values = decoded.values
    if values.dtype == np.uint8:
        return values
    low, high = values.min(), values.max()
    if values.dtype.kind == "f":
        if low < 0 or high > 1:
            raise UserError(
                f"{decoded.name} has float values from {low:g} to {high:g}; a float image must lie "
                "in [0, 1], divide it by its white"
            )
        return np.concatenate([(v * 255).round().astype(np.uint8) for v in strips(values)])
    if low < 0 or high > FULL_SCALES[-1]:
        raise UserError(
            f"{decoded.name} has values from {low} to {high}; expected integers of 8 to 16 bits"
        )
    white = 1 if values.dtype == bool else next(top for top in FULL_SCALES if high <= top)
    table = (np.arange(white + 1) / white * 255).round().astype(np.uint8)
    return table[values.astype(np.uint16, copy=False)]


def strips(values: np.ndarray) -> list[np.ndarray]:
    """Some rows after the other."""
    return [values[top : top + ROWS_AT_ONCE] for top in range(0, len(values), ROWS_AT_ONCE)]


def _composed(rgb: np.ndarray, decoded: Decoded) -> Picture:
    if rgb.ndim == 2:
        rgb = np.repeat(rgb[..., None], 3, axis=2)
    opaque = None if decoded.alpha is None else decoded.alpha > 127
    if opaque is None or not opaque.any() or opaque.all():
        rgb, opaque = np.ascontiguousarray(rgb), None
    else:
        assert decoded.alpha is not None
        parts = zip(strips(rgb), strips(decoded.alpha), strict=True)
        rgb = np.concatenate([_over_white(*part) for part in parts])
    return Picture(rgb, opaque, decoded.name, decoded.orientation, decoded.frames)


def _over_white(
    rgb: UInt8[np.ndarray, "h w 3"], alpha: UInt8[np.ndarray, "h w"]
) -> UInt8[np.ndarray, "h w 3"]:
    """Object pixels in their own colour, the others over white: hidden colours mean nothing."""
    image = Image.fromarray(np.dstack([rgb, alpha]))
    paper = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.where((alpha > 127)[..., None], rgb, np.asarray(paper)[..., :3])
