"""Test pictures encoded once for many heads, and the control without pretrained features."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from funcorr.affordance.frozen_encoder import FrozenEncoder, FrozenFeatures
from funcorr.affordance.model import AffordanceModel, EncodedScene
from funcorr.affordance.result import AffordanceMap
from funcorr.images import read_image
from funcorr.weights.pretrained import read_tensors, write_tensors


class EncodedOnce:
    """A model whose trunk features are kept on disk, by the picture's content and the trunk.

    Args:
        model: any head on the trunk.
        cache: folder of the features.
    """

    def __init__(self, model: AffordanceModel, cache: Path) -> None:
        self.model, self.cache, self.name = model, cache, model.name

    def encode(self, image: Any) -> EncodedScene:
        """From the cache, or by the model's trunk."""
        trunk = self.model.trunk.fingerprint
        key = hashlib.sha256(trunk.encode() + Path(image).read_bytes())
        path = self.cache / f"{key.hexdigest()[:24]}.safetensors"
        if not path.is_file():
            features = self.model.encode(image).features
            tensors = {f"map{i:02d}": each for i, each in enumerate(features.maps)}
            token = features.class_token
            write_tensors(path, tensors | ({} if token is None else {"token": token}))
        stored = read_tensors(path)
        token = stored.pop("token", None)
        features = FrozenFeatures(tuple(stored[name] for name in sorted(stored)), token)
        return EncodedScene(read_image(image), features, trunk)

    def predict(self, image: Any, actions: Sequence[str]) -> AffordanceMap:
        """As the model predicts."""
        return self.model.predict(self.encode(image), actions)


def random_frozen_encoder(trunk: FrozenEncoder, seed: int = 0) -> FrozenEncoder:
    """The same networks with every weight drawn anew: what the layout alone is worth.

    Args:
        trunk: pretrained; stays as it is.
        seed: of the weights.
    """
    torch.manual_seed(seed)
    backbones = [copy.deepcopy(backbone) for backbone in trunk.backbones]
    for backbone in backbones:
        for network in vars(backbone).values():
            if isinstance(network, nn.Module):
                network.apply(_draw_anew)
        backbone.__dict__["fingerprint"] = f"random-{seed}-{backbone.fingerprint}"
    return FrozenEncoder(backbones, trunk.grid, class_token=trunk.class_channels is not None)


@torch.no_grad()
def _draw_anew(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d | nn.Linear | nn.BatchNorm2d | nn.LayerNorm):
        module.reset_parameters()
