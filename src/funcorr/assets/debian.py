"""Files out of Debian packages, without root, without dpkg and without unpacking to disk."""

from __future__ import annotations

import io
import lzma
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from funcorr.errors import UserError


@contextmanager
def package_file(name: str, given: Path | str | None = None) -> Iterator[Path]:
    """The ``.deb`` of a package: the given file, or one that ``apt-get download`` fetches.

    A fetched file is there until the block ends.

    Raises:
        UserError: there is no ``apt-get`` here, or it cannot fetch the package.
    """
    if given is not None:
        yield Path(given)
        return
    if shutil.which("apt-get") is None:
        raise UserError(
            f"there is no apt-get here; download the Debian package {name} "
            f"(https://packages.debian.org/{name}) and pass it with --package"
        )
    with tempfile.TemporaryDirectory() as folder:
        command = ["apt-get", "download", name]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        found = next(Path(folder).glob("*.deb"), None)
        if done.returncode or found is None:
            said = (done.stderr.strip().splitlines() or ["no message"])[0]
            raise UserError(f"apt-get cannot download {name} ({said}); pass it with --package")
        yield found


def read_members(
    package: Path | str, name: str, wanted: Callable[[PurePosixPath], bool]
) -> Iterator[tuple[PurePosixPath, bytes]]:
    """The files of a package whose path is wanted, in the order of the archive.

    Args:
        package: the ``.deb``.
        name: of the package, for messages.
        wanted: says of a path whether to read it.

    Raises:
        UserError: the file is missing, cut short or no Debian package.
    """
    try:
        with tarfile.open(fileobj=_data(Path(package)), mode="r:xz") as archive:
            for member in archive:
                path = PurePosixPath(member.name)
                if member.isfile() and wanted(path):
                    content = archive.extractfile(member)
                    assert content is not None
                    yield path, content.read()
    except OSError as error:
        raise UserError(f"cannot read {package}: {error.strerror or error}") from None
    except (tarfile.TarError, lzma.LZMAError, EOFError, ValueError):
        raise UserError(f"{package} is not a whole {name} package; expected its .deb") from None


def _data(package: Path) -> io.BytesIO:
    """The ``data.tar.xz`` member of a ``.deb`` (an ``ar`` archive: 60-byte headers, even sizes)."""
    with package.open("rb") as file:
        if file.read(8) != b"!<arch>\n":
            raise ValueError("not an ar archive")
        while header := file.read(60):
            size = int(header[48:58])
            if header.startswith(b"data.tar.xz"):
                return io.BytesIO(file.read(size))
            file.seek(size + size % 2, io.SEEK_CUR)
    raise ValueError("no data member")
