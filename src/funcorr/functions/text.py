"""Text encoders: words of a function in, unit vectors out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from jaxtyping import Float

from funcorr.errors import UserError
from funcorr.functions.bert import Bert
from funcorr.io import read_json
from funcorr.weights.pretrained import (
    MODEL_FILES,
    by_model_type,
    folder_fingerprint,
    load_pretrained,
    load_tensors,
    pick_device,
    quiet_transformers,
)
from funcorr.weights.resolver import resolve

TEXT_ENCODERS: tuple[str, ...] = ("minilm", "clip-vit-base-patch32", "clip-vit-base-patch16")
"""Names that :func:`load_text_encoder` takes; a model folder is taken too."""

TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt")
"""What a tokenizer consists of, where it has them."""


@runtime_checkable
class TextEncoder(Protocol):
    """A frozen text encoder; padding to the longest text of a batch changes nothing (1e-5)."""

    @property
    def name(self) -> str:
        """What :func:`load_text_encoder` was asked for."""

    @property
    def dim(self) -> int:
        """Length of a vector."""

    @property
    def fingerprint(self) -> str:
        """A hash of weights and tokenizer: equal fingerprints, equal vectors."""

    def encode(self, texts: Sequence[str]) -> Float[torch.Tensor, "n d"]:
        """One unit vector per text.

        Raises:
            UserError: no texts, or something that is not text.
        """


def load_text_encoder(name: str | Path, device: str | torch.device | None = None) -> TextEncoder:
    """Load a text encoder, fetching its weights when they are not here yet.

    Args:
        name: one of :data:`TEXT_ENCODERS`, or a model folder (BERT sentence encoder or CLIP).
        device: where to run; None takes a GPU if there is one.

    Raises:
        UserError: unknown name, or a folder of another kind.
        MissingWeightsError: the weights are neither here nor reachable.

    Example:
        >>> encoder = load_text_encoder("minilm")
        >>> pour, spout, hammer = encoder.encode(["pour with", "the spout", "the hammer"])
        >>> bool(pour @ spout > pour @ hammer)
        True
    """
    if str(name) not in TEXT_ENCODERS and not Path(name).expanduser().is_dir():
        raise UserError(
            f"unknown text encoder {str(name)!r}: expected a model folder or one of "
            f"{', '.join(TEXT_ENCODERS)}"
        )
    folder = resolve(name)
    kinds: dict[str, Callable[..., TextEncoder]] = {
        "bert": SentenceEncoder,
        "clip": ClipTextEncoder,
        "clip_text_model": ClipTextEncoder,
    }
    return by_model_type(folder, kinds)(folder, str(name), device)


class _FrozenEncoder:
    """A frozen language model and its tokenizer; texts of more than ``max_tokens`` are cut."""

    dim: int
    max_tokens: int
    model: Any

    def __init__(self, folder: Path, name: str) -> None:
        self.name, self._folder = name, folder

    @cached_property
    def fingerprint(self) -> str:
        """Changes with the weights and the tokenizer."""
        return folder_fingerprint(self._folder, {}, (*MODEL_FILES, *TOKENIZER_FILES))

    def tokens(self, texts: Sequence[str]) -> dict[str, torch.Tensor]:
        """``input_ids`` and ``attention_mask`` of texts, padded to the longest."""
        if isinstance(texts, str) or not texts or not all(isinstance(text, str) for text in texts):
            raise UserError(f"encode takes a list of at least one text, got {texts!r:.60}")
        device = next(self.model.parameters()).device
        return {key: value.to(device) for key, value in self._tokens(list(texts)).items()}

    def _tokens(self, texts: list[str]) -> dict[str, torch.Tensor]:
        raise NotImplementedError


class SentenceEncoder(_FrozenEncoder):
    """BERT with mean pooling over the tokens, as the sentence-transformers models are used.

    Texts are cut at 256 tokens, as the published model was trained. The folder holds
    ``config.json``, ``model.safetensors`` and ``tokenizer.json``.

    Raises:
        UserError: the folder cannot be read.
    """

    def __init__(
        self, folder: Path, name: str = "minilm", device: str | torch.device | None = None
    ) -> None:
        super().__init__(folder, name)
        content = read_json(folder / "config.json", "model config")
        self.model = Bert(content)
        load_tensors(self.model, folder)
        self.model.eval().requires_grad_(False).to(pick_device(device))
        self.dim, self.max_tokens = self.model.width, 256
        self._tokenizer = _read_tokenizer(folder, self.max_tokens)

    def _tokens(self, texts: list[str]) -> dict[str, torch.Tensor]:
        found = self._tokenizer.encode_batch(texts)
        return {
            "input_ids": torch.tensor([each.ids for each in found]),
            "attention_mask": torch.tensor([each.attention_mask for each in found]),
        }

    @torch.no_grad()
    def encode(self, texts: Sequence[str]) -> Float[torch.Tensor, "n d"]:
        """Unit vectors: mean of the last layer's tokens, padding left out."""
        tokens = self.tokens(texts)
        states = self.model(tokens["input_ids"], tokens["attention_mask"])
        weights = tokens["attention_mask"][..., None].to(states)
        return F.normalize((states * weights).sum(dim=1) / weights.sum(dim=1), dim=1)


def _read_tokenizer(folder: Path, longest: int) -> Any:
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        padding = tokenizer.token_to_id("[PAD]")
    except Exception as error:  # the library raises plain Exception
        raise _no_tokenizer(folder, error) from None
    tokenizer.enable_truncation(longest)
    tokenizer.enable_padding(pad_id=padding or 0, pad_token="[PAD]")
    return tokenizer


def _no_tokenizer(folder: Path, error: Exception) -> UserError:
    return UserError(f"cannot read the tokenizer in {folder} ({type(error).__name__}: {error})")


class ClipTextEncoder(_FrozenEncoder):
    """The text tower of CLIP with its projection into the space shared with images.

    Raises:
        UserError: the folder cannot be read.
    """

    def __init__(
        self,
        folder: Path,
        name: str = "clip-vit-base-patch32",
        device: str | torch.device | None = None,
    ) -> None:
        from transformers import CLIPTextModelWithProjection, CLIPTokenizer

        super().__init__(folder, name)
        self.model = load_pretrained(CLIPTextModelWithProjection, folder, pick_device(device))
        config = self.model.config
        self.dim, self.max_tokens = config.projection_dim, config.max_position_embeddings
        try:
            with quiet_transformers():
                self._tokenizer: Any = CLIPTokenizer.from_pretrained(folder)
        except Exception as error:  # a damaged or foreign folder fails in many ways
            raise _no_tokenizer(folder, error) from None

    def _tokens(self, texts: list[str]) -> dict[str, torch.Tensor]:
        options = {"padding": True, "truncation": True, "max_length": self.max_tokens}
        return dict(self._tokenizer(texts, return_tensors="pt", **options))

    @torch.no_grad()
    def encode(self, texts: Sequence[str]) -> Float[torch.Tensor, "n d"]:
        """Unit vectors: the projected state of the end-of-text token."""
        tokens = self.tokens(texts)
        ids, mask = tokens["input_ids"], tokens["attention_mask"]
        return F.normalize(self.model(input_ids=ids, attention_mask=mask).text_embeds, dim=1)
