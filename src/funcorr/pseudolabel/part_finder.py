"""Where the part that serves a function is in a picture, asked of a vision-language model."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, UInt8

from funcorr.functions import function_words, load_taxonomy
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


class PartFinder:
    """Asks a grounder about a picture, and makes a mask of its boxes.

    Parts come from the taxonomy where it knows the category and the function, else the question is
    for "the part to pour with".

    Args:
        grounder: finds parts.
        config: how boxes become a mask.

    Attributes:
        asked: how many questions were asked.
        unanswered: how many of them got no answer.
    """

    def __init__(self, grounder: PartGrounder, config: GroundingConfig | None = None) -> None:
        self.grounder, self.config = grounder, config or GroundingConfig()
        self.asked = self.unanswered = 0

    def fingerprint_with(self, features: str) -> str:
        """Of grounder and config, with the features that are matched inside the parts."""
        parts = (features, self.grounder.fingerprint, self.config)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]

    def find(
        self, rgb: UInt8[np.ndarray, "h w 3"], category: str, function: str
    ) -> Bool[np.ndarray, "h w"]:
        """The pixels of the part; all False where nothing was found.

        Args:
            rgb: the picture.
            category: what the object is, or nothing.
            function: what is done with it.

        Raises:
            UserError: the model behind the grounder cannot be used.
        """
        masks = [self._mask(rgb, query) for query in self._queries(category, function)]
        return np.any(masks, axis=0)

    def _queries(self, category: str, function: str) -> list[PartQuery]:
        found = load_taxonomy().find_category(category) if category else None
        parts = found.serving(function) if found and not self.config.by_function else ()
        if not parts:
            return [PartQuery(f"part to {function_words(function)}", "", category, function)]
        return [PartQuery(part.name, part.look, category, function) for part in parts]

    def _mask(self, rgb: UInt8[np.ndarray, "h w 3"], query: PartQuery) -> Bool[np.ndarray, "h w"]:
        """Pixels in the boxes of enough answers."""
        answers = in_parallel(lambda _: self.grounder.ask(rgb, query), range(self.config.samples))
        texts = [text for _, text in answers if not isinstance(text, RequestError)]
        self.asked += self.config.samples
        self.unanswered += self.config.samples - len(texts)
        size = (rgb.shape[0], rgb.shape[1])
        found = [boxes for text in texts if (boxes := self.grounder.read(text, size).boxes)]
        rows, columns = np.indices(size)
        pixels = np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.float64)
        inside = [np.any([box.contains(pixels) for box in boxes], axis=0) for boxes in found]
        if not inside:
            return np.zeros(size, dtype=bool)
        return (np.mean(inside, axis=0) >= self.config.share).reshape(size)
