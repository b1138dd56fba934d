"""Looking at a run while it goes on: losses on held-out objects, and pictures of matches."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from funcorr.correspondence.descriptors import HeadExtractor
from funcorr.correspondence.head import FunctionHead
from funcorr.correspondence.model import Matcher
from funcorr.features.backbone import Backbone
from funcorr.functions.text import TextEncoder
from funcorr.render.dataset import Dataset
from funcorr.run_folder import log_until
from funcorr.train.batches import BatchLoader
from funcorr.train.objective import Objective

BATCHES = 16
PICTURES = 3


@dataclass(frozen=True)
class Monitor:
    """Held-out losses into ``validation/NAME.jsonl``, matches into ``samples/NAME/``.

    Attributes:
        out: the run folder.
        dataset: held-out views.
        feed: their examples; the first few are looked at every time.
        backbone: for the pictures.
        encoder: the same.
    """

    out: Path
    dataset: Dataset
    feed: BatchLoader
    backbone: Backbone
    encoder: TextEncoder

    def __call__(self, step: int, head: FunctionHead) -> None:
        """Measure and draw after ``step`` steps."""
        line = {"step": step, **self.losses(head)}
        log_file = self.out / "validation" / f"{self.name}.jsonl"
        with log_until(log_file, step).open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
        self.draw(step, head)

    @property
    def name(self) -> str:
        """Of the held-out dataset: its folder's."""
        return self.dataset.path.resolve().name

    @torch.no_grad()
    def losses(self, head: FunctionHead) -> dict[str, float]:
        """Mean losses over the first examples of the held-out feed."""
        objective = Objective(head, self.feed.config.losses)
        rows = [objective(self.feed.example(step)) for step in range(BATCHES)]
        return {name: round(float(np.mean([r[name] for r in rows])), 5) for name in rows[0]}

    def draw(self, step: int, head: FunctionHead) -> None:
        """The best distinct matches of a few held-out pairs, always the same ones."""
        extractor = HeadExtractor(self.backbone, self.encoder, copy.deepcopy(head), "watched")
        matcher = Matcher("watched", extractor)
        batch = self.feed.batch(0)
        for pair, function in enumerate(batch.functional_names[:PICTURES]):
            views = [
                self.dataset[ref.asset].view(ref.entry // self.feed.config.cache.backgrounds)
                for ref in batch.functional[2 * pair : 2 * pair + 2]
            ]
            one, two = (matcher.encode(view.rgb, view.mask) for view in views)
            result = matcher.match(one, two, function)
            file = f"{pair}-{function}-step{step:06d}.png"
            result.plot(self.out / "samples" / self.name / file)
