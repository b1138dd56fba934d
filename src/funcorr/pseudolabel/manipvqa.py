"""ManipVQA (Huang et al. 2024): a 7B model tuned for parts and affordances of tools.

It answers with one box of fractions of the square that it sees, ``[0.37, 0.51, 0.52, 0.61]``.
The square is padded with the mean colour of CLIP's training images. Its own evaluation draws
answers at temperature 0.1 and top-p 0.75.
"""

from __future__ import annotations

from funcorr.functions import function_words
from funcorr.pseudolabel.clients import PartQuery
from funcorr.pseudolabel.framing import Framing
from funcorr.pseudolabel.prompts import GroundingStyle, Sampling

CLIP_MEAN = (122, 116, 104)
"""CLIP's mean colour in 8 bits."""

_QUESTION = "Please provide the bounding box coordinate of the region this sentence describes: "
"""The model's own instruction, word for word: it was tuned on this sentence and answers others
worse, so the wording is part of its interface. What follows it is ours."""


def part_prompt(query: PartQuery) -> str:
    """Asked by the name of the part (ManipVQA-P in the paper's tables).

    Example:
        >>> part_prompt(PartQuery("handle", category="mug")).rsplit(": ")[-1]
        'handle of a mug'
    """
    return _QUESTION + (f"{query.part} of a {query.category}" if query.category else query.part)


def function_prompt(query: PartQuery) -> str:
    """Asked by the function (ManipVQA-F): the part's name plays no role.

    Example:
        >>> function_prompt(PartQuery("spout", function="pour-with")).rsplit(": ")[-1]
        'part to pour with'
    """
    what = f"part to {function_words(query.function)}" if query.function else query.part
    return _QUESTION + (f"{what} of a {query.category}" if query.category else what)


_FRAMING = Framing(fill=CLIP_MEAN)
_SAMPLING = Sampling(temperature=0.1, top_p=0.75)
MANIPVQA_P = GroundingStyle(
    "manipvqa-p", part_prompt, "fractions", framing=_FRAMING, sampling=_SAMPLING
)
MANIPVQA_F = GroundingStyle(
    "manipvqa-f", function_prompt, "fractions", framing=_FRAMING, sampling=_SAMPLING
)
