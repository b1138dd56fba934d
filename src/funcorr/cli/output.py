"""Out folders: all files of a command together, or none."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from funcorr.errors import UserError
from funcorr.io import cannot_write


@contextmanager
def replaced_together(out: Path, patterns: Sequence[str]) -> Iterator[Path]:
    """A new folder inside ``out`` whose files move to ``out`` when the block ends well.

    When it does not, nothing is left behind and earlier files of ``out`` stay as they were.

    Args:
        out: the folder.
        patterns: of all files that the command may write, such as ``"heatmap_*.npy"``; those of an
            earlier run are taken away.

    Raises:
        UserError: ``out`` cannot be made or written to; said before the block starts.
    """
    if out.exists() and not out.is_dir():
        raise UserError(f"--out {out} is a file; expected a folder, or a name that is still free")
    made = [folder for folder in (out, *out.parents) if not folder.exists()]
    try:
        with _new_folder(out) as folder:
            yield folder
            _move(folder, out, patterns)
    except BaseException:
        with suppress(OSError):
            for empty in made:
                empty.rmdir()
        raise


@contextmanager
def _new_folder(out: Path) -> Iterator[Path]:
    """A temporary folder inside ``out``, on the same disk; gone when the block ends."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=out, prefix=".new-"))
    except OSError as error:
        raise cannot_write(out, error) from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _move(folder: Path, out: Path, patterns: Sequence[str]) -> None:
    """All new files to their place; of an earlier run's files none stays beside them."""
    new = {path.name for path in folder.iterdir()}
    try:
        for stale in {path for pattern in patterns for path in out.glob(pattern)}:
            if stale.name not in new:
                stale.unlink()
        for name in new:
            (folder / name).replace(out / name)
    except OSError as error:
        raise cannot_write(out, error) from None
