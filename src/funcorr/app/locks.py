"""One annotator at a time."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout

from funcorr.errors import UserError


def locked(out: Path) -> FileLock:
    """The lock of a file or folder that one annotator works on.

    It ends with this process, however that ends.

    Raises:
        UserError: another annotator holds it, or it cannot be written beside ``out``.
    """
    path = out.with_name(f".{out.name}.lock")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path)
        lock.acquire(timeout=0)
    except Timeout:
        raise UserError(
            f"{out} is open in another annotator; close that one first or name another place "
            "with --out"
        ) from None
    except OSError as error:
        raise UserError(f"cannot write beside {out}: {error.strerror}; choose another") from None
    return lock
