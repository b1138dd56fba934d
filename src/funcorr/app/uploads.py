"""What comes from the browser: only files that were uploaded, only images of a bearable size."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from funcorr.app.folder import FOLDER_VARIABLE, samples
from funcorr.app.guards import UPLOADS
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

    gradio would decode the image first and report failures in its own words. Mounted in another
    application it would also open any file or address that a request names; here that is refused
    unless the file lies among the uploads or the sample pictures. Handlers must give such an
    input a value, never a ``gr.update``, which would put an unguarded component in its place.

    Args:
        **options: of ``gradio.Image``.
    """
    return _guarded(gr.Image(buttons=[], **options))


def file_input(**options: Any) -> Any:
    """An input for any file, with the guard of :func:`image_input`.

    Args:
        **options: of ``gradio.File``.
    """
    return _guarded(gr.File(file_count="single", buttons=[], **options))


def _guarded(component: Any) -> Any:
    """The component, which opens nothing but uploads and samples, and hands over a path."""
    to_cache = component.async_move_resource_to_block_cache

    async def only_uploads(place: Any) -> str | None:
        if "://" in str(place) or not _may_be_opened(Path(place)):
            raise gr.Error("only uploaded files are opened", print_exception=False)
        kept = await to_cache(place)
        if kept is not None and _is_sample(Path(place)):
            UPLOADS.share(kept)
        return kept

    component.async_move_resource_to_block_cache = only_uploads
    component.preprocess = path_of
    return component


def _may_be_opened(path: Path) -> bool:
    return _is_sample(path) or _lies_in(path, Path(os.environ[FOLDER_VARIABLE]))


def _is_sample(path: Path) -> bool:
    folder = samples()
    return folder is not None and _lies_in(path, folder)


def _lies_in(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def path_of(payload: Any) -> str | None:
    """The file of an upload, by then known to lie among the uploads."""
    return None if payload is None or not payload.path else str(payload.path)


def is_upload(component: Any) -> bool:
    """Whether a component is one of :func:`image_input` or :func:`file_input`."""
    return getattr(component, "preprocess", None) is path_of


def read_upload(path: str) -> Picture:
    """Read an uploaded image; messages name the file as the visitor knows it.

    Raises:
        UserError: it is gone, no image, damaged, or has too many pixels.
    """
    with own_words(path):
        picture = read_image(path, max_pixels=MAX_PIXELS)
    return replace(picture, name=Path(path).name)


@contextmanager
def own_words(*paths: str) -> Iterator[None]:
    """Around reading uploads: messages name the files as the visitor knows them.

    Raises:
        UserError: a file is no longer here.
    """
    for file in map(Path, paths):
        if not file.is_file():
            raise UserError(f"{file.name} is no longer here: upload it again")
        with suppress(OSError):
            os.utime(file)  # used now: not to be removed yet
    try:
        yield
    except UserError as error:
        words = str(error)
        for path in paths:
            words = words.replace(path, Path(path).name)
        raise UserError(words) from None
