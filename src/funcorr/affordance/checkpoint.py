"""A trained affordance head on disk, see :mod:`funcorr.weights.heads`."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from funcorr.affordance.head import AffordanceHead
from funcorr.affordance.shape import HeadShape
from funcorr.errors import UserError
from funcorr.weights.heads import load_state, read_card, save_folder

FORMAT = "funcorr-affordance/1"


@dataclass(frozen=True)
class AffordanceCard:
    """What goes with the weights of a head.

    Attributes:
        name: of the model.
        backbone: whose maps it reads, as :func:`funcorr.affordance.trunk.load_trunk` takes it.
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
    content = read_card(folder, FORMAT)
    try:
        shape = content.pop("head")
        shape["map_channels"] = tuple(shape["map_channels"])
        card = AffordanceCard(head=HeadShape(**shape), **content)
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(f"cannot load the model in {folder}: {error}") from None
    head = AffordanceHead(card.head)
    load_state(folder, head)
    return head.eval(), card
