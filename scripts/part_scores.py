"""How well models find functional parts on every view of a rendered dataset.

python scripts/part_scores.py data/forge-unseen-dev-views funcorr-small funcorr-small-paper

Benchmarks look at few views; this looks at all of them, so that models are told apart that differ
by a hundredth. Per view and function: the average precision of object pixels ranked by their part
probability, which asks for no threshold, and the IoU at 0.5; means per function and per kind of
object, then the mean over those.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import tyro
from jaxtyping import Bool, Float
from rich.progress import track

import funcorr
from funcorr.benchmark.table import grid
from funcorr.correspondence.descriptors import HeadExtractor
from funcorr.correspondence.model import Matcher
from funcorr.features.memory import MapMemory, RememberingBackbone
from funcorr.metrics import part_iou
from funcorr.render.dataset import AssetViews, Dataset
from funcorr.train.config import TrainConfig

POINTS = 3000
SMALLEST = TrainConfig().smallest_part


def main(
    dataset: tyro.conf.Positional[Path], models: Annotated[tuple[str, ...], tyro.conf.Positional]
) -> None:
    """Print a markdown table.

    Args:
        dataset: what ``funcorr render`` wrote.
        models: row names or folders of heads with a part mask.
    """
    views, memory = Dataset(dataset), MapMemory()
    lines = [["model", "AP by function", "AP by kind", "IoU by function", "IoU by kind"]]
    for name in models:
        matcher = funcorr.load_model(name)
        if not isinstance(matcher.extractor, HeadExtractor):
            raise SystemExit(f"{name} has no head")
        matcher.extractor.backbone = RememberingBackbone(matcher.extractor.backbone, memory)
        by_function, by_kind = defaultdict(list), defaultdict(list)
        for asset in track(views, name, transient=True):
            for function, scores in scored(matcher, asset):
                by_function[function].append(scores)
                by_kind[asset.category].append(scores)
        means = [
            np.mean([np.mean(rows, axis=0) for rows in table.values()], axis=0)
            for table in (by_function, by_kind)
        ]
        lines.append([matcher.name, *(f"{means[k][m]:.3f}" for m in (0, 1) for k in (0, 1))])
    print(grid(lines), end="")


def scored(matcher: Matcher, asset: AssetViews) -> Iterator[tuple[str, tuple[float, float]]]:
    """Average precision and IoU per function and view that shows enough of part and rest."""
    generator = np.random.default_rng(0)
    for index in range(asset.n_views):
        view = asset.view(index)
        encoded = matcher.encode(view.rgb, view.mask)
        rows = generator.permutation(len(encoded.points))[:POINTS]
        pixels = encoded.points[rows]
        window = torch.from_numpy(encoded.crop.to_crop(pixels)).float()
        for function, names in asset.parts.items():
            part = np.any([view.labelled(name) for name in names], axis=0) & view.mask
            exact = part[pixels[:, 1].astype(int), pixels[:, 0].astype(int)]
            if exact.any() and SMALLEST <= part.sum() <= view.mask.sum() - SMALLEST:
                found = matcher.extractor.describe(encoded.features, window, function).part
                if found is None:
                    raise SystemExit(f"{matcher.name} predicts no parts")
                likely = found.numpy()
                yield function, (precision(likely, exact), part_iou(likely[None], exact[None]))


def precision(likely: Float[np.ndarray, " n"], exact: Bool[np.ndarray, " n"]) -> float:
    """The mean, over the part's points, of the share of the part among all ranked as high."""
    hits = exact[np.argsort(-likely, kind="stable")]
    return float((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].mean())


if __name__ == "__main__":
    tyro.cli(main)
