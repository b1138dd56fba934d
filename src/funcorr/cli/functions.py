"""``funcorr functions``: the functions that the taxonomy knows."""

from __future__ import annotations

from typing import Annotated

import tyro


def list_functions() -> None:
    """List the functions, what they mean and which forged categories have them."""
    from rich.console import Console
    from rich.table import Table

    from funcorr.functions.taxonomy import load_taxonomy

    taxonomy = load_taxonomy()
    table = Table("function", "meaning", "categories", "made by the forge")
    for function in taxonomy.functions.values():
        made = [c.name for c in taxonomy.categories.values() if function.name in c.functions]
        count = str(len(function.categories))
        table.add_row(function.name, function.meaning, count, ", ".join(made))
    console = Console()
    console.print(table)
    console.print("Other names work too: any verb-preposition in lower case.")


def show(function: Annotated[str, tyro.conf.Positional]) -> None:
    """Show one function: its categories, and the parts that serve it.

    Args:
        function: for instance ``pour-with``.
    """
    from rich.console import Console

    from funcorr.functions.taxonomy import check_function, load_taxonomy

    name = check_function(function)
    taxonomy = load_taxonomy()
    console = Console(highlight=False)
    entry = taxonomy.functions.get(name)
    if entry is None:
        console.print(f"{name}: not in the taxonomy; models take it all the same")
        return
    console.print(f"[bold]{name}[/bold]: {entry.meaning}")
    console.print(f"categories: {', '.join(entry.categories)}")
    for category in taxonomy.categories.values():
        for part in category.functions.get(name, ()):
            console.print(f"  {category.name}, {part}: {category.parts[part]}")
