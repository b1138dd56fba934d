"""Remake the tables of docs/results/correspondence.md: every row on every set, then the page.

    python scripts/correspondence_results.py data/forge-seen data/real-design --out data/results
    python scripts/correspondence_results.py --out data/results    # the page from what is there

Each set is evaluated into RESULTS/<name of the set> as `funcorr benchmark SET --rows all` does it:
rows that are finished are only scored again from their kept predictions. On the page, what stands
between `<!-- NAME -->` and `<!-- end of NAME -->` is replaced by the set's table and by the rows
divided by the plain features.
"""

from __future__ import annotations

import argparse
import csv
import re
from math import nan
from pathlib import Path

from funcorr.benchmark.paper_table import COLUMNS
from funcorr.benchmark.run import run_rows
from funcorr.benchmark.table import grid, title
from funcorr.groundtruth.pairs import read_benchmark

PAGE = Path(__file__).parents[1] / "docs" / "results" / "correspondence.md"
PLACE = r"(<!-- {0} -->\n).*?(<!-- end of {0} -->)"
BASELINE = "features:fused"


def main() -> None:
    """Evaluate the sets that are named, then write the page from all results there are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*", help="benchmark folders, FOLDER or NAME=FOLDER")
    parser.add_argument("--out", type=Path, default=Path("data/results"))
    parser.add_argument("--rows", default="all", help="'all', or names with commas between them")
    parser.add_argument("--overwrite", action="store_true", help="discard runs of other configs")
    parser.add_argument("--page", type=Path, default=PAGE)
    options = parser.parse_args()
    rows = None if options.rows == "all" else options.rows.split(",")
    for words in options.sets:
        name, _, bench = words.rpartition("=")
        folder = options.out / (name or read_benchmark(bench).name)
        run_rows(bench, folder, rows, options.overwrite, report=print)
    options.page.write_text(with_tables(options.page.read_text("utf-8"), options.out), "utf-8")
    print(options.page)


def with_tables(page: str, results: Path) -> str:
    """The page with the tables of every set that it has a place for and ``results`` knows."""
    for name in re.findall(r"<!-- end of (\S+) -->", page):
        folder = results / name
        if not (folder / "table.md").is_file():
            print(f"no results of {name} in {results}: its tables stay as they are")
            continue
        tables = (folder / "table.md").read_text("utf-8").partition("\n")[2]
        tables = re.sub(r"^##", "###", tables, flags=re.MULTILINE).strip()
        made = "\n\n".join([tables, *ratios(folder / "table.csv")])
        page = re.sub(
            PLACE.format(re.escape(name)),
            lambda found, made=made: f"{found[1]}\n{made}\n\n{found[2]}",
            page,
            flags=re.DOTALL,
        )
    return page


def ratios(table: Path) -> list[str]:
    """Heading and table of all pairs' means, divided by those of the plain features."""
    with table.open(encoding="utf-8", newline="") as stream:
        rows = {x["model"]: x for x in csv.DictReader(stream) if x["pairs"] == "overall"}
    if BASELINE not in rows:
        return []
    lines = [["model", *(title(key) for key in COLUMNS)]]
    base = {key: float(rows[BASELINE][key]) or nan for key in COLUMNS}
    for name, row in rows.items():
        if name != BASELINE and not name.endswith("(paper)"):
            lines.append([name, *(f"{float(row[key]) / base[key]:.2f}" for key in COLUMNS)])
    return [f"### Divided by {BASELINE}, all pairs", grid(lines).strip()]


if __name__ == "__main__":
    main()
