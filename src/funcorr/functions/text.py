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
from funcorr.weights.pretrained import (
    MODEL_FILES,
    by_model_type,
    folder_fingerprint,
    load_pretrained,
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
    _tokenizer: Any

    def __init__(
        self, kind: Any, folder: Path, name: str, device: str | torch.device | None
    ) -> None:
        self.name, self._folder = name, folder
        self.model = load_pretrained(kind, folder, pick_device(device))

    @cached_property
    def fingerprint(self) -> str:
        """Changes with the weights and the tokenizer."""
        return folder_fingerprint(self._folder, {}, (*MODEL_FILES, *TOKENIZER_FILES))

    def tokens(self, texts: Sequence[str]) -> Any:
        """Token ids and attention mask of texts, padded to the longest."""
        if isinstance(texts, str) or not texts or not all(isinstance(text, str) for text in texts):
            raise UserError(f"encode takes a list of at least one text, got {texts!r:.60}")
        options = {"padding": True, "truncation": True, "max_length": self.max_tokens}
        found = self._tokenizer(list(texts), return_tensors="pt", **options)
        return found.to(self.model.device)


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
        from transformers import BertModel, PreTrainedTokenizerFast

        super().__init__(BertModel, folder, name, device)
        self.dim, self.max_tokens = self.model.config.hidden_size, 256
        self._tokenizer = _read_tokenizer(
            PreTrainedTokenizerFast, folder, tokenizer_file=str(folder / "tokenizer.json")
        )
        self._tokenizer.pad_token = "[PAD]"

    @torch.no_grad()
    def encode(self, texts: Sequence[str]) -> Float[torch.Tensor, "n d"]:
        """Unit vectors: mean of the last layer's tokens, padding left out."""
        tokens = self.tokens(texts)
        ids, mask = tokens["input_ids"], tokens["attention_mask"]
        states = self.model(input_ids=ids, attention_mask=mask).last_hidden_state
        weights = mask[..., None].to(states)
        return F.normalize((states * weights).sum(dim=1) / weights.sum(dim=1), dim=1)


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

        super().__init__(CLIPTextModelWithProjection, folder, name, device)
        config = self.model.config
        self.dim, self.max_tokens = config.projection_dim, config.max_position_embeddings
        self._tokenizer = _read_tokenizer(CLIPTokenizer.from_pretrained, folder, folder)

    @torch.no_grad()
    def encode(self, texts: Sequence[str]) -> Float[torch.Tensor, "n d"]:
        """Unit vectors: the projected state of the end-of-text token."""
        tokens = self.tokens(texts)
        ids, mask = tokens["input_ids"], tokens["attention_mask"]
        return F.normalize(self.model(input_ids=ids, attention_mask=mask).text_embeds, dim=1)


def _read_tokenizer(reader: Any, folder: Path, *arguments: Any, **options: Any) -> Any:
    try:
        with quiet_transformers():
            return reader(*arguments, **options)
    except Exception as error:  # the tokenizers library raises plain Exception
        raise UserError(
            f"cannot read the tokenizer in {folder} ({type(error).__name__}: {error})"
        ) from None
