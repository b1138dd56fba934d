"""A trained affordance head on disk, see :mod:`funcorr.weights.heads`."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from funcorr.affordance.head import AffordanceHead
from funcorr.affordance.shape import HeadShape
from funcorr.weights.heads import load_folder, save_folder

FORMAT = "funcorr-affordance/1"


@dataclass(frozen=True)
class AffordanceCard:
    """What goes with the weights of a head.

    Attributes:
        name: of the model.
        backbone: as :func:`funcorr.affordance.frozen_encoder.load_frozen_encoder` takes it.
        text_encoder: as :func:`funcorr.functions.text.load_text_encoder` takes it.
        head: its shape.
        training: how it was made (configuration, data, versions), for people to read.
    """

    name: str
    backbone: str
    text_encoder: str
    head: HeadShape
    training: dict[str, Any] = field(default_factory=dict)


def save_head(folder: Path, head: AffordanceHead, card: AffordanceCard, half: bool = False) -> None:
    """Write a head; no name of an action is stored with it."""
    save_folder(folder, head, FORMAT, asdict(card), half)


def load_head(folder: Path) -> tuple[AffordanceHead, AffordanceCard]:
    """Read what :func:`save_head` wrote, in float32.

    Raises:
        UserError: a file is missing, damaged, of another format, or they do not fit together.
    """
    return load_folder(folder, FORMAT, _made)


def _made(content: dict[str, Any]) -> tuple[AffordanceHead, AffordanceCard]:
    shape = content.pop("head")
    channels = tuple(shape.pop("map_channels"))
    card = AffordanceCard(head=HeadShape(map_channels=channels, **shape), **content)
    return AffordanceHead(card.head), card
