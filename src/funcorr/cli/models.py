"""``funcorr models``: every named model, and whether it runs here."""

from __future__ import annotations


def models() -> None:
    """List the models by name: what each is, the weights it needs, and whether it runs here."""
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from funcorr.affordance.registry import AFFORDANCE_MODELS, SMALL_WEIGHTS
    from funcorr.correspondence.registry import ModelRow, rows

    table = Table(title="Models", box=box.SIMPLE_HEAD)
    table.add_column("name", no_wrap=True)
    table.add_column("what it is, and its weights")
    table.add_column("runs here")
    heatmaps = [
        ModelRow(name, what, SMALL_WEIGHTS, name) for name, what in AFFORDANCE_MODELS.items()
    ]
    for row in [*rows(), *heatmaps]:
        missing = row.missing()
        what = "\n".join([row.what, *row.weights])
        answer = "yes" if missing is None else "\n".join(filter(None, missing))
        table.add_row(row.name, what, escape(answer))
    Console().print(table)
