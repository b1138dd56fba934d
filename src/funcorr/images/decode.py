"""Any source of pixels, upright and in its own depth: what all readers begin with."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np
from jaxtyping import UInt8
from PIL import ExifTags, Image, UnidentifiedImageError

from funcorr.errors import UserError
from funcorr.images.arrays import as_array, channels_last

MAX_PIXELS = 80_000_000
"""Larger images are refused before they are decoded (a guard against decompression bombs)."""

MIN_SIDE = 2
"""Images with a shorter side have no two points to tell apart."""

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation -> what makes the stored pixels upright."""

QUARTER_TURNS = (5, 6, 7, 8)
"""EXIF orientations that exchange width and height."""

DARKEST_DEEP = 15
"""Colours of 16 bits come as their high bytes; values of 12 bits in 16 end here at the most."""


class Frame(NamedTuple):
    """The pixels that an image offers to masks and heatmaps.

    Attributes:
        height: of the upright image.
        width: of the upright image.
        orientation: EXIF's, by which the stored pixels were turned; 1 where they were not.
    """

    height: int
    width: int
    orientation: int = 1

    @property
    def is_square(self) -> bool:
        """Whether a quarter turn leaves the size as it is."""
        return self.height == self.width


@dataclass(frozen=True, eq=False)
class Decoded:
    """Pixels as they are stored, but upright.

    Attributes:
        values: H x W or H x W x 3; bool, integer of any depth or float; colours are RGB.
        alpha: H x W, 8-bit, where there is an alpha channel or a transparent colour.
        name: what messages call it.
        orientation: EXIF's, which was applied.
        frames: how many pictures the file holds; the first counts.
    """

    values: np.ndarray
    alpha: UInt8[np.ndarray, "h w"] | None = None
    name: str = "the image"
    orientation: int = 1
    frames: int = 1

    @property
    def frame(self) -> Frame:
        """Its size and orientation."""
        return Frame(self.values.shape[0], self.values.shape[1], self.orientation)


ANIMATED = ("GIF", "PNG", "WEBP", "AVIF", "TIFF")
"""Formats whose further pictures are others; those of a phone's JPEG (MPO) are the same."""


def decode(source: Any, what: str, name: str, max_pixels: int = MAX_PIXELS) -> Decoded:
    """Read a file, an open binary file, a PIL image, an array or a tensor.

    Args:
        source: where the pixels are.
        what: what it is to be, with its article, for messages: ``"an image"``.
        name: what messages call it when it is no file.
        max_pixels: more are refused before they are decoded.

    Raises:
        UserError: it is missing, damaged, too large, too small, NaN or of another kind.
    """
    if isinstance(source, str | os.PathLike):
        path = Path(os.fsdecode(source))
        return _loaded(lambda: _from_path(path, max_pixels), str(path), max_pixels)
    if isinstance(source, Image.Image):
        return _loaded(lambda: _from_pil(source, name, max_pixels), name, max_pixels)
    if hasattr(source, "read"):
        return _from_file(source, _name_of_stream(source, name), max_pixels)
    shape = getattr(source, "shape", ())
    if isinstance(shape, tuple) and len(shape) > 1 and math.prod(shape) > 4 * max_pixels:
        sides = " x ".join(map(str, shape))
        raise UserError(f"{name} has {sides} values; expected at most {max_pixels:,} pixels")
    values = channels_last(as_array(source, what), what)
    check_size((values.shape[1], values.shape[0]), name, max_pixels)
    if values.ndim == 3 and values.shape[2] == 4:
        return Decoded(values[..., :3], _eight_bit_alpha(values[..., 3], what), name)
    return Decoded(values[..., 0] if values.shape[2:] == (1,) else values, None, name)


def read_frame(path: str | Path) -> Frame:
    """The size and orientation of an image file, without decoding its pixels where that can be.

    Raises:
        UserError: it is missing or no image.
    """

    def header() -> Frame:
        with Image.open(path) as image:
            plain = image.format == "PNG" and not _may_have_exif(Path(path))
            orientation, (width, height) = 1 if plain else orientation_of(image), image.size
        turned = orientation in QUARTER_TURNS and image.format != "TIFF"  # Pillow turns these
        return Frame(*((width, height) if turned else (height, width)), orientation)

    return _loaded(header, str(path), MAX_PIXELS)


def check_size(size: tuple[int, int], name: str, max_pixels: int = MAX_PIXELS) -> None:
    """Refuse what is too large or too small.

    Args:
        size: (width, height).
        name: what the message calls it.
        max_pixels: most that are allowed.

    Raises:
        UserError: it is.
    """
    width, height = size
    if width * height > max_pixels:
        raise UserError(
            f"{name} has {width} x {height} pixels; expected at most {max_pixels:,}, resize it"
        )
    if min(width, height) < MIN_SIDE:
        raise UserError(
            f"{name} has {width} x {height} pixels; expected at least {MIN_SIDE} x {MIN_SIDE}"
        )


def check_frame(found: Frame, wanted: Frame, name: str, kind: str) -> None:
    """Refuse a mask or heatmap that does not lie on its image.

    Where EXIF turns one of the two and not the other, their sizes must tell that they lie alike.

    Args:
        found: of the mask or heatmap.
        wanted: of its image.
        name: what messages call it.
        kind: its kind in the plural: ``"masks"``.

    Raises:
        UserError: another size, or nobody can tell how it is to be turned.
    """
    if found[:2] != wanted[:2]:
        turned = " and the image is turned by its EXIF orientation" * (wanted.orientation != 1)
        raise UserError(
            f"{name} is {found.width} x {found.height} pixels but its image is "
            f"{wanted.width} x {wanted.height}{turned}; {kind} are never resized, "
            f"save it at the size of the image"
        )
    ways = {found.orientation, wanted.orientation}
    told = 1 in ways and bool(ways & set(QUARTER_TURNS)) and not found.is_square
    if len(ways) == 2 and not told:
        raise UserError(
            f"{name} has the EXIF orientation {found.orientation} but its image "
            f"{wanted.orientation}, and their sizes do not tell which way up it is; save both "
            "upright, without an EXIF orientation"
        )


def orientation_of(image: Image.Image) -> int:
    """EXIF's orientation, 1 to 8; 1 where nothing usable is said."""
    try:
        found = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # a damaged EXIF block says nothing
        return 1
    return int(found) if found in range(1, 9) else 1


def _may_have_exif(png: Path) -> bool:
    """Whether a PNG has EXIF anywhere; Pillow decodes all pixels to find it behind them."""
    content = png.read_bytes()
    return any(mark in content for mark in (b"eXIf", b"Raw profile type exif", b"adobe.xmp"))


def _name_of_stream(source: Any, name: str) -> str:
    found = getattr(source, "name", None)
    return found if isinstance(found, str) else name


def _from_path(path: Path, max_pixels: int) -> Decoded:
    """By an open file: what Pillow maps into memory by its name (TIFF) it turns wrongly."""
    if path.is_dir():
        raise UserError(f"{path} is a folder; expected an image file")
    with path.open("rb") as file, Image.open(file) as image:
        return _from_pil(image, str(path), max_pixels)


def _from_file(file: Any, name: str, max_pixels: int) -> Decoded:
    def read() -> Decoded:
        with Image.open(file) as image:
            return _from_pil(image, name, max_pixels)

    return _loaded(read, name, max_pixels)


def _loaded(read: Callable[[], Any], name: str, max_pixels: int) -> Any:
    """Pillow's answer, with every way of failing turned into a line."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return read()
    except (UserError, MemoryError):
        raise
    except FileNotFoundError:
        raise UserError(f"no such file: {name}") from None
    except Image.DecompressionBombError:
        raise UserError(f"{name} has too many pixels; expected at most {max_pixels:,}") from None
    except UnidentifiedImageError:
        raise UserError(
            f"{name} is not an image that can be read; expected PNG, JPEG, WebP, TIFF or the like"
        ) from None
    except Exception as error:  # Pillow's plugins raise many kinds on a damaged file
        _damaged(name, error)


def _damaged(name: str, error: Exception) -> NoReturn:
    reason = " ".join(str(error).split()) or type(error).__name__
    raise UserError(f"cannot read {name}: {reason}; is the file damaged or closed?") from None


def _from_pil(image: Image.Image, name: str, max_pixels: int) -> Decoded:
    check_size(image.size, name, max_pixels)
    deep = ";16" in str(getattr(image, "tile", ""))
    orientation = orientation_of(image)  # may decode a PNG, which empties its tiles
    image.load()
    if orientation != 1 and image.format != "TIFF":  # Pillow turns these as it loads them
        image = image.transpose(TURNS[orientation])
    values, alpha = _planes(image)
    if deep and values.ndim == 3 and values.max() <= DARKEST_DEEP:
        raise UserError(
            f"{name} has colours of 16 bits that use the lowest 12 or fewer; scale them to the "
            "full range, or save 8 bits"
        )
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise UserError(f"{name} holds NaN or infinite values; expected finite ones")
    frames = getattr(image, "n_frames", 1) if image.format in ANIMATED else 1
    return Decoded(values, alpha, name, orientation, frames)


def _planes(image: Image.Image) -> tuple[np.ndarray, UInt8[np.ndarray, "h w"] | None]:
    """Values and alpha of an image in any of Pillow's modes."""
    if image.mode.startswith(("I", "F")):
        values = np.asarray(image)
        values = values.astype(values.dtype.newbyteorder("="))
        clear = image.info.get("transparency")
        return values, None if clear is None else np.where(values == clear, np.uint8(0), 255)
    if image.has_transparency_data:
        straight = image.convert("LA") if image.mode == "La" else image
        both = np.asarray(straight.convert("RGBA"))
        return both[..., :3], both[..., 3]
    if image.mode in ("1", "L", "RGB"):
        return np.array(image), None
    return np.array(image.convert("RGB")), None


def _eight_bit_alpha(alpha: np.ndarray, what: str) -> UInt8[np.ndarray, "h w"]:
    if alpha.dtype.kind == "f":
        if alpha.min() < 0 or alpha.max() > 1:
            raise UserError(f"the alpha channel given with {what} must lie in [0, 1] as floats")
        return (alpha * 255).round().astype(np.uint8)
    if alpha.dtype != np.uint8:
        raise UserError(f"{what} with an alpha channel must be uint8 or float, got {alpha.dtype}")
    return alpha
