"""The vocabulary of functions: names, the words behind them, and which parts of what serve them.

``taxonomy.json`` holds the 24 functions of the dense-functional-correspondence task with their
categories, and for the categories that the forge makes also the parts. A function outside it is
legal too (open vocabulary): only the form of its name is checked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from funcorr.errors import UserError

LONGEST = 64
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


@dataclass(frozen=True)
class Function:
    """One function of the taxonomy.

    Attributes:
        name: for instance ``"pour-with"``.
        meaning: one sentence.
        categories: names of objects that can do it.
        held_out: those of them that no training set of the task holds.
    """

    name: str
    meaning: str
    categories: tuple[str, ...]
    held_out: tuple[str, ...]


@dataclass(frozen=True)
class Category:
    """One category that the forge makes.

    Attributes:
        name: for instance ``"coat hanger"``.
        parts: part name -> one sentence on where it is.
        functions: function name -> the parts that may serve it.
    """

    name: str
    parts: Mapping[str, str]
    functions: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Taxonomy:
    """Functions and categories by name."""

    functions: Mapping[str, Function]
    categories: Mapping[str, Category]


def check_function(name: Any) -> str:
    """The canonical form of a function name; ``pour_with`` and ``pour with`` are ``pour-with``.

    Any lower-case words are legal, whether the taxonomy knows them or not.

    Raises:
        UserError: it is empty, too long, not text, or has other signs than letters and digits.

    Example:
        >>> check_function("pour_with")
        'pour-with'
    """
    shape = "a function is lower-case words joined by hyphens, for instance pour-with"
    if not isinstance(name, str):
        raise UserError(f"a function is text, got {type(name).__name__}; {shape}")
    words = re.split(r"[-_\s]+", name.strip())
    legal = all(_WORD.fullmatch(word) and word == word.lower() for word in words)
    if not legal or len(name) > LONGEST:
        shown = name if len(name) <= LONGEST else name[:LONGEST] + "..."
        raise UserError(f"unusable function {shown!r}: {shape}")
    return "-".join(words)


def function_words(name: str) -> str:
    """The words that a text encoder reads: ``"pour-with"`` -> ``"pour with"``.

    Raises:
        UserError: the name is not usable, see :func:`check_function`.
    """
    return check_function(name).replace("-", " ")


@cache
def load_taxonomy() -> Taxonomy:
    """The taxonomy that ships with the package, checked."""
    import json

    text = files("funcorr.functions").joinpath("taxonomy.json").read_text(encoding="utf-8")
    return parse_taxonomy(json.loads(text))


def parse_taxonomy(content: Mapping[str, Any]) -> Taxonomy:
    """Check the content of a taxonomy file and give it types.

    Raises:
        UserError: another format, a missing key, a function name of another form, a part without a
            sentence, or a category with a function that is not listed.
    """
    if content.get("format") != "funcorr-taxonomy/1":
        raise UserError("a taxonomy file needs the format funcorr-taxonomy/1")
    try:
        functions = {
            name: Function(name, f["meaning"], tuple(f["categories"]), tuple(f["held_out"]))
            for name, f in content["functions"].items()
        }
        categories = {
            name: Category(
                name, dict(c["parts"]), {f: tuple(parts) for f, parts in c["functions"].items()}
            )
            for name, c in content["categories"].items()
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(f"the taxonomy lacks something: {type(error).__name__} {error}") from None
    for function in functions.values():
        _check(function)
    for category in categories.values():
        _check_category(category, functions)
    return Taxonomy(functions, categories)


def _check(function: Function) -> None:
    if check_function(function.name) != function.name:
        raise UserError(f"the taxonomy must write {function.name!r} with hyphens")
    unknown = set(function.held_out) - set(function.categories)
    if unknown:
        raise UserError(f"{function.name} holds out categories it does not have: {sorted(unknown)}")


def _check_category(category: Category, functions: Mapping[str, Function]) -> None:
    for name, parts in category.functions.items():
        if name not in functions:
            raise UserError(f"{category.name} has a function that is not listed: {name!r}")
        unknown = set(parts) - set(category.parts)
        if unknown or not parts:
            raise UserError(f"{category.name}, {name}: parts without a sentence: {sorted(unknown)}")
