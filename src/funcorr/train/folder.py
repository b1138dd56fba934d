"""A run folder: one configuration, one log."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from funcorr.errors import UserError
from funcorr.io import atomic_path, read_json, write_json


def claim(out: Path, config: Mapping[str, Any]) -> None:
    """Write the run's configuration, or check that the run there has the same one.

    Raises:
        UserError: the folder holds a run with another configuration.
    """
    wanted = json.loads(json.dumps(dict(config)))
    if not (out / "config.json").is_file():
        write_json(out / "config.json", wanted)
    elif read_json(out / "config.json", "run configuration") != wanted:
        raise UserError(f"{out} holds a run with another configuration; choose another folder")


def log_until(path: Path, step: int) -> Path:
    """Drop the log's lines from ``step`` on, which a resumed run writes again."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    kept = [line for line in lines if line.endswith("}") and json.loads(line)["step"] < step]
    with atomic_path(path) as temporary:
        temporary.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
    return path
