"""What turns an image into features of its points: plain backbones, and backbones with a head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from funcorr.correspondence.head import FunctionHead
from funcorr.features.backbone import Backbone, finite_maps
from funcorr.features.grid import bilinear_sample, concatenate_maps
from funcorr.functions import function_words
from funcorr.functions.known import KnownFunction, nearest_function
from funcorr.functions.text import TextEncoder

POINTS_AT_ONCE = 8192
"""Points that go through the head together; bounds the memory of its hidden layers."""


class PointDescriptors(NamedTuple):
    """Features of points.

    Attributes:
        descriptors: N x D unit vectors.
        part: N probabilities of belonging to the functional part, or None.
    """

    descriptors: Float[Tensor, "n d"]
    part: Float[Tensor, " n"] | None


@runtime_checkable
class DescriptorExtractor(Protocol):
    """Image features once, point features per function."""

    input_size: int
    fingerprint: str

    def features(self, images: Float[Tensor, "b 3 s s"]) -> Sequence[Any] | Tensor:
        """The expensive half: independent of the function, run once; an item per image."""
        ...

    def describe(
        self,
        features: Float[Tensor, "c h w"],
        points: Float[Tensor, "n 2"],
        function: str,
    ) -> PointDescriptors:
        """The cheap half: unit features of (x, y) pixels of the square input."""
        ...


@runtime_checkable
class HalvedExtractor(DescriptorExtractor, Protocol):
    """One whose cheap half has a part that is the same for every function."""

    def halves(self, features: Float[Tensor, "c h w"], points: Float[Tensor, "n 2"]) -> Any:
        """What is the same for every function at points."""
        ...

    def describe_halves(self, halves: Any, function: str) -> PointDescriptors:
        """The rest; after :meth:`halves` it equals :meth:`describe`."""
        ...


class FeatureExtractor:
    """A backbone's own features, the function ignored: the baseline rows of the paper's Table 1."""

    def __init__(self, backbone: Backbone) -> None:
        self.backbone = backbone
        self.input_size = backbone.input_size
        self.fingerprint = f"{backbone.fingerprint}@{backbone.input_size}"

    @torch.no_grad()
    def features(self, images: Float[Tensor, "b 3 s s"]) -> Float[Tensor, "b c h w"]:
        """One map from the backbone's several.

        Blocks of one transformer are averaged (the paper's DINO row); maps of different shapes are
        brought to their finest grid, to unit length, and concatenated.
        """
        maps = finite_maps(self.backbone, images)
        if len({m.shape for m in maps}) == 1:
            return torch.stack(maps).mean(0)
        return concatenate_maps(maps)

    @torch.no_grad()
    def describe(
        self,
        features: Float[Tensor, "c h w"],
        points: Float[Tensor, "n 2"],
        function: str,
    ) -> PointDescriptors:
        """Sampled bilinearly, of unit length; no part mask."""
        size = (self.input_size, self.input_size)
        return PointDescriptors(
            F.normalize(bilinear_sample(features[None], points, size), dim=1), None
        )


class HeadExtractor:
    """A backbone, a text encoder and a trained head: the paper's model."""

    def __init__(
        self,
        backbone: Backbone,
        text_encoder: TextEncoder,
        head: FunctionHead,
        fingerprint: str,
        functions: Sequence[str] = (),
    ) -> None:
        self.backbone = backbone
        self.text_encoder = text_encoder
        self.head = head.eval().requires_grad_(False)
        self.input_size = backbone.input_size
        self.fingerprint = fingerprint
        self.functions = tuple(functions)
        self._texts: dict[str, Tensor] = {}
        self._known: dict[str, KnownFunction] = {}

    def known_function(self, name: str) -> KnownFunction | None:
        """The trained function nearest to a name; None where nobody knows what was trained."""
        if not self.functions:
            return None
        if name not in self._known:
            self._known[name] = nearest_function(name, self.functions, self.text_encoder)
        return self._known[name]

    @torch.no_grad()
    def features(self, images: Float[Tensor, "b 3 s s"]) -> Float[Tensor, "b c h w"]:
        """The head's image grid."""
        return self.head.image_grid(finite_maps(self.backbone, images))

    @torch.no_grad()
    def describe(
        self,
        features: Float[Tensor, "c h w"],
        points: Float[Tensor, "n 2"],
        function: str,
    ) -> PointDescriptors:
        """Function-conditioned unit features and, with a mask head, part probabilities."""
        blocks = [
            self.describe_halves(self.halves(features, block), function)
            for block in points.split(POINTS_AT_ONCE)
        ]
        descriptors, parts = zip(*blocks, strict=True)
        return PointDescriptors(
            torch.cat(descriptors), torch.cat(parts) if parts[0] is not None else None
        )

    @torch.no_grad()
    def halves(
        self, features: Float[Tensor, "c h w"], points: Float[Tensor, "n 2"]
    ) -> tuple[Tensor, ...]:
        """The image half of the head's first layers."""
        size = (self.input_size, self.input_size)
        return self.head.image_halves(self.head.sample(features, points, size))

    @torch.no_grad()
    def describe_halves(self, halves: tuple[Tensor, ...], function: str) -> PointDescriptors:
        """Function-conditioned unit features and, with a mask head, part probabilities."""
        text = self._text(function).to(halves[0].device)
        descriptors, logits = self.head.describe(halves, text)
        return PointDescriptors(descriptors, None if logits is None else logits.sigmoid())

    def _text(self, function: str) -> Float[Tensor, " text"]:
        if function not in self._texts:
            self._texts[function] = self.text_encoder.encode([function_words(function)])[0]
        return self._texts[function]
