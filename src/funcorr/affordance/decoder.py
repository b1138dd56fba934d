"""The [CLS]-guided decoder: text asks, image cells answer, the class token says which may."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from funcorr.affordance.fusion import Fused
from funcorr.affordance.shape import HeadShape


class GuidedAttention(nn.Module):
    """Cross-attention whose weights are multiplied by a mask from the class token.

    ``softmax(q k / sqrt(d))`` over the cells, times ``sigmoid(mean over heads of c k / sqrt(d))``,
    where c is the class token through the query layer. The product is not normalised again, as in
    OOAL: an image without the object attends to little.
    """

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.output = (nn.Linear(width, width) for _ in range(4))
        self.dropout = nn.Dropout(dropout)

    def forward(self, text: Float[Tensor, "b a d"], image: Fused) -> Float[Tensor, "b a d"]:
        """What the text takes from the image."""
        query, key, value, guide = (
            self._split(layer(each))
            for layer, each in (
                (self.query, text),
                (self.key, image.cells),
                (self.value, image.cells),
                (self.query, image.summary[:, None]),
            )
        )
        scale = math.sqrt(key.shape[-1])
        allowed = (guide @ key.mT / scale).mean(dim=1, keepdim=True).sigmoid()
        weights = self.dropout((query @ key.mT / scale).softmax(-1) * allowed)
        return self.output((weights @ value).transpose(1, 2).flatten(2))

    def _split(self, tokens: Float[Tensor, "b n d"]) -> Float[Tensor, "b heads n e"]:
        return tokens.unflatten(2, (self.heads, -1)).transpose(1, 2)


class DecoderLayer(nn.Module):
    """Guided attention and a feed-forward block, each added and then normed."""

    def __init__(self, shape: HeadShape) -> None:
        super().__init__()
        self.attention = GuidedAttention(shape.text, shape.heads, shape.dropout)
        self.feedforward = nn.Sequential(
            nn.Linear(shape.text, shape.feedforward),
            nn.ReLU(),
            nn.Dropout(shape.dropout),
            nn.Linear(shape.feedforward, shape.text),
        )
        self.norms = nn.ModuleList(nn.LayerNorm(shape.text) for _ in range(2))
        self.dropout = nn.Dropout(shape.dropout)

    def forward(self, text: Float[Tensor, "b a d"], image: Fused) -> Float[Tensor, "b a d"]:
        """Text features that know the image."""
        text = self.norms[0](text + self.dropout(self.attention(text, image)))
        return self.norms[1](text + self.dropout(self.feedforward(text)))


class GuidedDecoder(nn.Module):
    """Layers of guided attention."""

    def __init__(self, shape: HeadShape) -> None:
        super().__init__()
        self.layers = nn.ModuleList(DecoderLayer(shape) for _ in range(shape.layers))

    def forward(self, text: Float[Tensor, "a d"], image: Fused) -> Float[Tensor, "b a d"]:
        """Features of every text on every image."""
        aware = text.expand(len(image.cells), -1, -1)
        for layer in self.layers:
            aware = layer(aware, image)
        return aware


def match_cells(aware: Float[Tensor, "b a d"], image: Fused) -> Float[Tensor, "b a n"]:
    """Log-odds per action and cell: ``text . cell / sqrt(d)``."""
    return torch.einsum("bad,bnd->ban", aware, image.cells) / math.sqrt(aware.shape[-1])
