"""Write the checks of an ablation: ``checks.md`` and ``information.png``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path

from funcorr.affordance.checkpoint import load_head
from funcorr.affordance.data import read_agd20k
from funcorr.affordance.frozen_encoder import load_frozen_encoder
from funcorr.affordance.model import AffordanceModel
from funcorr.benchmark.affordance.ablation import ROWS, AblationConfig, Bench, Job
from funcorr.benchmark.affordance.checks import draw_information, grounding
from funcorr.benchmark.affordance.encoded import EncodedOnce
from funcorr.benchmark.affordance.scores import by_picture
from funcorr.benchmark.table import grid
from funcorr.functions.text import load_text_encoder
from funcorr.io import atomic_path
from funcorr.train.affordance.loop import drawn_head

HEADER = (
    "row", "head", "text-area alignment", "action top-1", "object top-1", "same neighbour",
    "same neighbour, frozen trunk",
)  # fmt: skip
MEANING = (
    "Before: the head as it was drawn; after: as it was trained. Alignment: cosine of an area with "
    "its action's text, above that with absent actions. Top-1: the nearest text is right. Same "
    "neighbour: the nearest other picture shows the same category."
)


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
        for stage, model, encoder in bench.before_and_after(job):
            values = astuple(grounding(model, encoder, pictures))
            lines.append([job.row, stage, *values])
    draw_information({job.row: bench.log(job) for job in found}, out / "information.png")
    return _write(f"Checks, run {run}, {split}", len(pictures), lines, out)


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
    drawn = drawn_head(card.head, card.training["config"]["seed"])
    trunk, encoder = (
        load_frozen_encoder(card.backbone, card.head),
        load_text_encoder(card.text_encoder),
    )
    pictures = by_picture(read_agd20k(root, split))
    lines = []
    for stage, head in (("before", drawn), ("after", trained)):
        model = EncodedOnce(AffordanceModel(card.name, trunk, encoder, head), out / "features")
        values = astuple(grounding(model, encoder, pictures))
        lines.append([card.name, stage, *values])
    draw_information({card.name: run / "log.jsonl"}, out / "information.png")
    return _write(f"Checks of {run.name}, {split}", len(pictures), lines, out)


def _write(title: str, pictures: int, lines: Sequence[Sequence[str | float]], out: Path) -> Path:
    cells = [[v if isinstance(v, str) else f"{v:.3f}" for v in line] for line in lines]
    text = (
        f"# {title}\n\n{pictures} photographs. {MEANING}\n\n"
        f"{grid([list(HEADER), *cells])}\n![information](information.png)\n"
    )
    with atomic_path(out / "checks.md") as path:
        path.write_text(text, encoding="utf-8")
    return out / "checks.md"
