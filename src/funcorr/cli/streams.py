"""Standard output and error that no encoding and no reader can break."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from typing import Any

from funcorr.errors import UserError


@contextmanager
def sturdy_streams() -> Iterator[None]:
    """Text that a stream cannot encode is escaped; a stream that is closed takes no text.

    So a command ends by its work alone, whatever becomes of what it says: file names that are no
    UTF-8, an output in cp1252, ``funcorr models | head``, ``funcorr match ... >&-``. Only a
    standard output that breaks in another way, as on a full disk, is told.

    Raises:
        UserError: by what is printed or flushed, standard output cannot be written.
    """
    _occupy_standard_descriptors()
    with ExitStack() as stack:
        for stream, redirect in ((sys.stdout, redirect_stdout), (sys.stderr, redirect_stderr)):
            if stream is None:
                sturdy: Any = stack.enter_context(open(os.devnull, "w"))  # noqa: PTH123
            else:
                sturdy = _SturdyStream(stream, is_told=redirect is redirect_stdout)
            stack.callback(sturdy.flush)
            stack.enter_context(redirect(sturdy))
        yield


def is_unicode(stream: Any) -> bool:
    """Whether the stream can encode any text."""
    return (getattr(stream, "encoding", None) or "utf-8").lower().startswith("utf")


class _SturdyStream:
    def __init__(self, stream: Any, is_told: bool) -> None:
        self._stream, self._is_told = stream, is_told
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")

    def write(self, text: str) -> int:
        with self._broken_or_told():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with self._broken_or_told():
            self._stream.flush()

    @contextmanager
    def _broken_or_told(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            self._discard_from_now_on()
        except OSError as error:
            self._discard_from_now_on()
            if self._is_told:
                raise UserError(f"cannot write to standard output: {error.strerror}") from None

    def _discard_from_now_on(self) -> None:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, self._stream.fileno())
        os.close(null)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _occupy_standard_descriptors() -> None:
    """Where a standard stream is closed, the next file that is opened would take its number."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
