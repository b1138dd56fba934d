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
    run continues where it was. Rows that cannot run here are listed with the reason. Frozen sets:
    'funcorr benchmark fetch'; results for the leaderboard: 'funcorr benchmark submit-check'.

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


def fetch(name: Annotated[str, tyro.conf.Positional], source: str, out: Path) -> None:
    """Get a frozen benchmark set: its archive is checked by its hash and unpacked.

    Args:
        name: of the set, for instance forge-unseen-test.
        source: a folder with the archive, or the address of such a folder on the web.
        out: the benchmark folder to make.
    """
    from funcorr.groundtruth.frozen import fetch_frozen, frozen_set

    made = fetch_frozen(frozen_set(name), source, out)
    print(f"{out}: {len(made.pairs)} image pairs of {name}")


def submit_check(
    run: Annotated[Path, tyro.conf.Positional], bench: Annotated[Path, tyro.conf.Positional]
) -> None:
    """Check an evaluation of a frozen set for the leaderboard, and write submission.json.

    Everything is scored again from the predictions in the run folder.

    Args:
        run: the folder that funcorr evaluate wrote, or one row of funcorr benchmark.
        bench: the frozen set.
    """
    from funcorr.benchmark.submission import FILE, check_submission

    made = check_submission(run, bench)
    print(
        f"{run / FILE}: {made['model']} on {made['benchmark']}, {made['pairs']} image pairs: right"
    )
