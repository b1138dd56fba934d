"""Evaluations of many models on one benchmark, joined: what the folder of the table holds."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from funcorr.benchmark.paired_tests import Difference, compare, read_scores
from funcorr.benchmark.paper_table import COLUMNS
from funcorr.benchmark.questions import sentence
from funcorr.benchmark.table import Block, columns, grid, markdown, number, title
from funcorr.io import atomic_path

BLOCKS = ("overall", "within", "across")
HEADINGS = {"overall": "All pairs", "within": "Within categories", "across": "Across categories"}

OURS = "funcorr-small"
"""Differences are to this row where it ran, else to the last row."""

PART_IOU = "part_iou"
"""Of the predicted part masks: a table of its own, for the rows that predict them."""

RANKED_BY = ("ap@23", "pck_box@0.1", "part_hits")
"""Metrics of the tables per function, by which pairs of a function are ranked: the first that the
benchmark's truth bears."""

SURE = 0.05
"""Differences with a smaller p value are marked."""


@dataclass(frozen=True)
class LeftOut:
    """A row without numbers.

    Attributes:
        name: the model's name.
        reason: why, one line.
        remedy: the command that would help, or an empty string.
        failed: whether it was tried; otherwise it is known not to run here.
    """

    name: str
    reason: str
    remedy: str = ""
    failed: bool = False


@dataclass(frozen=True)
class BenchmarkTable:
    """What :func:`funcorr.benchmark.run.run_rows` brings back.

    Attributes:
        results: model name to what its ``results.json`` holds.
        left_out: the rows without numbers.
        paper: the paper's rows on this set to their figures; empty where the set is another.
        against: the model that the others are compared with.
        differences: model name to its metrics minus those of ``against``.
    """

    results: Mapping[str, Mapping[str, Any]]
    left_out: Sequence[LeftOut]
    paper: Mapping[str, Block] = field(default_factory=dict)
    against: str = ""
    differences: Mapping[str, Sequence[Difference]] = field(default_factory=dict)

    @property
    def failed(self) -> list[LeftOut]:
        """The rows that were tried in vain."""
        return [row for row in self.left_out if row.failed]

    @property
    def metrics(self) -> Sequence[str]:
        """The columns of the table: what every row has."""
        found = columns({name: each["overall"] for name, each in self.results.items()})
        return [key for key in found if key != PART_IOU]

    @property
    def page_metrics(self) -> list[str]:
        """Those of the paper's table, which fit on a page, or what stands for them."""
        return [key for key in dict.fromkeys((*COLUMNS, *RANKED_BY)) if key in self.metrics]

    @property
    def ranked_by(self) -> str:
        """The metric of the tables per function."""
        return next(key for key in RANKED_BY if key in self.metrics)

    @property
    def finders(self) -> dict[str, Mapping[str, Any]]:
        """The results of the rows that predict part masks."""
        return {n: each for n, each in self.results.items() if PART_IOU in each["overall"]}

    @property
    def askers(self) -> dict[str, Mapping[str, Any]]:
        """The results of the rows that asked another model."""
        return {n: each for n, each in self.results.items() if "questions" in each}

    def means(self, block: str) -> dict[str, Block]:
        """A line per row of ``overall``, ``within`` or ``across``, the paper's lines after ours."""
        ours = {name: each[block] for name, each in self.results.items()}
        paper = self.paper if block == "overall" else {}
        return ours | {n: {key: row.get(key) for key in self.metrics} for n, row in paper.items()}


def run_folder(out: Path, name: str) -> Path:
    """Where the evaluation of a row is kept."""
    return out / "runs" / quote(name, safe="+")


def join(
    results: Mapping[str, Mapping[str, Any]],
    left_out: Sequence[LeftOut],
    paper: Mapping[str, Block],
    out: Path,
) -> BenchmarkTable:
    """Put evaluations side by side, with the paired differences to one of them.

    Args:
        results: model name to what its ``results.json`` holds, at least one.
        left_out: the rows without numbers.
        paper: the paper's rows on this set.
        out: the folder that holds the run folders.
    """
    against = OURS if OURS in results else list(results)[-1]
    scores = {name: read_scores(run_folder(out, name) / "pairs.csv") for name in results}
    differences = {n: compare(scores[n], scores[against]) for n in results if n != against}
    return BenchmarkTable(results, left_out, paper, against, differences)


def write_comparison(joined: BenchmarkTable, out: Path) -> None:
    """Write ``table.md`` and the four CSV files from the results and the run folders."""
    for file, lines in (
        ("table.csv", _mean_lines(joined)),
        ("intervals.csv", _interval_lines(joined)),
        ("differences.csv", _difference_lines(joined)),
        ("pairs.csv", _pair_lines(joined, out)),
    ):
        with (
            atomic_path(out / file) as path,
            path.open("w", encoding="utf-8", newline="") as stream,
        ):
            csv.writer(stream, lineterminator="\n").writerows(lines)
    with atomic_path(out / "table.md") as path:
        path.write_text(summary(joined), encoding="utf-8")


def summary(joined: BenchmarkTable) -> str:
    """``table.md``: means, intervals, differences, rows left out."""
    first = next(iter(joined.results.values()))
    parts = [
        f"# {first['benchmark']}\n\n{first['pairs']} image pairs, each in both directions; "
        f"protocol `{first['protocol']}`; means over directed pairs.\n"
    ]
    for block in BLOCKS:
        if any(value is not None for value in first[block].values()):
            rows = joined.means(block).items()
            shown = {name: {key: row.get(key) for key in joined.metrics} for name, row in rows}
            parts.append(f"## {HEADINGS[block]}\n\n{markdown(shown, 'model')}")
    parts.append(
        f"## 95 percent intervals, all pairs\n\n{grid(interval_cells(joined, joined.metrics))}"
    )
    if joined.differences:
        parts.append(
            f"## Minus {joined.against}, all pairs\n\nMean of the paired differences; * where "
            f"p < {SURE} (sign-flip test over asset pairs).\n\n{grid(difference_cells(joined))}"
        )
    parts.append(f"## {title(joined.ranked_by)} per function\n\n{grid(_function_cells(joined))}")
    if joined.finders:
        parts.append(
            "## Predicted part masks\n\nMean IoU with the exact parts, with its 95 percent "
            f"interval.\n\n{grid(part_cells(joined))}"
        )
    if joined.askers:
        lines = [f"- {name}: {sentence(each)}\n" for name, each in joined.askers.items()]
        parts.append(f"## Models that were asked\n\n{''.join(lines)}")
    if joined.left_out:
        parts.append(f"## Rows without numbers\n\n{_left_out_table(joined.left_out)}")
    return "\n".join(parts)


def interval_cells(joined: BenchmarkTable, keys: Sequence[str]) -> list[list[str]]:
    """Header and lines of the table of intervals of some metrics."""
    lines = [["model", *map(title, keys)]]
    for name, each in joined.results.items():
        ends = (each["intervals"]["overall"][key] for key in keys)
        lines.append([name, *(f"{low:.3f}-{high:.3f}" for low, high in ends)])
    return lines


def _function_cells(joined: BenchmarkTable) -> list[list[str]]:
    lines = [["function", *joined.results]]
    for function in next(iter(joined.results.values()))["per_function"]:
        rows = (each["per_function"][function] for each in joined.results.values())
        lines.append([function, *(number(row[joined.ranked_by]) for row in rows)])
    return lines


def part_cells(joined: BenchmarkTable) -> list[list[str]]:
    """Header and lines of the table of part masks: their IoU in each block, with its interval."""
    lines = [["model", *(HEADINGS[block] for block in BLOCKS)]]
    for name, each in joined.finders.items():
        lines.append([name, *(_with_interval(each, block) for block in BLOCKS)])
    return lines


def _with_interval(results: Mapping[str, Any], block: str) -> str:
    mean, ends = results[block][PART_IOU], results["intervals"][block][PART_IOU]
    return "-" if mean is None else f"{mean:.3f} ({ends[0]:.3f}-{ends[1]:.3f})"


def difference_cells(joined: BenchmarkTable) -> list[list[str]]:
    """Header and lines of the table of differences, for the metrics of the paper's table."""
    shown = joined.page_metrics
    lines = [["model", *map(title, shown)]]
    for name, row in joined.differences.items():
        found = {each.metric: each for each in row}
        marked = (f"{found[k].mean:+.3f}{'*' if found[k].p < SURE else ''}" for k in shown)
        lines.append([name, *marked])
    return lines


def _mean_lines(joined: BenchmarkTable) -> Iterator[list[Any]]:
    keys = _file_metrics(joined)
    yield ["model", "pairs", *keys]
    for block in BLOCKS:
        for name, row in joined.means(block).items():
            yield [name, block, *(row.get(key) for key in keys)]
    for name, each in joined.results.items():
        for function, row in each["per_function"].items():
            yield [name, function, *(row.get(key) for key in keys)]


def _file_metrics(joined: BenchmarkTable) -> list[str]:
    """The columns of the CSV files; empty cells where a row lacks one."""
    return [*joined.metrics, *([PART_IOU] if joined.finders else [])]


def _interval_lines(joined: BenchmarkTable) -> Iterator[list[Any]]:
    keys = _file_metrics(joined)
    yield ["model", "pairs", *(f"{key} {end}" for key in keys for end in ("low", "high"))]
    for name, each in joined.results.items():
        for block in BLOCKS:
            ends = (each["intervals"][block].get(key) or (None, None) for key in keys)
            yield [name, block, *(value for pair in ends for value in pair)]


def _difference_lines(joined: BenchmarkTable) -> Iterator[list[Any]]:
    yield ["model", "minus", "metric", "difference", "low", "high", "p"]
    for name, row in joined.differences.items():
        for each in row:
            found = (each.mean, each.low, each.high, each.p)
            yield [name, joined.against, each.metric, *found]


def _pair_lines(joined: BenchmarkTable, out: Path) -> Iterator[list[Any]]:
    tables = {name: _read_lines(run_folder(out, name) / "pairs.csv") for name in joined.results}
    header = list(dict.fromkeys(key for lines in tables.values() for key in lines[0]))
    yield ["model", *header]
    for name, lines in tables.items():
        yield from ([name, *(line.get(key) for key in header)] for line in lines)


def _read_lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _left_out_table(rows: Sequence[LeftOut]) -> str:
    lines = [["model", "why", "what would help"]]
    for row in rows:
        reason = " ".join(row.reason.split()).replace("|", "\\|")
        why = f"failed: {reason}" if row.failed else reason
        lines.append([row.name, why, f"`{row.remedy}`" if row.remedy else "-"])
    return grid(lines, numbers=False)
