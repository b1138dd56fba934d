"""Benchmark sets that are frozen: one archive each, known by its hash.

An archive is a zip of the folder with its files in order and without dates, so that equal folders
give equal archives. ``frozen.toml`` lists the sets with hash, size and the command that makes them.
"""

from __future__ import annotations

import shutil
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import IO
from urllib.error import URLError
from urllib.request import urlopen

from funcorr.errors import UserError
from funcorr.groundtruth.pairs import Benchmark, read_benchmark
from funcorr.io import atomic_folder, atomic_path, file_hash, scratch_folder

LIST = "frozen.toml"

DATE = (1980, 1, 1, 0, 0, 0)
"""Of every file in an archive: the first that a zip can hold."""

WAIT = 60.0
"""Seconds without a byte before an address is given up."""


@dataclass(frozen=True)
class FrozenSet:
    """A set as it was frozen.

    Attributes:
        name: of the set.
        version: counts its releases.
        archive: SHA-256 of the archive.
        fingerprint: of its content, :meth:`funcorr.groundtruth.pairs.Benchmark.fingerprint`.
        megabytes: size of the archive.
        pairs: image pairs.
        made: the command that makes it.
    """

    name: str
    version: int
    archive: str
    fingerprint: str
    megabytes: float
    pairs: int
    made: str

    @property
    def file_name(self) -> str:
        """Of the archive."""
        return f"{self.name}-{self.version}.zip"


@cache
def frozen_sets() -> Mapping[str, FrozenSet]:
    """All frozen sets by name."""
    text = files("funcorr.groundtruth").joinpath(LIST).read_text("utf-8")
    return {name: FrozenSet(name, **entry) for name, entry in tomllib.loads(text).items()}


def frozen_set(name: str) -> FrozenSet:
    """One of them.

    Raises:
        UserError: no set of that name is frozen.
    """
    if name not in frozen_sets():
        raise UserError(f"no frozen set {name!r}; there are {', '.join(frozen_sets())}")
    return frozen_sets()[name]


def pack(bench: Path | str, out: Path) -> FrozenSet:
    """Write the archive of a benchmark folder.

    Args:
        bench: the folder.
        out: where the archive goes, under a name of its own.

    Returns:
        What ``frozen.toml`` would say of it, as its first version.

    Raises:
        UserError: the benchmark is not whole, or ``out`` cannot be written to.
    """
    benchmark = read_benchmark(bench)
    names = sorted(p.relative_to(bench).as_posix() for p in Path(bench).rglob("*") if p.is_file())
    target = out / f"{benchmark.name}-1.zip"
    with atomic_path(target) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name in names:
            entry = zipfile.ZipInfo(name, DATE)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, (Path(bench) / name).read_bytes(), compresslevel=9)
    digest = file_hash(target).hexdigest()
    size = round(target.stat().st_size / 1e6, 1)
    count = len(benchmark.pairs)
    return FrozenSet(benchmark.name, 1, digest, benchmark.fingerprint(), size, count, "")


def fetch_frozen(frozen: FrozenSet, source: str, out: Path | str) -> Benchmark:
    """Get a frozen set, check it and unpack it.

    Args:
        frozen: which.
        source: a folder with the archive, or the address of such a folder on the web.
        out: the benchmark folder to make.

    Raises:
        UserError: the archive is not there or another one, or ``out`` is taken.
    """
    out = Path(out)
    with atomic_folder(out) as folder, scratch_folder(out.parent, "archive") as scratch:
        archive = scratch / frozen.file_name
        with _opened(source, frozen.file_name) as stream, archive.open("wb") as file:
            shutil.copyfileobj(stream, file)
        digest = file_hash(archive).hexdigest()
        if digest != frozen.archive:
            raise UserError(
                f"{frozen.file_name} from {source} is another file than the frozen one (SHA-256 "
                f"{digest[:12]}..., expected {frozen.archive[:12]}...); fetch it again, or make "
                f"the set: {frozen.made}"
            )
        with zipfile.ZipFile(archive) as content:
            content.extractall(folder)  # the hash says that we packed it
    return read_benchmark(out)


@contextmanager
def _opened(source: str, name: str) -> Iterator[IO[bytes]]:
    try:
        if source.startswith(("https://", "http://")):
            with urlopen(f"{source.rstrip('/')}/{name}", timeout=WAIT) as stream:
                yield stream
        else:
            with (Path(source) / name).open("rb") as file:
                yield file
    except (OSError, URLError) as error:
        raise UserError(
            f"cannot get {name} from {source} ({error}); expected a folder that has it, or "
            "its address on the web"
        ) from None
