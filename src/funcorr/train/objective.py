"""What a training step minimises: the head and its losses as one module."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from funcorr.correspondence.head import FunctionHead
from funcorr.correspondence.losses import (
    aligned_loss,
    functional_loss,
    mask_loss,
    spatial_loss,
)
from funcorr.train.config import LossConfig


class Example(NamedTuple):
    """One step's worth of tensors; image 2k and 2k + 1 are a pair.

    Attributes:
        functional: frozen features at the points of the functional images, F x N x C_i per grid of
            the head; the first half of the points lies in the part, the second half in the rest.
        functional_text: F x T, embedding of each image's function.
        distances: per functional pair, between its part points; see
            :class:`funcorr.train.sampling.Batch`.
        spatial: features at the points of the spatial images, S x M x C_i per grid.
        spatial_text: S x T.
    """

    functional: list[Tensor]
    functional_text: Tensor
    distances: Tensor
    spatial: list[Tensor]
    spatial_text: Tensor


class Objective(nn.Module):
    """Equation (3) of the paper, ours added where it is on, divided by the sum of the weights.

    Every term is a mean over pairs, so that the mean over processes that hold equal shares of a
    batch is the loss of the whole batch.

    Args:
        head: what is trained.
        config: weights and forms; a term of weight 0 is not computed.
    """

    def __init__(self, head: FunctionHead, config: LossConfig) -> None:
        super().__init__()
        self.head = head
        self.config = config

    def forward(self, example: Example) -> dict[str, Tensor]:
        """The terms, by name, and their ``total``."""
        terms: dict[str, Tensor] = {}
        weights = self.config
        if max(weights.functional, weights.mask, weights.aligned) > 0:
            terms |= self._between_objects(example)
        if weights.spatial > 0:
            terms["spatial"] = self._between_views(example)
        share = {name: getattr(weights, name) for name in terms}
        total = torch.stack([share[name] * term for name, term in terms.items()]).sum()
        return terms | {"total": total / sum(share.values())}

    def _between_objects(self, example: Example) -> dict[str, Tensor]:
        mixed, text = self.head.mix(example.functional), example.functional_text[:, None]
        described = self.head.condition(mixed, text)
        half, weights = described.shape[1] // 2, self.config
        part, rest = described[:, :half], described[:, half:]
        pairs = (part[0::2], rest[0::2], part[1::2], rest[1::2])
        terms = {}
        logits = self.head.part_logits(mixed, text, described) if weights.mask > 0 else None
        with torch.autocast(described.device.type, enabled=False):
            if weights.functional > 0:
                terms["functional"] = functional_loss(
                    *pairs, weights.temperature, weights.functional_form
                )
            if logits is not None:
                terms["mask"] = mask_loss(logits[:, :half], logits[:, half:])
            if weights.aligned > 0:
                terms["aligned"] = aligned_loss(*pairs, example.distances, weights.temperature)
        return terms

    def _between_views(self, example: Example) -> Tensor:
        mixed = self.head.mix(example.spatial)
        views = self.head.condition(mixed, example.spatial_text[:, None])
        with torch.autocast(views.device.type, enabled=False):
            return spatial_loss(
                views[0::2], views[1::2], self.config.temperature, self.config.symmetric_spatial
            )
