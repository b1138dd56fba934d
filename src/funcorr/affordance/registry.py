"""Affordance models by name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import torch

from funcorr.affordance.checkpoint import AffordanceCard, load_head
from funcorr.affordance.frozen_encoder import load_frozen_encoder
from funcorr.affordance.model import AffordanceModel
from funcorr.errors import UserError
from funcorr.weights.heads import PACKAGED, find_head, from_hub
from funcorr.weights.pretrained import pick_device


class AffordanceRow(NamedTuple):
    """A named model.

    Attributes:
        what: one line.
        weights: pretrained parts it needs.
        training: what follows ``funcorr train`` to make its head, all but ``--out``; or
            nothing where the package has it.
    """

    what: str
    weights: tuple[str, ...]
    training: str


AFFORDANCE_MODELS: Mapping[str, AffordanceRow] = {
    "funcorr-afford-small": AffordanceRow(
        "heatmaps of actions (funcorr afford)",
        ("efficientnet-lite2", "dinov2-small-focus", "minilm"),
        "",
    ),
    "funcorr-afford-base": AffordanceRow(
        "the same, the paper's: DINOv2-B and CLIP",
        ("dinov2-base", "clip-vit-base-patch16"),
        "affordance ONE_SHOT --config paper",
    ),
}
"""Models by name; the small one ships inside the package."""


def load_affordance_model(
    name: str | Path = "funcorr-afford-small", device: str | torch.device | None = None
) -> AffordanceModel:
    """Load a model for affordance heatmaps.

    Args:
        name: a key of :data:`AFFORDANCE_MODELS`, a folder with a trained head, or a Hugging Face
            hub id.
        device: None takes a GPU if there is one.

    Raises:
        UserError: there is no such model.
        MissingWeightsError: pretrained weights are neither here nor reachable.
    """
    from funcorr.functions.text import load_text_encoder

    place, folder = pick_device(device), _folder(str(name))
    head, card = load_head(folder)
    trunk = load_frozen_encoder(card.backbone, card.head, place)
    encoder = load_text_encoder(card.text_encoder, place)
    return AffordanceModel(_label(folder, card), trunk, encoder, head.to(place))


def _label(folder: Path, card: AffordanceCard) -> str:
    """The model's name in tables; one that was picked on a test set says so everywhere."""
    name = folder.name if folder.parent == PACKAGED else card.name
    picked = card.training.get("config", {}).get("select") == "test"
    return f"{name} (picked on the test set)" if picked else name


def _folder(name: str) -> Path:
    if (folder := find_head(name)) is not None:
        return folder
    if Path(name).expanduser().is_dir():
        return Path(name).expanduser()
    if name.count("/") == 1 and not name.startswith((".", "/", "~")):
        return from_hub(name)
    if name in AFFORDANCE_MODELS:
        raise UserError(
            f"the model {name} cannot run here: its head has not been trained; 'funcorr models' "
            "has the command"
        )
    raise UserError(
        f"unknown affordance model {name!r}: expected {', '.join(AFFORDANCE_MODELS)}, a model "
        "folder or a hub id"
    )
