"""What one more function costs on an encoded pair: the sample beside every point, in one run.

    python benchmarks/one_function.py --side 512

Rows: a plain 6,000 x 6,000 x 256 product with its row maxima (what a sixth of the points costs
without a library), the match by a sample of the points (the default), by every point
(``exact=True``), and eight functions by the sample. Processor seconds of one thread, the median
where there are several, and the ratio to the product.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
import tyro
from PIL import Image
from rich.console import Console
from rich.table import Table

import funcorr

SAMPLES = Path(__file__).parents[1] / "samples"
FUNCTIONS = ["pour-with", "cut-with", "mix-with", "scoop-with"]
FUNCTIONS += ["pound-with", "press-with", "pry-with", "lift-with"]


def main(side: int = 512, repeats: int = 5) -> None:
    """Print the table.

    Args:
        side: of the square pictures in pixels.
        repeats: of the product; the functions are eight.
    """
    torch.set_num_threads(1)
    model = funcorr.load_model("funcorr-small", device="cpu")
    pictures = (Image.open(SAMPLES / f"{name}.png") for name in ("coffee-mug", "wine-bottle"))
    first, second = (model.encode(each.resize((side, side))) for each in pictures)
    vectors = torch.nn.functional.normalize(torch.randn(6000, 256), dim=1)
    model.match(first, second, "warm up")
    unit = statistics.median(
        _seconds(lambda: (vectors @ vectors.T).amax(1)) for _ in range(repeats)
    )
    each = [_seconds(partial(model.match, first, second, function)) for function in FUNCTIONS]
    whole = _seconds(lambda: model.match(first, second, "pour-with", exact=True))
    table = Table("", "CPU s", "ratio", title=f"{side} px pair of {len(first.points):,} points")
    for name, spent in (
        ("product 6,000 x 6,000 x 256, row maxima", unit),
        ("one more function", statistics.median(each)),
        ("eight functions", sum(each)),
        ("one more function, exact=True", whole),
    ):
        table.add_row(name, f"{spent:.3f}", f"{spent / unit:.1f}")
    Console().print(table)


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    tyro.cli(main)
