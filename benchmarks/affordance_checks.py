"""What training does to the agreement of texts and pictures: alignment, retrieval, information.

    python benchmarks/affordance_checks.py runs/afford agd --split Unseen

Writes ``checks.md`` (alignment of texts and affordance areas, retrieval of the action and of the
object's category, neighbours by the frozen trunk's features and by the trained ones; each for the
head as it was drawn and as it was trained) and ``information.png`` (both estimates by step).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Annotated

import tyro
from affordance_ablation import ROWS, AblationConfig, Bench, Job
from affordance_grounding import grounding
from affordance_trunk import EncodedOnce

from funcorr.affordance.checkpoint import load_head
from funcorr.affordance.data import read_agd20k
from funcorr.affordance.frozen_encoder import load_frozen_encoder
from funcorr.affordance.model import AffordanceModel
from funcorr.benchmark.affordance.scores import by_picture
from funcorr.benchmark.table import grid
from funcorr.errors import require
from funcorr.functions.text import load_text_encoder
from funcorr.io import atomic_path
from funcorr.train.affordance.training import initial_head
from funcorr.train.curves import read_curves
from funcorr.viz import plot_curves, save

HEADER = (
    "row", "head", "text-area alignment", "action top-1", "object top-1", "same neighbour",
    "same neighbour, frozen trunk",
)  # fmt: skip
MEANING = (
    "Before: the head as it was drawn; after: as it was trained. Alignment: cosine of an area with "
    "its action's text, above that with absent actions. Top-1: the nearest text is right. Same "
    "neighbour: the nearest other picture shows the same category."
)


def main(
    run: Annotated[Path, tyro.conf.Positional],
    root: Annotated[Path, tyro.conf.Positional],
    split: str = "Unseen",
    out: Path | None = None,
) -> None:
    """Check a training run before and after, and print ``checks.md``.

    Args:
        run: a run folder of ``funcorr train affordance``.
        root: a set in AGD20K's layout.
        split: the test pictures to measure on.
        out: folder to write into; RUN/checks by default.
    """
    report = check_run(run, root, split, out or run / "checks")
    print(report.read_text(encoding="utf-8"), end="")
    print(report)


def check_run(run: str | Path, root: str | Path, split: str, out: str | Path) -> Path:
    """Check one training run before and after: ``checks.md`` and ``information.png``.

    Args:
        run: a run folder of ``funcorr train affordance``.
        root: a set in AGD20K's layout.
        split: the test pictures to measure on.
        out: folder to write into; features of the pictures are cached in ``features`` in it.

    Raises:
        UserError: the run is not finished, or the set is not whole.
    """
    run, out = Path(run), Path(out)
    trained, card = load_head(run / "model")
    drawn = initial_head(card.head, card.training["config"]["seed"])
    trunk = load_frozen_encoder(card.backbone, card.head)
    encoder = load_text_encoder(card.text_encoder)
    pictures = by_picture(read_agd20k(root, split))
    lines = []
    for stage, head in (("before", drawn), ("after", trained)):
        model = EncodedOnce(AffordanceModel(card.name, trunk, encoder, head), out / "features")
        values = astuple(grounding(model, encoder, pictures))
        lines.append([card.name, stage, *values])
    _draw_information({card.name: run / "log.jsonl"}, out / "information.png")
    return _write(f"Checks of {run.name}, {split}", len(pictures), lines, out)


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
    lines = []
    for job in found:
        drawn = bench.drawn_job(job)
        before = drawn.model(job.row)
        drawn.trainer.run(bench.log(job).parent)
        for stage, model in (("before", before), ("after", drawn.model(job.row))):
            lines.append([job.row, stage, *astuple(grounding(model, drawn.encoder, pictures))])
    _draw_information({job.row: bench.log(job) for job in found}, out / "information.png")
    return _write(f"Checks, run {run}, {split}", len(pictures), lines, out)


def _draw_information(logs: Mapping[str, Path], path: Path) -> Path:
    """Draw the estimated information of runs by step, in nats: AMI to the left, OLI to the right.

    Args:
        logs: name of a run -> its ``log.jsonl``.
        path: the PNG to write.

    Raises:
        MissingExtraError: the extra ``train`` is not installed.
    """
    figure = require("matplotlib.figure", extra="train").Figure(figsize=(11, 4), layout="tight")
    for axes, term in zip(figure.subplots(1, 2), ("ami", "oli"), strict=True):
        plot_curves({name: read_curves(log)[term] for name, log in logs.items()}, axes, windows=20)
        axes.set_ylabel(f"{term.upper()} estimate (nats)")
        axes.legend(fontsize="small")
    return save(figure, path, dpi=100)


def _write(title: str, pictures: int, lines: Sequence[Sequence[str | float]], out: Path) -> Path:
    cells = [[v if isinstance(v, str) else f"{v:.3f}" for v in line] for line in lines]
    text = (
        f"# {title}\n\n{pictures} photographs. {MEANING}\n\n"
        f"{grid([list(HEADER), *cells])}\n![information](information.png)\n"
    )
    with atomic_path(out / "checks.md") as path:
        path.write_text(text, encoding="utf-8")
    return out / "checks.md"


if __name__ == "__main__":
    tyro.cli(main)
