"""The images of a training step, drawn from the cached versions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from funcorr.train.affordance.config import AffordanceTrainConfig
from funcorr.train.affordance.examples import Examples
from funcorr.train.affordance.objective import AffordanceExample


@dataclass(frozen=True)
class AffordanceLoader:
    """The example of any step; a process of several gets its share of each batch's images.

    Attributes:
        data: all versions of all images.
        config: the run.
        rank: which process this is.
        world: how many there are.
    """

    data: Examples
    config: AffordanceTrainConfig
    rank: int = 0
    world: int = 1

    def draw(self, step: int) -> tuple[list[int], list[int]]:
        """Images and their versions in a step's batch; the same whenever it is drawn."""
        generator = np.random.default_rng([self.config.seed, step])
        count = min(self.config.batch, len(self.data))
        images = generator.choice(len(self.data), size=count, replace=False)
        versions = generator.integers(self.data.versions, size=count)
        share = slice(self.rank, None, self.world)
        return images[share].tolist(), versions[share].tolist()

    def example(self, step: int) -> AffordanceExample:
        """The tensors of a step."""
        images, versions = self.draw(step)
        rows = self.data.rows(images, versions)
        return AffordanceExample(rows, self.data.heat[images, versions], self.data.labels[images])

    def summary(self, step: int) -> dict[str, list[int]]:
        """The drawn images, by their place in the folder's order, and versions."""
        images, versions = self.draw(step)
        return {"images": images, "versions": versions}
