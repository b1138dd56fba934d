"""Picture and mask of a photograph in the pixels that the file stores.

Intrinsics, poses and masks of a scene belong to the stored pixels, so an EXIF orientation, by
which viewers turn the picture, is not applied.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import Bool, Shaped, UInt8

from funcorr.errors import UserError
from funcorr.images import Frame, read_frame, read_image, read_mask
from funcorr.images.decode import QUARTER_TURNS


def stored_size(path: Path) -> tuple[int, int]:
    """(height, width) of the stored pixels, from the header alone.

    Raises:
        UserError: the file is missing or no image.
    """
    return _stored_size(read_frame(path))


def stored_picture(path: Path) -> UInt8[np.ndarray, "h w 3"]:
    """The picture as its file stores it.

    Raises:
        UserError: it cannot be read.
    """
    picture = read_image(path)
    return turned_back(picture.rgb, picture.orientation)


def stored_mask(path: Path, image: Path) -> Bool[np.ndarray, "h w"]:
    """The mask that lies on the stored pixels of a picture; all False where it shows nothing.

    Args:
        path: the mask, without an EXIF orientation or with that of its picture.
        image: the picture.

    Raises:
        UserError: it cannot be read, is ambiguous, or has another size or orientation.
    """
    found, wanted = read_frame(path), read_frame(image)
    if found.orientation not in (1, wanted.orientation):
        raise UserError(
            f"{path} has the EXIF orientation {found.orientation} but its image "
            f"{wanted.orientation}; save the mask without one, on the image's stored pixels"
        )
    size, expected = _stored_size(found), _stored_size(wanted)
    if size != expected:
        turned = wanted.orientation != 1
        kept = f"; its EXIF orientation {wanted.orientation} is not applied" * turned
        raise UserError(
            f"{path} is {size[1]} x {size[0]} pixels but its image is {expected[1]} x "
            f"{expected[0]}{kept}; a scene's masks, intrinsics and poses belong to the stored "
            "pixels of its images"
        )
    return turned_back(read_mask(path, found, may_be_empty=True), found.orientation)


def turned_back(
    upright: Shaped[np.ndarray, "h w *c"], orientation: int
) -> Shaped[np.ndarray, "a b *c"]:
    """Upright pixels as they were stored.

    Args:
        upright: after the EXIF orientation was applied.
        orientation: EXIF's, 1 to 8.
    """
    stored = upright.swapaxes(0, 1) if orientation in QUARTER_TURNS else upright
    rows = -1 if orientation in (3, 4, 6, 7) else 1
    columns = -1 if orientation in (2, 3, 7, 8) else 1
    return np.ascontiguousarray(stored[::rows, ::columns])


def _stored_size(frame: Frame) -> tuple[int, int]:
    quarter = frame.orientation in QUARTER_TURNS
    return (frame.width, frame.height) if quarter else (frame.height, frame.width)
