"""Questions of a model that asks another one: counted, and a row that got too few answers refused.

What went unanswered is matched as if nothing had been asked, so that a table would otherwise show
plain features under the name of the model that was asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from funcorr.benchmark.predictions import DIRECTIONS, QUESTIONS, predicted_again, prediction_path
from funcorr.errors import UserError
from funcorr.groundtruth.pairs import Benchmark
from funcorr.io import read_arrays

MOST_UNANSWERED = 0.1
"""A row with a larger share of questions that got no answer has no numbers."""

IN_VAIN = 50
"""So many questions without a single answer end a run."""


class Tally:
    """What was asked in this run."""

    def __init__(self) -> None:
        self.counts = np.zeros(2, dtype=np.int64)

    def add(self, prediction: Mapping[str, np.ndarray]) -> None:
        """Count a prediction's questions."""
        self.counts += prediction.get(QUESTIONS, 0)

    @property
    def in_vain(self) -> bool:
        """Whether it makes no sense to go on."""
        return bool(self.counts[0] >= IN_VAIN and self.counts[0] == self.counts[1])


def answered(benchmark: Benchmark, out: Path, model: str) -> dict[str, int] | None:
    """How many questions are behind the predictions in ``out``: ``asked`` and ``unanswered``.

    Each picture and function counts once. None where the model asks nothing.

    Raises:
        UserError: more than :data:`MOST_UNANSWERED` of them got no answer. The predictions with
            such questions are taken away, so that the next run asks again.
    """
    found: dict[tuple[str, str], np.ndarray] = {}
    unsure = []
    for pair in benchmark.pairs:
        paths = [prediction_path(out, pair, way) for way in DIRECTIONS]
        for path, image in zip(paths, (pair.image1, pair.image2), strict=True):
            counts = _counts(path)
            if counts is not None:
                found[image, pair.function] = counts
                unsure += paths if counts[1] else []
    if not found:
        return None
    asked, lost = (int(count) for count in np.sum([*found.values()], axis=0))
    if lost <= MOST_UNANSWERED * asked:
        return {"asked": asked, "unanswered": lost}
    for path in unsure:
        path.unlink(missing_ok=True)
    raise UserError(
        f"{model}: {lost} of {asked} questions got no answer that can be read, and at most "
        f"{MOST_UNANSWERED:.0%} may; see what the server answers, then run the same command again"
    )


def sentence(results: Mapping[str, Any]) -> str:
    """A line for under a table; empty where nothing was asked.

    Example:
        >>> sentence({"questions": {"asked": 40, "unanswered": 1}})
        '1 of 40 questions got no answer that could be read'
    """
    if "questions" not in results:
        return ""
    counts = results["questions"]
    return f"{counts['unanswered']} of {counts['asked']} questions got no answer that could be read"


def _counts(path: Path) -> np.ndarray | None:
    if not path.exists():
        return None
    with predicted_again(path):
        return read_arrays(path, (), "predictions", optional=[QUESTIONS]).get(QUESTIONS)
