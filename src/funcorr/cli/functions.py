"""``funcorr functions``: what the taxonomy knows of functions, categories and parts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

if TYPE_CHECKING:
    from rich.table import Table

    from funcorr.functions import Category, Function, Taxonomy

EXAMPLES = 4


def list_functions(taxonomy: Path | None = None) -> None:
    """List the functions, what they mean and which categories have them.

    Args:
        taxonomy: your own TOML file of functions and categories, put on top of the shipped ones.
    """
    from funcorr.functions import load_taxonomy

    known = load_taxonomy(taxonomy)
    rows = _table("function", "meaning", "categories")
    for function in known.functions.values():
        shown = ", ".join(function.categories[:EXAMPLES])
        more = len(function.categories) - EXAMPLES
        rows.add_row(function.name, function.meaning, shown + (f" and {more} more" * (more > 0)))
    pairs = sum(len(category.uses) for category in known.categories.values())
    _print(
        rows,
        f"{len(known.functions)} functions, {len(known.categories)} categories, {pairs} pairs. "
        "'funcorr functions show' tells more of a function, a category or a list "
        f"({', '.join(known.lists)}).",
        "Models take other functions too: any words.",
    )


def show(name: Annotated[str, tyro.conf.Positional], taxonomy: Path | None = None) -> None:
    """Show the parts that serve a function, or what a category can do.

    Args:
        name: a function, a category or a named list: ``pour-with``, ``kettle``, ``handal``.
        taxonomy: your own TOML file of functions and categories, put on top of the shipped ones.
    """
    from funcorr.functions import check_function, load_taxonomy

    known = load_taxonomy(taxonomy)
    if category := known.find_category(name):
        _print(*_about_category(category))
    elif name.lower() in known.lists:
        rows = _table("function", "categories")
        for function, categories in known.lists[name.lower()].items():
            rows.add_row(function, ", ".join(categories))
        _print(rows)
    elif found := known.functions.get(check_function(name)):
        _print(*_about_function(found, known))
    else:
        _print(_about_unknown(name, known))


def _about_category(category: Category) -> list[Any]:
    parts = _table("part", "what it looks like", "")
    for part in category.parts.values():
        flags = [flag for flag in ("small", "edge") if getattr(part, flag)]
        parts.add_row(part.name, part.look, ", ".join(flags))
    uses = _table("function", "part", "what it does")
    for function, served in category.uses.items():
        for index, (name, purpose) in enumerate(served.items()):
            uses.add_row("" if index else function, name, purpose)
    unseen = " (held out of training in the paper)" if category.paper_unseen else ""
    return [category.name + unseen, "", parts, "", uses]


def _about_function(function: Function, known: Taxonomy) -> list[Any]:
    from funcorr.functions.taxonomy import PAPER

    rows = _table("category", "part", "what it looks like", "what it does")
    categories = [known.categories[name] for name in function.categories]
    for category in categories:
        label = category.name + "*" * category.paper_unseen
        for index, part in enumerate(category.serving(function.name)):
            purpose = category.uses[function.name][part.name]
            rows.add_row("" if index else label, part.name, part.look, purpose)
    unseen = any(category.paper_unseen for category in categories)
    legend = ["* held out of training in the paper"] if unseen else []
    ours = [] if function.source == PAPER else [f"not the paper's, but added by {function.source}"]
    shown = ["", rows] if categories else []
    return [f"{function.name}: {function.meaning}", *ours, *shown, *legend]


def _about_unknown(name: str, known: Taxonomy) -> str:
    from difflib import get_close_matches

    close = get_close_matches(
        name.lower(), [*known.functions, *known.categories, *known.lists], n=1, cutoff=0.75
    )
    hint = f" (did you mean {close[0]}?)" if close else ""
    return f"{name}: not in the taxonomy{hint}; as a function, models take it all the same"


def _table(*headings: str) -> Table:
    """A table whose last two columns give way on a narrow terminal."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    rows = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for index, heading in enumerate(headings):
        rows.add_column(heading, no_wrap=index < len(headings) - 2)
    return rows


def _print(*lines: Any) -> None:
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    for line in lines:
        console.print(line)
