"""``funcorr afford-check``: what a training run did to the agreement of texts and pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg


def afford_check(
    run: Annotated[Path, Positional, arg(metavar="RUN")],
    root: Annotated[Path, Positional, arg(metavar="SET")],
    split: str = "Unseen",
    out: Path | None = None,
) -> None:
    """Check a run of train affordance before and after: alignment, retrieval, information.

    Writes checks.md (alignment of texts and affordance areas, retrieval of the action and of the
    object's category, neighbours by the frozen trunk's features and by the trained ones; each for
    the head as it was drawn and as it was trained) and information.png (both estimates by step).

    Args:
        run: a run folder of 'funcorr train affordance'.
        root: a set in AGD20K's layout.
        split: the test pictures to measure on.
        out: folder to write into; RUN/checks by default.
    """
    from funcorr.benchmark.affordance.checks_report import check_run

    report = check_run(run, root, split, out or run / "checks")
    print(report.read_text(encoding="utf-8"), end="")
    print(report)
