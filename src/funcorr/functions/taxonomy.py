"""The taxonomy: which kinds of objects have which functions, and the parts that serve them.

The TOML files in ``vocabulary/`` hold the functions and categories of the task of dense functional
correspondence. A function outside them is legal too (open vocabulary).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from funcorr.errors import UserError
from funcorr.functions.names import check_function
from funcorr.functions.tables import (
    by_name,
    check_known,
    merge,
    names,
    read_tables,
    table,
    text,
    texts,
)

FORMAT = "funcorr-taxonomy/1"
MOST_PARTS = 3
PAPER, OURS = "paper", "funcorr"
_PART = re.compile(r"[a-z]+( [a-z]+)?")


@dataclass(frozen=True)
class Part:
    """A part of a category that serves at least one function.

    Attributes:
        name: one or two lower-case words, for instance ``"spout"``.
        look: one sentence on what it looks like and where it is.
        small: it fills so little of the picture that a labeller needs a zoomed crop.
        edge: it is thin, like a line, so that a mask of it should stay narrow.
    """

    name: str
    look: str
    small: bool = False
    edge: bool = False


@dataclass(frozen=True)
class Category:
    """A kind of object.

    Attributes:
        name: for instance ``"coat hanger"``.
        parts: the parts by name.
        uses: function name -> part name -> one clause on what the part does there.
        paper_unseen: the paper keeps all objects of this category out of its training set.
        also: other names of it, and of kinds of it that have the same parts.
    """

    name: str
    parts: Mapping[str, Part]
    uses: Mapping[str, Mapping[str, str]]
    paper_unseen: bool = False
    also: tuple[str, ...] = ()

    def serving(self, function: str) -> tuple[Part, ...]:
        """The parts that serve a function; none where the category does not have it."""
        return tuple(self.parts[name] for name in self.uses.get(function, ()))


@dataclass(frozen=True)
class Function:
    """Something that can be done with objects.

    Attributes:
        name: for instance ``"pour-with"``.
        meaning: one sentence.
        categories: names of the objects that can do it, alphabetically.
        source: whose function it is: ``"paper"``, or ``"funcorr"`` for what was added here.
    """

    name: str
    meaning: str
    categories: tuple[str, ...]
    source: str = PAPER


@dataclass(frozen=True)
class Taxonomy:
    """Functions and categories by name.

    Attributes:
        functions: the functions, alphabetically.
        categories: the categories, alphabetically.
        lists: other pairings by name, each function -> categories, such as ``"handal"``; their
            categories may be unknown to the taxonomy.
    """

    functions: Mapping[str, Function]
    categories: Mapping[str, Category]
    lists: Mapping[str, Mapping[str, tuple[str, ...]]]

    def find_category(self, name: str) -> Category | None:
        """The category of that name or with that other name, whatever its capitals and hyphens.

        Example:
            >>> load_taxonomy().find_category("Coat-Hanger").name
            'coat hanger'
            >>> load_taxonomy().find_category("fixed_joint_pliers").name
            'pliers'
        """
        wanted, every = _normalized(name), self.categories.values()
        own = (c for c in every if _normalized(c.name) == wanted)
        other = (c for c in every if wanted in map(_normalized, c.also))
        return next(own, None) or next(other, None)


def load_taxonomy(extra: Path | str | None = None) -> Taxonomy:
    """The taxonomy that ships with the package, with the entries of a user's own file on top.

    Args:
        extra: a TOML file of the same form (``docs/taxonomy.md``). Where both have an entry, tables
            are merged key by key, lists are joined, and any other value of ``extra`` replaces the
            shipped one.

    Raises:
        UserError: the file cannot be read, or something in it is missing or of another form.

    Example:
        >>> [part.name for part in load_taxonomy().categories["kettle"].serving("pour-with")]
        ['spout']
    """
    if extra is None:
        return _shipped()
    return parse_taxonomy(merge(_shipped_tables(), read_tables(Path(extra), FORMAT)), str(extra))


def parse_taxonomy(tables: Mapping[str, Any], source: str) -> Taxonomy:
    """Check the tables of a taxonomy, which come from ``source``, and give them types.

    Raises:
        UserError: an unknown key, an empty text, a name of another form, a part that serves
            nothing or is not described, or a function without a meaning.
    """
    table(tables, source, ("format", "functions", "categories", "lists"))
    meanings = _meanings(tables.get("functions", {}), f"{source}: functions")
    categories = {
        name: _category(name, entry, meanings, f"{source}: categories.{name}")
        for name, entry in by_name(tables.get("categories", {}), f"{source}: categories")
    }
    functions = {
        name: Function(
            name, meaning, tuple(c.name for c in categories.values() if name in c.uses), of
        )
        for name, (meaning, of) in meanings.items()
    }
    lists = {}
    for name, entry in by_name(tables.get("lists", {}), f"{source}: lists"):
        where = f"{source}: lists.{name}"
        lists[name] = {key: names(value, f"{where}.{key}") for key, value in by_name(entry, where)}
        check_known(lists[name], meanings, where, "give it a meaning in functions")
    return Taxonomy(functions, categories, lists)


def default_functions(names: Iterable[str]) -> tuple[str, ...]:
    """Those of some functions that are used where a user names none: all but our additions.

    So benchmarks and labels stay the paper's; ``hold-by`` is there for whoever asks for it.

    Example:
        >>> default_functions(["cut-with", "hold-by", "tickle-under"])
        ('cut-with', 'tickle-under')
    """
    known = load_taxonomy().functions
    return tuple(name for name in names if name not in known or known[name].source != OURS)


def _meanings(value: Any, where: str) -> dict[str, tuple[str, str]]:
    """Function -> what it means and whose it is."""
    meanings = {}
    for name, entry in by_name(value, where):
        if check_function(name) != name:
            raise UserError(f"{where}: write {name!r} as {check_function(name)!r}")
        table(entry, f"{where}.{name}", ("meaning", "source"))
        meanings[name] = (
            text(entry.get("meaning"), f"{where}.{name}.meaning"),
            text(entry.get("source", PAPER), f"{where}.{name}.source"),
        )
    return meanings


def _category(name: str, entry: Any, functions: Collection[str], where: str) -> Category:
    table(entry, where, ("parts", "uses", "small", "edge", "paper_unseen", "also"))
    text(name, where)
    parts = _parts(entry, where)
    uses = _uses(entry.get("uses"), functions, parts, f"{where}.uses")
    for part in parts:
        if not any(part in served for served in uses.values()):
            raise UserError(f"{where}: the part {part!r} serves no function; name it in uses")
    unseen = entry.get("paper_unseen", False)
    if not isinstance(unseen, bool):
        raise UserError(f"{where}.paper_unseen: expected true or false, got {unseen!r:.60}")
    return Category(name, parts, uses, unseen, names(entry.get("also", []), f"{where}.also"))


def _parts(entry: Mapping[str, Any], where: str) -> dict[str, Part]:
    looks = texts(entry.get("parts"), f"{where}.parts")
    for name in looks:
        if not _PART.fullmatch(name):
            raise UserError(f"{where}.parts: {name!r:.60} is not one or two lower-case words")
    flags = [names(entry.get(flag, []), f"{where}.{flag}") for flag in ("small", "edge")]
    for flag, marked in zip(("small", "edge"), flags, strict=True):
        check_known(marked, looks, f"{where}.{flag}", f"describe it in {where}.parts")
    return {name: Part(name, look, *(name in f for f in flags)) for name, look in looks.items()}


def _uses(
    value: Any, functions: Collection[str], parts: Mapping[str, Part], where: str
) -> dict[str, dict[str, str]]:
    uses = {name: texts(entry, f"{where}.{name}") for name, entry in by_name(value, where)}
    check_known(uses, functions, where, "give it a meaning in functions")
    for function, served in uses.items():
        check_known(served, parts, f"{where}.{function}", "describe it in parts")
        if not 1 <= len(served) <= MOST_PARTS:
            raise UserError(
                f"{where}.{function}: has {len(served)} parts, expected 1 to {MOST_PARTS}"
            )
    return uses


@cache
def _shipped() -> Taxonomy:
    return parse_taxonomy(_shipped_tables(), "the shipped taxonomy")


@cache
def _shipped_tables() -> Mapping[str, Any]:
    tables: dict[str, Any] = {}
    for file in files("funcorr.functions").joinpath("vocabulary").iterdir():
        tables = merge(tables, read_tables(file, FORMAT))
    return tables


def _normalized(name: str) -> str:
    return re.sub(r"[-_\s]+", " ", name.strip()).casefold()
