"""Mode collapse: how alike a model's features are inside the part, and where its matches land.

python scripts/mode_collapse.py data/forge-seen funcorr-small-functional funcorr-small-spatial \
    funcorr-small-paper funcorr-small --show pour-with-0000 cut-with-0002

Means over both directions of the image pairs, every point matched for itself (no layout):

- spread of features: 1 - |mean|^2 of the unit features of the part; 0 when all points of the part
  look the same (the mode collapse of the paper), 1 when they point everywhere;
- contrast: the cosine between the mean features of part and rest;
- spread of matches: the standard deviation of where the part's ground-truth points are carried to,
  divided by that of where they belong; 0 when all land on one spot;
- distinct: share of different pixels among the matches, divided by that of the ground truth.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
import tyro
from jaxtyping import Float
from quick_scores import evenly
from rich.progress import track

import funcorr
from funcorr.benchmark.image_encoding import Encoder
from funcorr.benchmark.table import grid
from funcorr.correspondence.descriptors import HeadExtractor
from funcorr.correspondence.encoded_image import EncodedImage
from funcorr.correspondence.model import Matcher
from funcorr.errors import require
from funcorr.features.memory import MapMemory, RememberingBackbone
from funcorr.groundtruth.pairs import Benchmark, ImagePair, read_benchmark
from funcorr.images import read_image
from funcorr.viz import paled, plot_images, point_colors, save


class Collapse(NamedTuple):
    """See the head of this file."""

    spread: float
    contrast: float
    carried: float
    distinct: float


def main(
    bench: Annotated[Path, tyro.conf.Positional],
    models: Annotated[tuple[str, ...], tyro.conf.Positional],
    pairs: int = 60,
    show: tuple[str, ...] = (),
    picture: Path = Path("docs/images/mode-collapse.png"),
) -> None:
    """Print a markdown table, and draw some pairs.

    Args:
        bench: benchmark folder with true part masks.
        models: row names or model folders.
        pairs: how many of its image pairs, evenly taken.
        show: ids of pairs to draw.
        picture: where the drawing goes.
    """
    benchmark = read_benchmark(bench)
    chosen = evenly(benchmark, pairs)
    shown = [pair for pair in benchmark.pairs if pair.id in show]
    lines = [["model", "spread of features", "contrast", "spread of matches", "distinct"]]
    landed, memory = {}, MapMemory()
    for name in models:
        matcher = funcorr.load_model(name)
        matcher.layout = None
        if isinstance(matcher.extractor, HeadExtractor):
            remembering = RememberingBackbone(matcher.extractor.backbone, memory)
            matcher.extractor.backbone = remembering
        encoded = Encoder(benchmark, matcher)
        found = [
            measure(matcher, benchmark, pair, encoded)
            for pair in track(chosen, name, transient=True)
        ]
        means = np.mean(np.concatenate(found), axis=0)
        lines.append([matcher.name, *(f"{mean:.3f}" for mean in means)])
        landed[matcher.name] = [carried(matcher, benchmark, pair, encoded)[0] for pair in shown]
    print(grid(lines), end="")
    if shown:
        draw(benchmark, shown, landed, picture)


def measure(
    matcher: Matcher, benchmark: Benchmark, pair: ImagePair, encoded: Encoder
) -> Float[np.ndarray, "2 4"]:
    """Both directions of a pair."""
    truths, parts = benchmark.ground_truth(pair), benchmark.parts(pair)
    rows = []
    for number, landed in enumerate(carried(matcher, benchmark, pair, encoded)):
        truth = truths[1 - number]
        features = spread_and_contrast(
            matcher, encoded(pair, number + 1), parts[number], pair.function
        )
        rows.append(
            Collapse(
                *features,
                float(np.sqrt(landed.var(axis=0).sum() / truth.var(axis=0).sum())),
                len(np.unique(landed.round(), axis=0)) / len(np.unique(truth.round(), axis=0)),
            )
        )
    return np.array(rows)


def spread_and_contrast(
    matcher: Matcher, image: EncodedImage, part: np.ndarray, function: str
) -> tuple[float, float]:
    """Of the features of one image."""
    points = image.points.astype(int)
    inside = torch.from_numpy(part[points[:, 1], points[:, 0]])
    window = torch.from_numpy(image.crop.to_crop(image.points)).float()
    found = matcher.extractor.describe(image.features, window, function).descriptors
    means = found[inside].mean(0), found[~inside].mean(0)
    return 1 - float(means[0].square().sum()), float(F.cosine_similarity(*means, dim=0))


def carried(
    matcher: Matcher, benchmark: Benchmark, pair: ImagePair, encoded: Encoder
) -> tuple[Float[np.ndarray, "n 2"], Float[np.ndarray, "n 2"]]:
    """Where the ground-truth points of image 1 land on image 2, and the other way round."""
    images, truths = (encoded(pair, 1), encoded(pair, 2)), benchmark.ground_truth(pair)
    forward, backward = (
        matcher.match(*each, pair.function).transfer(points).points
        for each, points in zip((images, images[::-1]), truths, strict=True)
    )
    return forward, backward


def draw(
    benchmark: Benchmark,
    pairs: list[ImagePair],
    landed: dict[str, list[Float[np.ndarray, "n 2"]]],
    path: Path,
) -> None:
    """A row per pair: the part's points, where they belong, where each model carries them."""
    titles = ["points of the part", "where they belong", *landed]
    figure = require("matplotlib.figure", extra="train").Figure(
        figsize=(2.3 * len(titles), 2.4 * len(pairs)), layout="constrained"
    )
    axes = figure.subplots(len(pairs), len(titles), squeeze=False)
    for number, pair in enumerate(pairs):
        first, second = benchmark.ground_truth(pair)
        places = [first, second, *(points[number] for points in landed.values())]
        colors = np.array(point_colors(first)) / 255
        for column, (ax, points) in enumerate(zip(axes[number], places, strict=True)):
            file = pair.image2 if column else pair.image1
            rgb = read_image(benchmark.path / file).rgb
            plot_images([paled(rgb, 0.35)], [ax])
            ax.scatter(*points.T, c=colors, s=5, linewidths=0)
            if number == 0:
                ax.set_title(titles[column], fontsize=9)
    print(save(figure, path, dpi=100))


if __name__ == "__main__":
    tyro.cli(main)
