"""Masks: which pixels are meant, by one rule for every format.

1. An alpha channel that separates something is the mask.
2. Of two levels or colours the one that is not black is the object: 0 and 1, 0 and 255, black and
   red.
3. A grey image in between is a mask with soft edges: dark and bright regions, the levels between
   them only along edges. Above one half is the object.
4. Anything else is ambiguous: label images, trimaps, photographs, several colours. It is refused.
"""

from __future__ import annotations

from typing import NoReturn

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8
from PIL import Image

from funcorr.errors import UserError
from funcorr.images.decode import Decoded, Frame, check_frame, decode
from funcorr.images.picture import strips
from funcorr.images.types import MaskLike

FEW_LEVELS = 8
"""An image of at most so many grey levels may be a label image, whatever the levels are."""

DARK, BRIGHT = 32, 223
"""Beyond these, grey levels are those of compression beside black and white."""

WIDE, MOST_WIDE = 0.005, 3
"""More dark or more bright levels than this, each wide in this share of the pixels, are labels:
compression leaves at most so many."""

COLOURLESS = 8
"""Channels this close to each other are grey."""

REMEDY = (
    "save a mask that is 255 on the object and 0 elsewhere (of a label image: labels == your label)"
)


def read_mask(
    source: MaskLike,
    size: Frame | tuple[int, int],
    name: str = "the mask",
    may_be_empty: bool = False,
) -> Bool[np.ndarray, "h w"]:
    """Read an object mask and check it against its image.

    Args:
        source: what :func:`funcorr.images.read_image` takes. Bool; floats in [0, 1] (object above
            one half); grey or palette (the rule of this module); with an alpha channel, the
            opaque pixels. EXIF orientation is applied.
        size: (height, width) that the mask must have, or a picture's ``frame``, which knows its
            orientation too; masks are never resized.
        name: what messages call it when the source is not a file.
        may_be_empty: whether a mask without an object is an answer.

    Raises:
        UserError: unreadable, of another size or orientation, NaN, ambiguous, or empty.

    Example:
        >>> read_mask(np.eye(3, dtype=np.uint8), (3, 3)).sum()
        np.int64(3)
    """
    decoded = decode(source, "a mask", name)
    check_frame(decoded.frame, Frame(*size), decoded.name, "masks")
    mask = _object(decoded)
    if not may_be_empty and not mask.any():
        raise UserError(
            f"{decoded.name} is empty; expected the object's pixels to be white (above 127)"
        )
    return mask


def is_grey(rgb: UInt8[np.ndarray, "h w 3"]) -> bool:
    """Whether a colour image shows greys only."""
    return all((part.max(axis=2) - part.min(axis=2)).max() <= COLOURLESS for part in strips(rgb))


def luminance(rgb: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w"]:
    """The grey levels of a colour image."""
    return np.concatenate([np.asarray(Image.fromarray(part).convert("L")) for part in strips(rgb)])


def _object(decoded: Decoded) -> Bool[np.ndarray, "h w"]:
    values, name = decoded.values, decoded.name
    if decoded.alpha is not None and not (opaque := decoded.alpha > 127).all():
        return _cut_out(values, opaque, name)
    if values.dtype.kind in "bf" and values.ndim == 3:
        raise UserError(f"{name} holds {values.shape[2]} masks; expected one, H x W")
    if values.dtype == bool:
        return values
    if values.dtype.kind == "f":
        return _of_floats(values, name)
    if values.ndim == 3:
        values = values.astype(np.uint8) if values.max() <= 255 else values
        if values.dtype != np.uint8:
            raise UserError(f"{name} has colours of {values.dtype}; {REMEDY}")
        return _of_grey(luminance(values), name) if is_grey(values) else _of_color(values, name)
    return _of_grey(values, name)


def _cut_out(
    values: np.ndarray, opaque: Bool[np.ndarray, "h w"], name: str
) -> Bool[np.ndarray, "h w"]:
    """The opaque pixels, unless what they show is a mask by itself."""
    if not opaque.any():
        raise UserError(f"{name} is transparent everywhere; {REMEDY}")
    shown = values[opaque]
    ends = (shown == 0) | (shown == 255)
    if ends.all() and 0 < (shown == 0).mean() < 1:
        raise UserError(f"{name} has an alpha channel and a black and white image; {REMEDY}")
    return opaque


def _of_color(rgb: UInt8[np.ndarray, "h w 3"], name: str) -> Bool[np.ndarray, "h w"]:
    """The one colour that is not black."""
    lit = rgb.any(axis=2)
    row, column = np.unravel_index(lit.argmax(), lit.shape)
    others = np.any(rgb != rgb[row, column], axis=2)
    if lit.all() or others[lit].any():
        _ambiguous(name, "has several colours")
    return np.asarray(lit)


def _of_grey(values: np.ndarray, name: str) -> Bool[np.ndarray, "h w"]:
    low, high = int(values.min()), int(values.max())
    if low < 0:
        _ambiguous(name, f"has values below 0 (from {low} to {high})")
    if low == high and high not in (0, 1, 255, 65535):
        _ambiguous(name, f"is {high} everywhere")
    object_ = values == high
    if low == high:
        return np.full(values.shape, high > 0)
    half = 127 if high <= 255 else 32767
    if (object_ | (values == low)).all():
        if low > 0 and not low <= half < high:
            _ambiguous(name, f"holds {low} and {high}, neither of which is background")
        return object_
    if low > half:
        _ambiguous(name, f"has no pixel below {low}, so no background")
    if high <= half:
        _ambiguous(name, f"has several levels up to {high} and no white, as label images have")
    return _with_soft_edges((values // (257 if high > 255 else 1)).astype(np.uint8), name)


def _with_soft_edges(grey: UInt8[np.ndarray, "h w"], name: str) -> Bool[np.ndarray, "h w"]:
    """Above one half, where the levels between dark and bright lie along edges only."""
    counts, filled = np.array(Image.fromarray(grey).histogram()), _levels_of_blocks(grey)
    levels = np.flatnonzero(counts)
    few = len(levels) <= FEW_LEVELS
    dark, bright = (levels[0], levels[-1]) if few else (DARK, BRIGHT)
    wide = filled > WIDE * grey.size
    many = max(wide[: dark + 1].sum(), wide[bright:].sum()) > MOST_WIDE
    if many or filled[dark + 1 : bright].any():
        shown = f" ({', '.join(map(str, levels))})" if few else ""
        _ambiguous(name, f"has regions of several levels{shown}, as label images and trimaps have")
    between = counts[DARK + 1 : BRIGHT].sum()
    if not few and (between > counts[BRIGHT:].sum() or between > counts[: DARK + 1].sum() / 2):
        _ambiguous(name, "is a grey picture rather than a mask")
    return grey > 127


def _levels_of_blocks(grey: UInt8[np.ndarray, "h w"]) -> Int[np.ndarray, " 256"]:
    """How many pixels of each level lie in the middle of 3 x 3 of that level."""
    height, width = grey.shape
    middle = grey[1:-1, 1:-1]
    same = np.ones(middle.shape, bool)
    for y in range(3):
        for x in range(3):
            same &= grey[y : height - 2 + y, x : width - 2 + x] == middle
    return np.array(Image.fromarray(middle).histogram(Image.fromarray(same)))


def _of_floats(values: Float[np.ndarray, "h w"], name: str) -> Bool[np.ndarray, "h w"]:
    """Above one half; a few levels of which some fill regions are labels."""
    if values.min() < 0 or values.max() > 1:
        raise UserError(f"{name} has floats outside [0, 1]; expected a bool or 8-bit mask")
    if len(levels := _few(values)) > 2:
        filled = _levels_of_blocks(np.searchsorted(levels, values).astype(np.uint8))
        if filled[1 : len(levels) - 1].any():
            _ambiguous(
                name, f"has regions of {len(levels)} values, as label images and trimaps have"
            )
    return values > 0.5


def _few(values: np.ndarray) -> np.ndarray:
    """The different values, in order; none where there are more than ``FEW_LEVELS``."""
    some = np.unique(values[:: max(len(values) // 64, 1)])
    levels = np.unique(values) if len(some) <= FEW_LEVELS else some
    return levels if len(levels) <= FEW_LEVELS else levels[:0]


def _ambiguous(name: str, how: str) -> NoReturn:
    raise UserError(f"{name} {how}, and nothing says which pixels are the object; {REMEDY}")
