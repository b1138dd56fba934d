"""Tables that a person can read and edit: CSV files with a line of column names."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from funcorr.errors import UserError
from funcorr.io import atomic_path

Row = dict[str, str]

LONGEST = 1_000_000
"""Characters of a field; captions are far shorter, so anything longer is not a table of ours."""

YES, NO = "yes", "no"


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> None:
    """Write a table, atomically; fields that a row lacks are empty."""
    with (
        atomic_path(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.DictWriter(file, columns, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def read_table(path: Path, columns: Sequence[str], unique: Sequence[str] = ("uid",)) -> list[Row]:
    """Read a table; further columns are kept, so that people may add their own.

    Args:
        path: the file.
        columns: those it must have.
        unique: the columns in which no two rows agree.

    Raises:
        UserError: the file is missing or no table, lacks a column, or has a value twice.
    """
    rows = [_row(fields, path, columns) for fields in _read(path, None)]
    return _unique(rows, path, unique)


def read_captions(path: Path) -> list[Row]:
    """Read ``uid, caption`` from a CSV with or without a line of names (Cap3D's has none).

    Raises:
        UserError: the file is missing or no table of two columns, or has an object twice.
    """
    rows = [_row(fields, path, CAPTIONS) for fields in _read(path, CAPTIONS)]
    if rows and rows[0]["uid"].strip().lower() == "uid":
        rows = rows[1:]
    if not rows:
        raise UserError(f"{path} holds no captions; expected lines of the form uid,caption")
    return _unique(rows, path, ("uid",))


CAPTIONS = ("uid", "caption")


def _read(path: Path, names: Sequence[str] | None) -> list[dict[str | None, str | None]]:
    csv.field_size_limit(LONGEST)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file, names, strict=True))
    except FileNotFoundError:
        raise UserError(f"no such table: {path}; an earlier stage makes it") from None
    except OSError as error:
        raise UserError(f"cannot read the table {path}: {error.strerror}") from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not a CSV table in UTF-8: {error}") from None


def _row(fields: dict[str | None, str | None], path: Path, columns: Sequence[str]) -> Row:
    row = {name: value for name, value in fields.items() if name is not None and value is not None}
    if missing := [name for name in columns if name not in row]:
        raise UserError(f"{path} has a line without {missing[0]!r}; its columns: {list(fields)}")
    return row


def _unique(rows: list[Row], path: Path, columns: Sequence[str]) -> list[Row]:
    seen: set[tuple[str, ...]] = set()
    for row in rows:
        value = tuple(row[column] for column in columns)
        if value in seen:
            raise UserError(f"{path} has the {', '.join(columns)} {', '.join(value)!r} twice")
        seen.add(value)
    return rows


def is_yes(word: str, where: str) -> bool:
    """Whether a person or stage wrote yes.

    Raises:
        UserError: it is neither yes nor no.
    """
    plain = word.strip().lower()
    if plain not in (YES, NO):
        raise UserError(f"{where}: expected yes or no, got {word!r}")
    return plain == YES
