"""What comes from the browser: only files that were uploaded, only images of a bearable size."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image, UnidentifiedImageError

from funcorr.errors import UserError, require
from funcorr.images import Picture, read_image

if TYPE_CHECKING:
    import gradio as gr
else:
    gr = require("gradio", extra="app")

MAX_PIXELS = 40_000_000
"""Larger images are refused before they are decoded; phones take 12 to 50 million."""


def image_input(**options: Any) -> Any:
    """An image input of the page that hands over the path of the uploaded file, unopened.

    gradio would decode the image first and report failures in its own words; it would also fetch
    addresses that a request names instead of a file, which is refused here.

    Args:
        **options: of ``gradio.Image``.
    """
    component = gr.Image(buttons=[], **options)
    to_cache = component.async_move_resource_to_block_cache

    async def only_files(place: Any) -> str | None:
        if "://" in str(place):
            raise gr.Error("addresses are not fetched: upload the image", print_exception=False)
        return await to_cache(place)

    component.async_move_resource_to_block_cache = only_files
    component.preprocess = path_of
    return component


def path_of(payload: Any) -> str | None:
    """The file of an upload; gradio has checked by then that it lies among the uploads."""
    return None if payload is None or not payload.path else str(payload.path)


@contextmanager
def upload_folder() -> Iterator[Path]:
    """A folder for everything that visitors bring and get, gone when the block ends.

    Pages have to be built inside the block: gradio asks for its folder then.
    """
    before = os.environ.get("GRADIO_TEMP_DIR")
    with tempfile.TemporaryDirectory(prefix="funcorr-app-", ignore_cleanup_errors=True) as name:
        os.environ["GRADIO_TEMP_DIR"] = name
        try:
            yield Path(name)
        finally:
            os.environ.pop("GRADIO_TEMP_DIR")
            if before is not None:
                os.environ["GRADIO_TEMP_DIR"] = before


def sweep(folder: Path, keep_seconds: float) -> int:
    """Remove files that nobody used for a while, and folders that became empty.

    Returns:
        How many files went.
    """
    removed, oldest = 0, time.time() - keep_seconds
    for path in sorted(folder.rglob("*"), reverse=True):
        with suppress(OSError):
            if path.is_dir():
                path.rmdir()
            elif path.stat().st_mtime < oldest:
                path.unlink()
                removed += 1
    return removed


def read_upload(path: str) -> Picture:
    """Read an uploaded image; messages name the file as the visitor knows it.

    Raises:
        UserError: it is gone, no image, damaged, or has too many pixels.
    """
    file = Path(path)
    try:
        with Image.open(file) as image:
            width, height = image.size
    except FileNotFoundError:
        raise UserError(f"{file.name} is no longer here: upload it again") from None
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        width = height = 0  # read_image says what is wrong
    if width * height > MAX_PIXELS:
        raise UserError(
            f"{file.name} has {width} x {height} pixels; expected at most {MAX_PIXELS:,}, resize it"
        )
    with suppress(OSError):
        os.utime(file)  # used now: not to be swept yet
    try:
        picture = read_image(file)
    except UserError as error:
        raise UserError(str(error).replace(str(file), file.name)) from None
    return Picture(picture.rgb, picture.alpha_mask, file.name)
