"""Files that are whole or absent: atomic writes, and readers that say what is wrong."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import re
import secrets
import shutil
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from funcorr.errors import UserError

LARGE_ARRAYS = 1 << 26
"""Bytes of arrays in a file from which on compressing them well takes seconds."""

try:
    import fcntl
except ImportError:  # Windows, where folders cannot be locked
    fcntl = None  # type: ignore[assignment]


@contextmanager
def made_folder(folder: Path) -> Iterator[None]:
    """Make a folder and those above it; when the block raises, the empty ones of them go again.

    Raises:
        UserError: it cannot be made.
    """
    made = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from None
    try:
        yield
    except BaseException:
        with suppress(OSError):
            for empty in made:
                empty.rmdir()
        raise


@contextmanager
def atomic_path(target: Path | str) -> Iterator[Path]:
    """Yield a temporary path beside ``target`` and rename it onto ``target`` when the block ends.

    If the block raises, the temporary file is removed and an existing ``target`` stays untouched.

    Args:
        target: the file to write; its folder is made when missing. The temporary path keeps the
            suffix of ``target``, for writers that look at it.

    Raises:
        UserError: the folder cannot be made or written to, the disk is full, or ``target`` holds a
            NUL.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with atomic_path(Path(folder) / "a.txt") as path:
        ...         _ = path.write_text("whole")
        ...     (Path(folder) / "a.txt").read_text()
        'whole'
    """
    target = Path(target)
    if "\0" in str(target):
        raise UserError(f"{str(target)!r} cannot be the name of a file: it holds a NUL")
    temporary = target.with_name(f".{target.stem}-{secrets.token_hex(4)}{target.suffix}")
    with made_folder(target.parent):
        try:
            temporary.touch(exist_ok=False)
            yield temporary
            temporary.replace(target)
        except OSError as error:
            raise cannot_write(target, error) from None
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(target: Path | str) -> Iterator[Path]:
    """Yield a new folder beside ``target`` that takes its place when the block ends.

    If the block raises, the new folder is removed with all that is in it; a message that speaks of
    it speaks of ``target`` instead.

    Args:
        target: a folder that is empty or not there.

    Raises:
        UserError: ``target`` is a file or not empty, or cannot be written to.
    """
    target = Path(target)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UserError(f"{target} is not empty; choose another folder, or empty it")
    with made_folder(target.parent), scratch_folder(target.parent, target.name) as folder:
        try:
            yield folder
            folder.replace(target)
        except OSError as error:
            raise cannot_write(target, error) from None
        except UserError as error:
            if str(folder) not in str(error):
                raise
            raise UserError(str(error).replace(str(folder), str(target))) from None


@contextmanager
def replaced_together(out: Path, patterns: Sequence[str] = ()) -> Iterator[Path]:
    """A new folder inside ``out`` whose content moves to ``out`` when the block ends well.

    When it does not, nothing is left behind and earlier files of ``out`` stay as they were.

    Args:
        out: the folder.
        patterns: of all files that an earlier run may have written, such as ``"heatmap_*.npy"``;
            they are taken away.

    Raises:
        UserError: ``out`` cannot be made or written to; said before the block starts.
    """
    if out.exists() and not out.is_dir():
        raise UserError(f"{out} is a file; expected a folder, or a name that is still free")
    with made_folder(out), scratch_folder(out, "new") as folder:
        yield folder
        _move(folder, out, patterns)


@contextmanager
def scratch_folder(parent: Path, name: str) -> Iterator[Path]:
    """A new hidden folder inside ``parent``, gone when the block ends.

    What killed processes have left of this name goes now: a folder is locked while its process
    lives.

    Raises:
        UserError: ``parent`` cannot be written to.
    """
    handle = -1
    fresh = parent / f".{name}.{secrets.token_hex(4)}"
    folder = parent / f".{name}-{secrets.token_hex(4)}"
    try:
        _remove_abandoned(parent, name)
        fresh.mkdir()
        if fcntl is not None:
            handle = os.open(fresh, os.O_RDONLY)
            lock(handle)
        fresh.rename(folder)
    except OSError as error:
        raise cannot_write(parent, error) from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if handle >= 0:
            os.close(handle)


def lock(handle: int) -> bool | None:
    """Lock an open folder until it is closed; False where another process has it.

    Returns:
        None where the file system has no locks.
    """
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a network's file system without locks
        return None
    return True


def _remove_abandoned(parent: Path, name: str) -> None:
    """Remove scratch folders whose processes were killed."""
    found = parent.glob(f".{glob.escape(name)}-{'[0-9a-f]' * 8}") if fcntl is not None else ()
    for folder in found:
        with suppress(OSError):  # another process was first
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                if lock(handle):
                    shutil.rmtree(folder)
            finally:
                os.close(handle)


def _move(folder: Path, out: Path, patterns: Sequence[str]) -> None:
    """All that is new to its place, files last; no file of an earlier run stays beside them."""
    new = sorted((path.is_file(), path.name) for path in folder.iterdir())
    try:
        for stale in {path for pattern in patterns for path in out.glob(pattern)}:
            if (True, stale.name) not in new:
                stale.unlink()
        for is_file, name in new:
            if not is_file:
                shutil.rmtree(out / name, ignore_errors=True)
            (folder / name).replace(out / name)
    except OSError as error:
        raise cannot_write(out, error) from None


def remove_leftovers(folder: Path | str, stem: str | None = None) -> None:
    """Remove the temporary files of writers that were killed; nobody else may be writing there.

    Args:
        folder: where they wrote.
        stem: of the file whose writers are meant; None means all of the folder.
    """
    for path in Path(folder).glob(f".{'*' if stem is None else glob.escape(stem)}-????????.*"):
        path.unlink(missing_ok=True)


def file_name(words: str) -> str:
    """A file name without suffix for any words; no two of them share one.

    Spaces become underscores; what else is neither letter nor digit, ``+`` nor ``-`` is written as
    in addresses.

    Example:
        >>> file_name("bail handle"), file_name("bail_handle"), file_name("bail/handle")
        ('bail_handle', 'bail%5Fhandle', 'bail%2Fhandle')
    """
    escaped = re.sub(
        r"[^\w +-]|_", lambda sign: "".join(f"%{b:02X}" for b in sign[0].encode()), words
    )
    return escaped.replace(" ", "_")


def cannot_write(target: Path, error: OSError) -> UserError:
    """Turn an operating system's refusal to write into the line that the user reads."""
    reason = error.strerror or type(error).__name__
    return UserError(f"cannot write {target}: {reason}; choose another place or free some space")


def write_json(target: Path | str, content: Any) -> None:
    """Write ``content`` as indented UTF-8 JSON, atomically and with sorted keys untouched.

    What is no Unicode, as in the name of a file of another encoding, becomes an escape of JSON.
    """
    with atomic_path(target) as path:
        path.write_text(to_json(content), encoding="utf-8", errors="backslashreplace")


def to_json(content: Any, ascii_only: bool = False) -> str:
    """The text that :func:`write_json` writes.

    Args:
        content: what JSON can hold.
        ascii_only: escape everything else, for streams that know no other signs.
    """
    return json.dumps(content, indent=2, ensure_ascii=ascii_only) + "\n"


def read_json(source: Path | str, what: str = "file") -> Any:
    """Read a JSON file.

    Args:
        source: the file.
        what: what the user would call it, for the message.

    Raises:
        UserError: the file is missing, unreadable or not JSON.
    """
    source = Path(source)
    try:
        return json.loads(source.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"cannot read the {what} {source}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"the {what} {source} is not valid JSON: {error}") from None


def read_arrays(
    path: Path | str, names: Sequence[str], what: str, optional: Sequence[str] = ()
) -> dict[str, np.ndarray]:
    """Read the named arrays of an npz; pickled objects are refused.

    Args:
        path: the file.
        names: the arrays it must hold.
        what: what the user would call it, for messages.
        optional: arrays that are read where they are there.

    Raises:
        UserError: the file is missing or damaged, holds pickled objects or lacks an array.
    """
    try:
        with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            extra = [name for name in optional if name in arrays.files]
            found = {name: arrays[name] for name in (*names, *extra)}
    except FileNotFoundError:
        raise UserError(f"no such file: {path}; expected {what}") from None
    except KeyError as error:
        raise UserError(f"{path} is not a file of {what}: it lacks {error}") from None
    except Exception as error:  # zipfile, zlib and numpy raise many kinds on a broken file
        raise _not_arrays(path, what, type(error).__name__) from None
    odd = next((a.dtype for a in found.values() if a.dtype.kind not in "buifU"), None)
    if odd is not None:
        raise _not_arrays(path, what, str(odd))
    return found


def read_array(path: Path | str, what: str) -> np.ndarray:
    """Read the numbers of an npy file; pickled objects are refused.

    Args:
        path: the file.
        what: what the user would call it, for messages.

    Raises:
        UserError: the file is missing or damaged, or holds something else than real numbers.
    """
    try:
        with Path(path).open("rb") as file:
            array = np.lib.format.read_array(file, allow_pickle=False)
    except FileNotFoundError:
        raise UserError(f"no such file: {path}; expected {what}") from None
    except Exception as error:  # numpy and its tokenizer raise many kinds on a broken file
        raise _not_arrays(path, what, type(error).__name__) from None
    if array.dtype.kind not in "buif":
        raise _not_arrays(path, what, str(array.dtype))
    return array


def _not_arrays(path: Path | str, what: str, reason: str) -> UserError:
    return UserError(
        f"cannot read {path} as {what}: it is damaged, pickled or of another kind ({reason})"
    )


def write_arrays(path: Path | str, **arrays: np.ndarray) -> None:
    """Write a compressed npz of named arrays, atomically; large ones are compressed quickly."""
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        if sum(np.asarray(array).nbytes for array in arrays.values()) <= LARGE_ARRAYS:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
            return
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, array in arrays.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)


def file_hash(path: Path) -> hashlib._Hash:
    """SHA-256 over a file, read piece by piece."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256")


def content_hash(parts: Iterable[Path | str | bytes]) -> str:
    """A fingerprint of contents: texts, bytes, and what is in files, whatever their names.

    Example:
        >>> content_hash(["a", "bc"]) == content_hash(["ab", "c"])
        False
    """
    digest = hashlib.sha256()
    for part in parts:
        content = part.read_bytes() if isinstance(part, Path) else part
        content = content.encode() if isinstance(content, str) else content
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()[:16]
