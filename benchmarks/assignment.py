"""Which solver pairs the pixels of ground truth: scipy's, or the one of the package lapx.

    pip install lapx
    python benchmarks/assignment.py

Points of a flat part on two aligned objects, cost min(d, 0.1)^2. CPU time, median of the repeats;
both find the same total. lapx pads a matrix that is not square.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import tyro
from matching import processor
from rich.console import Console
from rich.table import Table
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

SIZES = ((400, 400), (400, 3_000), (400, 10_000))
PART = (1.0, 0.3, 0.1)


def seconds(call: Callable[[], object], repeats: int) -> float:
    """Median CPU time."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return statistics.median(times)


def main(repeats: int = 5) -> None:
    """Print the table.

    Args:
        repeats: the median is taken over these.
    """
    import lap

    table = Table("points", "candidates", "scipy ms", "lapx ms", title=processor())
    rng = np.random.default_rng(0)
    for points, candidates in SIZES:
        ends = (rng.random((count, 3)) * PART for count in (points, candidates))
        cost = np.minimum(cdist(*ends), 0.1) ** 2
        total = cost[linear_sum_assignment(cost)].sum()
        assert np.isclose(lap.lapjv(cost, extend_cost=True)[0], total)
        ours = seconds(partial(linear_sum_assignment, cost), repeats)
        theirs = seconds(partial(lap.lapjv, cost, extend_cost=True), repeats)
        table.add_row(f"{points}", f"{candidates}", f"{ours * 1e3:.1f}", f"{theirs * 1e3:.1f}")
    Console().print(table)


if __name__ == "__main__":
    tyro.cli(main)
