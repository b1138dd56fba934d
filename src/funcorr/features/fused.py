"""Several backbones as one: each sees the image at its own size, each map is whitened."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import torch
from jaxtyping import Float

from funcorr.errors import UserError
from funcorr.features.backbone import Backbone, check_images
from funcorr.features.grid import resize_map
from funcorr.features.whitening import Whitening
from funcorr.io import write_json
from funcorr.weights.pretrained import read_tensors, write_tensors

SHIPPED = Path(__file__).parent / "shipped" / "fused"
"""The statistics that come with the package."""

_TENSORS = ("mean", "basis", "eigenvalues")


class FusedBackbone:
    """Whitened maps of several backbones; see :class:`~funcorr.features.backbone.Backbone`.

    The maps stay apart; :func:`~funcorr.features.grid.concatenate_maps` joins them.

    Args:
        parts: the backbones.
        whitenings: one per map, in the order of the parts' maps.
        name: what to call it.
        input_size: recommended side of the square input; None takes the largest of the parts.

    Raises:
        UserError: the whitenings do not fit the maps.
    """

    def __init__(
        self,
        parts: Sequence[Backbone],
        whitenings: Sequence[Whitening],
        name: str = "fused",
        input_size: int | None = None,
    ) -> None:
        self.name, self._parts, self._whitenings = name, tuple(parts), tuple(whitenings)
        self.input_size = input_size or max(part.input_size for part in parts)
        self.map_names = tuple(f"{part.name}:{each}" for part in parts for each in part.map_names)
        self.channels = tuple(width for part in parts for width in part.channels)
        self.strides = tuple(  # in pixels of the recommended input, rounded
            max(1, round(stride * self.input_size / part.input_size))
            for part in parts
            for stride in part.strides
        )
        widths = tuple(len(whitening.mean) for whitening in whitenings)
        if widths != self.channels:
            raise UserError(f"{name}: whitening for maps of {widths}, the maps are {self.channels}")

    @cached_property
    def fingerprint(self) -> str:
        """Changes with any part, its size, and the statistics."""
        parts = [(part.fingerprint, part.input_size) for part in self._parts]
        digest = hashlib.sha256(json.dumps(parts).encode())
        for whitening in self._whitenings:
            for name in _TENSORS:
                digest.update(getattr(whitening, name).numpy().tobytes())
        return digest.hexdigest()[:16]

    @torch.no_grad()
    def maps(self, images: Float[torch.Tensor, "b 3 h w"]) -> tuple[torch.Tensor, ...]:
        """Whitened maps of unit length per cell; the longer side becomes each part's input size."""
        check_images(images)
        whitenings = iter(self._whitenings)
        return tuple(
            next(whitenings).apply(each)
            for part in self._parts
            for each in part.maps(_fit(images, part.input_size))
        )


def _fit(images: torch.Tensor, longest: int) -> torch.Tensor:
    height, width = map(int, images.shape[-2:])  # whole numbers also where a graph is traced
    scale = longest / max(height, width)
    return resize_map(images, (max(1, round(height * scale)), max(1, round(width * scale))))


def save_fused(
    folder: Path, backbones: Sequence[str], whitenings: Sequence[Whitening], note: str
) -> None:
    """Write a fused model's folder: which backbones, their statistics (float16), and from what.

    Args:
        folder: gets ``config.json`` and ``model.safetensors``.
        backbones: names for :func:`~funcorr.features.registry.load_backbone`, sizes included.
        whitenings: one per map.
        note: what the statistics were taken from.

    Raises:
        UserError: the folder cannot be written to.
    """
    tensors = {
        f"{index}.{name}": getattr(whitening, name).half().contiguous()
        for index, whitening in enumerate(whitenings)
        for name in _TENSORS
    }
    write_tensors(folder / "model.safetensors", tensors)
    content = {"model_type": "fused", "backbones": list(backbones), "note": note}
    write_json(folder / "config.json", content)


def read_whitenings(folder: Path) -> tuple[Whitening, ...]:
    """The statistics that :func:`save_fused` wrote.

    Raises:
        UserError: missing or damaged.
    """
    tensors = read_tensors(folder / "model.safetensors")
    count = len(tensors) // len(_TENSORS)
    try:
        return tuple(
            Whitening(*(tensors[f"{index}.{name}"].float() for name in _TENSORS))
            for index in range(count)
        )
    except KeyError as error:
        raise UserError(f"{folder} holds no whitening statistics: it lacks {error}") from None
