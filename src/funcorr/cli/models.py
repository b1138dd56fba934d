"""``funcorr models``: every named model, and whether it runs here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from funcorr.cli.tables import print_paragraph, print_table

if TYPE_CHECKING:
    from funcorr.correspondence.registry import ModelRow


def models() -> None:
    """List the models by name: what each is, whether it runs here, and what is missing.

    What does not run says what it lacks and the command that helps, to be run as it stands but for
    DATASET (a rendered dataset with labels) and ONE_SHOT (a folder of annotated pictures).
    """
    from funcorr.correspondence.registry import rows

    every = [*rows(), *heatmap_rows()]
    lacks = {row.name: row.missing() for row in every}
    cells = [(row.name, "no" if lacks[row.name] else "yes", row.what) for row in every]
    print_table("Models", ("name", "here", "what it is"), cells)
    names: dict[tuple[str, str], list[str]] = {}
    for name, lack in lacks.items():
        if lack:
            names.setdefault((lack.what, lack.remedy), []).append(name)
    for (what, remedy), rows_lacking in names.items():
        print()
        print_paragraph(f"{', '.join(rows_lacking)}: {what}")
        for command in filter(None, remedy.split(" && ")):
            print(f"  {command}")


def heatmap_rows() -> list[ModelRow]:
    """The affordance models as rows, with what each needs."""
    from funcorr.affordance.registry import AFFORDANCE_MODELS
    from funcorr.correspondence.registry import ModelRow

    return [
        ModelRow(name, row.what, row.weights, name, training=row.training)
        for name, row in AFFORDANCE_MODELS.items()
    ]
