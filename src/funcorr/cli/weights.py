"""``funcorr weights``: the pretrained parts, and getting them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro


def list_weights() -> None:
    """List the pretrained parts: what, whence, licence, size, and whether they are here."""
    from funcorr.cli.tables import print_paragraph, print_table, short_path
    from funcorr.weights.catalog import CATALOG
    from funcorr.weights.resolver import cache_folder, find

    rows = [
        (
            entry.name,
            f"{entry.size / 1e6:>4.0f}",
            "yes" if find(entry.name) else "no",
            entry.licence,
        )
        for entry in CATALOG.values()
    ]
    print_table("Pretrained weights", ("name", "  MB", "here", "licence"), rows)
    print()
    for entry in CATALOG.values():
        print_paragraph(f"{entry.name}: {entry.what}; {entry.source}")
    print(f"cache: {short_path(cache_folder())}")


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
