"""Packages of strangers, made on the spot: a module, its entry points, nothing installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def make_package(folder: Path, name: str, code: str, **entry_points: str) -> Path:
    """A distribution as an installer leaves it, in a folder for ``PYTHONPATH``.

    Args:
        folder: where it goes.
        name: of the distribution and its only module.
        code: of the module.
        entry_points: group with ``_`` for ``.`` -> ``name = module:object``.
    """
    (folder / f"{name}.py").write_text(code)
    about = folder / f"{name}-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = (f"[{group.replace('_', '.')}]\n{line}\n" for group, line in entry_points.items())
    (about / "entry_points.txt").write_text("\n".join(lines))
    return folder


def run_with(folder: Path, *words) -> subprocess.CompletedProcess[str]:
    """``python WORDS`` in a process that finds the packages of a folder."""
    path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.run(
        [sys.executable, *map(str, words)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
