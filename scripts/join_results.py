"""One table out of several evaluations of one benchmark.

    python scripts/join_results.py runs/chance runs/fused runs/small

It is printed as Markdown.
"""

from __future__ import annotations

from pathlib import Path

import tyro

from funcorr.benchmark.table import markdown
from funcorr.runs import read_json


def main(runs: tyro.conf.Positional[tuple[Path, ...]], block: str = "overall") -> None:
    """Print the table.

    Args:
        runs: run folders of ``funcorr evaluate``.
        block: overall, within or across.
    """
    results = [read_json(run / "results.json", "evaluation") for run in runs]
    print(markdown({each["model"]: each[block] for each in results}, "model"))


if __name__ == "__main__":
    tyro.cli(main)
