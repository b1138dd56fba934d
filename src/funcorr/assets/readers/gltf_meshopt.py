"""Buffer views that meshopt compresses."""

from __future__ import annotations

from typing import Any

import numpy as np

from funcorr.errors import UserError, require

NAMES = ("EXT_meshopt_compression", "KHR_meshopt_compression", "MESHOPT_compression")

MOST_BYTES = 1 << 29
"""A view that claims more is refused before it is decoded."""


def meshopt_in(item: dict[str, Any]) -> str | None:
    """The meshopt extension that a buffer or a view has."""
    return next((name for name in NAMES if name in item.get("extensions", {})), None)


def decoded(name: str, packed: dict[str, Any], content: memoryview, size: int) -> memoryview:
    """The bytes of a compressed buffer view.

    Args:
        name: of the extension, for messages.
        packed: what it says of the view: count, byteStride, mode, filter.
        content: the compressed bytes.
        size: what the view says it has.

    Raises:
        UserError: the extra ``meshopt`` is not installed, or these are no such bytes.
    """
    try:
        library = require("meshopt", extra="meshopt")
    except UserError as error:
        raise UserError(f"it is compressed with meshopt ({name}): {error}") from None
    count, stride = packed["count"], packed["byteStride"]
    about = packed["mode"], packed.get("filter", "NONE")
    try:
        if not (0 < count * stride == size <= MOST_BYTES):
            raise ValueError
        found = library.decode_gltf_buffer(bytes(content), count, stride, *about)
        return memoryview(np.ascontiguousarray(found).tobytes())
    except Exception as error:  # the decoder's own kinds
        raise UserError(
            f"its {name} data cannot be decoded ({type(error).__name__}); export the file again, "
            "or without meshopt (gltfpack without -c)"
        ) from None
