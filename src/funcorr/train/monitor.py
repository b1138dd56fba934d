"""Looking at a run while it goes on: losses on held-out objects, and pictures of matches."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from funcorr.correspondence.descriptors import HeadExtractor
from funcorr.correspondence.head import FunctionHead
from funcorr.correspondence.model import Matcher
from funcorr.features.backbone import Backbone
from funcorr.functions.text import TextEncoder
from funcorr.render.dataset import Dataset
from funcorr.run_folder import log_until
from funcorr.train.batches import BatchLoader
from funcorr.train.curves import append_to_log
from funcorr.train.objective import Objective

if TYPE_CHECKING:
    from lightning_fabric import Fabric

BATCHES = 16
PICTURES = 3


@dataclass(frozen=True)
class Monitor:
    """Held-out losses into ``validation/NAME.jsonl``, matches into ``samples/NAME/``.

    Attributes:
        out: the run folder.
        dataset: held-out views.
        loader: their examples; the first few are looked at every time.
        backbone: for the pictures.
        encoder: the same.
        fabric: where the head is.
    """

    out: Path
    dataset: Dataset
    loader: BatchLoader
    backbone: Backbone
    encoder: TextEncoder
    fabric: Fabric

    def __call__(self, done: int, head: nn.Module) -> None:
        """Measure and draw after a checkpoint."""
        if self.loader.config.checkpoint_after(done):
            assert isinstance(head, FunctionHead)
            log = self.out / "validation" / f"{self.name}.jsonl"
            append_to_log(log_until(log, done), done, self.losses(head))
            self.draw(done, head)

    @property
    def name(self) -> str:
        """Of the held-out dataset: its folder's."""
        return self.dataset.path.resolve().name

    @torch.no_grad()
    def losses(self, head: FunctionHead) -> dict[str, float]:
        """Mean losses over the first examples of the held-out data."""
        objective = Objective(head, self.loader.config.losses)
        examples = (self.fabric.to_device(self.loader.example(step)) for step in range(BATCHES))
        rows = [objective(example) for example in examples]
        return {name: round(float(np.mean([r[name].cpu() for r in rows])), 5) for name in rows[0]}

    def draw(self, step: int, head: FunctionHead) -> None:
        """The best distinct matches of a few held-out pairs, always the same ones."""
        extractor = HeadExtractor(self.backbone, self.encoder, copy.deepcopy(head), "watched")
        matcher = Matcher("watched", extractor, self.fabric.device)
        for number, pair in enumerate(self.loader.batch(0).functional[:PICTURES]):
            views = [
                self.dataset[ref.asset].view(ref.entry // self.loader.config.cache.backgrounds)
                for ref in pair.images
            ]
            one, two = (matcher.encode(view.rgb, view.mask) for view in views)
            result = matcher.match(one, two, pair.function)
            file = f"{number}-{pair.function}-step{step:06d}.png"
            result.plot(self.out / "samples" / self.name / file)
