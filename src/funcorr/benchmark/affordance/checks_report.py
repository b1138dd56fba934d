"""Write the checks of an ablation: ``checks.md`` and ``information.png``."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path

from funcorr.benchmark.affordance.ablation import ROWS, AblationConfig, Bench, Job
from funcorr.benchmark.affordance.checks import draw_information, grounding
from funcorr.benchmark.table import grid
from funcorr.runs import atomic_path

HEADER = ("row", "head", "text-area alignment", "action top-1", "object top-1", "same neighbour")


def write_checks(
    root: str | Path, out: str | Path, config: AblationConfig, run: int = 0, split: str = "Unseen"
) -> Path:
    """Check the one-shot runs of one number that are done, before and after training.

    Args:
        root: the set.
        out: the folder of the ablation.
        config: of the ablation.
        run: which of the paired runs.
        split: the test pictures to measure on.
    """
    bench, out = Bench(Path(root), Path(out), config), Path(out)
    found = [job for row in ROWS if (job := Job(row, 1, run)) and bench.log(job).is_file()]
    pictures = list(bench.pictures(split))
    lines = [list(HEADER)]
    for job in found:
        for stage, model, encoder in bench.before_and_after(job):
            values = astuple(grounding(model, encoder, pictures))
            lines.append([job.row, stage, *(f"{value:.3f}" for value in values)])
    draw_information({job.row: bench.log(job) for job in found}, out / "information.png")
    text = (
        f"# Checks, run {run}, {split}\n\n{len(pictures)} photographs. Before: the head as it was "
        "drawn; after: as it was trained. See `funcorr.benchmark.affordance.checks`.\n\n"
        f"{grid(lines)}\n![information](information.png)\n"
    )
    with atomic_path(out / "checks.md") as path:
        path.write_text(text, encoding="utf-8")
    return out / "checks.md"
