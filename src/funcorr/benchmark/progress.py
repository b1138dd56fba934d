"""A bar on the terminal while a benchmark is gone through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def tracked(items: Sequence[Item], title: str) -> Iterator[Item]:
    """The items, with a progress bar on stderr that goes when all are done."""
    from rich.console import Console
    from rich.progress import track

    return iter(track(items, title, console=Console(stderr=True), transient=True))
