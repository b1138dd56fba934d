"""From two pictures to matches: where the time goes, and what more functions cost.

    python benchmarks/encode.py --model funcorr-small --threads 2

One pair of 224 px pictures (samples, shrunk). Median of the repeats, after one warm-up.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import tyro
from matching import processor
from PIL import Image
from rich.console import Console
from rich.table import Table

import funcorr

FUNCTIONS = (
    "pour-with", "hang-onto", "pound-with", "press-with",
    "scoop-with", "mix-with", "lift-with", "roll-onto",
)  # fmt: skip


def seconds(call: Callable[[], Any], repeats: int) -> float:
    """Median wall time."""
    call()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def picture(name: str, size: int) -> tuple[np.ndarray, np.ndarray]:
    """A sample and its mask at ``size`` x ``size``."""
    rgb = Image.open(f"samples/{name}.png").convert("RGB").resize((size, size))
    mask = Image.open(f"samples/masks/{name}.png").resize((size, size))
    return np.asarray(rgb), np.asarray(mask) > 127


def main(model: str = "funcorr-small", threads: int = 2, repeats: int = 5, size: int = 224) -> None:
    """Print the table.

    Args:
        model: row name or folder.
        threads: of torch.
        repeats: the median is taken over these.
        size: side of the pictures.
    """
    torch.set_num_threads(threads)
    matcher = funcorr.load_model(model)
    first, second = picture("espresso-kettle", size), picture("wine-bottle", size)
    one, two = matcher.encode(*first), matcher.encode(*second)
    unseen = itertools.cycle(FUNCTIONS)
    rows: dict[str, Callable[[], Any]] = {
        "encode one image": lambda: matcher.encode(*first),
        "match, one more function, encoded": lambda: matcher.match(one, two, next(unseen)),
        "match, eight functions, encoded": lambda: [matcher.match(one, two, f) for f in FUNCTIONS],
        "encode both and match one function": lambda: matcher.match(
            first[0], second[0], "pour-with", mask1=first[1], mask2=second[1]
        ),
    }
    title = f"{model}, {size} px, {len(one.points)} x {len(two.points)} object pixels, "
    table = Table("", "seconds", title=f"{title}{threads} thread(s), {processor()}")
    for name, call in rows.items():
        table.add_row(name, f"{seconds(call, repeats):.3f}")
    Console().print(table)


if __name__ == "__main__":
    tyro.cli(main)
