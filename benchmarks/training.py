"""The functional loss against its plain form, and a training step against a run without a cache.

    python benchmarks/training.py --threads 1
    python benchmarks/training.py --dataset data/train --steps 20

Plain form: every pair of part points as a row with all of its negatives, B x P x P x (1 + 2R)
similarities, as the equation is read and as reference code computes it. Time is the median of the
repeats, forward and backward; extra memory is the growth of the peak resident set of a fresh
process. With a dataset (rendered, its features cached) steps per second with the cache and with the
backbone in the loop follow.
"""

from __future__ import annotations

import multiprocessing
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
import tyro
from matching import processor
from rich.console import Console
from rich.table import Table
from torch import Tensor

from funcorr.correspondence.head import FunctionHead
from funcorr.correspondence.losses import functional_loss
from funcorr.features import load_backbone
from funcorr.functions import function_words
from funcorr.functions.text import load_text_encoder
from funcorr.render.dataset import Dataset
from funcorr.train.cache import LiveFeatures, build_cache
from funcorr.train.config import PRESETS
from funcorr.train.correspondence import head_config
from funcorr.train.feed import Features, Feed
from funcorr.train.loop import Trainer
from funcorr.train.sampling import Sampler
from funcorr.train.views import load_training_assets


def materialised(
    part1: Tensor, rest1: Tensor, part2: Tensor, rest2: Tensor, temperature: float = 0.1
) -> Tensor:
    """Equation (1) with all rows of positives and negatives laid out."""
    positive = (part1 @ part2.mT)[..., None]
    count = part1.shape[1]
    first = (part1 @ rest2.mT)[:, :, None, :].expand(-1, -1, count, -1)
    second = (part2 @ rest1.mT)[:, None, :, :].expand(-1, count, -1, -1)
    logits = torch.cat([positive, first, second], dim=3) / temperature
    target = torch.zeros(logits.shape[:3], dtype=torch.long)
    return F.cross_entropy(logits.flatten(0, 2), target.flatten())


LOSSES: dict[str, Callable[..., Tensor]] = {
    "funcorr": functional_loss,
    "materialised": materialised,
}


def measure_loss(name: str, pairs: int, points: int, threads: int, repeats: int) -> list[float]:
    """Median seconds, extra megabytes and the value of one row, in this process."""
    torch.set_num_threads(threads)
    generator = torch.Generator().manual_seed(0)
    inputs = [
        F.normalize(torch.randn(pairs, points, 256, generator=generator), dim=2).requires_grad_()
        for _ in range(4)
    ]
    LOSSES[name](*(x[:1, :8] for x in inputs)).backward()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        loss = LOSSES[name](*inputs)
        loss.backward()
        times.append(time.perf_counter() - start)
    extra = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return [statistics.median(times), extra / 1024, loss.item()]


def losses_table(pairs: int, points: int, threads: int, repeats: int) -> Table:
    """Both forms of the functional loss."""
    title = f"functional loss, {pairs} pairs x {points} points, {threads} thread(s), {processor()}"
    table = Table("", "seconds", "times ours", "extra MB", "value", title=title)
    base = 0.0
    for name in LOSSES:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            seconds, extra, value = pool.apply(
                measure_loss, (name, pairs, points, threads, repeats)
            )
        base = base or seconds
        row = f"{seconds:.3f}", f"{seconds / base:.1f}", f"{extra:.0f}", f"{value:.5f}"
        table.add_row(name, *row)
    return table


def steps_table(dataset: Path, assets: int, steps: int, threads: int) -> Table:
    """Steps per second with the cache and with the backbone in the loop."""
    torch.set_num_threads(threads)
    config = replace(PRESETS["small"], steps=steps)
    views, backbone = Dataset(dataset), load_backbone(config.cache.backbone)
    encoder = load_text_encoder(config.text_encoder)
    views.assets = views.assets[:: max(1, len(views.assets) // assets)]
    sampler = Sampler(load_training_assets(views, backbone.input_size), config)
    words = {name: encoder.encode([function_words(name)])[0] for name in sampler.functions}
    title = f"training steps, {config.pairs} + {config.pairs} pairs, {threads} thread(s)"
    table = Table("features", "seconds per step", "times cached", title=f"{title}, {processor()}")
    base = 0.0
    rows: dict[str, tuple[Features, int]] = {
        "cached": (build_cache(views, backbone, config.cache), steps),
        "backbone in the loop": (LiveFeatures(views, backbone, config.cache), 2),
    }
    for name, (features, count) in rows.items():
        head = FunctionHead(head_config(config, backbone.channels, encoder.dim))
        feed = Feed(features, sampler, words, backbone.input_size, config)
        trainer = Trainer(head, feed, config)
        times = []
        start = time.perf_counter()
        for step, example in feed.ahead(range(count + 1)):
            trainer.step(step, example)
            times.append(time.perf_counter() - start)
            start = time.perf_counter()
        seconds = statistics.median(times[1:])
        base = base or seconds
        table.add_row(name, f"{seconds:.3f}", f"{seconds / base:.1f}")
    return table


def main(
    dataset: Path | None = None,
    assets: int = 60,
    steps: int = 20,
    pairs: int = 50,
    points: int = 128,
    threads: int = 1,
    repeats: int = 5,
) -> None:
    """Print the tables.

    Args:
        dataset: rendered views; without one only the loss is measured.
        assets: how many of its objects take part.
        steps: training steps with the cache.
        pairs: image pairs of the loss (paper: 50).
        points: points per region (paper: 128).
        threads: of torch.
        repeats: of the loss; the median is taken.
    """
    Console().print(losses_table(pairs, points, threads, repeats))
    if dataset is not None:
        Console().print(steps_table(dataset, assets, steps, threads))


if __name__ == "__main__":
    tyro.cli(main)
