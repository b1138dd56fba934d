"""Multi-layer fusion: the backbone's maps as one map in the text's dimension, and one vector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from funcorr.affordance.shape import HeadShape
from funcorr.features.grid import resize_map


class Fused(NamedTuple):
    """An image after the fusion.

    Attributes:
        cells: B x N x D, the cells of the grid in row-major order (F_v in the paper).
        summary: B x D, what the whole image shows (the paper's [CLS] feature).
    """

    cells: Float[Tensor, "b n d"]
    summary: Float[Tensor, "b d"]


class LayerFusion(nn.Module):
    """OOAL's fusion: each map through its own linear layer and norm, a learned mean, an MLP.

    Where the backbone has a class token, a linear layer brings it to the text's dimension. A
    convolutional backbone has none: there, a learned query attends to the cells of the averaged
    map, ``softmax(q . cell)``, and the cells' weighted mean takes its place; that is what a class
    token does in the last layer of a transformer.
    """

    def __init__(self, shape: HeadShape) -> None:
        super().__init__()
        self.grid = shape.grid
        self.map_layers = nn.ModuleList(
            nn.Sequential(nn.Linear(channels, shape.fused), nn.LayerNorm(shape.fused))
            for channels in shape.map_channels
        )
        self.map_weights = nn.Parameter(torch.zeros(len(shape.map_channels)))
        self.mlp = nn.Sequential(
            nn.LayerNorm(shape.fused),
            nn.Linear(shape.fused, shape.text),
            nn.GELU(),
            nn.Linear(shape.text, shape.text),
            nn.LayerNorm(shape.text),
        )
        self.pooling = nn.Linear(shape.fused, 1, bias=False) if not shape.class_channels else None
        self.summary = nn.Linear(shape.class_channels or shape.fused, shape.text)

    def forward(
        self, maps: Sequence[Float[Tensor, "b _ _ _"]], class_token: Float[Tensor, "b c"] | None
    ) -> Fused:
        """Fuse the maps of a batch.

        Args:
            maps: B x C_i x h_i x w_i per entry of ``map_channels``; they are resized to the grid.
            class_token: the backbone's, or None for one that has none.
        """
        size = (self.grid, self.grid)
        tokens = [resize_map(each, size).flatten(2).mT for each in maps]
        normed = [layer(each) for layer, each in zip(self.map_layers, tokens, strict=True)]
        mixed = torch.einsum("k,kbnc->bnc", self.map_weights.softmax(0), torch.stack(normed))
        if self.pooling is not None:
            shares = self.pooling(mixed).softmax(1)
            class_token = (shares * mixed).sum(1)
        assert class_token is not None
        return Fused(self.mlp(mixed), self.summary(class_token))
