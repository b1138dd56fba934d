"""Masked mutual matching against what one would write without this library, in one run.

    python benchmarks/matching.py --pixels 11277 --dim 256 --threads 1

Rows: the bare tiled product (a lower bound: nothing is looked for), ours in float32 and bfloat16,
the plain materialised torch version, and scikit-learn's brute force where it is installed. Time is
the median of the repeats; extra memory is the growth of the peak resident set of a fresh process.
"""

from __future__ import annotations

import multiprocessing
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import tyro
from rich.console import Console
from rich.table import Table

from funcorr.correspondence import matching
from funcorr.correspondence.matching import mutual_nearest


def bare_product(a: torch.Tensor, b: torch.Tensor) -> None:
    """The multiplication alone, tile by tile into one buffer."""
    rows, columns = matching.TILE_ROWS, matching.TILE_COLUMNS
    buffer = a.new_empty(rows * columns)
    for left in a.split(rows):
        for right in b.split(columns):
            out = buffer[: len(left) * len(right)].view(len(left), len(right))
            torch.mm(left, right.T, out=out)


def materialised(a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """The N x M similarity, then its maxima along both axes."""
    similarity = a @ b.T
    best, forward = similarity.max(1)
    return forward, best, similarity.max(0).indices


def brute_force(a: torch.Tensor, b: torch.Tensor) -> tuple[Any, Any]:
    """scikit-learn's nearest neighbours, both directions."""
    from sklearn.neighbors import NearestNeighbors

    first, second = a.numpy(), b.numpy()
    search = NearestNeighbors(n_neighbors=1, algorithm="brute")
    return search.fit(second).kneighbors(first), search.fit(first).kneighbors(second)


ROWS: dict[str, Callable[[torch.Tensor, torch.Tensor], Any]] = {
    "bare product, tiled": bare_product,
    "funcorr fp32": mutual_nearest,
    "funcorr bf16": lambda a, b: mutual_nearest(a, b, "bf16"),
    "torch, materialised": materialised,
    "scikit-learn brute": brute_force,
}


def measure(name: str, pixels: int, dim: int, threads: int, repeats: int) -> tuple[float, float]:
    """Median seconds and extra megabytes of one row, in this process."""
    torch.set_num_threads(threads)
    generator = torch.Generator().manual_seed(0)
    a, b = (
        torch.nn.functional.normalize(torch.randn(pixels, dim, generator=generator), dim=1)
        for _ in range(2)
    )
    ROWS[name](a[:600], b[:600])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        ROWS[name](a, b)
        times.append(time.perf_counter() - start)
    extra = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return statistics.median(times), extra / 1024


def main(pixels: int = 11277, dim: int = 256, threads: int = 1, repeats: int = 5) -> None:
    """Print the table.

    Args:
        pixels: descriptors per image (11,277: a disc of radius 60 pixels).
        dim: length of a descriptor.
        threads: of torch.
        repeats: the median is taken over these.
    """
    table = Table(title=f"{pixels} x {pixels}, D = {dim}, {threads} thread(s), {processor()}")
    for column in ("", "seconds", "x bare product", "extra MB"):
        table.add_column(column, justify="left" if not column else "right")
    spawn = multiprocessing.get_context("spawn")
    base = 0.0
    for name in ROWS:
        with spawn.Pool(1) as pool:
            try:
                seconds, extra = pool.apply(measure, (name, pixels, dim, threads, repeats))
            except ModuleNotFoundError as error:
                table.add_row(name, f"no {error.name}")
                continue
        base = base or seconds
        table.add_row(name, f"{seconds:.3f}", f"{seconds / base:.2f}", f"{extra:.0f}")
    Console().print(table)


def processor() -> str:
    """Model name of the processor, where the system tells."""
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
            return next(line.split(":")[1].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        return "unknown processor"


if __name__ == "__main__":
    tyro.cli(main)
