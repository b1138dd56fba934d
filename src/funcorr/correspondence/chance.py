"""The chance row: uniform random pixels of the other object."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from funcorr.correspondence.descriptors import PointDescriptors
from funcorr.correspondence.matching import MutualNearest
from funcorr.correspondence.model import Matcher


class NoFeatures:
    """Features that say nothing."""

    input_size = 224
    fingerprint = "chance"

    def features(self, images: Float[Tensor, "b 3 s s"]) -> Float[Tensor, "b c h w"]:
        """One zero per image."""
        return images.new_zeros(len(images), 1, 1, 1)

    def describe(
        self, features: Float[Tensor, "c h w"], points: Float[Tensor, "n 2"], function: str
    ) -> PointDescriptors:
        """One zero per point."""
        return PointDescriptors(points.new_zeros(len(points), 1), None)


class ChanceMatcher(Matcher):
    """Matches drawn uniformly, scores too; the same sizes draw the same matches."""

    def __init__(self, device: torch.device | str = "cpu", seed: int = 0) -> None:
        super().__init__("chance", NoFeatures(), device, exact=True)
        self.seed = seed

    @property
    def fingerprint(self) -> str:
        """Another seed, another model."""
        return f"{self.extractor.fingerprint}:{self.seed}"

    def _nearest(self, a: Float[Tensor, "n d"], b: Float[Tensor, "m d"]) -> MutualNearest:
        n, m = len(a), len(b)
        generator = torch.Generator().manual_seed(hash((self.seed, n, m)) % 2**63)
        return MutualNearest(
            torch.randint(m, (n,), generator=generator),
            torch.rand(n, generator=generator),
            torch.randint(n, (m,), generator=generator),
        )
