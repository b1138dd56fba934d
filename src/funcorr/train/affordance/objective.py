"""What a training step of the affordance head minimises: cross-entropy and both constraints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from funcorr.affordance.constraints import (
    area_information,
    cell_information,
    map_information,
    object_information,
)
from funcorr.affordance.frozen_encoder import FrozenFeatures
from funcorr.affordance.fusion import Fused
from funcorr.affordance.head import AffordanceHead, heatmaps
from funcorr.functions import function_words
from funcorr.functions.prompted import PromptedEncoder
from funcorr.train.affordance.config import AffordanceTrainConfig

if TYPE_CHECKING:
    from lightning_fabric import Fabric


class AffordanceExample:
    """One step's images; no tuple, whose tensors Fabric would round to the run's precision.

    Attributes:
        features: of B images.
        heat: B x A x S x S, ground truth in [0, 1].
        labels: B, row of the objects' texts.
    """

    def __init__(
        self,
        features: FrozenFeatures,
        heat: Float[Tensor, "b a s s"],
        labels: Int[Tensor, " b"],
    ) -> None:
        self.features, self.heat, self.labels = features, heat, labels

    def to(self, device: torch.device, non_blocking: bool = False) -> AffordanceExample:
        """On another device."""
        return AffordanceExample(
            self.features.to(device), self.heat.to(device), self.labels.to(device)
        )


class AffordanceObjective(nn.Module):
    """``loss = bce - ami.weight * ami - oli.weight * oli``; estimates are in nats.

    Args:
        head: what is trained.
        encoder: frozen text encoder that takes learned tokens.
        actions: A names.
        objects: O x D text features of the categories.
        config: weights and forms; an estimate of weight 0 is measured, not followed.
        fabric: the processes that share a batch; the negatives of an estimate are those of the
            whole batch.
    """

    def __init__(
        self,
        head: AffordanceHead,
        encoder: PromptedEncoder,
        actions: Sequence[str],
        objects: Float[Tensor, "o d"],
        config: AffordanceTrainConfig,
        fabric: Fabric,
    ) -> None:
        super().__init__()
        self.head, self.encoder, self.config, self.fabric = head, encoder, config, fabric
        self.names = encoder.prepare([function_words(action) for action in actions])
        self.objects = objects

    def forward(self, example: AffordanceExample) -> dict[str, Tensor]:
        """The loss and its terms.

        Raises:
            FloatingPointError: the maps hold no finite numbers, which the cross-entropy takes ill.
        """
        head, config, device = self.head, self.config, example.heat.device.type
        with torch.autocast(device, enabled=False):
            text = head.text(self.encoder, self.names)
        fused = head.fuse(*example.features)
        aware = head.read(text, fused)
        logits = head.logits(aware, fused)
        if not torch.isfinite(logits).all():
            raise FloatingPointError("the predicted map became nan")
        with torch.autocast(device, enabled=False):
            predicted = heatmaps(logits, (config.loss_size, config.loss_size))
            terms = {
                "bce": F.binary_cross_entropy(predicted, example.heat),
                "ami": self._action_information(text, fused, aware, logits, example.heat),
                "oli": self._object_information(fused, example.labels),
            }
        loss = terms["bce"] - config.ami.weight * terms["ami"] - config.oli.weight * terms["oli"]
        return {"loss": loss, **terms}

    def _action_information(
        self, text: Tensor, fused: Fused, aware: Tensor, logits: Tensor, truth: Tensor
    ) -> Tensor:
        form = self.config.ami
        heat = self._gathered(F.adaptive_avg_pool2d(truth, self.head.shape.grid).flatten(2))
        with torch.set_grad_enabled(form.weight > 0):
            if form.level == "map":
                return map_information(self._gathered(logits).flatten(2), heat, form)
            cells = self._gathered(fused.cells).float()
            if form.level == "cells":
                return cell_information(self._gathered(aware).float(), cells, heat, form)
            return area_information(cells, text, heat, form)

    def _object_information(self, fused: Fused, labels: Tensor) -> Tensor:
        with torch.set_grad_enabled(self.config.oli.weight > 0):
            summary = self._gathered(fused.summary).float()
            return object_information(
                summary, self.objects, self._gathered(labels), self.config.oli
            )

    def _gathered(self, share: Tensor) -> Tensor:
        """The whole batch in its order, of which this process holds every ``world_size``-th row.

        The gradient of its own rows counts once per process, since processes average theirs.
        """
        world = self.fabric.world_size
        if world == 1:
            return share
        own = share.detach().contiguous()
        shares = [torch.empty_like(own) for _ in range(world)]
        torch.distributed.all_gather(shares, own)
        if share.requires_grad:
            shares[self.fabric.global_rank] = own + world * (share - own)
        return torch.stack(shares, 1).flatten(0, 1)
