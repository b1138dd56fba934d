"""Learned tokens among the words of a frozen text encoder, as in prompt learning (CoOp)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from funcorr.errors import UserError
from funcorr.functions.text import ClipTextEncoder, SentenceEncoder, TextEncoder


class Names(NamedTuple):
    """Names as the encoder's frozen part leaves them; made once per list of names.

    Attributes:
        states: N x L x H, token by token, at the depth where the learned tokens join them.
        real: N x L, False on padding.
        end: N, position of the token that closes the text.
    """

    states: Float[Tensor, "n l h"]
    real: Bool[Tensor, "n l"]
    end: Int[Tensor, " n"]


@runtime_checkable
class PromptedEncoder(Protocol):
    """A frozen text encoder that lets gradients through to learned tokens.

    A text is its opening token, the learned tokens, the name, a full stop and the closing token.
    """

    @property
    def width(self) -> int:
        """Length of a learned token."""

    @property
    def dim(self) -> int:
        """Length of the vector of a text."""

    def prepare(self, names: Sequence[str]) -> Names:
        """Everything that does not depend on the learned tokens."""

    def encode(self, prompt: Float[Tensor, "p h"], names: Names) -> Float[Tensor, "n d"]:
        """One vector per name, not normalised, differentiable in ``prompt``."""


def prompted(encoder: TextEncoder, layers: int | None = None) -> PromptedEncoder:
    """Open a text encoder for learned tokens.

    Args:
        encoder: as :func:`funcorr.functions.text.load_text_encoder` loads it.
        layers: how many of the last layers the learned tokens pass; None lets them enter with the
            word embeddings (CoOp, and the paper). Fewer layers are faster by that factor: the names
            alone have passed the others before.

    Raises:
        UserError: an encoder of another kind, or ``layers`` for one that cannot be cut.
    """
    if isinstance(encoder, SentenceEncoder):
        return PromptedSentences(encoder, layers)
    if isinstance(encoder, ClipTextEncoder) and layers is None:
        return PromptedClip(encoder)
    raise UserError(
        f"the text encoder {encoder.name} takes no learned tokens here: expected a sentence "
        "encoder, or CLIP with prompt_layers=None"
    )


class PromptedSentences:
    """Learned tokens in a BERT sentence encoder.

    They follow the opening token and act through attention only: the text's vector is the mean over
    the other tokens, as the sentence encoder was trained, so that eight learned tokens do not
    outvote a name of one word. Without learned tokens it is the sentence encoder itself.
    """

    def __init__(self, encoder: SentenceEncoder, layers: int | None = None) -> None:
        self._tokens, self._model = encoder.tokens, encoder.model
        blocks = self._model.encoder.layer
        if layers is not None and not 1 <= layers <= len(blocks):
            raise UserError(f"{encoder.name} has {len(blocks)} layers, got prompt_layers={layers}")
        self._below = blocks[: len(blocks) - layers] if layers else blocks[:0]
        self._above = blocks[len(self._below) :]
        self._whole = layers is None
        self.dim = self.width = encoder.dim

    @torch.no_grad()
    def prepare(self, names: Sequence[str]) -> Names:
        """See :class:`PromptedEncoder`."""
        tokens = self._tokens([f"{name}." for name in names])
        ids, real = tokens["input_ids"], tokens["attention_mask"].bool()
        states = self._model.embeddings.word_embeddings(ids)
        if not self._whole:
            states = _pass(self._below, self._model.embeddings(states), real)
        return Names(states, real, real.sum(1) - 1)

    def encode(self, prompt: Float[Tensor, "p h"], names: Names) -> Float[Tensor, "n d"]:
        """See :class:`PromptedEncoder`."""
        states, real = _with_prompt(prompt, names)
        if self._whole:
            states = self._model.embeddings(states)
        states = _pass(self._above, states, real)
        pooled = torch.cat([states[:, :1], states[:, 1 + len(prompt) :]], dim=1)
        weights = names.real[..., None].to(pooled)
        return (pooled * weights).sum(1) / weights.sum(1)


class PromptedClip:
    """Learned tokens in the text tower of CLIP: the closing token's state, projected."""

    def __init__(self, encoder: ClipTextEncoder) -> None:
        self._tokens, self._model = encoder.tokens, encoder.model
        self.width, self.dim = self._model.config.hidden_size, encoder.dim

    @torch.no_grad()
    def prepare(self, names: Sequence[str]) -> Names:
        """See :class:`PromptedEncoder`."""
        tokens = self._tokens([f"{name}." for name in names])
        ids = tokens["input_ids"]
        embeddings = self._model.text_model.embeddings.token_embedding(ids)
        return Names(embeddings, tokens["attention_mask"].bool(), ids.argmax(1))

    def encode(self, prompt: Float[Tensor, "p h"], names: Names) -> Float[Tensor, "n d"]:
        """See :class:`PromptedEncoder`."""
        tower = self._model.text_model
        states, _ = _with_prompt(prompt, names)
        states = tower.embeddings(inputs_embeds=states)
        length = states.shape[1]
        later = torch.full((length, length), torch.finfo(states.dtype).min).triu(1)
        causal = later.to(states.device)[None, None]
        for layer in tower.encoder.layers:
            states = _first(layer(states, attention_mask=causal))
        ends = tower.final_layer_norm(states)[torch.arange(len(states)), names.end + len(prompt)]
        return self._model.text_projection(ends)


def _with_prompt(prompt: Tensor, names: Names) -> tuple[Tensor, Tensor]:
    """States and real-token mask with the learned tokens after the opening token."""
    learned = prompt.to(names.states).expand(len(names.states), -1, -1)
    states = torch.cat([names.states[:, :1], learned, names.states[:, 1:]], dim=1)
    seen = names.real.new_ones(len(names.real), len(prompt))
    return states, torch.cat([names.real[:, :1], seen, names.real[:, 1:]], dim=1)


def _pass(layers: Iterable[nn.Module], states: Tensor, real: Tensor) -> Tensor:
    hidden = torch.zeros(real.shape, dtype=states.dtype, device=states.device)
    mask = hidden.masked_fill(~real, torch.finfo(states.dtype).min)[:, None, None]
    for layer in layers:
        states = layer(states, mask)
    return states


def _first(output: Tensor | tuple[Tensor, ...]) -> Tensor:
    """A layer's states; some versions of transformers wrap them."""
    return output[0] if isinstance(output, tuple) else output
