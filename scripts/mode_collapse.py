"""How alike a model's features are inside the functional part, and across its border.

python scripts/mode_collapse.py data/forge-val funcorr-small-functional funcorr-small-paper

Spread is 1 - |mean|^2 of the unit features: 0 when all points of the part look the same (the
mode collapse of the paper), 1 when they point everywhere. Contrast is the cosine between the mean
features of part and rest.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import torch.nn.functional as F
import tyro
from rich.console import Console
from rich.progress import track
from rich.table import Table

import funcorr
from funcorr.benchmark.pairs import Benchmark, ImagePair, read_benchmark
from funcorr.correspondence.model import Matcher
from funcorr.images import read_mask


def main(
    bench: Annotated[Path, tyro.conf.Positional],
    models: Annotated[tuple[str, ...], tyro.conf.Positional],
    pairs: int = 60,
) -> None:
    """Print a table.

    Args:
        bench: benchmark folder with true part masks.
        models: row names or model folders.
        pairs: how many of its image pairs, evenly taken.
    """
    benchmark = read_benchmark(bench)
    chosen = benchmark.pairs[:: max(1, len(benchmark.pairs) // pairs)]
    table = Table("model", "spread in the part", "contrast to the rest", title=benchmark.name)
    for name in models:
        matcher = funcorr.load_model(name)
        found = [measure(matcher, benchmark, pair) for pair in track(chosen, name, transient=True)]
        spread, contrast = np.nanmean(found, axis=0)
        table.add_row(name, f"{spread:.3f}", f"{contrast:.3f}")
    Console().print(table)


def measure(matcher: Matcher, benchmark: Benchmark, pair: ImagePair) -> tuple[float, float]:
    """Spread and contrast of the first image of a pair."""
    image = matcher.encode(benchmark.path / pair.image1, benchmark.path / pair.mask1)
    if pair.part1 is None:
        return float("nan"), float("nan")
    part = read_mask(benchmark.path / pair.part1, image.picture.size)
    points = image.points.astype(int)
    inside = torch.from_numpy(part[points[:, 1], points[:, 0]])
    window = torch.from_numpy(image.crop.to_crop(image.points)).float()
    found = matcher.describer.describe(image.features, window, pair.function).descriptors
    if not 0 < int(inside.sum()) < len(inside):
        return float("nan"), float("nan")
    means = found[inside].mean(0), found[~inside].mean(0)
    return 1 - float(means[0].square().sum()), float(F.cosine_similarity(*means, dim=0))


if __name__ == "__main__":
    tyro.cli(main)
