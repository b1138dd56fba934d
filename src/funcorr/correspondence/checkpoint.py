"""A trained head on disk: a folder with ``config.json`` and ``model.safetensors``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from funcorr.correspondence.head import FunctionHead, HeadConfig
from funcorr.errors import UserError
from funcorr.runs import read_json, write_json
from funcorr.weights.pretrained import write_tensors

FORMAT = "funcorr-head/1"


@dataclass(frozen=True)
class HeadCard:
    """What goes with the weights of a head.

    Attributes:
        name: of the model.
        backbone: whose maps it reads, as :func:`funcorr.features.load_backbone` takes it.
        text_encoder: as :func:`funcorr.functions.text.load_text_encoder` takes it.
        head: its shape.
        training: how it was made (configuration, data, versions), for people to read.
    """

    name: str
    backbone: str
    text_encoder: str
    head: HeadConfig
    training: dict[str, Any]


def save_head(folder: Path, head: FunctionHead, card: HeadCard, half: bool = False) -> None:
    """Write a head; ``half`` stores float16 (a head loses nothing measurable by it)."""
    kind = torch.float16 if half else torch.float32
    tensors = {name: t.detach().to(kind).contiguous() for name, t in head.state_dict().items()}
    write_tensors(folder / "model.safetensors", tensors)
    write_json(folder / "config.json", {"format": FORMAT, **asdict(card)})


def load_head(folder: Path) -> tuple[FunctionHead, HeadCard]:
    """Read what :func:`save_head` wrote, in float32.

    Raises:
        UserError: a file is missing, damaged, of another format, or they do not fit together.
    """
    content = read_json(folder / "config.json", "model config")
    if not isinstance(content, dict) or content.pop("format", None) != FORMAT:
        raise UserError(f"{folder} is not a funcorr model: its config.json lacks format {FORMAT}")
    try:
        shape = content.pop("head")
        shape["map_channels"] = tuple(shape["map_channels"])
        card = HeadCard(head=HeadConfig(**shape), **content)
        head = FunctionHead(card.head)
        tensors = load_file(folder / "model.safetensors")
        head.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
    except (KeyError, TypeError, RuntimeError, OSError, SafetensorError) as error:
        line = str(error).splitlines()[0]
        raise UserError(f"cannot load the model in {folder}: {line}") from None
    return head.eval(), card
