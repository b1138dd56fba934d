"""Pages to look at: ``table.html``, and per model the best and worst pairs of each function."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from funcorr.benchmark.comparison import (
    BLOCKS,
    HEADINGS,
    SURE,
    BenchmarkTable,
    difference_cells,
    interval_cells,
    part_cells,
    run_folder,
)
from funcorr.benchmark.pair_pictures import TITLES, draw_case
from funcorr.benchmark.paired_tests import read_scores
from funcorr.benchmark.predictions import DIRECTIONS, read_prediction
from funcorr.benchmark.questions import sentence
from funcorr.benchmark.table import Block, number, title
from funcorr.groundtruth.pairs import Benchmark, ImagePair
from funcorr.images import read_image
from funcorr.io import atomic_path

WORST, BEST = 3, 2
"""How many pairs are shown per model and function."""

SHOWN = ("normalized_distance", "pck@23", "pck_box@0.1", "best_f1@23", "ap@23", "part_hits")
"""Metrics beside each pair, those of them that it has."""


@dataclass(frozen=True)
class PairPicture:
    """One directed pair on a page.

    Attributes:
        picture: its file, relative to the page.
        text: which pair it is.
        values: title and value of some metrics.
    """

    picture: str
    text: str
    values: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Section:
    """A function on a page.

    Attributes:
        function: its name.
        pairs: how many directed pairs it has.
        mean: title and mean value of some metrics.
        worst: the worst pairs, worst first.
        best: the best pairs, best first.
    """

    function: str
    pairs: int
    mean: Sequence[tuple[str, str]]
    worst: Sequence[PairPicture]
    best: Sequence[PairPicture]


def write_report(joined: BenchmarkTable, benchmark: Benchmark, out: Path) -> Path:
    """Write ``table.html`` and ``failures/``: plain HTML with its own pictures, no network.

    Args:
        joined: the evaluations.
        benchmark: what they were made on.
        out: the folder that holds the run folders.

    Returns:
        ``table.html``.
    """
    shutil.rmtree(out / "failures", ignore_errors=True)
    pages = {name: f"failures/{_slug(name, n)}" for n, name in enumerate(joined.results, start=1)}
    read = lru_cache(maxsize=64)(lambda file: read_image(file).rgb)
    for name, page in pages.items():
        sections = list(_sections(joined, benchmark, name, out, page, read))
        _write(
            out / f"{page}.html",
            "failures.html",
            model=name,
            benchmark=benchmark.name,
            sections=sections,
            titles=TITLES,
            ranked_by=title(joined.ranked_by),
            pages=pages,
        )
    _write(out / "table.html", "table.html", **_tables(joined, pages))
    return out / "table.html"


def _tables(joined: BenchmarkTable, pages: Mapping[str, str]) -> dict[str, Any]:
    first = next(iter(joined.results.values()))
    blocks = [
        (HEADINGS[block], _marked(joined.means(block), len(joined.results), joined.page_metrics))
        for block in BLOCKS
        if any(value is not None for value in first[block].values())
    ]
    functions = {name: each["per_function"] for name, each in joined.results.items()}
    return {
        "benchmark": first["benchmark"],
        "pairs": first["pairs"],
        "protocol": first["protocol"],
        "header": [title(key) for key in joined.page_metrics],
        "blocks": blocks,
        "intervals": interval_cells(joined, joined.page_metrics)[1:],
        "differences": difference_cells(joined) if joined.differences else [],
        "parts": part_cells(joined) if joined.finders else [],
        "against": joined.against,
        "sure": SURE,
        "functions": functions,
        "ranked_by": joined.ranked_by,
        "ranked_title": title(joined.ranked_by),
        "questions": [f"{name}: {sentence(each)}" for name, each in joined.askers.items()],
        "left_out": joined.left_out,
        "pages": pages,
    }


def _marked(
    means: Mapping[str, Block], ours: int, keys: Sequence[str]
) -> list[tuple[str, list[tuple[str, bool]]]]:
    """Rows of (text, is it the best of our rows), the paper's rows unmarked."""
    rows = list(means.items())
    best = {}
    for key in keys:
        values = [v for _, row in rows[:ours] if (v := row[key]) is not None]
        best[key] = (min if key == "normalized_distance" else max)(values, default=None)
    return [
        (name, [(number(row[k]), n < ours and row[k] == best[k] is not None) for k in keys])
        for n, (name, row) in enumerate(rows)
    ]


def _sections(
    joined: BenchmarkTable, benchmark: Benchmark, name: str, out: Path, page: str, read: Any
) -> Iterator[Section]:
    scores = read_scores(run_folder(out, name) / "pairs.csv").values
    pairs = {pair.id: pair for pair in benchmark.pairs}
    keys_shown = [key for key in SHOWN if key in joined.metrics]

    def shown(key: tuple[str, str]) -> PairPicture:
        pair, way = pairs[key[0]], key[1]
        picture = f"{page}/{_slug(pair.id, benchmark.pairs.index(pair))}-{way}.jpg"
        _draw(benchmark, pair, way, run_folder(out, name), out / picture, read)
        ends = [f"{pair.category1} ({pair.asset1})", f"{pair.category2} ({pair.asset2})"]
        text = " to ".join(ends if way == DIRECTIONS[0] else ends[::-1])
        values = [(title(k), number(scores[key][k])) for k in keys_shown]
        return PairPicture(picture.removeprefix("failures/"), f"{pair.id}: {text}", values)

    for function, block in joined.results[name]["per_function"].items():
        keys = [key for key in scores if pairs[key[0]].function == function]
        ranks = {k: _rank(scores[k], joined.ranked_by) for k in keys}
        worst, best = extremes(keys, ranks)
        yield Section(
            function,
            len(keys),
            [(title(k), number(block[k])) for k in keys_shown],
            [shown(key) for key in worst],
            [shown(key) for key in best],
        )


def _rank(values: Mapping[str, float], metric: str) -> tuple[float, float]:
    """Higher is better; the distance settles ties, where there is one."""
    return values[metric], -values.get("normalized_distance", 0.0)


def extremes(
    keys: Sequence[tuple[str, str]], values: Mapping[tuple[str, str], tuple[float, ...]]
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The worst and the best directed pairs, of every image pair one direction at most.

    Args:
        keys: (pair id, direction).
        values: higher is better; further values settle ties.

    Example:
        >>> keys = [("a", "forward"), ("a", "backward"), ("b", "forward")]
        >>> extremes(keys, dict(zip(keys, ((0.1,), (0.9,), (0.5,)))))[0]
        [('a', 'forward'), ('b', 'forward')]
    """
    ranked = sorted(keys, key=lambda key: values[key])
    lowest = {key[0]: key for key in reversed(ranked)}
    worst = sorted(lowest.values(), key=lambda key: values[key])[:WORST]
    taken = {key[0] for key in worst}
    best = {key[0]: key for key in ranked if key[0] not in taken}
    return worst, sorted(best.values(), key=lambda key: values[key], reverse=True)[:BEST]


def _draw(
    benchmark: Benchmark, pair: ImagePair, way: str, run: Path, target: Path, read: Any
) -> None:
    images = [read(benchmark.file(pair, key)) for key in ("image1", "image2")]
    truth = list(benchmark.ground_truth(pair))
    if way != DIRECTIONS[0]:
        images, truth = images[::-1], truth[::-1]
    prediction = read_prediction(run, pair, way, len(truth[0]))
    if benchmark.truth == "parts":
        truth[1] = truth[1][:0]  # its points are nobody's partners
    strip = draw_case(images[0], images[1], truth[0], truth[1], prediction)
    with atomic_path(target) as path:
        strip.save(path, quality=90, subsampling=0)


def _slug(name: str, number: int) -> str:
    """A file name that needs no quoting, unique by its number."""
    return f"{number:03d}-{re.sub(r'[^A-Za-z0-9.+_]+', '-', name).strip('-.')[:60]}"


def _write(target: Path, template: str, **content: Any) -> None:
    folder = Path(__file__).parent / "templates"
    pages = Environment(
        loader=FileSystemLoader(folder), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    with atomic_path(target) as path:
        path.write_text(pages.get_template(template).render(**content), encoding="utf-8")
