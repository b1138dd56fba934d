"""Every row of the table on one benchmark: evaluations side by side, joined into one folder."""

from __future__ import annotations

import csv
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from funcorr.benchmark.evaluate import Model, evaluate
from funcorr.benchmark.pairs import read_benchmark
from funcorr.benchmark.table import columns, grid, markdown, title
from funcorr.correspondence.registry import ModelRow
from funcorr.correspondence.registry import rows as model_rows
from funcorr.errors import UserError
from funcorr.runs import atomic_path

BLOCKS = ("overall", "within", "across")


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
class Joined:
    """What :func:`run_rows` brings back.

    Attributes:
        results: model name to what its ``results.json`` holds.
        left_out: the rows without numbers.
    """

    results: Mapping[str, Mapping[str, Any]]
    left_out: Sequence[LeftOut]

    @property
    def failed(self) -> list[LeftOut]:
        """The rows that were tried in vain."""
        return [row for row in self.left_out if row.failed]


def run_rows(
    bench: str | Path,
    out: str | Path,
    rows: Sequence[str | Model] | None = None,
    overwrite: bool = False,
    protocol: str = "paper",
    report: Callable[[str], None] = lambda line: None,
) -> Joined:
    """Evaluate many models on a benchmark and write one table.

    Every row has its own run folder, ``out/runs/<name>``, so that a stopped run continues where it
    was (:func:`funcorr.benchmark.evaluate.evaluate`). ``out`` then holds ``table.md`` (means,
    intervals, rows that did not run), ``table.csv`` and ``intervals.csv`` (the same with full
    precision) and ``pairs.csv`` (every metric per row and directed pair). A row that fails does
    not stop the others.

    Args:
        bench: the benchmark folder.
        out: the folder of the table.
        rows: models, or names that :func:`funcorr.load_model` takes; every row of
            ``funcorr models`` where None.
        overwrite: discard what another config left in the run folders.
        protocol: see :func:`funcorr.benchmark.evaluate.evaluate`.
        report: is told the progress, line by line.

    Raises:
        UserError: the benchmark is not whole, a row occurs twice, or no row could be evaluated.
    """
    benchmark, out = read_benchmark(bench), Path(out)
    known = {row.name: row for row in model_rows()}
    wanted = _by_name(list(known) if rows is None else rows)
    results: dict[str, Mapping[str, Any]] = {}
    left_out: list[LeftOut] = []
    for number, (name, model) in enumerate(wanted.items(), start=1):
        report(f"[{number}/{len(wanted)}] {name}")
        absent = _cannot_run(known[name]) if isinstance(model, str) and name in known else None
        folder = run_folder(out, name)
        found = absent or _evaluated(bench, model, name, folder, overwrite, protocol, report)
        if isinstance(found, LeftOut):
            left_out.append(found)
            report(f"{name} {'failed' if found.failed else 'left out'}: {found.reason}")
        else:
            results[name] = found
    if not results:
        reasons = "; ".join(f"{row.name}: {row.reason}" for row in left_out)
        raise UserError(f"no row could be evaluated on {benchmark.path} ({reasons})")
    joined = Joined(results, left_out)
    write_joined(joined, out)
    return joined


def run_folder(out: Path, name: str) -> Path:
    """Where the evaluation of a row is kept."""
    return out / "runs" / quote(name, safe="+")


def write_joined(joined: Joined, out: Path) -> None:
    """Write the four files of the table from the results and the run folders."""
    for file, lines in (
        ("table.csv", _mean_lines(joined)),
        ("intervals.csv", _interval_lines(joined)),
        ("pairs.csv", _pair_lines(joined, out)),
    ):
        with (
            atomic_path(out / file) as path,
            path.open("w", encoding="utf-8", newline="") as stream,
        ):
            csv.writer(stream, lineterminator="\n").writerows(lines)
    with atomic_path(out / "table.md") as path:
        path.write_text(summary(joined), encoding="utf-8")


def summary(joined: Joined) -> str:
    """``table.md``: means overall, within and across categories; intervals; rows left out."""
    first = next(iter(joined.results.values()))
    parts = [
        f"# {first['benchmark']}\n\n{first['pairs']} image pairs, each in both directions; "
        f"protocol `{first['protocol']}`; means over directed pairs.\n"
    ]
    for block in BLOCKS:
        means = {name: each[block] for name, each in joined.results.items()}
        if any(value is not None for value in next(iter(means.values())).values()):
            parts.append(f"## {_HEADINGS[block]}\n\n{markdown(means, 'model')}")
    parts.append(f"## 95 percent intervals, all pairs\n\n{_interval_table(joined)}")
    if joined.left_out:
        parts.append(f"## Rows without numbers\n\n{_left_out_table(joined.left_out)}")
    return "\n".join(parts)


_HEADINGS = {"overall": "All pairs", "within": "Within categories", "across": "Across categories"}


def _by_name(rows: Sequence[str | Model]) -> dict[str, str | Model]:
    names = [row if isinstance(row, str) else row.name for row in rows]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UserError(f"rows are named once each, got {', '.join(twice)} more than once")
    return dict(zip(names, rows, strict=True))


def _cannot_run(row: ModelRow) -> LeftOut | None:
    if row.missing:
        return LeftOut(row.name, row.missing)
    if row.available() is None:
        return None
    fetch = f"funcorr weights fetch {' '.join(row.weights)}"
    return LeftOut(row.name, "its pretrained weights are not here", fetch)


def _evaluated(
    bench: str | Path,
    model: str | Model,
    name: str,
    folder: Path,
    overwrite: bool,
    protocol: str,
    report: Callable[[str], None],
) -> Mapping[str, Any] | LeftOut:
    try:
        return evaluate(bench, model, folder, overwrite, protocol)
    except UserError as error:
        return LeftOut(name, str(error), failed=True)
    except Exception as error:  # whatever a model does, the other rows go on
        report(traceback.format_exc())
        return LeftOut(name, f"{type(error).__name__}: {error}", failed=True)


def _mean_lines(joined: Joined) -> Iterator[list[Any]]:
    keys = _metrics(joined)
    yield ["model", "pairs", *keys]
    for name, each in joined.results.items():
        yield from ([name, block, *(each[block][key] for key in keys)] for block in BLOCKS)


def _interval_lines(joined: Joined) -> Iterator[list[Any]]:
    keys = _metrics(joined)
    yield ["model", "pairs", *(f"{key} {end}" for key in keys for end in ("low", "high"))]
    for name, each in joined.results.items():
        for block in BLOCKS:
            ends = (each["intervals"][block][key] or (None, None) for key in keys)
            yield [name, block, *(value for pair in ends for value in pair)]


def _pair_lines(joined: Joined, out: Path) -> Iterator[list[Any]]:
    for number, name in enumerate(joined.results):
        with (run_folder(out, name) / "pairs.csv").open(encoding="utf-8", newline="") as stream:
            header, *lines = csv.reader(stream)
        if number == 0:
            yield ["model", *header]
        yield from ([name, *line] for line in lines)


def _interval_table(joined: Joined) -> str:
    keys = _metrics(joined)
    lines = [["model", *map(title, keys)]]
    for name, each in joined.results.items():
        ends = (each["intervals"]["overall"][key] for key in keys)
        lines.append([name, *(f"{low:.3f}-{high:.3f}" for low, high in ends)])
    return grid(lines)


def _left_out_table(rows: Sequence[LeftOut]) -> str:
    lines = [["model", "why", "what would help"]]
    for row in rows:
        reason = " ".join(row.reason.split()).replace("|", "\\|")
        why = f"failed: {reason}" if row.failed else reason
        lines.append([row.name, why, f"`{row.remedy}`" if row.remedy else "-"])
    return grid(lines, numbers=False)


def _metrics(joined: Joined) -> Sequence[str]:
    return columns({name: each["overall"] for name, each in joined.results.items()})
