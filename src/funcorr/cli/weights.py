"""``funcorr weights``: the pretrained parts, and getting them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro


def list_weights() -> None:
    """List the pretrained parts: what, whence, licence, size, and whether they are here."""
    from rich.console import Console
    from rich.table import Table

    from funcorr.weights.catalog import CATALOG
    from funcorr.weights.resolver import cache_folder, find

    table = Table(title="Pretrained weights", show_lines=True)
    table.add_column("name", no_wrap=True)
    table.add_column("what it is and whence", overflow="fold")
    table.add_column("licence")
    table.add_column("MB", justify="right")
    table.add_column("here")
    for entry in CATALOG.values():
        here = "no" if find(entry.name) is None else "yes"
        size = f"{entry.size / 1e6:.0f}"
        what = f"{entry.what}\n{entry.source}"
        table.add_row(entry.name, what, entry.licence, size, here)
    console = Console()
    console.print(table)
    console.print(f"cache: {cache_folder()}", soft_wrap=True, highlight=False)


def fetch(
    names: Annotated[tuple[str, ...], tyro.conf.Positional], folder: Path | None = None
) -> None:
    """Get pretrained weights now, so that later runs need no network.

    Args:
        names: names of the list, or ``all``.
        folder: a model folder that you have (config.json and weights); the one named part is copied
            from there and nothing is downloaded.
    """
    from funcorr.errors import UserError
    from funcorr.weights.catalog import CATALOG
    from funcorr.weights.resolver import adopt
    from funcorr.weights.resolver import fetch as fetch_weights

    if not names:
        raise UserError(f"nothing to fetch: name some of {', '.join(CATALOG)}, or all")
    if folder is not None:
        if len(names) != 1:
            raise UserError(f"--folder holds one part; name one instead of {len(names)}")
        print(f"{names[0]}: {adopt(names[0], folder)}")
        return
    for each in CATALOG if names == ("all",) else names:
        print(f"{each}: {fetch_weights(each)}")
