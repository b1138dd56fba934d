"""Where the part that serves a function is in a picture, asked of a vision-language model."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, UInt8

from funcorr.functions import function_words, load_taxonomy
from funcorr.pseudolabel.boxes import BoxAnswer
from funcorr.pseudolabel.clients import PartGrounder, PartQuery, RequestError, in_parallel


@dataclass(frozen=True)
class GroundingConfig:
    """How boxes become one mask per image. The paper and its released code do not say.

    Attributes:
        samples: answers drawn per part; above 1 only for models that draw by chance.
        share: a pixel belongs to a part when at least this share of the answers with boxes has it
            in a box; the masks of all parts that serve the function are united.
        by_function: ask once for the part that serves the function, whatever it is called, instead
            of once per part of the taxonomy.
    """

    samples: int = 1
    share: float = 0.5
    by_function: bool = False


@dataclass(frozen=True, eq=False)
class FoundPart:
    """What came of the questions about one picture and function.

    Attributes:
        mask: the pixels of the part; all False where nothing was found.
        asked: how many questions were asked.
        unanswered: how many of them got no answer, or one with neither a box nor a no.
    """

    mask: Bool[np.ndarray, "h w"]
    asked: int
    unanswered: int


class PartFinder:
    """Asks a grounder about a picture, and makes a mask of its boxes.

    Parts come from the taxonomy where it knows the category and the function, else the question is
    for "the part to pour with".

    Args:
        grounder: finds parts.
        config: how boxes become a mask.
    """

    def __init__(self, grounder: PartGrounder, config: GroundingConfig | None = None) -> None:
        self.grounder, self.config = grounder, config or GroundingConfig()

    def fingerprint_with(self, features: str) -> str:
        """Of grounder and config, with the features that are matched inside the parts."""
        parts = (features, self.grounder.fingerprint, self.config)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]

    def find(self, rgb: UInt8[np.ndarray, "h w 3"], category: str, function: str) -> FoundPart:
        """Ask about a picture.

        Args:
            rgb: the picture.
            category: what the object is, or nothing.
            function: what is done with it.

        Raises:
            UserError: the model behind the grounder cannot be used.
        """
        answers = [self._ask(rgb, query) for query in self._queries(category, function)]
        masks = [self._mask(each, (rgb.shape[0], rgb.shape[1])) for each in answers]
        lost = sum(not (read.boxes or read.declined) for each in answers for read in each)
        return FoundPart(np.any(masks, axis=0), len(answers) * self.config.samples, lost)

    def _queries(self, category: str, function: str) -> list[PartQuery]:
        found = load_taxonomy().find_category(category) if category else None
        parts = found.serving(function) if found and not self.config.by_function else ()
        if not parts:
            return [PartQuery(f"part to {function_words(function)}", "", category, function)]
        return [PartQuery(part.name, part.look, category, function) for part in parts]

    def _ask(self, rgb: UInt8[np.ndarray, "h w 3"], query: PartQuery) -> list[BoxAnswer]:
        """The answers as read; a refused request is an answer without anything."""
        asked = in_parallel(lambda _: self.grounder.ask(rgb, query), range(self.config.samples))
        size = (rgb.shape[0], rgb.shape[1])
        return [
            BoxAnswer(()) if isinstance(text, RequestError) else self.grounder.read(text, size)
            for _, text in asked
        ]

    def _mask(self, answers: Sequence[BoxAnswer], size: tuple[int, int]) -> Bool[np.ndarray, "h w"]:
        """Pixels in the boxes of enough answers."""
        found = [answer.boxes for answer in answers if answer.boxes]
        rows, columns = np.indices(size)
        pixels = np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.float64)
        inside = [np.any([box.contains(pixels) for box in boxes], axis=0) for boxes in found]
        if not inside:
            return np.zeros(size, dtype=bool)
        return (np.mean(inside, axis=0) >= self.config.share).reshape(size)
