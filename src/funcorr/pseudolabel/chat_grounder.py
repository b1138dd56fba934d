"""Vision-language models as part grounders: the styles by name, over the chat client."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
from jaxtyping import UInt8

from funcorr.errors import UserError
from funcorr.pseudolabel.boxes import BoxAnswer, parse_boxes
from funcorr.pseudolabel.clients import PartQuery
from funcorr.pseudolabel.cogvlm import COGVLM
from funcorr.pseudolabel.manipvqa import MANIPVQA_F, MANIPVQA_P
from funcorr.pseudolabel.openai_client import ChatModel, Usage
from funcorr.pseudolabel.prompts import JSON, PIXELS, GroundingStyle

STYLES = {style.name: style for style in (JSON, PIXELS, COGVLM, MANIPVQA_P, MANIPVQA_F)}
"""Styles by name; ``json`` suits any model that follows instructions."""


def find_style(name: str) -> GroundingStyle:
    """The style of that name.

    Raises:
        UserError: there is none.
    """
    if name not in STYLES:
        raise UserError(f"unknown grounding style {name!r}; expected one of {', '.join(STYLES)}")
    return STYLES[name]


class ChatGrounder:
    """A ``PartGrounder`` that asks a vision-language model in its own manner.

    Args:
        model: the client.
        style: a :class:`GroundingStyle`, or the name of one.

    Raises:
        UserError: no such style.
    """

    def __init__(self, model: ChatModel, style: GroundingStyle | str = JSON) -> None:
        self.model = model
        self.style = find_style(style) if isinstance(style, str) else style

    @property
    def name(self) -> str:
        """Style and model."""
        return f"{self.style.name}:{self.model.name}"

    @property
    def usage(self) -> Usage:
        """What the model has taken."""
        return self.model.usage

    @property
    def fingerprint(self) -> str:
        """Of style and model; where the model is served plays no role."""
        return hashlib.sha256(f"{self.model.name} {self.style.fingerprint}".encode()).hexdigest()[
            :16
        ]

    def ask(self, image: UInt8[np.ndarray, "h w 3"], query: PartQuery) -> str:
        """The model's answer as it came; errors as :meth:`ChatModel.chat`."""
        shown = self.style.framing.data_url(image)
        return self.model.chat(self.style.prompt(query), shown, sampling=self.style.sampling)

    def read(self, text: str, size: tuple[int, int]) -> BoxAnswer:
        """The boxes of an answer, in pixels of the image of (height, width)."""
        plan = self.style.framing.plan(size)
        answer = plan.answer_to_picture(parse_boxes(text, plan.sent, self.style.units))
        if self.style.strict and answer.malformed:
            return replace(answer, boxes=())
        return replace(answer, boxes=answer.boxes[-1:]) if self.style.keep == "last" else answer
