"""The ablation of the affordance constraints as one command, resumable run by run.

    funcorr assets agd --out agd
    python benchmarks/affordance_table.py agd --out table --threads 1

Every run that is done stays done; call it again after any stop. ``table.md`` and ``checks.md``
(alignment and retrieval before and after training, curves of the estimated information) are written
from the runs that are there.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import tyro
from affordance_ablation import (
    RANDOM,
    ROWS,
    SPLITS,
    AblationConfig,
    Job,
    finished,
    jobs,
    known_rows,
    paired_interval,
    run_ablation,
    run_means,
)
from affordance_checks import write_checks
from affordance_published import published_table

from funcorr.benchmark.affordance.scores import CALIBRATED, METRICS
from funcorr.benchmark.table import grid, title
from funcorr.io import atomic_path

Results = Mapping[Job, Mapping[str, Any]]


def main(
    root: Annotated[Path, tyro.conf.Positional],
    out: Path,
    config: Annotated[AblationConfig, tyro.conf.OmitArgPrefixes],
    threads: int = 1,
    only_tables: bool = False,
) -> None:
    """Run what is not done yet and write the table and the checks.

    Args:
        root: a set as ``funcorr assets agd`` makes it.
        out: folder of the runs and of the table.
        config: what is run.
        threads: of torch.
        only_tables: write the tables from the runs that are done and start none.
    """
    torch.set_num_threads(threads)
    if not only_tables:
        run_ablation(root, out, config, lambda line: print(line, file=sys.stderr, flush=True))
    print(write_ablation(root, out, config))
    print(write_checks(root, out, config))


def write_ablation(root: str | Path, out: str | Path, config: AblationConfig) -> Path:
    """Write ``table.md`` from the runs that are there.

    Args:
        root: the set.
        out: the folder of the runs.
        config: of the runs.
    """
    results = finished(out, config)
    known = known_rows(out)
    text = [f"# Ablation of the constraints on `{Path(root).name}`\n", _state(results, config)]
    done = [*results.values(), *known.values()]
    splits = [split for split in SPLITS if all(split in each for each in done)]
    for split in splits:
        text.append(f"## {split}, one shot\n\n{_means(results, known, split)}")
        text.append(f"Differences to BCE only, run by run:\n\n{_differences(results, split)}")
    if any(job.shots > 1 for job in results):
        text += [f"## {split}, more shots: KLD\n\n{_shots(results, split)}" for split in splits]
    text.append(f"## Published figures on AGD20K\n\n{published_table()}")
    path = Path(out) / "table.md"
    with atomic_path(path) as temporary:
        temporary.write_text("\n".join(text), encoding="utf-8")
    return path


def _state(results: Results, config: AblationConfig) -> str:
    wanted = jobs(config)
    iterations = config.iterations or "The preset's"
    return (
        f"{len(results)} of {len(wanted)} runs are done. Run i of every row has seed i and draw i "
        f"of the annotated pictures. {iterations} iterations, {config.versions} versions per "
        f"training picture, every {config.every}. test photograph; the last iteration is taken. "
        "Means over runs, plus or minus the standard deviation over runs; calibrated: background "
        "fitted on the run's own training pictures.\n"
    )


def _means(results: Results, known: Mapping[str, Mapping[str, Any]], split: str) -> str:
    keys = (*METRICS, *CALIBRATED)
    lines = [["row", "runs", *map(title, keys), "separation (true)"]]
    for row in (*ROWS, RANDOM):
        runs = [each for job, each in results.items() if (job.row, job.shots) == (row, 1)]
        if runs:
            spread = [_spread([each[split]["overall"][key] for each in runs]) for key in keys]
            lines.append([row, str(len(runs)), *spread, _separation(runs, split)])
    for name, each in sorted(known.items()):
        values = [f"{each[split]['overall'][key]:.3f}" for key in keys]
        lines.append([name, "-", *values, _separation([each], split)])
    return grid(lines)


def _differences(results: Results, split: str) -> str:
    """Paired differences of every row to the first one, with t-intervals over runs."""
    base, *others = ROWS
    lines = [["row", "runs", *map(title, METRICS), "KLD, relative"]]
    for row in others:
        cells, relative, count = [], "-", 0
        for key in METRICS:
            first = run_means(results, base, 1, split, key)
            found = run_means(results, row, 1, split, key)
            count = len(set(first) & set(found))
            if not count:
                continue
            mean, low, high = paired_interval(found, first)
            interval = "" if np.isnan(low) else f" ({low:+.3f} to {high:+.3f})"
            cells.append(f"{mean:+.3f}{interval}")
            if key == "kld":
                relative = f"{mean / np.mean([first[run] for run in found if run in first]):+.1%}"
        if count:
            lines.append([row, str(count), *cells, relative])
    return grid(lines)


def _shots(results: Results, split: str) -> str:
    shots = sorted({job.shots for job in results})
    lines = [["row", *(f"{count}-shot" for count in shots)]]
    for row in (next(iter(ROWS)), list(ROWS)[-1]):
        values = [list(run_means(results, row, n, split, "kld").values()) for n in shots]
        lines.append([row, *(f"{_spread(v)} ({len(v)} runs)" if v else "-" for v in values)])
    return grid(lines)


def _spread(values: Sequence[float]) -> str:
    """Mean and standard deviation; the deviation needs two runs."""
    mean = f"{np.mean(values):.3f}"
    return f"{mean} ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else mean


def _separation(runs: Sequence[Mapping[str, Any]], split: str) -> str:
    found = [each[split]["separation"] for each in runs if each[split]["separation"]]
    if not found:
        return "-"
    prediction, truth = (np.mean([each[k] for each in found]) for k in ("prediction", "truth"))
    return f"{prediction:.2f} ({truth:.2f})"


if __name__ == "__main__":
    tyro.cli(main)
