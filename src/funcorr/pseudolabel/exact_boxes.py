"""Exact boxes with errors on purpose: a labeller that measures what the rest makes of errors."""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import asdict, dataclass

import numpy as np
from jaxtyping import Bool

from funcorr.errors import UserError
from funcorr.pseudolabel.boxes import Box, BoxAnswer, parse_boxes
from funcorr.pseudolabel.clients import PartQuery
from funcorr.pseudolabel.view_queries import Window
from funcorr.render.dataset import View


@dataclass(frozen=True)
class BoxErrors:
    """How wrong an oracle's boxes are. Shares are probabilities and add up to at most 1.

    Attributes:
        jitter: standard deviation of every edge, in units of the box's side.
        whole: share of boxes around the whole object.
        wrong: share of boxes around another part.
        miss: share of answers that do not see the part.
        imagined: share of the questions about a part that cannot be seen that are answered with a
            box around another part.
        stubborn: share of the (view, part) pairs whose answers all make the same mistake; in the
            others each answer errs for itself. Sampling one model many times helps little against
            what it sees wrong.
    """

    jitter: float = 0.0
    whole: float = 0.0
    wrong: float = 0.0
    miss: float = 0.0
    imagined: float = 0.0
    stubborn: float = 0.5

    def __post_init__(self) -> None:
        shares = (self.whole, self.wrong, self.miss, self.imagined, self.stubborn)
        if self.jitter < 0 or not all(0 <= share <= 1 for share in shares):
            raise UserError("errors of boxes are shares from 0 to 1, and jitter is at least 0")
        if self.whole + self.wrong + self.miss > 1:
            raise UserError("whole, wrong and miss add up to at most 1")

    def scaled(self, by: float) -> BoxErrors:
        """All errors times ``by``, with the same stubbornness."""
        errors = {name: value * by for name, value in asdict(self).items() if name != "stubborn"}
        return BoxErrors(**errors, stubborn=self.stubborn)


REALISTIC = BoxErrors(jitter=0.12, whole=0.15, wrong=0.12, miss=0.08, imagined=0.5)
"""Our guess at an open vision-language model that is asked for parts (the paper does not measure
its own): a third of the answers are plainly wrong, edges of the others are off by an eighth."""

LEVELS = {
    "exact": BoxErrors(),
    "half": REALISTIC.scaled(0.5),
    "realistic": REALISTIC,
    "double": REALISTIC.scaled(2.0),
}
"""Error levels by name."""


class Oracle:
    """A ``ViewGrounder`` that knows the exact parts, and errs as told.

    The same seed, view, part and attempt give the same answer.

    Args:
        errors: how it errs, or the name of one of :data:`LEVELS`.
        seed: of the errors.

    Raises:
        UserError: no such level.
    """

    def __init__(self, errors: BoxErrors | str = "realistic", seed: int = 0) -> None:
        if isinstance(errors, str):
            if errors not in LEVELS:
                raise UserError(
                    f"unknown error level {errors!r}; expected one of {', '.join(LEVELS)}"
                )
            errors = LEVELS[errors]
        self.errors, self.seed = errors, seed

    @property
    def name(self) -> str:
        """Always the same."""
        return "oracle"

    @property
    def fingerprint(self) -> str:
        """Of errors and seed."""
        return hashlib.sha256(repr((self.errors, self.seed)).encode()).hexdigest()[:16]

    def ask(
        self, view: View, query: PartQuery, window: Window, shown: tuple[int, int], attempt: int
    ) -> str:
        """A box as JSON, in fractions of the window."""
        own, common = self._generators(view, query, attempt)
        parts = {
            name: window.cut(view.parts == index)
            for index, name in enumerate(view.asset.part_names)
        }
        target = parts.pop(query.part, np.zeros((window.height, window.width), bool))
        deciding = common if common.random() < self.errors.stubborn else own
        region = self._region(target, list(parts.values()), deciding)
        return json.dumps([{"box": self._edges(region, own)}] if region.any() else [])

    def read(self, text: str, size: tuple[int, int]) -> BoxAnswer:
        """The box of an answer."""
        return parse_boxes(text, size)

    def _generators(
        self, view: View, query: PartQuery, attempt: int
    ) -> tuple[np.random.Generator, np.random.Generator]:
        names = [zlib.crc32(name.encode()) for name in (view.asset.id, query.part)]
        key = [self.seed, *names, view.index]
        return np.random.default_rng([*key, attempt + 1]), np.random.default_rng([*key, 0])

    def _region(
        self,
        target: Bool[np.ndarray, "h w"],
        others: list[Bool[np.ndarray, "h w"]],
        generator: np.random.Generator,
    ) -> Bool[np.ndarray, "h w"]:
        """What the box goes around; nothing for an answer without one."""
        errors, nothing = self.errors, np.zeros_like(target)
        draw, seen = generator.random(), [part for part in others if part.any()]
        other = seen[generator.integers(len(seen))] if seen else target
        if not target.any():
            return other if draw < errors.imagined else nothing
        if draw < errors.miss:
            return nothing
        if draw < errors.miss + errors.wrong:
            return other
        if draw < errors.miss + errors.wrong + errors.whole:
            return np.any([target, *others], axis=0)
        return target

    def _edges(
        self, region: Bool[np.ndarray, "h w"], generator: np.random.Generator
    ) -> list[float]:
        """Left, top, right and bottom of the jittered box in fractions of the picture."""
        size = np.array([region.shape[1], region.shape[0]] * 2, dtype=np.float64)
        box = Box.around(region)
        moved = (
            generator.normal(size=4) * self.errors.jitter * np.array([box.width, box.height] * 2)
        )
        edges = ((np.array(box.corners) + moved + 0.5) / size).clip(0, 1).reshape(2, 2)
        return np.concatenate([edges.min(axis=0), edges.max(axis=0)]).round(4).tolist()
