"""``funcorr models``: every named model, and whether it runs here."""

from __future__ import annotations


def models() -> None:
    """List the models by name: what each is, the weights it needs, and whether it runs here.

    What does not run says what it lacks and the command that helps, to be run as it stands but for
    DATASET (a rendered dataset with labels) and ONE_SHOT (a folder of annotated pictures).
    """
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from funcorr.affordance.registry import AFFORDANCE_MODELS
    from funcorr.correspondence.registry import ModelRow, rows

    table = Table(title="Models", box=box.SIMPLE_HEAD)
    table.add_column("name", no_wrap=True)
    table.add_column("what it is, and its weights")
    table.add_column("runs here")
    heatmaps = [
        ModelRow(name, row.what, row.weights, name, training=row.training)
        for name, row in AFFORDANCE_MODELS.items()
    ]
    for row in [*rows(), *heatmaps]:
        missing = row.missing()
        what = "\n".join([row.what, *row.weights])
        answer = "yes" if missing is None else "\n".join(filter(None, missing))
        table.add_row(row.name, what, escape(answer))
    Console().print(table)
