"""Speed of heatmaps: ten actions against one, and the metrics against their pixel-loop form.

    python benchmarks/affordance.py --size 224

First table: the shipped model on one picture, one backbone pass for one action and for ten, and ten
calls that each encode the picture again. Second table: the three metrics written as loops over
pixels, as some published code has NSS; ours. Times are processor time, the median of the repeats;
extra memory is what Python and numpy allocate at the peak.
"""

from __future__ import annotations

import math
import statistics
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
import tyro
from matching import processor
from rich.console import Console
from rich.table import Table

from funcorr.affordance import AffordanceModel, load_affordance_model
from funcorr.metrics import kld, nss, sim

Scores = tuple[float, float, float]
EPS = 1e-12
PICTURE = Path(__file__).parents[1] / "samples" / "coffee.png"
ACTIONS = ("pour", "hold", "drink", "fill", "cut", "hang", "lift", "open", "press", "mix")


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


def main(size: int = 224, repeats: int = 5, threads: int = 1) -> None:
    """Print both tables.

    Args:
        size: side of the maps that are scored.
        repeats: the median is taken over these.
        threads: of torch.
    """
    torch.set_num_threads(threads)
    actions_table(repeats)
    metrics_table(size, repeats)


def actions_table(repeats: int) -> None:
    """What further actions cost once the picture is encoded."""
    model = load_affordance_model("funcorr-afford-small", "cpu")
    rows: dict[str, Callable[[], object]] = {
        "one action": lambda: fresh(model).predict(PICTURE, ACTIONS[:1]),
        "ten actions, one pass": lambda: fresh(model).predict(PICTURE, ACTIONS),
        "ten calls": lambda: [fresh(model).predict(PICTURE, [a]) for a in ACTIONS],
        "ten more on an encoded picture": lambda: model.predict(scene, ACTIONS),
    }
    scene = model.encode(PICTURE)
    table = Table(title=f"One picture, {processor()}")
    for column in ("", "ms", "times one action"):
        table.add_column(column, justify="left" if not column else "right")
    first = 0.0
    for name, call in rows.items():
        call()
        median = statistics.median(seconds(call, 1) for _ in range(repeats))
        first = first or median
        table.add_row(name, f"{1000 * median:.0f}", f"{median / first:.2f}")
    Console().print(table)


def fresh(model: AffordanceModel) -> AffordanceModel:
    """The model without the texts that it remembers from calls before."""
    model._texts.clear()
    return model


def metrics_table(size: int, repeats: int) -> None:
    """KLD, SIM and NSS in two forms."""
    rng = np.random.default_rng(0)
    pred, gt = rng.random((size, size)), rng.random((size, size)) ** 4
    np.testing.assert_allclose(loop(pred, gt), ours(pred, gt), rtol=1e-7)
    table = Table(title=f"KLD, SIM and NSS, {size} x {size}, float64, {processor()}")
    for column in ("", "ms per map", "times faster", "extra MB"):
        table.add_column(column, justify="left" if not column else "right")
    slowest = 0.0
    for name, row in ROWS.items():
        median = statistics.median(seconds(partial(row, pred, gt), 10) for _ in range(repeats))
        slowest = slowest or median
        extra = peak(row, pred, gt)
        table.add_row(name, f"{1000 * median:.2f}", f"{slowest / median:.0f}", f"{extra:.1f}")
    Console().print(table)


def seconds(call: Callable[[], object], times: int) -> float:
    """Processor seconds per call: other programs on the machine do not count."""
    start = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - start) / times


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
