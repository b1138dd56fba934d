"""The functional loss against its plain form; samples and steps per second, cached and live.

    python benchmarks/training.py --threads 1
    python benchmarks/training.py --dataset data/train --steps 20

Plain form: every pair of part points as a row with all of its negatives, B x P x P x (1 + 2R)
similarities, as the equation is read and as reference code computes it. Time is the median of the
repeats, forward and backward; extra memory is the growth of the peak resident set of a fresh
process. With a rendered dataset follow samples per second from the cache, and steps per second with
the cache and with the backbone in the loop.
"""

from __future__ import annotations

import multiprocessing
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
import tyro
from matching import processor
from rich.console import Console
from rich.table import Table
from torch import Tensor

from funcorr.correspondence.head import FunctionHead, HeadConfig
from funcorr.correspondence.losses import functional_loss
from funcorr.features import load_backbone
from funcorr.functions.text import load_text_encoder
from funcorr.render.dataset import Dataset
from funcorr.train.batches import BatchLoader
from funcorr.train.cache import LiveFeatures
from funcorr.train.config import PRESETS
from funcorr.train.correspondence import head_config, make_loader
from funcorr.train.objective import Objective
from funcorr.train.trainer import Trainer, read_ahead


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


def steps_tables(dataset: Path, assets: int, steps: int, threads: int) -> Iterator[Table]:
    """Samples and steps per second, with the cache and with the backbone in the loop."""
    torch.set_num_threads(threads)
    config = replace(PRESETS["small"], steps=steps)
    views, backbone = Dataset(dataset), load_backbone(config.cache.backbone)
    encoder = load_text_encoder(config.text_encoder)
    views.assets = views.assets[:: max(1, len(views.assets) // assets)]
    loader = make_loader(views, backbone, encoder, config)
    live = LiveFeatures(views, backbone, config.cache)
    other = BatchLoader(live, loader.sampler, loader.words, loader.input_size, config)
    shape = head_config(config, backbone.channels, encoder.dim)
    given = f"{config.pairs} + {config.pairs} pairs, {threads} thread(s), {processor()}"
    yield samples_table(loader, steps, f"samples from the cache, {given}")
    yield steps_table({"cached": (loader, steps), "backbone in the loop": (other, 1)}, shape, given)


def samples_table(loader: BatchLoader, steps: int, title: str) -> Table:
    """Drawing pairs and points, and reading their features; a sample is one image's points."""
    table = Table("", "seconds per step", "samples per second", title=title)
    images = 4 * loader.config.pairs
    calls: dict[str, Callable[[int], object]] = {
        "draw pairs and points": loader.batch,
        "draw, and read their features": loader.example,
    }
    for name, call in calls.items():
        median = statistics.median(_timed(call, step) for step in range(steps))
        table.add_row(name, f"{median:.4f}", f"{images / median:.0f}")
    return table


def steps_table(rows: dict[str, tuple[BatchLoader, int]], shape: HeadConfig, given: str) -> Table:
    """Training steps of each loader, so many of them."""
    table = Table("features", "seconds per step", "times cached", title=f"training steps, {given}")
    base = 0.0
    for name, (loader, count) in rows.items():
        head, config = FunctionHead(shape), loader.config
        trainer = Trainer(head, Objective(head, config.losses), loader, config)
        times = []
        start = time.perf_counter()
        for step, example in read_ahead(loader.example, range(count + 1)):
            trainer.step(step, example)
            times.append(time.perf_counter() - start)
            start = time.perf_counter()
        median = statistics.median(times[1:])
        base = base or median
        table.add_row(name, f"{median:.3f}", f"{median / base:.1f}")
    return table


def _timed(call: Callable[[int], object], step: int) -> float:
    start = time.perf_counter()
    call(step)
    return time.perf_counter() - start


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
        for table in steps_tables(dataset, assets, steps, threads):
            Console().print(table)


if __name__ == "__main__":
    tyro.cli(main)
