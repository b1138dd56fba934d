"""The function-conditioned head: frozen image features and a text embedding in, point features out.

Paper section 4.2 ("Function-Conditioned MLP") and 4.3.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from funcorr.errors import UserError
from funcorr.features.grid import bilinear_sample, finest_size, resize_map


@dataclass(frozen=True)
class HeadConfig:
    """Shape of the head; the defaults are the paper's, on DINOv2-B and CLIP ViT-B/32.

    Attributes:
        map_channels: channels of the backbone maps that are mixed (paper: the last three blocks).
        shared_projection: one projection for all maps (paper), which needs equal channels.
        projected: channels after the projection (released code: 512; the paper does not say).
        text: length of the text embedding.
        hidden: width of the two hidden layers.
        descriptor: length of a point's feature (released code: 256).
        mask_head: predict the functional part as well ("full with mask loss").
    """

    map_channels: tuple[int, ...] = (768, 768, 768)
    shared_projection: bool = True
    projected: int = 512
    text: int = 512
    hidden: int = 1024
    descriptor: int = 256
    mask_head: bool = True

    def __post_init__(self) -> None:
        if self.shared_projection and len(set(self.map_channels)) > 1:
            raise UserError(
                f"a shared projection needs maps of equal channels, got {self.map_channels}"
            )


class FunctionHead(nn.Module):
    """Layer mix, point features, text, MLP and part mask.

    The weighted mean of projected maps is L2-normalised per cell and sampled bilinearly at the
    points; image and text features are concatenated and go through an MLP with two hidden ReLU
    layers, whose last layer has no bias and whose result is L2-normalised.

    The first layer acts on ``[image; text]`` linearly and bilinear sampling is linear too, so the
    image half of that layer is applied to the map once (:meth:`image_grid`) and the text half once
    per function (:meth:`describe`): the same numbers for less work, and one grid serves any number
    of functions.
    """

    def __init__(self, config: HeadConfig) -> None:
        super().__init__()
        self.config = config
        inputs = config.map_channels[:1] if config.shared_projection else config.map_channels
        self.projections = nn.ModuleList(
            nn.Linear(channels, config.projected, bias=False) for channels in inputs
        )
        self.map_weights = nn.Parameter(torch.zeros(len(config.map_channels)))
        self.image_layer = nn.Linear(config.projected, config.hidden, bias=False)
        self.text_layer = nn.Linear(config.text, config.hidden)
        self.hidden_layer = nn.Linear(config.hidden, config.hidden)
        self.last_layer = nn.Linear(config.hidden, config.descriptor, bias=False)
        self.mask_layer = nn.Linear(config.descriptor, 1) if config.mask_head else None

    def mix(self, maps: tuple[Tensor, ...]) -> Float[Tensor, "b projected h w"]:
        """Weighted mean of the projected maps on the finest of their grids, unit per cell.

        Args:
            maps: one B x C_i x h_i x w_i tensor per entry of ``map_channels``.
        """
        size = finest_size(maps)
        shares = self.map_weights.softmax(0)
        mixed = torch.zeros((), device=maps[0].device)
        for index, features in enumerate(maps):
            projection = self.projections[0 if self.config.shared_projection else index]
            projected = projection(features.movedim(1, -1)).movedim(-1, 1)
            mixed = mixed + shares[index] * resize_map(projected, size)
        return F.normalize(mixed, dim=1)

    def image_grid(self, maps: tuple[Tensor, ...]) -> Float[Tensor, "b hidden h w"]:
        """The mixed map after the image half of the first layer."""
        return self.image_layer(self.mix(maps).movedim(1, -1)).movedim(-1, 1)

    def describe(
        self,
        grid: Float[Tensor, "hidden h w"],
        points: Float[Tensor, "n 2"],
        image_size: tuple[int, int],
        text: Float[Tensor, " text"],
    ) -> Float[Tensor, "n descriptor"]:
        """Unit features of points of one image for one function.

        Args:
            grid: what :meth:`image_grid` gave for the image.
            points: N x 2 (x, y) pixels of the image that went into the backbone.
            image_size: (height, width) of that image.
            text: embedding of the function.
        """
        return self.describe_sampled(bilinear_sample(grid[None], points, image_size), text)

    def describe_sampled(
        self, sampled: Float[Tensor, "*n hidden"], text: Float[Tensor, "*t text"]
    ) -> Float[Tensor, "*n descriptor"]:
        """Unit features from image-layer values already sampled at points."""
        hidden = F.relu(sampled + self.text_layer(text))
        hidden = F.relu(self.hidden_layer(hidden))
        return F.normalize(self.last_layer(hidden), dim=-1)

    def part_logits(self, descriptors: Float[Tensor, "*n descriptor"]) -> Float[Tensor, "*n"]:
        """Log-odds that a point belongs to the functional part.

        Raises:
            UserError: this head was built without a mask layer.
        """
        if self.mask_layer is None:
            raise UserError("this head predicts no part mask; expected mask_head=True")
        return self.mask_layer(descriptors).squeeze(-1)
