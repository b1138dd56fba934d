"""Affordance models by name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch

from funcorr.affordance.checkpoint import AffordanceCard, load_head
from funcorr.affordance.frozen_encoder import load_frozen_encoder
from funcorr.affordance.model import AffordanceModel
from funcorr.errors import UserError
from funcorr.weights.heads import PACKAGED, from_hub
from funcorr.weights.pretrained import pick_device

AFFORDANCE_MODELS: Mapping[str, str] = {
    "funcorr-afford-small": "heatmaps of actions (funcorr afford)"
}
"""Models that ship inside the package, and what they are."""

SMALL_WEIGHTS = ("efficientnet-lite2", "dinov2-small-focus", "minilm")
"""Pretrained parts that they need."""


def load_affordance_model(
    name: str | Path = "funcorr-afford-small", device: str | torch.device | None = None
) -> AffordanceModel:
    """Load a model for affordance heatmaps.

    Args:
        name: ``"funcorr-afford-small"``, a folder with a trained head, or a Hugging Face hub id.
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
    if (PACKAGED / name / "config.json").is_file():
        return PACKAGED / name
    if Path(name).expanduser().is_dir():
        return Path(name).expanduser()
    if name.count("/") == 1 and not name.startswith((".", "/", "~")):
        return from_hub(name)
    raise UserError(
        f"unknown affordance model {name!r}: expected {', '.join(AFFORDANCE_MODELS)}, a model "
        "folder or a hub id"
    )
