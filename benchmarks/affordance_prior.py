"""Does an affordance prior help correspondence? A model with and without it on one benchmark.

    python benchmarks/affordance_prior.py real-design --out prior

Heatmaps of the function's verb are predicted on both images and given to ``match(..., prior=)``.
Points are carried over by the match itself (``Correspondence.transfer``), in both rows, so that the
prior can act on them too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

import torch
import tyro
from rich.console import Console
from rich.table import Table

from funcorr.affordance import AffordanceModel, load_affordance_model
from funcorr.benchmark.evaluate import evaluate
from funcorr.correspondence.encoded_image import EncodedImage
from funcorr.correspondence.model import Matcher
from funcorr.correspondence.registry import load_model
from funcorr.correspondence.result import Correspondence
from funcorr.groundtruth.affordance.actions import verb

COLUMNS = ("normalized_distance", "pck@23", "pck@10", "best_f1@23", "ap@23")


@dataclass(frozen=True, eq=False)
class Both:
    """An image as both models see it."""

    image: EncodedImage
    scene: Any


class Guided:
    """A matcher that asks an affordance model first; without one, the plain matcher."""

    def __init__(self, matcher: Matcher, affordance: AffordanceModel | None) -> None:
        self.matcher, self.affordance = matcher, affordance
        told = "" if affordance is None else f" + {affordance.name}"
        self.name = self.fingerprint = f"{matcher.name}{told}"
        self.match = lru_cache(1)(self._match)  # evaluation asks twice

    def encode(self, image: Any, mask: Any = None) -> Both:
        """Both backbones."""
        encoded = self.matcher.encode(image, mask)
        scene = self.affordance.encode(encoded.picture.rgb) if self.affordance else None
        return Both(encoded, scene)

    def _match(self, first: Both, second: Both, function: str) -> Correspondence:
        """With a prior where there is an affordance model."""
        prior = None
        if self.affordance:
            scenes = first.scene, second.scene
            maps = [self.affordance.predict(s, [verb(function)]) for s in scenes]
            prior = maps[0].heatmaps[0], maps[1].heatmaps[0]
        return self.matcher.match(first.image, second.image, function, prior=prior)


def main(
    bench: Annotated[Path, tyro.conf.Positional],
    out: Path,
    models: tuple[str, ...] = ("features:fused", "funcorr-small"),
    affordance: str = "funcorr-afford-small",
    threads: int = 1,
) -> None:
    """Print one row per model, without and with the prior.

    Args:
        bench: a correspondence benchmark.
        out: folder of the runs; each goes on where it stopped.
        models: of correspondence.
        affordance: the model of the prior.
        threads: of torch.
    """
    torch.set_num_threads(threads)
    table = Table(title=f"Affordance prior on {bench.name}")
    for column in ("model", *COLUMNS):
        table.add_column(column)
    for name in models:
        matcher = load_model(name)
        for guide in (None, load_affordance_model(affordance)):
            model = Guided(matcher, guide)
            results = evaluate(bench, model, out / model.name.replace(":", "_"))
            table.add_row(model.name, *(f"{results['overall'][key]:.3f}" for key in COLUMNS))
    Console().print(table)


if __name__ == "__main__":
    tyro.cli(main)
