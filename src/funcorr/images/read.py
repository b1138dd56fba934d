"""Pictures and masks from files, PIL images, arrays and tensors, checked before they are used."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image, ImageOps, UnidentifiedImageError

from funcorr.errors import UserError

MAX_PIXELS = 80_000_000
"""Larger images are refused before they are decoded (a guard against decompression bombs)."""

MIN_SIDE = 2
"""Images with a shorter side have no two points to tell apart."""


@dataclass(frozen=True, eq=False)
class Picture:
    """An image in the caller's own pixels.

    Attributes:
        rgb: H x W x 3, 8-bit sRGB.
        alpha_mask: H x W, True where an alpha channel is above one half; None without alpha or
            when the alpha channel separates nothing.
        name: what messages call it.
    """

    rgb: UInt8[np.ndarray, "h w 3"]
    alpha_mask: Bool[np.ndarray, "h w"] | None = None
    name: str = "the image"

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        return self.rgb.shape[0], self.rgb.shape[1]


def read_image(source: Any) -> Picture:
    """Read an image from a path, a PIL image, an array or a tensor.

    EXIF orientation is applied; grey, palette, CMYK and 16-bit images become 8-bit RGB; of an
    animation the first frame counts; alpha becomes a mask.

    Args:
        source: a path; a PIL image; ``uint8`` H x W, H x W x 3 or H x W x 4; or ``float``
            3 x H x W in [0, 1] (numpy or torch).

    Raises:
        UserError: the source is missing, damaged, too large, too small or of another kind.

    Example:
        >>> read_image(np.zeros((4, 6, 3), np.uint8)).size
        (4, 6)
    """
    if isinstance(source, Picture):
        return source
    if isinstance(source, str | Path):
        path = Path(source)
        with _opened(path) as image:
            return _from_pil(image, str(path))
    if isinstance(source, Image.Image):
        return _from_pil(source, "the image")
    array = _as_array(source, "an image")
    return _from_pil(Image.fromarray(_to_uint8(array)), "the image")


def read_mask(
    source: Any, size: tuple[int, int], name: str = "the mask"
) -> Bool[np.ndarray, "h w"]:
    """Read an object mask and check it against its image.

    Args:
        source: a path or PIL image (object where the grey value is above 127), or an H x W array:
            bool, float (above 0.5) or integer (above 127; 0 and 1 are understood too).
        size: (height, width) that the mask must have; it is never resized.
        name: what messages call it when the source is not a path.

    Raises:
        UserError: unreadable, of another size, NaN, or empty.
    """
    if isinstance(source, str | Path):
        name = str(source)
        with _opened(Path(source)) as image:
            values = _grey(image)
    elif isinstance(source, Image.Image):
        values = _grey(source)
    else:
        values = _as_array(source, "a mask")
    if values.shape != tuple(size):
        found = " x ".join(map(str, values.shape[::-1]))
        raise UserError(
            f"{name} is {found} pixels but its image is {size[1]} x {size[0]}; "
            "masks are never resized, save it at the size of the image"
        )
    mask = _binary(values, name)
    if not mask.any():
        raise UserError(f"{name} is empty; expected the object's pixels to be white (above 127)")
    return mask


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """A decoded PIL image, with every way of failing turned into a line."""
    if path.is_dir():
        raise UserError(f"{path} is a folder; expected an image file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                _check_size(image.size, str(path))
                image.load()
                yield image
    except FileNotFoundError:
        raise UserError(f"no such file: {path}") from None
    except Image.DecompressionBombError:
        raise UserError(f"{path} has too many pixels; expected at most {MAX_PIXELS:,}") from None
    except UnidentifiedImageError:
        raise UserError(
            f"{path} is not an image that can be read; expected PNG, JPEG, WebP, TIFF or the like"
        ) from None
    except (OSError, SyntaxError, ValueError) as error:
        raise UserError(f"cannot read {path}: {error}; is the file damaged?") from None


def _check_size(size: tuple[int, int], name: str) -> None:
    width, height = size
    if width * height > MAX_PIXELS:
        raise UserError(
            f"{name} has {width} x {height} pixels; expected at most {MAX_PIXELS:,}, resize it"
        )
    if min(width, height) < MIN_SIDE:
        raise UserError(
            f"{name} has {width} x {height} pixels; expected at least {MIN_SIDE} x {MIN_SIDE}"
        )


def _from_pil(image: Image.Image, name: str) -> Picture:
    _check_size(image.size, name)
    image = ImageOps.exif_transpose(image)
    alpha = None
    if image.has_transparency_data:
        image = image.convert("RGBA")
        opaque = np.asarray(image.getchannel("A")) > 127
        if opaque.any() and not opaque.all():
            alpha, image = opaque, _over_white(image, opaque)
    elif image.mode not in ("RGB", "RGBA", "L", "P", "1", "CMYK", "YCbCr", "LAB", "HSV"):
        image = Image.fromarray(_deep_grey(image))
    return Picture(np.array(image.convert("RGB")), alpha, name)


def _over_white(image: Image.Image, opaque: Bool[np.ndarray, "h w"]) -> Image.Image:
    """Object pixels in their own colour, the others over white: hidden colours mean nothing."""
    paper = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    paper.paste(image, mask=Image.fromarray(opaque))
    return paper


def _deep_grey(image: Image.Image) -> UInt8[np.ndarray, "h w"]:
    """16-bit, 32-bit and float grey images as 8-bit."""
    values = np.asarray(image, dtype=np.float64)
    top = (
        1.0 if image.mode == "F" and values.max() <= 1 else 65535.0 if values.max() > 255 else 255.0
    )
    return (values / top * 255).round().clip(0, 255).astype(np.uint8)


def _grey(image: Image.Image) -> np.ndarray:
    if image.mode.startswith(("I", "F")):
        return _deep_grey(image)
    return np.asarray(image.convert("L"))


def _as_array(source: Any, what: str) -> np.ndarray:
    if hasattr(source, "detach"):
        source = source.detach().cpu().numpy()
    if not isinstance(source, np.ndarray):
        raise UserError(
            f"cannot use {type(source).__name__} as {what}; expected a path, a PIL image, "
            "an array or a tensor"
        )
    if source.dtype.kind not in "buif" or source.size == 0:
        raise UserError(
            f"cannot use an array of {source.dtype} with shape {source.shape} as {what}"
        )
    if source.dtype.kind == "f" and not np.isfinite(source).all():
        raise UserError(f"the array given as {what} holds NaN or infinite values")
    return source


def _to_uint8(array: np.ndarray) -> np.ndarray:
    """An image array in one of the two accepted layouts as uint8 H x W (x 3 or 4)."""
    if array.dtype.kind == "f" and array.ndim == 3 and array.shape[0] in (1, 3):
        if array.min() < 0 or array.max() > 1:
            raise UserError(
                "a float image must be 3 x H x W in [0, 1]; "
                f"got values from {array.min():g} to {array.max():g}"
            )
        rgb = (array.transpose(1, 2, 0) * 255).round().astype(np.uint8)
        return np.repeat(rgb, 3, axis=2) if rgb.shape[2] == 1 else rgb
    if array.dtype == np.uint8 and (
        array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))
    ):
        return array
    raise UserError(
        "an image array must be uint8 H x W x 3 or float 3 x H x W in [0, 1]; "
        f"got {array.dtype} {' x '.join(map(str, array.shape))}"
    )


def _binary(values: np.ndarray, name: str) -> Bool[np.ndarray, "h w"]:
    if values.dtype == bool:
        return values
    if values.dtype.kind == "f":
        if values.min() < 0 or values.max() > 1:
            raise UserError(
                f"{name} has float values outside [0, 1]; expected a bool or 8-bit mask"
            )
        return values > 0.5
    return values > (0 if values.max() == 1 else 127)
