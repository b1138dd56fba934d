"""The frozen half of the affordance model: a backbone's maps and, where it has one, class token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor

from funcorr.features.backbone import Backbone
from funcorr.features.grid import resize_map


class TrunkFeatures(NamedTuple):
    """A batch of images as the head takes it.

    Attributes:
        maps: B x C_i x g x g each, on the head's grid, float16.
        class_token: B x C, or None.
    """

    maps: tuple[Float[Tensor, "b _ g g"], ...]
    class_token: Float[Tensor, "b c"] | None

    def float(self) -> TrunkFeatures:
        """In float32."""
        token = None if self.class_token is None else self.class_token.float()
        return TrunkFeatures(tuple(each.float() for each in self.maps), token)


class Trunk:
    """A backbone on whole images.

    Features are kept in float16, so that a set of images fits in memory; predictions move by less
    than 1e-3 through it.

    Args:
        backbone: the frozen network.
        grid: cells per side of the head's grid.
    """

    def __init__(self, backbone: Backbone, grid: int) -> None:
        self.backbone, self.grid = backbone, grid
        self.class_channels: int | None = getattr(backbone, "class_channels", None)
        self.fingerprint = f"{backbone.fingerprint}@{backbone.input_size}:{grid}"

    def encode(self, images: Sequence[UInt8[np.ndarray, "_ _ 3"]]) -> TrunkFeatures:
        """Maps and class tokens of images of any sizes, squeezed to the backbone's square."""
        square = (self.backbone.input_size, self.backbone.input_size)
        pixels = np.stack([np.asarray(_resize(each, square)) for each in images])
        batch = torch.from_numpy(pixels).movedim(3, 1).float() / 255
        if self.class_channels is None:
            maps, token = self.backbone.maps(batch), None
        else:
            maps, token = self.backbone.maps_and_class(batch)  # type: ignore[attr-defined]
        cells = tuple(resize_map(each, (self.grid, self.grid)).half() for each in maps)
        return TrunkFeatures(cells, None if token is None else token.half())


def _resize(image: UInt8[np.ndarray, "h w 3"], size: tuple[int, int]) -> Image.Image:
    return Image.fromarray(image).resize(size, Image.Resampling.BICUBIC)
