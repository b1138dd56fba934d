"""Every row of the table on one benchmark: evaluations side by side, joined into one folder."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from funcorr.benchmark.comparison import BenchmarkTable, LeftOut, join, run_folder, write_comparison
from funcorr.benchmark.evaluate import Model, evaluate
from funcorr.benchmark.paper_table import paper_figures
from funcorr.benchmark.report import write_report
from funcorr.correspondence.registry import ModelRow, load_model
from funcorr.correspondence.registry import rows as model_rows
from funcorr.errors import UserError
from funcorr.features.memory import MapMemory, RememberingBackbone
from funcorr.groundtruth.pairs import read_benchmark


def run_rows(
    bench: str | Path,
    out: str | Path,
    rows: Sequence[str | Model] | None = None,
    overwrite: bool = False,
    protocol: str = "paper",
    report: Callable[[str], None] = lambda line: None,
    pages: bool = True,
) -> BenchmarkTable:
    """Evaluate many models on a benchmark and write one table.

    Every row has its own run folder, ``out/runs/<name>``, so that a stopped run continues where it
    was (:func:`funcorr.benchmark.evaluate.evaluate`). ``out`` then holds ``table.md`` (means,
    intervals, differences, rows that did not run), ``table.csv``, ``intervals.csv`` and
    ``differences.csv`` (the same with full precision), ``pairs.csv`` (every metric per row and
    directed pair), ``table.html`` and ``failures/`` (pages to look at). A row that fails does not
    stop the others. Models on one backbone share its maps.

    Args:
        bench: the benchmark folder.
        out: the folder of the table.
        rows: models, or names that :func:`funcorr.load_model` takes; every row of
            ``funcorr models`` where None.
        overwrite: see :func:`funcorr.benchmark.evaluate.evaluate`.
        protocol: see :func:`funcorr.benchmark.evaluate.evaluate`.
        report: is told the progress, line by line.
        pages: write ``table.html`` and ``failures/`` too.

    Raises:
        UserError: the benchmark is not whole, a row occurs twice, or no row could be evaluated.
    """
    benchmark, out = read_benchmark(bench), Path(out)
    paper = paper_figures(benchmark.path)
    known = {row.name: row for row in model_rows()}
    wanted = _by_name(list(known) if rows is None else rows)
    memory = MapMemory()
    results: dict[str, Mapping[str, Any]] = {}
    left_out: list[LeftOut] = []
    for number, (name, model) in enumerate(wanted.items(), start=1):
        report(f"[{number}/{len(wanted)}] {name}")
        absent = _cannot_run(known[name]) if isinstance(model, str) and name in known else None
        run = _Run(benchmark.path, run_folder(out, name), overwrite, protocol)
        found = absent or _evaluated(model, name, run, memory, report)
        if isinstance(found, LeftOut):
            left_out.append(found)
            report(f"{name} {'failed' if found.failed else 'left out'}: {found.reason}")
        else:
            results[name] = found
    if not results:
        reasons = "; ".join(f"{row.name}: {row.reason}" for row in left_out)
        raise UserError(f"no row could be evaluated on {benchmark.path} ({reasons})")
    joined = join(results, left_out, paper, out)
    write_comparison(joined, out)
    if pages:
        report("drawing the best and worst pairs")
        write_report(joined, benchmark, out)
    return joined


def _by_name(rows: Sequence[str | Model]) -> dict[str, str | Model]:
    names = [row if isinstance(row, str) else row.name for row in rows]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UserError(f"rows are named once each, got {', '.join(twice)} more than once")
    return dict(zip(names, rows, strict=True))


def _cannot_run(row: ModelRow) -> LeftOut | None:
    lack = row.missing()
    return LeftOut(row.name, lack.what, lack.remedy) if lack else None


class _Run(NamedTuple):
    """Where and how a row is evaluated."""

    bench: Path
    folder: Path
    overwrite: bool
    protocol: str


def _evaluated(
    model: str | Model,
    name: str,
    run: _Run,
    memory: MapMemory,
    report: Callable[[str], None],
) -> Mapping[str, Any] | LeftOut:
    try:
        loaded = load_model(model) if isinstance(model, str) else model
        with shared_maps(loaded, memory):
            return evaluate(run.bench, loaded, run.folder, run.overwrite, run.protocol)
    except UserError as error:
        return LeftOut(name, str(error), failed=True)
    except Exception as error:  # whatever a model does, the other rows go on
        report(traceback.format_exc())
        return LeftOut(name, f"{type(error).__name__}: {error}", failed=True)


@contextmanager
def shared_maps(model: Any, memory: MapMemory) -> Iterator[None]:
    """Let every backbone of a model look into the memory before it computes, for a while.

    Args:
        model: a matcher; models without an ``extractor`` on backbones are left alone.
        memory: shared by the models of a table.
    """
    extractor = getattr(model, "extractor", None)
    parts = getattr(extractor, "groups", [extractor])
    users = [each for each in parts if hasattr(each, "backbone")]
    own = [user.backbone for user in users]
    for user, backbone in zip(users, own, strict=True):
        user.backbone = RememberingBackbone(backbone, memory)
    try:
        yield
    finally:
        for user, backbone in zip(users, own, strict=True):
            user.backbone = backbone
