"""Where uploads and results lie, for as long as a page is served."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import funcorr

FOLDER_VARIABLE = "GRADIO_TEMP_DIR"
"""Environment variable by which gradio is told."""


@contextmanager
def upload_folder() -> Iterator[Path]:
    """A folder for everything that visitors bring and get, gone when the block ends.

    gradio has to be imported and pages have to be built inside the block: it asks for its folder
    then. A request to terminate ends the block too, also while the page is being built.
    """
    before = os.environ.get(FOLDER_VARIABLE)
    with (
        raised_on_termination(SystemExit(128 + signal.SIGTERM)),
        tempfile.TemporaryDirectory(prefix="funcorr-app-", ignore_cleanup_errors=True) as name,
    ):
        os.environ[FOLDER_VARIABLE] = name
        try:
            yield Path(name)
        finally:
            os.environ.pop(FOLDER_VARIABLE)
            if before is not None:
                os.environ[FOLDER_VARIABLE] = before


@contextmanager
def raised_on_termination(error: BaseException) -> Iterator[None]:
    """By default SIGTERM ends a process where it stands, and its files stay behind."""

    def end(_number: int, _frame: object) -> None:
        raise error

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def remove_unused(folder: Path, keep_seconds: float, kept: Collection[Path] = ()) -> int:
    """Remove files that nobody used for a while, and folders that became empty.

    An empty folder that was made a moment ago stays: somebody is about to write into it.

    Args:
        folder: where they are, at any depth.
        keep_seconds: younger files stay.
        kept: files that stay whatever their age.

    Returns:
        How many files went.
    """
    removed, oldest = 0, time.time() - keep_seconds
    emptied: set[Path] = set()
    for path in sorted(folder.rglob("*"), reverse=True):
        with suppress(OSError):
            is_folder, is_old = path.is_dir(), path.stat().st_mtime < oldest
            if path in kept or not (is_old or path in emptied):
                continue
            path.rmdir() if is_folder else path.unlink()
            removed += not is_folder
            emptied.add(path.parent)
    return removed


def samples() -> Path | None:
    """The folder of sample pictures, in an installed package or beside the source."""
    package = Path(funcorr.__file__).parent
    places = (package / "samples", package.parents[1] / "samples")
    return next((place for place in places if (place / "ATTRIBUTION.md").is_file()), None)
