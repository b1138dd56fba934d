"""The function-conditioned head: frozen image features and a text embedding in, point features out.

Paper section 4.2 ("Function-Conditioned MLP") and 4.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from funcorr.errors import UserError
from funcorr.features.grid import bilinear_sample, on_finest_grid


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

    The backbone's maps are projected and averaged with learned weights on the finest of their
    grids, and sampled bilinearly at the points. The unit vector of a point is concatenated with
    the text and goes through an MLP with two hidden ReLU layers, whose last layer has no bias and
    whose result is L2-normalised.

    Projection and sampling are both linear, so their order does not matter: inference projects the
    grid once per image, training projects only the sampled points. For the same reason the first
    layer is kept as an image half and a text half. The released code takes unit vectors per cell,
    before sampling; per point, the two orders stay equal.
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

    def mix(self, features: Sequence[Tensor]) -> Float[Tensor, "*n projected"]:
        """Weighted mean of the projected features of every map.

        Args:
            features: ``... x C_i`` per entry of ``map_channels``, all at the same places.
        """
        shared = self.config.shared_projection
        projections = list(self.projections) * (len(features) if shared else 1)
        shares = self.map_weights.softmax(0)
        terms = [
            share * projection(each)
            for share, projection, each in zip(shares, projections, features, strict=True)
        ]
        return torch.stack(terms).sum(0)

    def image_grid(self, maps: Sequence[Tensor]) -> Float[Tensor, "b projected h w"]:
        """The mix on the finest grid of the maps: the half that is independent of the function.

        Args:
            maps: B x C_i x h_i x w_i per entry of ``map_channels``.
        """
        return self.mix([each.movedim(1, -1) for each in on_finest_grid(maps)]).movedim(-1, 1)

    def describe(
        self,
        grid: Float[Tensor, "projected h w"],
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
        return self.condition(bilinear_sample(grid[None], points, image_size), text)

    def condition(
        self, mixed: Float[Tensor, "*n projected"], text: Float[Tensor, "*t text"]
    ) -> Float[Tensor, "*n descriptor"]:
        """Unit features from the mix at points and the text, whose shapes broadcast."""
        hidden = F.relu(self.image_layer(F.normalize(mixed, dim=-1)) + self.text_layer(text))
        hidden = F.relu(self.hidden_layer(hidden))
        return F.normalize(self.last_layer(hidden).float(), dim=-1)

    def part_logits(self, descriptors: Float[Tensor, "*n descriptor"]) -> Float[Tensor, "*n"]:
        """Log-odds that a point belongs to the functional part.

        Raises:
            UserError: this head was built without a mask layer.
        """
        if self.mask_layer is None:
            raise UserError("this head predicts no part mask; expected mask_head=True")
        return self.mask_layer(descriptors).squeeze(-1)
