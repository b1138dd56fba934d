"""Heatmap metrics against their pixel-loop form, on one map pair after another.

    python benchmarks/affordance.py --size 224

Rows: the three metrics written as loops over pixels, as some published code has NSS; ours. Time is
the median of the repeats per pair of maps, extra memory what Python and numpy allocate at the peak.
"""

from __future__ import annotations

import math
import statistics
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import tyro
from matching import processor
from rich.console import Console
from rich.table import Table

from funcorr.metrics import kld, nss, sim

Scores = tuple[float, float, float]
EPS = 1e-12


def loop(pred: np.ndarray, gt: np.ndarray) -> Scores:
    """KLD, SIM and NSS pixel by pixel."""
    height, width = pred.shape
    p_sum = g_sum = mean = 0.0
    low, high = math.inf, -math.inf
    for y in range(height):
        for x in range(width):
            p_sum += pred[y, x]
            g_sum += gt[y, x]
            low, high = min(low, gt[y, x]), max(high, gt[y, x])
    mean = p_sum / (height * width)
    variance = divergence = shared = inside = total = 0.0
    for y in range(height):
        for x in range(width):
            p, g = pred[y, x] / (p_sum + EPS), gt[y, x] / (g_sum + EPS)
            divergence += g * math.log(g / (p + EPS) + EPS)
            shared += min(p, g)
            variance += (pred[y, x] - mean) ** 2
    spread = math.sqrt(variance / (height * width)) + EPS
    for y in range(height):
        for x in range(width):
            if (gt[y, x] - low) / (high - low + EPS) > 0.1:
                inside += 1
                total += (pred[y, x] - mean) / spread
    return divergence, shared, total / inside


def ours(pred: np.ndarray, gt: np.ndarray) -> Scores:
    """KLD, SIM and NSS of this library."""
    return kld(pred, gt), sim(pred, gt), nss(pred, gt)


ROWS: dict[str, Callable[[np.ndarray, np.ndarray], Scores]] = {"pixel loop": loop, "funcorr": ours}


def main(size: int = 224, repeats: int = 5) -> None:
    """Print the table.

    Args:
        size: side of the maps.
        repeats: the median is taken over these.
    """
    rng = np.random.default_rng(0)
    pred, gt = rng.random((size, size)), rng.random((size, size)) ** 4
    np.testing.assert_allclose(loop(pred, gt), ours(pred, gt), rtol=1e-7)
    table = Table(title=f"KLD, SIM and NSS, {size} x {size}, float64, {processor()}")
    for column in ("", "ms per map", "times faster", "extra MB"):
        table.add_column(column, justify="left" if not column else "right")
    slowest = 0.0
    for name, row in ROWS.items():
        times = [timed(row, pred, gt) for _ in range(repeats)]
        median = statistics.median(times)
        slowest = slowest or median
        extra = peak(row, pred, gt)
        table.add_row(name, f"{1000 * median:.2f}", f"{slowest / median:.0f}", f"{extra:.1f}")
    Console().print(table)


def timed(
    row: Callable[[np.ndarray, np.ndarray], Scores], pred: np.ndarray, gt: np.ndarray
) -> float:
    """Processor seconds per call, over ten calls: other programs on the machine do not count."""
    start = time.process_time()
    for _ in range(10):
        row(pred, gt)
    return (time.process_time() - start) / 10


def peak(
    row: Callable[[np.ndarray, np.ndarray], Scores], pred: np.ndarray, gt: np.ndarray
) -> float:
    """Megabytes allocated at the peak of one call."""
    tracemalloc.start()
    row(pred, gt)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / 1e6


if __name__ == "__main__":
    tyro.cli(main)
