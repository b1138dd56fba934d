"""Which kinds of objects there are: the forge's own, those of other packages, families, splits.

Another package brings a kind by an entry point of the group ``funcorr.assets``; it has the name of
the kind and leads to the module, or the function in it, that ``@kind`` decorates. It is loaded when
the kind is asked for by its name.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.resources import files

import funcorr_forge.kinds  # noqa: F401  registers the forge's own
from funcorr.assets.generators import GROUP
from funcorr.errors import UserError
from funcorr_forge.registry import KINDS, Maker, plain

CATEGORIES: dict[str, Maker] = {name: KINDS[name].make for name in sorted(KINDS)}
"""The forge's own kinds and the functions that make them."""

GENERATOR = "forge"
"""The entry point of the group that is the forge itself."""


@cache
def splits() -> dict[str, tuple[str, ...]]:
    """The committed split of the forge's categories.

    Models are trained on ``train`` and ``train-more``; decisions are taken on ``unseen-dev``;
    ``unseen-test`` is run once per shipped model.

    Example:
        >>> "mug" in splits()["train"], "cup" in splits()["unseen-test"]
        (True, True)
    """
    content = tomllib.loads((files(__package__) / "split.toml").read_text(encoding="utf-8"))
    return {name: tuple(categories) for name, categories in content.items()}


@cache
def families() -> dict[str, tuple[str, ...]]:
    """The forge's own kinds by their form.

    Example:
        >>> families()["jaws"][:3]
        ('chopsticks', 'grabber', 'pliers')
    """
    found: dict[str, list[str]] = {}
    for name in CATEGORIES:
        found.setdefault(KINDS[name].family, []).append(name)
    return {family: tuple(names) for family, names in sorted(found.items())}


def check_categories(names: Iterable[str]) -> list[str]:
    """The names as the forge knows them (``-``, ``_`` and a space are equal), without repeats.

    The name of a family or of a split stands for its kinds. Kinds of other packages are loaded.

    Raises:
        UserError: one of them is unknown, brought by two packages or cannot be loaded.
    """
    groups = {name: (name,) for name in CATEGORIES} | families() | splits()
    known = {plain(name): members for name, members in groups.items()}
    found: list[str] = []
    for name in names:
        if plain(name) in known:
            found += known[plain(name)]
        else:
            found.append(_load(name))
    for category in found:
        _check_unique(category)
    return list(dict.fromkeys(found))


def maker(category: str) -> Maker:
    """What makes objects of a category that :func:`check_categories` returned."""
    return CATEGORIES[category] if category in CATEGORIES else KINDS[category].make


@cache
def _entry_points(path: tuple[str, ...]) -> tuple[EntryPoint, ...]:
    """Of other packages, as long as packages are looked for in the same folders."""
    return tuple(point for point in entry_points(group=GROUP) if point.name != GENERATOR)


def _brought(category: str) -> list[EntryPoint]:
    points = _entry_points(tuple(sys.path))
    return [point for point in points if plain(point.name) == plain(category)]


def _check_unique(category: str) -> None:
    sources = ["funcorr-forge"] if category in CATEGORIES else []
    sources += [_source(point) for point in _brought(category)]
    if len(sources) > 1:
        raise UserError(
            f"the kind {category!r} is brought by {' and '.join(sources)}; rename or uninstall one"
        )


def _load(name: str) -> str:
    """Import the package that brings a kind; the name of the kind as it is registered."""
    points = _brought(name)
    if not points:
        others = [point.name for point in _entry_points(tuple(sys.path))]
        raise UserError(
            f"unknown category {name!r}; the forge makes {', '.join([*CATEGORIES, *others])}, the "
            f"families are {', '.join(families())} and the splits are {', '.join(splits())}"
        )
    try:
        points[0].load()
    except Exception as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise UserError(
            f"the kind {name!r} of {_source(points[0])} does not load: {reason}"
        ) from error
    loaded = [known for known in KINDS if plain(known) == plain(name)]
    if not loaded:
        raise UserError(
            f"{points[0].value} of {_source(points[0])} registers no kind {name!r}; expected a "
            f'function there with the decorator @kind("{points[0].name}", family=...)'
        )
    return loaded[0]


def _source(point: EntryPoint) -> str:
    return point.dist.name if point.dist else point.value
