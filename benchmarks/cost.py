"""What a pair and a training run cost: operations by torch's counter, seconds by the clock.

    python benchmarks/cost.py --threads 1

Operations are those of multiplications and additions in matrix products and convolutions, 2 per
multiply-add. The paper's own model is counted without its weights (they are not needed for that).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
import tyro
from encode import picture, seconds
from matching import processor
from rich.console import Console
from rich.table import Table
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode
from transformers import Dinov2Config, Dinov2Model

from funcorr.correspondence.descriptors import HeadExtractor
from funcorr.correspondence.head import FunctionHead
from funcorr.correspondence.model import Matcher
from funcorr.correspondence.registry import load_model
from funcorr.train.config import PRESETS, TrainConfig
from funcorr.train.correspondence import head_config
from funcorr.train.objective import Example, Objective

FUNCTION = "pour-with"

PAPERS_SHAPE = (768, 768, 768), 512
"""Channels of three DINOv2-B blocks, and the length of a CLIP ViT-B/32 text."""


def operations(call: Callable[[], Any]) -> float:
    """Of one call, in units of 10^9; attention is split into the products that get counted."""
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        call()
    return counter.get_total_flops() / 1e9


def example(config: TrainConfig, channels: tuple[int, ...], text: int) -> Example:
    """One step's worth of made-up features."""
    images, points = 2 * config.pairs, config.points
    words = torch.randn(images, text)
    return Example(
        [torch.randn(images, 2 * points, each) for each in channels],
        words,
        torch.rand(config.pairs, points, points),
        [torch.randn(images, points, each) for each in channels],
        words,
    )


def step(config: TrainConfig, channels: tuple[int, ...], text: int) -> Callable[[], None]:
    """Forward and backward of a training step on features that are there."""
    objective = Objective(FunctionHead(head_config(config, channels, text)), config.losses)
    given = example(config, channels, text)

    def run() -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=config.precision == "bf16"):
            total = objective(given)["total"]
        total.backward()

    return run


def pair_table(model: str, repeats: int, title: str) -> Table:
    """Encoding and matching two pictures."""
    matcher = load_model(model)
    head = matcher.extractor
    assert isinstance(head, HeadExtractor)
    pictures = picture("espresso-kettle", 224), picture("wine-bottle", 224)
    one, two = (matcher.encode(*each) for each in pictures)
    window = torch.from_numpy(one.crop.to_crop(one.points)).float()
    parts: dict[str, Callable[[], Any]] = {
        "encode an image": lambda: matcher.encode(*pictures[0]),
        f"head on {len(one.points)} pixels": lambda: head.describe(one.features, window, FUNCTION),
        "one more function": lambda: Matcher(model, head).match(one, two, FUNCTION),
        "a pair from its pictures": lambda: matcher.match(
            pictures[0][0], pictures[1][0], FUNCTION, pictures[0][1], pictures[1][1]
        ),
    }
    objects = f"{len(one.points)} x {len(two.points)} object pixels"
    table = Table(f"{model}, {objects}", "10^9 operations", "seconds", title=title)
    for name, call in parts.items():
        table.add_row(name, f"{operations(call):.1f}", f"{seconds(call, repeats):.3f}")
    return table


def encoder_operations(model: str) -> float:
    """Of one picture through the frozen backbone."""
    matcher = load_model(model)
    size = matcher.extractor.input_size
    return operations(lambda: matcher.extractor.features(torch.rand(1, 3, size, size)))


def papers_encoder_operations() -> float:
    """Of one 224 x 224 picture through DINOv2-B/14."""
    config = Dinov2Config(image_size=518, patch_size=14)
    with torch.device("meta"):
        model = Dinov2Model(config).eval()
        image = torch.zeros(1, 3, 224, 224)
    return operations(lambda: model(image))


def runs_table(model: str, repeats: int, title: str) -> Table:
    """Whole training runs, on cached features and with the backbone in the loop."""
    columns = ("steps", "10^9 operations a step", "s a step", "10^15 a run, cached", "in the loop")
    table = Table("preset", *columns, title=title)
    ours, papers = encoder_operations(model), papers_encoder_operations()
    for name, config in PRESETS.items():
        paper = name == "paper"
        shape = PAPERS_SHAPE if paper else (head_channels(model), 384)
        count = config.pairs * operations(step(replace(config, pairs=1), *shape))
        took = "-" if paper else f"{seconds(step(config, *shape), repeats):.3f}"
        whole = count + images_of(config) * (papers if paper else ours)
        run = [f"{config.steps * each / 1e6:.3f}" for each in (count, whole)]
        table.add_row(name, f"{config.steps:,}", f"{count:.1f}", took, *run)
    return table


def images_of(config: TrainConfig) -> int:
    """Pictures that a step looks at: of pairs of objects, and of pairs of views."""
    losses = config.losses
    objects = max(losses.functional, losses.mask, losses.aligned) > 0
    return 2 * config.pairs * (objects + (losses.spatial > 0))


def head_channels(model: str) -> tuple[int, ...]:
    """Channels of the maps that a shipped head reads."""
    extractor = load_model(model).extractor
    assert isinstance(extractor, HeadExtractor)
    return extractor.head.config.map_channels


def main(model: str = "funcorr-small", threads: int = 1, repeats: int = 5) -> None:
    """Print both tables.

    Args:
        model: row name or folder of a head.
        threads: of torch.
        repeats: of each measurement; the median is taken.
    """
    torch.set_num_threads(threads)
    title = f"{threads} thread(s), {processor()}"
    Console().print(pair_table(model, repeats, title))
    Console().print(runs_table(model, repeats, title))


if __name__ == "__main__":
    tyro.cli(main)
