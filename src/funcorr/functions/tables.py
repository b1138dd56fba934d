"""TOML tables that users write: reading, merging and checking, with errors that name the place.

The argument ``where`` of a check is the dotted place in the file, which begins the message.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from importlib.resources.abc import Traversable
from typing import Any

from funcorr.errors import UserError


def read_tables(source: Traversable, file_format: str) -> dict[str, Any]:
    """Read a TOML file whose key ``format`` says that it is of a format.

    Raises:
        UserError: the file is missing, unreadable, not TOML or of another format.
    """
    try:
        tables = tomllib.loads(source.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"cannot read {source}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{source} is not valid TOML: {error}") from None
    if tables.get("format") != file_format:
        raise UserError(f'{source}: expected the line format = "{file_format}" at the top')
    return tables


def merge(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Put ``new`` on top of ``old``: tables are merged, lists joined, other values replaced.

    Example:
        >>> merge({"a": {"x": 1, "y": ["p"]}}, {"a": {"x": 2, "y": ["q"]}})
        {'a': {'x': 2, 'y': ['p', 'q']}}
    """
    merged = dict(old)
    for key, value in new.items():
        before = old.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            merged[key] = merge(before, value)
        elif isinstance(before, list) and isinstance(value, list):
            merged[key] = before + [item for item in value if item not in before]
        else:
            merged[key] = value
    return merged


def table(value: Any, where: str, keys: Collection[str] = ()) -> dict[str, Any]:
    """``value`` if it is a table that has only the given keys, or any keys where none are given."""
    if not isinstance(value, dict):
        raise UserError(f"{where}: expected a table, got {value!r:.60}")
    for key in value:
        if keys and key not in keys:
            raise UserError(f"{where}: unknown key {key!r:.60}; known are {', '.join(keys)}")
    return value


def by_name(value: Any, where: str) -> list[tuple[str, Any]]:
    """The entries of a table in alphabetical order."""
    return sorted(table(value, where).items(), key=lambda entry: entry[0].casefold())


def text(value: Any, where: str) -> str:
    """``value`` if it is one line of text with something in it."""
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise UserError(f"{where}: expected one line of text, got {value!r:.60}")
    return value


def texts(value: Any, where: str) -> dict[str, str]:
    """``value`` if it is a table of texts."""
    return {key: text(entry, f"{where}.{key}") for key, entry in table(value, where).items()}


def names(value: Any, where: str) -> tuple[str, ...]:
    """``value`` if it is a list of texts."""
    if not isinstance(value, list):
        raise UserError(f"{where}: expected a list of names, got {value!r:.60}")
    return tuple(text(name, where) for name in value)


def check_known(found: Collection[str], known: Collection[str], where: str, remedy: str) -> None:
    """Refuse names that are not among the known ones."""
    for name in found:
        if name not in known:
            raise UserError(f"{where}: {name!r:.60} is not known; {remedy}")
