"""Tables whose rows are one line each, and paragraphs for what is longer."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path


def print_table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table in which no cell wraps; the last column is cut short on a narrow terminal."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title=title,
        title_justify="left",
        box=SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        collapse_padding=True,
    )
    for index, heading in enumerate(headings):
        table.add_column(heading, no_wrap=index < len(headings) - 1)
    for row in rows:
        table.add_row(*(Text(cell, no_wrap=True, overflow="ellipsis") for cell in row))
    Console(highlight=False).print(table)


def print_paragraph(text: str, indent: str = "  ") -> None:
    """Words over as many lines as they need, all but the first indented; no word is broken."""
    width = shutil.get_terminal_size().columns
    print(
        textwrap.fill(
            text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        )
    )


def short_path(path: Path) -> str:
    """A path with ``~`` for the home folder.

    Example:
        >>> short_path(Path.home() / "pictures" / "mug.png")
        '~/pictures/mug.png'
    """
    home = Path.home()
    return f"~/{path.relative_to(home).as_posix()}" if path.is_relative_to(home) else str(path)
