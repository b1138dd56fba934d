"""Arrays that are written to disk one after another, and read from there as they are used."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from funcorr.io import cannot_write


class Place(NamedTuple):
    """Where an array is: its kind (type and shape of a row) and its rows."""

    kind: tuple[str, tuple[int, ...]]
    start: int
    stop: int


class ArraySpool(ExitStack):
    """A file per kind of array, without a name: it goes when its arrays do, however that comes.

    What is read is mapped into memory, so that the operating system keeps the pages in use and
    drops them where memory is short. A context manager; what was read outlives it.

    Args:
        folder: where the files are; the temporary folder where it cannot be written to.

    Example:
        >>> import tempfile
        >>> with ArraySpool(tempfile.gettempdir()) as spool:
        ...     places = [spool.put(np.arange(n)) for n in (2, 3)]
        ...     read = spool.reader()
        >>> [read(place).tolist() for place in places]
        [[0, 1], [0, 1, 2]]
    """

    def __init__(self, folder: Path | str) -> None:
        super().__init__()
        self.folder = folder if os.access(folder, os.W_OK) else None
        self._files: dict[tuple[str, tuple[int, ...]], IO[bytes]] = {}
        self._rows: dict[tuple[str, tuple[int, ...]], int] = {}

    def put(self, array: np.ndarray) -> Place:
        """Write an array.

        Raises:
            UserError: the disk is full.
        """
        kind = (array.dtype.str, array.shape[1:])
        try:
            if kind not in self._files:
                self._files[kind] = self.enter_context(tempfile.TemporaryFile(dir=self.folder))  # noqa: SIM115
            self._files[kind].write(np.ascontiguousarray(array).tobytes())
        except OSError as error:
            raise cannot_write(Path(self.folder or tempfile.gettempdir()), error) from None
        start = self._rows.get(kind, 0)
        self._rows[kind] = start + len(array)
        return Place(kind, start, start + len(array))

    def reader(self) -> Callable[[Place], np.ndarray]:
        """What gives the arrays back, read-only; nothing is written after it."""
        mapped = {}
        for kind, file in self._files.items():
            file.flush()
            shape = (self._rows[kind], *kind[1])
            filled = math.prod(shape) > 0
            mapped[kind] = (
                np.memmap(file, kind[0], "r", shape=shape) if filled else np.empty(shape, kind[0])
            )
        return lambda place: np.asarray(mapped[place.kind][place.start : place.stop])
