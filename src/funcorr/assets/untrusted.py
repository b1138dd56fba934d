"""What a mesh file from elsewhere refers to: nothing outside its own folder is ever opened.

Files beside the model are named in the text of OBJ, MTL, glTF and PLY. No picture is decoded whose
header says that it is too large.
"""

from __future__ import annotations

import io
import os
import re
import unicodedata
import warnings
from contextlib import suppress
from pathlib import Path, PureWindowsPath

import numpy as np
from jaxtyping import UInt8

from funcorr.errors import UserError

MAX_TEXTURE = 8192
"""Longest side of a texture in pixels; larger ones are refused, not shrunk."""

PICTURES = ("PNG", "JPEG", "WEBP", "BMP", "TGA", "TIFF", "GIF", "DDS", "AVIF")
"""Formats of textures; the other parsers of Pillow are never asked."""


def referenced_file(model: Path, name: str) -> Path:
    """The file beside ``model`` that its text calls ``name``.

    Raises:
        UserError: the name is absolute, an address, has ``..``, leads out of the folder through a
            link, or there is no such file.
    """
    plain = name.strip().strip('"')
    windows = PureWindowsPath(plain)
    if windows.anchor or windows.drive or ".." in windows.parts or re.match(r"\w+:", plain):
        raise UserError(
            f"{model.name} refers to {plain!r}, outside its folder, which is never opened; "
            "put the file beside it and name it there"
        )
    found = model.parent
    for part in Path(plain.replace("\\", "/")).parts:
        found = _as_spelled(found / part)
    try:
        inside = found.resolve().is_relative_to(model.parent.resolve())
        there = found.is_file()
    except (OSError, ValueError):  # too long, or with a NUL
        inside, there = True, False
    if not inside:
        raise UserError(f"{model.name} refers to {plain!r}, a link out of its folder; copy it in")
    if not there:
        raise UserError(
            f"{model.name} refers to {plain!r}, which is missing; "
            "put the file there or remove the reference"
        )
    return found


def _as_spelled(path: Path) -> Path:
    """The only file or folder of this name, whatever its case, accents and encoding."""

    def key(name: str) -> str:
        return unicodedata.normalize("NFC", name).casefold()

    with suppress(OSError, ValueError):  # too long, or with a NUL
        if not path.exists():
            latin = os.fsdecode(path.name.encode("latin-1", "replace"))
            wanted = {key(path.name), key(latin)}
            alike = [each for each in path.parent.iterdir() if key(each.name) in wanted]
            return alike[0] if len(alike) == 1 else path
    return path


def read_texture(name: str, content: bytes) -> UInt8[np.ndarray, "h w 3"]:
    """Decode a picture; its transparency is left out.

    Args:
        name: for messages.
        content: the bytes of the file.

    Raises:
        UserError: no picture of one of :data:`PICTURES`, one that is cut off, or one with a side
            over :data:`MAX_TEXTURE`.
    """
    from PIL import Image

    too_large = UserError(
        f"the texture {name} has a side over {MAX_TEXTURE} px; shrink it to at most that"
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(content), formats=PICTURES)
            if max(image.size) > MAX_TEXTURE:
                raise too_large
            return _rgb(image)
    except (UserError, Image.DecompressionBombError):
        raise too_large from None
    except Exception:  # each decoder raises kinds of its own
        raise UserError(
            f"the texture {name} is not a picture that can be read; "
            f"expected a whole file of {', '.join(PICTURES)}"
        ) from None


def _rgb(image: object) -> UInt8[np.ndarray, "h w 3"]:
    """Eight bits per channel; greys of sixteen bits keep their range."""
    from PIL.Image import Image

    assert isinstance(image, Image)
    if not image.mode.startswith(("I", "F")):
        return np.array(image.convert("RGB"))
    if image.mode == "F":
        raise ValueError("floating point")
    grey = np.clip(np.asarray(image).astype(np.int64) >> 8, 0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)
