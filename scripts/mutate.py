"""Change one line of the source at a time and see whether a test notices.

    python scripts/mutate.py                  # every mutation of scripts/mutations.toml
    python scripts/mutate.py --only affine    # those whose file or text has the word

A mutation is killed when its tests fail. Survivors are listed at the end, and the exit code is 1 if
there are any but those that docs/testing.md gives a reason for (``equivalent`` in the file).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("src", "forge", "tests", "benchmarks", "scripts", "samples", "docs")
FILES = ("pyproject.toml", "README.md", "Makefile")


@dataclass(frozen=True)
class Mutation:
    """One changed line, and the tests that should notice.

    Attributes:
        file: below the root.
        old: text that stands there exactly once.
        new: what takes its place.
        tests: what pytest is given.
        equivalent: why no test can notice; empty where one should.
    """

    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    equivalent: str = ""


def mutations(path: Path) -> Iterator[Mutation]:
    """The mutations of a file."""
    for entry in tomllib.loads(path.read_text(encoding="utf-8"))["mutation"]:
        yield Mutation(**{**entry, "tests": tuple(entry["tests"])})


def is_noticed(mutation: Mutation, tree: Path) -> bool:
    """Whether a test fails once the line is changed; the line is put back.

    Raises:
        SystemExit: the text does not stand there exactly once.
    """
    path = tree / mutation.file
    original = path.read_text(encoding="utf-8")
    if original.count(mutation.old) != 1:
        raise SystemExit(
            f"{mutation.file} has {mutation.old!r} {original.count(mutation.old)} times"
        )
    path.write_text(original.replace(mutation.old, mutation.new), encoding="utf-8")
    paths = os.pathsep.join(str(tree / name) for name in ("src", "forge/src", "tests"))
    words = ["-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *mutation.tests]
    try:
        ran = subprocess.run(
            [sys.executable, *words],
            cwd=tree,
            env={**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        path.write_text(original, encoding="utf-8")
    if ran.returncode not in (0, 1):
        raise SystemExit(f"pytest could not run {' '.join(mutation.tests)}:\n{ran.stdout[-2000:]}")
    return ran.returncode == 1


def copy_of_the_project(folder: Path) -> Path:
    """The tree that is mutated, so that the checkout stays as it is."""
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for name in FILES:
        shutil.copy2(ROOT / name, folder / name)
    return folder


def main() -> None:
    """Run the mutations and list the survivors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="a word of the file or of the changed text")
    word = parser.parse_args().only
    chosen = [m for m in mutations(ROOT / "scripts/mutations.toml") if word in m.file + m.old]
    survivors = []
    with tempfile.TemporaryDirectory() as folder:
        tree = copy_of_the_project(Path(folder))
        for number, mutation in enumerate(chosen, 1):
            noticed = is_noticed(mutation, tree)
            verdict = "killed" if noticed else "equivalent" if mutation.equivalent else "SURVIVED"
            print(f"{number}/{len(chosen)} {verdict}: {mutation.file}: {mutation.new}", flush=True)
            if not noticed:
                survivors.append(mutation)
    unexplained = [m for m in survivors if not m.equivalent]
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} killed, {len(unexplained)} to explain")
    raise SystemExit(bool(unexplained))


if __name__ == "__main__":
    main()
