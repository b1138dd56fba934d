"""Who says where parts are, by name: exact boxes, detectors, chat servers, other packages."""

from __future__ import annotations

from collections.abc import Callable

from funcorr.pseudolabel.chat_config import ChatConfig
from funcorr.pseudolabel.chat_grounder import ChatGrounder
from funcorr.pseudolabel.detectors import Detector
from funcorr.pseudolabel.exact_boxes import Oracle
from funcorr.pseudolabel.openai_client import ChatModel
from funcorr.pseudolabel.prompts import GroundingStyle
from funcorr.pseudolabel.view_queries import PictureGrounder, ViewGrounder
from funcorr.registry import Registry

LABELLERS: Registry[Callable[[str], ViewGrounder]] = Registry(
    "labeller", "funcorr.labellers", separators=":"
)
"""Labellers that need no chat server; each gets the whole name that was asked for."""


@LABELLERS.register("oracle")
@LABELLERS.register("oracle:")
def _exact(name: str) -> ViewGrounder:
    return Oracle(name.partition(":")[2] or "realistic")


@LABELLERS.register("detector:")
def _detector(name: str) -> ViewGrounder:
    return PictureGrounder(Detector(name.partition(":")[2]))


def load_labeller(chat: ChatConfig, style: GroundingStyle) -> ViewGrounder:
    """Who is asked; a server is asked at once whether it is there.

    Args:
        chat: a name of :data:`LABELLERS`, or a model on a chat server.
        style: in which a model on a server is asked.

    Raises:
        UserError: the labeller cannot be used.
    """
    if chat.model in LABELLERS:
        return LABELLERS[chat.model](chat.model)
    model = ChatModel(chat)
    model.check()
    return PictureGrounder(ChatGrounder(model, style))
