"""Images and masks at the edge of the library: read, validate, find the object, crop and undo.

Pixels are ``(x, y)``, x right, y down; integer coordinates are pixel centres, so an image of width
W spans [-0.5, W - 0.5]. Arrays are indexed ``[row, column]``.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image, ImageOps, UnidentifiedImageError

from funcorr.errors import UserError

MAX_PIXELS = 80_000_000
"""Larger images are refused before they are decoded (a guard against decompression bombs)."""

MIN_SIDE = 2
"""Images with a shorter side have no two points to tell apart."""

PLAIN_BORDER = 4.0
"""Largest CIELAB distance (95th percentile) of border pixels to a plain background's surface."""

OBJECT_DIFFERENCE = 7.0
"""Least CIELAB distance to the background's surface that counts as object."""

SMALL_HOLE = 0.002
"""Gaps in the object below this share of the background are filled; larger ones are real holes."""

SMALL_PIECE = 0.05
"""Pieces below this share of the largest one are dust, not object."""

ROWS_AT_ONCE = 64
"""Rows whose colours are compared with the background together; bounds the memory."""

PLAUSIBLE_SHARE = (0.002, 0.95)
"""A mask found on a plain background must cover a share of the image between these."""


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


def object_mask(picture: Picture) -> Bool[np.ndarray, "h w"]:
    """Tell the object from its surroundings without a given mask: by alpha or plain background.

    The background counts as plain when the pixels along the border fit a smooth (quadratic) colour
    surface; what differs from that surface, and is not joined to the border, is the object.

    Raises:
        UserError: neither works; the message says how to get a mask.
    """
    if picture.alpha_mask is not None:
        return picture.alpha_mask
    mask = _plain_background_mask(picture.rgb)
    if mask is None:
        raise UserError(
            f"cannot tell the object from the background in {picture.name}: pass a mask "
            "(a PNG of the same size, white on the object), an image with a transparent "
            "background, or a photo on a plain background"
        )
    return mask


@dataclass(frozen=True)
class Crop:
    """A square window of an image, resized to ``size`` x ``size`` pixels; invertible.

    Attributes:
        left: x of the window's left edge (an edge, half a pixel before the first centre).
        top: y of the window's top edge.
        side: side of the window in image pixels.
        size: side of the result in pixels.
    """

    left: float
    top: float
    side: float
    size: int

    @classmethod
    def around(cls, mask: Bool[np.ndarray, "h w"], size: int, margin: float = 1.2) -> Crop:
        """The window centred on the mask's box, ``margin`` times its longest side.

        The default margin is that of the paper's released processing: the object fills about
        83 percent of the frame.
        """
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        height, width = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
        side = float(max(height, width) * margin)
        center_x, center_y = (columns[0] + columns[-1]) / 2, (rows[0] + rows[-1]) / 2
        return cls(float(center_x - side / 2), float(center_y - side / 2), side, size)

    def to_crop(self, points: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
        """Image pixels to crop pixels."""
        return resize_points(points - (self.left + 0.5, self.top + 0.5), self.size / self.side)

    def to_image(self, points: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
        """Crop pixels to image pixels."""
        origin = np.array([self.left + 0.5, self.top + 0.5])
        return resize_points(points, self.side / self.size) + origin

    def apply(
        self,
        rgb: UInt8[np.ndarray, "h w 3"],
        mask: Bool[np.ndarray, "h w"],
        background: int | None = 255,
    ) -> UInt8[np.ndarray, "s s 3"]:
        """Cut the window out, antialiased.

        Args:
            rgb: the image.
            mask: its object mask.
            background: grey value painted outside the mask (255: white, as the paper's test
                images), or None to keep the surroundings; outside the image it is white anyway.
        """
        reach = int(np.ceil(2 * self.side / self.size)) + 2  # of the resampling filter
        x, y = int(np.floor(self.left)) - reach, int(np.floor(self.top)) - reach
        extent = int(np.ceil(self.side)) + 2 * reach + 2
        canvas = np.full((extent, extent, 3), 255 if background is None else background, np.uint8)
        rows, columns = _overlap(rgb.shape[0], y, extent), _overlap(rgb.shape[1], x, extent)
        window = rgb[rows[0], columns[0]]
        if background is not None:
            window = np.where(mask[rows[0], columns[0], None], window, np.uint8(background))
        canvas[rows[1], columns[1]] = window
        left, top = self.left + 0.5 - x, self.top + 0.5 - y
        box = (left, top, left + self.side, top + self.side)
        square = (self.size, self.size)
        return np.asarray(Image.fromarray(canvas).resize(square, Image.Resampling.BICUBIC, box=box))


def _overlap(length: int, start: int, extent: int) -> tuple[slice, slice]:
    """Where a window overlaps an axis of an image: in the image's indices, in the window's."""
    first, last = max(start, 0), min(start + extent, length)
    return slice(first, last), slice(first - start, last - start)


def resize_points(points: Float[np.ndarray, "*n 2"], scale: float) -> Float[np.ndarray, "*n 2"]:
    """Where points land when their image is resized by ``scale``: ``(x + 0.5) * scale - 0.5``.

    Example:
        >>> resize_points(np.array([[0.0, 1.0]]), 2.0).tolist()
        [[0.5, 2.5]]
    """
    return (points + 0.5) * scale - 0.5


def mask_pixels(mask: Bool[np.ndarray, "h w"], at_most: int = 60_000) -> Float[np.ndarray, "n 2"]:
    """The pixels of a mask as (x, y) in row-major order; an even grid of them if too many.

    The grid keeps every pixel whose row and column are multiples of the smallest step that leaves
    at most ``at_most`` pixels; a shape so thin that the grid misses it is thinned along its
    row-major order instead.
    """
    rows, columns = np.nonzero(mask)
    step = 1
    while (keep := (rows % step == 0) & (columns % step == 0)).sum() > at_most:
        step += 1
    if not keep.any():
        keep = np.arange(len(rows)) % -(-len(rows) // at_most) == 0
    return np.stack([columns[keep], rows[keep]], axis=1).astype(np.float32)


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


def _plain_background_mask(rgb: UInt8[np.ndarray, "h w 3"]) -> Bool[np.ndarray, "h w"] | None:
    height, width = rgb.shape[:2]
    border = np.zeros((height, width), dtype=bool)
    rim = max(1, min(height, width) // 50)
    border[:rim], border[-rim:], border[:, :rim], border[:, -rim:] = True, True, True, True
    residual = _distance_from_background(rgb, border)
    noise = float(np.quantile(residual[border], 0.95))
    if noise > PLAIN_BORDER:
        return None
    different = residual > max(OBJECT_DIFFERENCE, 2 * noise)
    mask = _without_specks(~_without_specks(~different, SMALL_HOLE), SMALL_PIECE)
    return mask if PLAUSIBLE_SHARE[0] < mask.mean() < PLAUSIBLE_SHARE[1] else None


def _distance_from_background(
    rgb: UInt8[np.ndarray, "h w 3"], border: Bool[np.ndarray, "h w"]
) -> Float[np.ndarray, "h w"]:
    """CIELAB distance of every pixel to the quadratic colour surface through the border pixels."""
    from skimage.color import rgb2lab

    height, width = border.shape
    y, x = np.linspace(-1, 1, height), np.linspace(-1, 1, width)
    rows, columns = np.nonzero(border)
    terms = _quadratic(x[columns], y[rows])
    surface, *_ = np.linalg.lstsq(terms, rgb2lab(rgb[rows, columns]), rcond=None)
    distance = np.empty((height, width), np.float32)
    for top in range(0, height, ROWS_AT_ONCE):
        block = slice(top, top + ROWS_AT_ONCE)
        background = _quadratic(x[None], y[block, None]) @ surface
        distance[block] = np.linalg.norm(rgb2lab(rgb[block]) - background, axis=-1)
    return distance


def _quadratic(x: np.ndarray, y: np.ndarray) -> Float[np.ndarray, "*n 6"]:
    x, y = np.broadcast_arrays(x, y)
    return np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=-1)


def _without_specks(mask: Bool[np.ndarray, "h w"], share: float) -> Bool[np.ndarray, "h w"]:
    """The mask without connected pieces smaller than ``share`` of its largest piece."""
    from scipy import ndimage

    labels, count = ndimage.label(mask)
    if count == 0:
        return mask
    areas = np.bincount(labels.ravel())
    areas[0] = 0
    return areas[labels] > areas.max() * share
