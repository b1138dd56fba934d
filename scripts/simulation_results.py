"""Remake the tables of docs/results/simulation.md: tasks in physics on sets with depth.

    python scripts/simulation_results.py data/real-design-act=pour,hang,pound data/x-hold=lift,grasp
    python scripts/simulation_results.py    # the page from what is there

Each set is simulated into RESULTS/<name of the set>/<task>, which goes on where it was stopped.
What stands between `<!-- simulation -->` and `<!-- end of simulation -->` on the page is replaced.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from funcorr.benchmark.table import grid
from funcorr.io import read_json
from funcorr.simulation.grasp_run import simulate_grasps
from funcorr.simulation.run import simulate

PAGE = Path(__file__).parents[1] / "docs" / "results" / "simulation.md"
ROWS = (
    *("box", "features:fused", "funcorr-small-functional", "funcorr-small-spatial"),
    "funcorr-small",
)
START, END = "<!-- simulation -->\n", "<!-- end of simulation -->"
HEADER = ["set", "task", "row", "success ↑", "of", "objects", "most frequent failure"]


def main() -> None:
    """Simulate the sets that are named, then write the page from all results there are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*", help="BENCH=TASK,TASK with assets beside it")
    parser.add_argument("--out", type=Path, default=Path("data/results/simulation"))
    parser.add_argument("--rows", default=",".join(ROWS), help="names with commas between them")
    parser.add_argument("--affordance", default="funcorr-afford-small", help="model of grasp")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--page", type=Path, default=PAGE)
    options = parser.parse_args()
    for words in options.sets:
        bench, _, tasks = words.partition("=")
        for task in tasks.split(","):
            folder = options.out / Path(bench).name / task
            print(folder, flush=True)
            if task == "grasp":
                simulate_grasps(bench, options.affordance, folder)
            else:
                simulate(bench, options.rows.split(","), task, folder, workers=options.workers)
    options.page.write_text(with_table(options.page.read_text("utf-8"), options.out), "utf-8")
    print(options.page)


def with_table(page: str, out: Path) -> str:
    """The page with the table of all results below a folder."""
    before, _, rest = page.partition(START)
    table = grid([HEADER, *lines(out)]).strip()
    return f"{before}{START}\n{table}\n\n{END}" + rest.partition(END)[2]


def lines(out: Path) -> Iterator[list[str]]:
    """The rows of the table, set by set."""
    for file in sorted(out.glob("*/*/results.json")):
        results = read_json(file)
        for row, values in results["overall"].items():
            yield [results["benchmark"], results["task"], row, *_cells(values)]


def _cells(values: Mapping[str, Any]) -> list[str]:
    low, high = values["interval"]
    share = "" if values["success"] is None else f"{values['success']:.2f} ({low:.2f}-{high:.2f})"
    failure = next((f"{name}: {n}" for name, n in values["failures"].items()), "")
    return [share, str(values["trials"]), str(values["objects"]), failure]


if __name__ == "__main__":
    main()
