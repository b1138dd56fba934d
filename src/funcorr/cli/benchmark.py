"""``funcorr benchmark``: every row of the table on one benchmark."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import tyro

from funcorr.errors import UserError

FILES = ("table.md", "table.csv", "intervals.csv", "differences.csv", "pairs.csv", "table.html")
"""What the command writes, beside the run folders."""


def benchmark(
    bench: Annotated[Path, tyro.conf.Positional],
    out: Path,
    rows: str = "all",
    overwrite: bool = False,
    protocol: Literal["paper", "released-code"] = "paper",
    pages: bool = True,
) -> None:
    """Score many models on one benchmark, side by side in one table.

    Writes table.md, table.html (with the best and worst pairs of each model), table.csv,
    intervals.csv, differences.csv and pairs.csv, and a run folder per row under runs/; a stopped
    run continues where it was. Rows that cannot run here are listed with the reason.

    Args:
        bench: the benchmark folder.
        out: the folder of the table.
        rows: 'all' (every row of 'funcorr models'), or names with commas between them.
        overwrite: discard what another configuration left in the run folders: results of another
            protocol, and predictions only where the model or the benchmark is another.
        protocol: the paper's definitions of label transfer, or those of its released code.
        pages: draw table.html and the best and worst pairs of each model.
    """
    from funcorr.benchmark.comparison import summary
    from funcorr.benchmark.run import run_rows

    names = [name.strip() for name in rows.split(",") if name.strip()]
    if not names:
        raise UserError("--rows needs 'all' or names of models with commas between them")
    chosen = None if names == ["all"] else names
    joined = run_rows(bench, out, chosen, overwrite, protocol, _say, pages)
    print(summary(joined))
    for name in FILES if pages else FILES[:-1]:
        print(out / name)
    if joined.failed:
        failed = "; ".join(f"{row.name}: {row.reason}" for row in joined.failed)
        raise UserError(f"some rows failed, the table holds the others ({failed})")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
