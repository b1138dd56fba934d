"""``funcorr models``: every named model, and whether it runs here."""

from __future__ import annotations


def models() -> None:
    """List the models by name: what each is, the weights it needs, and whether it runs here."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from funcorr.correspondence.registry import rows

    table = Table(title="Models")
    table.add_column("name", no_wrap=True)
    table.add_column("what it is", overflow="fold")
    table.add_column("weights", overflow="fold")
    table.add_column("runs here", overflow="fold")
    for row in rows():
        reason = row.available()
        weights = ", ".join(row.weights) or "none"
        table.add_row(row.name, row.what, weights, "yes" if reason is None else escape(reason))
    Console().print(table)
