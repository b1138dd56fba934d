"""Write docs/results/leaderboard.md from the submissions that are committed.

funcorr benchmark submit-check RUN BENCH                       # writes RUN/submission.json
python scripts/leaderboard.py RUN/submission.json [...]        # takes them in, writes the page
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from pathlib import Path
from typing import Annotated, Any

import tyro

from funcorr.benchmark.submission import read_submission
from funcorr.benchmark.table import grid, title
from funcorr.groundtruth.frozen import frozen_sets
from funcorr.io import file_name

RESULTS = Path(__file__).parents[1] / "docs" / "results"
COLUMNS = ("ap@23", "best_f1@23", "pck@23", "pck@10", "normalized_distance")
INTERVALS = ("ap@23", "pck@23")


def main(submissions: Annotated[tuple[Path, ...], tyro.conf.Positional] = ()) -> None:
    """Take submissions in and write the page.

    Args:
        submissions: files of submit-check; none writes the page of what is there.
    """
    for path in submissions:
        content = read_submission(path)
        target = RESULTS / "submissions" / content["benchmark"]
        target.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target / f"{file_name(content['model'])}.json")
    page = RESULTS / "leaderboard.md"
    head = page.read_text("utf-8").partition("<!-- tables -->")[0]
    page.write_text(f"{head}<!-- tables -->\n\n{tables()}\n", "utf-8")
    print(page)


def tables() -> str:
    """A table per frozen set, the best AP@23 first."""
    entries: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for path in sorted((RESULTS / "submissions").glob("*/*.json")):
        content = read_submission(path)
        entries[content["benchmark"]].append(content)
    blocks = []
    for name, frozen in frozen_sets().items():
        ranked = sorted(entries[name], key=lambda entry: -entry["overall"]["ap@23"])
        lines = [["model", *map(title, COLUMNS), *(f"{title(k)}, 95 %" for k in INTERVALS)]]
        lines += [row(entry) for entry in ranked]
        about = f"{frozen.pairs} image pairs, both directions; version {frozen.version}."
        blocks.append(f"## {name}\n\n{about}\n\n{grid(lines).strip()}")
    return "\n\n".join(blocks)


def row(entry: dict[str, Any]) -> list[str]:
    """A line of a table."""
    means = [f"{entry['overall'][key]:.3f}" for key in COLUMNS]
    bounds = [entry["intervals"]["overall"][key] for key in INTERVALS]
    return [entry["model"], *means, *(f"{low:.3f}-{high:.3f}" for low, high in bounds)]


if __name__ == "__main__":
    tyro.cli(main)
