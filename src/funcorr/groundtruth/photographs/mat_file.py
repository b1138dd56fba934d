"""A numeric array of a MATLAB file, version 5; scipy's reader crashes on some damaged files."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from math import prod

import numpy as np

TYPES = {
    1: "i1",
    2: "u1",
    3: "i2",
    4: "u2",
    5: "i4",
    6: "u4",
    7: "f4",
    9: "f8",
    12: "i8",
    13: "u8",
}
"""Number of a data type -> numpy's name."""

MATRIX, COMPRESSED = 14, 15

HEADER = 128
"""Bytes before the first element; the last two say the byte order."""

MOST_BYTES = 1 << 28
"""Of an element once it is unpacked."""


def numeric_array(content: bytes, name: str) -> np.ndarray:
    """The real, numeric array of this name.

    Args:
        content: of the file.
        name: of the variable.

    Raises:
        ValueError: the file is of another kind or damaged, or has no such array.
    """
    order = {b"IM": "<", b"MI": ">"}.get(content[HEADER - 2 : HEADER])
    if order is None:
        raise ValueError("it is no MATLAB file of version 5")
    for kind, data in _elements(content[HEADER:], order):
        if kind == COMPRESSED:
            kind, data = next(_elements(_unpacked(data), order), (0, b""))
        if kind == MATRIX:
            parts = list(_elements(data, order))
            if len(parts) > 3 and parts[2][1] == name.encode():
                return _array(parts, order)
    raise ValueError(f"it holds no {name}")


def _array(parts: list[tuple[int, bytes]], order: str) -> np.ndarray:
    """Of flags, dimensions, name and numbers, which lie column by column."""
    (_, flags), (_, dims), _, (kind, numbers) = parts[:4]
    shape = np.frombuffer(dims, f"{order}i4").tolist()
    complex_numbers = len(flags) >= 4 and np.frombuffer(flags[:4], f"{order}u4")[0] & 0x800
    if complex_numbers or kind not in TYPES or not shape or min(shape) < 0:
        raise ValueError("it is no array of real numbers")
    values = np.frombuffer(numbers, order + TYPES[kind])
    if len(values) != prod(shape):
        raise ValueError(f"{len(values)} numbers for a shape of {shape}")
    return values.reshape(shape, order="F")


def _elements(data: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """Data type and content of every element."""
    at = 0
    while at + 8 <= len(data):
        kind, size = np.frombuffer(data, f"{order}u4", 2, at).tolist()
        start, padded = at + 8, at + 8 + size + -size % 8
        if kind >> 16:  # a small element keeps its content in the tag
            kind, size = kind & 0xFFFF, kind >> 16
            start, padded = at + 4, at + 8
        if start + size > len(data):
            raise ValueError("it ends within an element")
        yield kind, data[start : start + size]
        at = start + size if kind == COMPRESSED else padded


def _unpacked(data: bytes) -> bytes:
    stream = zlib.decompressobj()
    try:
        unpacked = stream.decompress(data, MOST_BYTES)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if stream.unconsumed_tail:
        raise ValueError(f"an element of more than {MOST_BYTES:,} bytes")
    return unpacked
