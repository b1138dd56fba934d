"""``funcorr evaluate``: one model on one benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import tyro


def evaluate(
    bench: Annotated[Path, tyro.conf.Positional],
    model: str,
    out: Path,
    overwrite: bool = False,
    protocol: Literal["paper", "released-code"] = "paper",
) -> None:
    """Score a model on every image pair of a benchmark, in both directions.

    Writes config.json, predictions/, results.json, table.md and table.csv; a stopped run continues
    where it was.

    Args:
        bench: the benchmark folder.
        model: a row of 'funcorr models', a model folder or a hub id.
        out: the run folder.
        overwrite: discard what another config left in the run folder.
        protocol: the paper's definitions of label transfer, or those of its released code.
    """
    from funcorr.benchmark.evaluate import evaluate as run
    from funcorr.benchmark.table import markdown, result_rows

    results = run(bench, model, out, overwrite, protocol)
    print(markdown(result_rows(results), first_column=results["model"]), end="")
    for name in ("results.json", "table.md", "table.csv"):
        print(out / name)
