"""What grounding models are asked, and how each of them is to be shown a picture and read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

from funcorr.errors import UserError
from funcorr.functions import function_words
from funcorr.pseudolabel.clients import PartQuery
from funcorr.pseudolabel.framing import Framing
from funcorr.pseudolabel.number_groups import Units


@dataclass(frozen=True)
class Sampling:
    """How a model draws its answer.

    Attributes:
        temperature: 0 always takes the likeliest word.
        top_p: mass of the words drawn from; None leaves it to the server.
        top_k: number of the words drawn from; sent only when set, for not every server takes it.
        max_tokens: longest answer.
    """

    temperature: float = 0.0
    top_p: float | None = None
    top_k: int | None = None
    max_tokens: int = 256

    def __post_init__(self) -> None:
        if self.max_tokens < 1:
            raise UserError(f"an answer has at least one token, got max_tokens {self.max_tokens}")


DRAWN = Sampling(temperature=0.9, top_p=0.95)
"""The paper's way of drawing several answers to one question. :meth:`GroundingStyle.drawn` gives it
to styles whose answers would all be the same."""


@dataclass(frozen=True)
class GroundingStyle:
    """The manners of one grounding model.

    Attributes:
        name: of the style.
        prompt: writes the question.
        units: what numbers above 1 count in the answer.
        keep: of several boxes in one answer, all or only the last.
        strict: an answer with anything malformed in it has no boxes.
        framing: how pictures are shown.
        sampling: how answers are drawn.
    """

    name: str
    prompt: Callable[[PartQuery], str]
    units: Units = "thousandths"
    keep: Literal["all", "last"] = "all"
    strict: bool = False
    framing: Framing = field(default_factory=Framing)
    sampling: Sampling = field(default_factory=Sampling)

    def drawn(self, temperature: float | None = None) -> GroundingStyle:
        """The style with answers that differ from draw to draw, for asking several times.

        Args:
            temperature: of the draw; None leaves it to the style, or to the paper (0.9) where the
                style always takes the likeliest word.

        Example:
            >>> JSON.sampling.temperature, JSON.drawn().sampling.temperature
            (0.0, 0.9)
        """
        drawn = replace(DRAWN, max_tokens=self.sampling.max_tokens)
        sampling = self.sampling if self.sampling.temperature else drawn
        if temperature is not None:
            sampling = replace(self.sampling, temperature=temperature)
        return replace(self, sampling=sampling)

    @property
    def fingerprint(self) -> str:
        """Hash of everything that changes an answer: a question as written, and all settings."""
        sample = self.prompt(PartQuery("part", "description", "category", "verb-with"))
        settings = (sample, self.units, self.keep, self.strict)
        parts = (*settings, asdict(self.framing), asdict(self.sampling))
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def expression(query: PartQuery) -> str:
    """Part and description as one lower-case phrase without full stops and asterisks.

    Example:
        >>> expression(PartQuery("Spout", "A bent tube."))
        'spout - a bent tube'
    """
    words = f"{query.part} - {query.description}" if query.description else query.part
    return words.lower().replace(".", "").replace("*", "").strip()


def json_prompt(query: PartQuery) -> str:
    """For any vision-language model that follows instructions."""
    whole = f" of the {query.category}" if query.category else ""
    use = f" It is the part to {function_words(query.function)}." if query.function else ""
    look = f" What it looks like: {query.description.rstrip('.')}." if query.description else ""
    return (
        f'Find the part "{query.part}"{whole} in this picture.{look}{use} Reply with nothing but '
        'JSON of the form [{"bbox_2d": [left, top, right, bottom]}], one entry for each such part '
        "that can be seen, as tight as possible. Coordinates are whole numbers that run from 0 at "
        "the left and top edge of the picture to 1000 at its right and bottom edge. Reply [] if "
        "the part cannot be seen."
    )


def pixel_prompt(query: PartQuery) -> str:
    """The same for models that count pixels, as Qwen2.5-VL does."""
    head, _, tail = json_prompt(query).partition("Coordinates are")
    return f"{head}Coordinates are pixels of the picture. Reply{tail.partition('Reply')[2]}"


JSON = GroundingStyle("json", json_prompt)
PIXELS = GroundingStyle("pixels", pixel_prompt, units="pixels")
