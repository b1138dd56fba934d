"""From drawn batches to tensors: frozen features at the sampled points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from funcorr.features.grid import bilinear_sample_batch, on_finest_grid
from funcorr.train.config import TrainConfig
from funcorr.train.objective import Example
from funcorr.train.sampling import Batch, ImagePair, ImageRef, Sampler


@runtime_checkable
class Features(Protocol):
    """Where backbone maps come from: a cache on disk, or the backbone itself."""

    def stack(self, images: Sequence[ImageRef]) -> list[Tensor]:
        """The maps of some images, B x C_i x h_i x w_i each, float32."""
        ...


class BatchLoader:
    """The example of any step; a process of several gets its share of each batch's pairs.

    Args:
        features: backbone maps.
        sampler: draws batches.
        words: text embedding per function.
        input_size: side of the backbone's square input, the frame of the sampled points.
        config: the run.
        rank: which process this is.
        world: how many there are.
    """

    def __init__(
        self,
        features: Features,
        sampler: Sampler,
        words: Mapping[str, Tensor],
        input_size: int,
        config: TrainConfig,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        self.features = features
        self.sampler = sampler
        self.words = words
        self.input_size = input_size
        self.config = config
        self.rank = rank
        self.world = world

    def batch(self, step: int) -> Batch:
        """What this process looks at in a step; drawn from (seed, step) alone."""
        whole = self.sampler.batch(np.random.default_rng([self.config.seed, step]))
        return whole.share(self.rank, self.world)

    def example(self, step: int) -> Example:
        """The tensors of a step."""
        batch, losses = self.batch(step), self.config.losses
        objects = max(losses.functional, losses.mask, losses.aligned) > 0
        views = losses.spatial > 0
        return Example(
            self._sample(batch.functional) if objects else [],
            self._text(batch.functional),
            torch.from_numpy(np.stack([pair.distances for pair in batch.functional])),
            self._sample(batch.spatial) if views else [],
            self._text(batch.spatial),
        )

    def summary(self, step: int) -> dict[str, Any]:
        """The images of a step and their functions."""
        batch = self.batch(step)
        pairs = [*batch.functional, *batch.spatial]
        images = [[ref.asset, ref.entry] for pair in pairs for ref in pair.images]
        return {"images": images, "functions": [pair.function for pair in pairs]}

    def _sample(self, pairs: Sequence[ImagePair]) -> list[Tensor]:
        maps = self.features.stack([ref for pair in pairs for ref in pair.images])
        pixels = torch.from_numpy(np.concatenate([pair.points for pair in pairs])).to(maps[0])
        size = (self.input_size, self.input_size)
        return [bilinear_sample_batch(each, pixels, size) for each in on_finest_grid(maps)]

    def _text(self, pairs: Sequence[ImagePair]) -> Float[Tensor, "b t"]:
        return torch.stack([self.words[pair.function] for pair in pairs for _ in range(2)])
