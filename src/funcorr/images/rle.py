"""Masks as COCO's run-length codes, compressed and plain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool

from funcorr.errors import UserError
from funcorr.images.decode import MAX_PIXELS


def to_rle(mask: Bool[np.ndarray, "h w"], compressed: bool = True) -> dict[str, Any]:
    """A mask as lengths of runs down its columns: off, on, off, ...

    Args:
        mask: H x W.
        compressed: the lengths as COCO's text (six bits a letter), which its tools prefer; else as
            a list.

    Returns:
        ``{"size": [H, W], "counts": str or list}``.

    Example:
        >>> to_rle(np.eye(2, dtype=bool), compressed=False)
        {'size': [2, 2], 'counts': [0, 1, 2, 1]}
        >>> to_rle(np.eye(2, dtype=bool))["counts"]
        '0120'
    """
    values = np.concatenate([[False], mask.T.ravel(), [not mask[-1, -1]]])
    edges = np.flatnonzero(values[1:] != values[:-1])
    counts = np.diff(edges, prepend=0).tolist()
    return {"size": list(mask.shape), "counts": _text(counts) if compressed else counts}


def from_rle(rle: Mapping[str, Any]) -> Bool[np.ndarray, "h w"]:
    """The mask of a run-length code of either kind.

    Raises:
        UserError: it is not such a code, or its runs do not add up to its size.
    """
    try:
        height, width = (int(side) for side in rle["size"])
        counts = rle["counts"]
        if isinstance(counts, str | bytes):
            counts = _numbers(counts if isinstance(counts, bytes) else counts.encode("ascii"))
        lengths = np.array([int(count) for count in counts], np.int64)
    except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
        raise UserError(
            f"this is no run-length code ({type(error).__name__}: {error}); expected size and "
            "counts, as pycocotools writes them"
        ) from None
    if min(height, width) < 1 or height * width > MAX_PIXELS:
        raise UserError(f"a mask of {height} x {width}; expected 1 to {MAX_PIXELS:,} pixels")
    if (lengths < 0).any() or sum(lengths.tolist()) != height * width:
        raise UserError(f"the runs of a mask of {height} x {width} must add up to its pixels")
    return np.repeat(np.arange(len(lengths)) % 2 == 1, lengths).reshape(width, height).T


def _text(counts: Sequence[int]) -> str:
    """Differences to the run before the last, five bits a letter, the lowest first."""
    letters = []
    for index, count in enumerate(counts):
        rest = count - counts[index - 2] if index > 2 else count
        more = True
        while more:
            bits, rest = rest & 31, rest >> 5
            more = rest != (-1 if bits & 16 else 0)
            letters.append(chr(48 + bits + 32 * more))
    return "".join(letters)


def _numbers(text: bytes) -> list[int]:
    counts: list[int] = []
    place = 0
    while place < len(text):
        value, shift, more = 0, 0, True
        while more:
            letter = text[place] - 48
            value |= (letter & 31) << shift
            more, place, shift = bool(letter & 32), place + 1, shift + 5
        if letter & 16:
            value -= 1 << shift
        counts.append(value + counts[-2] if len(counts) > 2 else value)
    return counts
