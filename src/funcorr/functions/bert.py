"""BERT without a model zoo: tokens in, states of the last layer out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from funcorr.errors import UserError
from funcorr.weights.pretrained import UnfilledEmbedding, UnfilledLinear

States = Float[Tensor, "b n h"]


class Bert(nn.Module):
    """Named as in a ``BertModel``'s file; its pooler is left out.

    Args:
        content: of ``config.json``.

    Raises:
        UserError: it is not BERT's.
    """

    def __init__(self, content: dict[str, Any]) -> None:
        super().__init__()
        try:
            width, layers = content["hidden_size"], content["num_hidden_layers"]
            shape = width, content["num_attention_heads"], content["intermediate_size"]
            words, places = content["vocab_size"], content["max_position_embeddings"]
            kinds, eps = content.get("type_vocab_size", 2), content.get("layer_norm_eps", 1e-12)
            if min(*shape, words, places, kinds, layers) < 1 or width % shape[1]:
                raise TypeError("sizes must be at least 1, and the heads must divide hidden_size")
            self.embeddings = _Embeddings(width, words, places, kinds, eps)
            self.encoder = _Encoder(_Layer(*shape, eps) for _ in range(layers))
        except (KeyError, TypeError, RuntimeError) as error:
            raise UserError(
                f"config.json is not a BertModel's ({type(error).__name__}: {error})"
            ) from None
        if content.get("hidden_act", "gelu") != "gelu":
            raise UserError(f"expected a BertModel with gelu, got {content['hidden_act']!r}")
        self.width: int = width

    def forward(self, ids: Int[Tensor, "b n"], real: Int[Tensor, "b n"]) -> States:
        """States of the last layer.

        Args:
            ids: of the tokens.
            real: 1 for tokens, 0 for padding.
        """
        mask = None if bool(real.all()) else real.bool()[:, None, None]
        states = self.embeddings(self.embeddings.word_embeddings(ids))
        for layer in self.encoder.layer:
            states = layer(states, mask)
        return states


class _Embeddings(nn.Module):
    """Vectors of words, with those of their places and of the first sentence added."""

    def __init__(self, width: int, words: int, places: int, kinds: int, eps: float) -> None:
        super().__init__()
        self.word_embeddings = UnfilledEmbedding(words, width)
        self.position_embeddings = UnfilledEmbedding(places, width)
        self.token_type_embeddings = UnfilledEmbedding(kinds, width)
        self.LayerNorm = nn.LayerNorm(width, eps=eps)

    def forward(self, vectors: States) -> States:
        places = self.position_embeddings.weight[: vectors.shape[1]]
        return self.LayerNorm(vectors + self.token_type_embeddings.weight[0] + places)


class _Encoder(nn.Module):
    def __init__(self, layers: Iterable[_Layer]) -> None:
        super().__init__()
        self.layer = nn.ModuleList(layers)


class _Attention(nn.Module):
    def __init__(self, width: int, heads: int, eps: float) -> None:
        super().__init__()
        self.heads = heads
        self.self = nn.ModuleDict(
            {name: UnfilledLinear(width, width) for name in ("query", "key", "value")}
        )
        self.output = _Added(width, width, eps)

    def forward(self, states: States, mask: Tensor | None) -> States:
        query, key, value = (
            layer(states).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for layer in self.self.values()
        )
        attended = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return self.output(attended.transpose(1, 2).flatten(2), states)


class _Added(nn.Module):
    """A dense layer whose result is added to the states, and a LayerNorm."""

    def __init__(self, width: int, out: int, eps: float) -> None:
        super().__init__()
        self.dense, self.LayerNorm = UnfilledLinear(width, out), nn.LayerNorm(out, eps=eps)

    def forward(self, found: Tensor, states: States) -> States:
        return self.LayerNorm(self.dense(found) + states)


class _Layer(nn.Module):
    def __init__(self, width: int, heads: int, hidden: int, eps: float) -> None:
        super().__init__()
        self.attention = _Attention(width, heads, eps)
        self.intermediate = nn.ModuleDict({"dense": UnfilledLinear(width, hidden)})
        self.output = _Added(hidden, width, eps)

    def forward(self, states: States, mask: Tensor | None = None) -> States:
        """One layer.

        Args:
            states: of its tokens.
            mask: broadcast to B x heads x N x N: which tokens are heard, or what is added to the
                logits.
        """
        states = self.attention(states, mask)
        return self.output(F.gelu(self.intermediate["dense"](states)), states)
