"""The function-conditioned head: frozen image features and a text embedding in, point features out.

Paper section 4.2 ("Function-Conditioned MLP") and 4.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

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
        hidden_layers: how many, 1 or 2 (paper: 2).
        part_width: hidden width of an MLP of its own for the part, with one hidden layer and a
            projection of its own half as wide; 0 reads the part from the descriptor by one linear
            layer (paper).
    """

    map_channels: tuple[int, ...] = (768, 768, 768)
    shared_projection: bool = True
    projected: int = 512
    text: int = 512
    hidden: int = 1024
    descriptor: int = 256
    mask_head: bool = True
    hidden_layers: int = 2
    part_width: int = 0

    def __post_init__(self) -> None:
        if self.shared_projection and len(set(self.map_channels)) > 1:
            raise UserError(
                f"a shared projection needs maps of equal channels, got {self.map_channels}"
            )
        if self.hidden_layers not in (1, 2):
            raise UserError(f"hidden_layers must be 1 or 2, got {self.hidden_layers}")
        if self.part_width < 0 or (self.part_width and not self.mask_head):
            raise UserError(
                f"part_width must be at least 0, and 0 without a mask head; got {self.part_width}"
            )

    @property
    def part(self) -> HeadConfig | None:
        """The shape of the part's own MLP, where there is one."""
        if not self.part_width:
            return None
        width = self.part_width
        return replace(
            self,
            projected=width // 2,
            hidden=width,
            descriptor=width // 4,
            hidden_layers=1,
            part_width=0,
        )

    @property
    def mixed(self) -> int:
        """Channels of :meth:`FunctionHead.mix`."""
        return self.projected + (self.part.mixed if self.part else 0)


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

    With ``part_width``, the part is predicted by a second, smaller head, whose mix rides along in
    further channels. What tells places inside a part from each other is what the
    multi-view loss asks of a descriptor, and it makes parts of unseen objects harder to find.
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
        two = config.hidden_layers == 2
        self.hidden_layer = nn.Linear(config.hidden, config.hidden) if two else None
        self.last_layer = nn.Linear(config.hidden, config.descriptor, bias=False)
        self.part = FunctionHead(config.part) if config.part else None
        own = config.mask_head and self.part is None
        self.mask_layer = nn.Linear(config.descriptor, 1) if own else None

    def mix(self, features: Sequence[Tensor]) -> Float[Tensor, "*n mixed"]:
        """Weighted mean of the projected features of every map, then that of the part's own MLP.

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
        mixed = torch.stack(terms).sum(0)
        return mixed if self.part is None else torch.cat([mixed, self.part.mix(features)], dim=-1)

    def image_grid(self, maps: Sequence[Tensor]) -> Float[Tensor, "b mixed h w"]:
        """The mix on the finest grid of the maps: the half that is independent of the function.

        Args:
            maps: B x C_i x h_i x w_i per entry of ``map_channels``.
        """
        channels_last = [each.permute(0, 2, 3, 1) for each in on_finest_grid(maps)]
        return self.mix(channels_last).permute(0, 3, 1, 2)

    def sample(
        self,
        grid: Float[Tensor, "mixed h w"],
        points: Float[Tensor, "n 2"],
        image_size: tuple[int, int],
    ) -> Float[Tensor, "n mixed"]:
        """The mix at points of one image.

        Args:
            grid: what :meth:`image_grid` gave for the image.
            points: N x 2 (x, y) pixels of the image that went into the backbone.
            image_size: (height, width) of that image.
        """
        return bilinear_sample(grid[None], points, image_size)

    def condition(
        self, mixed: Float[Tensor, "*n mixed"], text: Float[Tensor, "*t text"]
    ) -> Float[Tensor, "*n descriptor"]:
        """Unit features from the mix at points and the text, whose shapes broadcast."""
        return self._finish(self._image_half(mixed), text)

    def image_halves(self, mixed: Float[Tensor, "*n mixed"]) -> tuple[Tensor, ...]:
        """The image half of the first layer at points, then that of the part's own MLP.

        The same for every function: what :meth:`describe` takes.
        """
        own = self._image_half(mixed)
        if self.part is None:
            return (own,)
        return own, *self.part.image_halves(mixed[..., self.config.projected :])

    def describe(
        self, halves: tuple[Tensor, ...], text: Float[Tensor, " text"]
    ) -> tuple[Float[Tensor, "n descriptor"], Float[Tensor, " n"] | None]:
        """Unit features and log-odds of the functional part, None without a mask head.

        Args:
            halves: of :meth:`image_halves`.
            text: embedding of the function.
        """
        descriptors = self._finish(halves[0], text)
        if self.part is not None:
            return descriptors, self.part.describe(halves[1:], text)[1]
        if self.mask_layer is None:
            return descriptors, None
        return descriptors, self.mask_layer(descriptors).squeeze(-1)

    def _image_half(self, mixed: Float[Tensor, "*n mixed"]) -> Float[Tensor, "*n hidden"]:
        return self.image_layer(F.normalize(mixed[..., : self.config.projected], dim=-1))

    def _finish(
        self, half: Float[Tensor, "*n hidden"], text: Float[Tensor, "*t text"]
    ) -> Float[Tensor, "*n descriptor"]:
        hidden = F.relu(half + self.text_layer(text))
        if self.hidden_layer is not None:
            hidden = F.relu(self.hidden_layer(hidden))
        return F.normalize(self.last_layer(hidden).float(), dim=-1)

    def part_logits(
        self,
        mixed: Float[Tensor, "*n mixed"],
        text: Float[Tensor, "*t text"],
        descriptors: Float[Tensor, "*n descriptor"],
    ) -> Float[Tensor, "*n"]:
        """Log-odds that a point belongs to the functional part.

        Args:
            mixed: the mix at the points.
            text: embedding of the function.
            descriptors: what :meth:`condition` made of both.

        Raises:
            UserError: this head was built without a mask layer.
        """
        if self.part is not None:
            rest = mixed[..., self.config.projected :]
            return self.part.part_logits(rest, text, self.part.condition(rest, text))
        if self.mask_layer is None:
            raise UserError("this head predicts no part mask; expected mask_head=True")
        with torch.autocast(descriptors.device.type, enabled=False):
            return self.mask_layer(descriptors.float()).squeeze(-1)
