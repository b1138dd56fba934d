"""Ideas that need no training, against the model as it is: paired differences on one benchmark.

python scripts/screen_test_time.py data/forge-unseen-dev --model funcorr-small --pairs 45

- blend W: similarity W of the head plus 1 - W of the raw features;
- flip: the mean of the features of the image and of its mirror image;
- larger S: every backbone sees the image S times as large.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import torch
import torch.nn.functional as F
import tyro
from jaxtyping import Float
from quick_scores import cases
from torch import Tensor

from funcorr.benchmark.paired_tests import Scores, compare
from funcorr.benchmark.scores import Case, summarize
from funcorr.benchmark.table import grid
from funcorr.correspondence.descriptors import DescriptorExtractor, HeadExtractor, PointDescriptors
from funcorr.correspondence.model import Matcher
from funcorr.correspondence.registry import load_model
from funcorr.features import load_backbone
from funcorr.features.fused import SHIPPED, FusedBackbone, read_whitenings
from funcorr.features.grid import bilinear_sample, concatenate_maps
from funcorr.features.memory import MapMemory, RememberingBackbone
from funcorr.groundtruth.pairs import read_benchmark
from funcorr.io import read_json

METRICS = ("normalized_distance", "pck@23", "pck@10", "best_f1@23", "ap@23", "ap@10")


class Blend:
    """Head and raw features side by side, so that a cosine is the weighted mean of theirs."""

    def __init__(self, head: HeadExtractor, weight: float) -> None:
        self.head, self.weight = head, weight
        self.input_size, self.fingerprint = head.input_size, f"blend {weight}"

    @torch.no_grad()
    def features(self, images: Float[Tensor, "b 3 s s"]) -> Float[Tensor, "b c h w"]:
        """The head's grid, then the raw maps on it."""
        maps = self.head.backbone.maps(images)
        mixed = self.head.head.image_grid(maps)
        return torch.cat([mixed, concatenate_maps(maps, tuple(mixed.shape[-2:]))], dim=1)

    @torch.no_grad()
    def describe(
        self, features: Float[Tensor, "c h w"], points: Float[Tensor, "n 2"], function: str
    ) -> PointDescriptors:
        """Weighted by the square roots; the part is the head's."""
        split = self.head.head.config.mixed
        found = self.head.describe(features[:split], points, function)
        size = (self.input_size, self.input_size)
        raw = F.normalize(bilinear_sample(features[split:][None], points, size), dim=1)
        both = [self.weight**0.5 * found.descriptors, (1 - self.weight) ** 0.5 * raw]
        return PointDescriptors(torch.cat(both, dim=1), found.part)


class Flip:
    """The image and its mirror image."""

    def __init__(self, head: HeadExtractor) -> None:
        self.head, self.input_size, self.fingerprint = head, head.input_size, "flip"

    @torch.no_grad()
    def features(self, images: Float[Tensor, "b 3 s s"]) -> Float[Tensor, "b c h w"]:
        """Both grids, the mirrored one turned back."""
        mirrored = self.head.features(images.flip(3)).flip(3)
        return torch.cat([self.head.features(images), mirrored], dim=1)

    @torch.no_grad()
    def describe(
        self, features: Float[Tensor, "c h w"], points: Float[Tensor, "n 2"], function: str
    ) -> PointDescriptors:
        """Mean descriptors and mean part probabilities."""
        one, two = (self.head.describe(half, points, function) for half in features.chunk(2))
        part = None if one.part is None or two.part is None else (one.part + two.part) / 2
        return PointDescriptors(F.normalize(one.descriptors + two.descriptors, dim=1), part)


def larger(head: HeadExtractor, scale: float) -> HeadExtractor:
    """The same head on larger pictures."""
    names = read_json(SHIPPED / "config.json", "model config")["backbones"]
    parts = [load_backbone(f"{n}@{_multiple(int(s) * scale)}") for n, s in _split(names)]
    backbone = FusedBackbone(parts, read_whitenings(SHIPPED))
    return HeadExtractor(backbone, head.text_encoder, head.head, f"larger {scale}")


def main(
    bench: Annotated[Path, tyro.conf.Positional],
    model: str = "funcorr-small",
    pairs: int = 45,
    blends: tuple[float, ...] = (0.7, 0.5, 0.3),
    scale: float = 1.5,
    threads: int = 1,
) -> None:
    """Print a markdown table: the model's means, and each idea's differences with intervals.

    Args:
        bench: benchmark to score on.
        model: row name or folder of a head on the embedded features.
        pairs: image pairs, evenly taken.
        blends: the head's share in the similarity.
        scale: of the larger pictures.
        threads: of torch.
    """
    torch.set_num_threads(threads)
    benchmark, shipped = read_benchmark(bench), load_model(model)
    head = shipped.extractor
    if not isinstance(head, HeadExtractor):
        raise SystemExit(f"{model} has no head")
    head.backbone = RememberingBackbone(head.backbone, MapMemory())
    ideas: dict[str, Callable[[], DescriptorExtractor]] = {
        **{f"blend {weight:g}": lambda w=weight: Blend(head, w) for weight in blends},
        "flip": lambda: Flip(head),
        f"larger {scale:g}": lambda: larger(head, scale),
    }
    plain = cases(shipped, benchmark, pairs)
    means = summarize(plain)["overall"]
    print("|".join([model, *(f"{metric} {means[metric]:.3f}" for metric in METRICS)]), flush=True)
    lines = [["idea", *METRICS], [model, *(f"{means[metric]:.3f}" for metric in METRICS)]]
    for name, make in ideas.items():
        matcher = Matcher(name, make(), layout=shipped.layout)
        lines.append([name, *differences(cases(matcher, benchmark, pairs), plain)])
        print("|".join(lines[-1]), flush=True)
    print(grid(lines), end="")


def differences(idea: list[Case], plain: list[Case]) -> list[str]:
    """Mean paired difference and its 95 percent interval, per metric."""
    found = {each.metric: each for each in compare(_scores(idea), _scores(plain))}
    return [f"{d.mean:+.3f} ({d.low:+.3f} to {d.high:+.3f})" for d in map(found.get, METRICS) if d]


def _scores(found: list[Case]) -> Scores:
    keys = [(case.pair.id, case.direction) for case in found]
    return Scores(
        {key: case.values for key, case in zip(keys, found, strict=True)},
        {key: case.pair.assets for key, case in zip(keys, found, strict=True)},
    )


def _split(names: list[str]) -> list[list[str]]:
    return [name.split("@") for name in names]


def _multiple(size: float, of: int = 112) -> int:
    """Sizes that both strides of 16 and patches of 14 divide."""
    return round(size / of) * of


if __name__ == "__main__":
    tyro.cli(main)
