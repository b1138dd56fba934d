"""The frozen half of the affordance model: backbones' maps and, where one has it, class token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor

from funcorr.affordance.shape import HeadShape
from funcorr.errors import UserError
from funcorr.features import load_backbone
from funcorr.features.backbone import Backbone, check_finite, finite_maps
from funcorr.features.grid import resize_map


class FrozenFeatures(NamedTuple):
    """A batch of images as the head takes it.

    Attributes:
        maps: B x C_i x g x g each, on the head's grid, float16.
        class_token: B x C, or None.
    """

    maps: tuple[Float[Tensor, "b _ g g"], ...]
    class_token: Float[Tensor, "b c"] | None

    def float(self) -> FrozenFeatures:
        """In float32."""
        token = None if self.class_token is None else self.class_token.float()
        return FrozenFeatures(tuple(each.float() for each in self.maps), token)

    def to(self, device: torch.device) -> FrozenFeatures:
        """On another device."""
        token = None if self.class_token is None else self.class_token.to(device)
        return FrozenFeatures(tuple(each.to(device) for each in self.maps), token)


class FrozenEncoder:
    """Backbones on whole images.

    Features are kept in float16, so that a set of images fits in memory; predictions move by less
    than 1e-3 through it.

    Args:
        backbones: frozen networks; each sees the image at its own size.
        grid: cells per side of the head's grid.
        class_token: take the class token of the last backbone, which must have one.

    Raises:
        UserError: it has none.
    """

    def __init__(self, backbones: Sequence[Backbone], grid: int, class_token: bool = False) -> None:
        self.backbones, self.grid = tuple(backbones), grid
        self.class_channels: int | None = None
        if class_token:
            self.class_channels = getattr(backbones[-1], "class_channels", None)
            if self.class_channels is None:
                raise UserError(f"the backbone {backbones[-1].name} has no class token")

    @property
    def channels(self) -> tuple[int, ...]:
        """Channels per map."""
        return tuple(channels for each in self.backbones for channels in each.channels)

    @property
    def fingerprint(self) -> str:
        """Equal fingerprints, equal features."""
        parts = [f"{each.fingerprint}@{each.input_size}" for each in self.backbones]
        return f"{'+'.join(parts)}:{self.grid}:{self.class_channels}"

    def encode(self, images: Sequence[UInt8[np.ndarray, "_ _ 3"]]) -> FrozenFeatures:
        """Maps and class tokens of images of any sizes, squeezed to the backbones' squares."""
        maps: list[Tensor] = []
        token = None
        for backbone in self.backbones:
            batch = _batch(images, backbone.input_size)
            if self.class_channels is None or backbone is not self.backbones[-1]:
                maps += finite_maps(backbone, batch)
            else:
                more, token = backbone.maps_and_class(batch)  # type: ignore[attr-defined]
                maps += check_finite((*more, token), backbone.name)[:-1]
        square = (self.grid, self.grid)
        cells = tuple(resize_map(each, square).half().contiguous() for each in maps)
        return FrozenFeatures(cells, None if token is None else token.half())


def load_frozen_encoder(
    name: str, shape: HeadShape, device: str | torch.device | None = None
) -> FrozenEncoder:
    """Load the backbones of a trunk.

    Args:
        name: as :func:`funcorr.features.load_backbone` takes it; several are joined by ``+``, for
            instance ``"efficientnet-lite2@256+dinov2-small-focus@224"``.
        shape: of the head, which says on which grid and whether with a class token.
        device: None takes a GPU if there is one.
    """
    backbones = [load_backbone(part, device) for part in name.split("+")]
    return FrozenEncoder(backbones, shape.grid, class_token=shape.class_channels is not None)


def _batch(
    images: Sequence[UInt8[np.ndarray, "_ _ 3"]], size: int
) -> Float[Tensor, "b 3 size size"]:
    bicubic = Image.Resampling.BICUBIC
    squares = [np.asarray(Image.fromarray(i).resize((size, size), bicubic)) for i in images]
    return torch.from_numpy(np.stack(squares)).movedim(3, 1).float() / 255
