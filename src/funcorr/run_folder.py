"""A folder that belongs to one run: claimed for a configuration, gone on with, or begun anew.

The same command again goes on where its run stopped. A folder of another configuration is refused
in one line that says what changed; ``--overwrite`` discards the files that depend on the change,
and no others. One process at a time works in a folder.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import funcorr
from funcorr.errors import UserError
from funcorr.io import atomic_path, cannot_write, lock, made_folder, read_json, write_json

NAMED_CHANGES = 4
"""So many changed settings are named in a refusal, the others counted."""

SHORT = 16
"""Values of more characters, such as fingerprints, are not shown in a refusal."""


@dataclass(frozen=True)
class Stage:
    """Files of a run and the settings that they depend on.

    Attributes:
        what: the files' name in messages, ``"predictions"``.
        config: the settings, of JSON values and tuples; None is as good as absent.
        files: glob patterns of the files and folders, from the run's folder on.
    """

    what: str
    config: Mapping[str, Any]
    files: Sequence[str]


@contextmanager
def claim(
    folder: Path,
    *stages: Stage,
    record: str = "config.json",
    resume: bool = True,
    overwrite: bool | None = None,
    elsewhere: str = "another folder",
    upgrade: Callable[[dict[str, Any]], dict[str, Any]] = dict,
) -> Iterator[None]:
    """Own a folder for a configuration while the block runs.

    Args:
        folder: of the run; made when missing.
        stages: what the run writes, in order: a stage depends on the settings of those before it.
        record: the file that keeps the settings of all stages, and the version that wrote it.
        resume: go on with what is there.
        overwrite: discard what another configuration left; None where the command cannot.
        elsewhere: what a refused user is to choose.
        upgrade: from the settings of an older version, by dotted names, to those of today.

    A block that raises before it has written anything leaves no folder behind.

    Raises:
        UserError: the folder holds files of another configuration or of none that is known,
            another process is at work in it, or it cannot be written to.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as place:
        ...     with claim(Path(place), Stage("run", {"seed": 1}, ["log.jsonl"])):
        ...         pass
        ...     with claim(Path(place), Stage("run", {"seed": 2}, ["log.jsonl"])):
        ...         pass
        Traceback (most recent call last):
        funcorr.errors.UserError: ... of another configuration (seed: 1 -> 2); choose another folder
    """
    path = Path(folder, record)
    with made_folder(path.parent), _locked(path.parent, elsewhere):
        known = path.exists()
        stale, reason = _conflict(Path(folder), stages, path, upgrade)
        advice = f"choose {elsewhere}"
        if stale and not overwrite:
            if overwrite is not None:
                advice += f", or discard the {stale[0].what} with --overwrite"
            raise UserError(f"{folder} holds {reason}; {advice}")
        if known and not stale and not resume:
            raise UserError(
                f"{folder} holds the {stages[0].what} already; pass --resume to go on, or {advice}"
            )
        for stage in reversed(stale):
            _discard(stage, Path(folder), path)
        if stale or not known:
            settings = {key: value for stage in stages for key, value in stage.config.items()}
            write_json(path, settings | {"generator": f"funcorr {funcorr.__version__}"})
        try:
            yield
        except BaseException:
            if not known and not any(_files(stage, Path(folder), path) for stage in stages):
                path.unlink(missing_ok=True)
            raise


def flat(settings: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Nested settings by dotted names.

    Example:
        >>> flat({"seed": 0, "views": {"size": 64, "kind": "random"}})
        {'seed': 0, 'views.size': 64, 'views.kind': 'random'}
    """
    found: dict[str, Any] = {}
    for key, value in settings.items():
        nested = isinstance(value, Mapping)
        found |= flat(value, f"{above}{key}.") if nested else {f"{above}{key}": value}
    return found


def log_until(path: Path, step: int) -> Path:
    """Drop a log's lines from ``step`` on, which a resumed run writes again, and damaged ones."""
    kept = [json.dumps(row) + "\n" for row in read_log(path) if row["step"] < step]
    with atomic_path(path) as temporary:
        temporary.write_text("".join(kept), encoding="utf-8")
    return path


def read_log(path: Path) -> list[dict[str, float]]:
    """The lines of a log that are whole: numbers by name, ``step`` among them."""
    content = path.read_bytes().splitlines() if path.is_file() else []
    return [row for line in content if _is_row(row := _value(line))]


def _value(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _is_row(row: Any) -> bool:
    numbers = isinstance(row, dict) and all(type(each) in (int, float) for each in row.values())
    return numbers and "step" in row


def _conflict(
    folder: Path,
    stages: Sequence[Stage],
    path: Path,
    upgrade: Callable[[dict[str, Any]], dict[str, Any]],
) -> tuple[Sequence[Stage], str]:
    """The stages whose files are not of their settings, and what the folder holds instead."""
    if not path.exists():
        strays = [file.name for stage in stages for file in _files(stage, folder, path)]
        reason = f"{strays[0]} but no {path.name} that says what made it" if strays else ""
        return (stages if strays else ()), reason
    try:
        found = read_json(path)
    except UserError:
        found = None
    if not isinstance(found, dict):
        return stages, f"a {path.name} that is damaged"
    old = upgrade(flat(found))
    changes = [_changes(old, stage.config) for stage in stages]
    first = next((number for number, each in enumerate(changes) if each), len(stages))
    if first == len(stages):
        return (), ""
    named = [change for each in changes for change in each]
    if len(named) > NAMED_CHANGES:
        named[NAMED_CHANGES:] = [f"{len(named) - NAMED_CHANGES} more"]
    return stages[first:], f"the {stages[first].what} of another configuration ({', '.join(named)})"


def _changes(found: Mapping[str, Any], config: Mapping[str, Any]) -> list[str]:
    """``name: old -> new`` of every setting that differs; the name alone of long values."""
    old = {name: value for name, value in found.items() if name.partition(".")[0] in config}
    new = flat(json.loads(json.dumps(dict(config))))
    told = []
    for name in dict.fromkeys((*new, *old)):
        before, after = (json.dumps(each.get(name)) for each in (old, new))
        if before != after:
            short = max(len(before), len(after)) <= SHORT
            told.append(f"{name}: {before} -> {after}" if short else name)
    return told


def _files(stage: Stage, folder: Path, record: Path) -> list[Path]:
    """What is there of a stage."""
    found = {file for pattern in stage.files for file in folder.glob(pattern)}
    return sorted(found - {record})


def _discard(stage: Stage, folder: Path, record: Path) -> None:
    for file in _files(stage, folder, record):
        try:
            shutil.rmtree(file) if file.is_dir() and not file.is_symlink() else file.unlink()
        except OSError as error:
            raise cannot_write(file, error) from None


@contextmanager
def _locked(folder: Path, elsewhere: str) -> Iterator[None]:
    """Keep other processes out, on file systems that can; ends with this process at the latest."""
    if os.name == "nt":  # where folders cannot be locked
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        if lock(handle) is False:
            raise UserError(
                f"another process is at work in {folder}; wait for its end or choose {elsewhere}"
            )
        yield
    finally:
        os.close(handle)
