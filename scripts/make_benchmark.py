"""Make one of the benchmark sets: objects, views and image pairs with ground truth.

    python scripts/make_benchmark.py forge-seen --out data
    python scripts/make_benchmark.py real-design --depth exact

With --depth exact or sensor the set is called NAME-exact or NAME-sensor; all share the views. Steps
that are done already are kept: run it again after an interruption.
"""

from __future__ import annotations

import argparse
import shlex
from dataclasses import dataclass
from pathlib import Path

from funcorr.cli.main import main as funcorr


@dataclass(frozen=True)
class Set:
    """How a set is made: the words of three commands."""

    assets: str
    render: str
    pairs: str


FORGE_VIEWS = "--views 6 --size 320 --points 20000 --supersample 1 --jitter 0.1 --roll 20 --seed 1"
SETS = {
    "forge-seen": Set("forge --categories train --per-category 4 --seed 1", FORGE_VIEWS, "6"),
    "forge-unseen-dev": Set(
        "forge --categories unseen-dev --per-category 4 --seed 1", FORGE_VIEWS, "10"
    ),
    "forge-unseen-test": Set(
        "forge --categories unseen-test --per-category 4 --seed 1", FORGE_VIEWS, "10"
    ),
    "real-design": Set(
        "fetch sweethome3d",
        "--views 8 --size 320 --points 20000 --renderer mitsuba --samples 16 "
        "--jitter 0.1 --roll 20 --seed 0",
        "10",
    ),
}
"""Image pairs per function are the last entry."""

DEPTH = {"exact": ("--depth",), "sensor": ("--depth", "--sensor")}
"""Words of ``funcorr pairs`` by the kind of depth."""


def main() -> None:
    """Run the commands of one set and say which they are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=SETS)
    parser.add_argument("--out", type=Path, default=Path("data"))
    parser.add_argument("--package", help="sweethome3d-furniture's .deb, if you have it")
    parser.add_argument("--workers", default="1")
    parser.add_argument(
        "--per-function", help="image pairs of each function; default: as published"
    )
    parser.add_argument("--depth", choices=DEPTH, help="depth, cameras and frames too")
    options = parser.parse_args()
    made, folder = SETS[options.name], options.out / options.name
    assets, views = f"{folder}-assets", f"{folder}-views"
    if options.depth:
        folder = folder.with_name(f"{folder.name}-{options.depth}")
    workers = ("--workers", options.workers)
    package = ("--package", options.package) if options.package else ()
    run("assets", *shlex.split(made.assets), *package, *workers, "--out", assets)
    run("render", assets, "--out", views, *shlex.split(made.render), *workers, "--resume")
    if not (folder / "benchmark.json").exists():
        depth = DEPTH.get(options.depth, ())
        count = options.per_function or made.pairs
        run("pairs", views, "--out", str(folder), "--per-function", count, "--check", *depth)


def run(*words: str) -> None:
    """One command, said and done."""
    print("funcorr", shlex.join(words), flush=True)
    funcorr(words)


if __name__ == "__main__":
    main()
