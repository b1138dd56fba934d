"""How long the page of ``funcorr app`` takes to answer a new function on encoded images.

    python benchmarks/app_answer.py

The handlers of the page itself, painted pictures included, without the browser: the first pairs of
the page's examples, each asked for every function in turn. The first question of a pair, which
encodes both images, is timed apart.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import tyro
from matching import processor
from rich.console import Console
from rich.table import Table

from funcorr import load_model
from funcorr.app.folder import upload_folder

PAIRS = 3
FUNCTIONS = ("pour-with", "cut-with", "scoop-with", "hang-onto", "pound-with", "stir the soup with")
"""The last one is no function of the taxonomy."""


def main(model: str = "funcorr-small", threads: int = 2, repeats: int = 1) -> None:
    """Print the table.

    Args:
        model: row name or folder.
        threads: of torch.
        repeats: each function is asked so often; every answer counts.
    """
    torch.set_num_threads(threads)
    with upload_folder() as folder:
        first, again, click = _measure(model, folder, repeats)
    title = f"{model}, {threads} threads, {processor()}"
    table = Table("", "answers", "median s", "95 percent s", "slowest s", title=title)
    for what, seconds in (
        ("two new images", first),
        ("new function, encoded images", again),
        ("click on a point", click),
    ):
        late = float(np.quantile(seconds, 0.95))
        numbers = (statistics.median(seconds), late, max(seconds))
        table.add_row(what, str(len(seconds)), *(f"{number:.2f}" for number in numbers))
    Console().print(table)


def _measure(model: str, folder: Path, repeats: int) -> tuple[list[float], ...]:
    """Seconds of first questions, of further functions and of clicks."""
    from funcorr.app.match_tab import MatchTab
    from funcorr.app.object_input import ObjectInputs
    from funcorr.app.page import examples
    from funcorr.app.panels import MODES
    from funcorr.app.visit import RecentlyUsed, Visit

    new_visit = partial(Visit, load_model(model))
    objects = ObjectInputs(new_visit, RecentlyUsed(9))
    tab = MatchTab(objects, Path(tempfile.mkdtemp(dir=folder)))
    first, again, click = [], [], []
    for number, (a, b, function) in enumerate([examples()[0], *examples()[:PAIRS]]):
        key = str(number)
        first.append(_seconds(tab.match, key, a, b, function, MODES[0]))
        for other in FUNCTIONS * repeats:
            again.append(_seconds(tab.match_again, key, a, b, other, MODES[0]))
            click.append(_seconds(tab.clicked, key, (320, 240), MODES[0]))
    return first[1:], again[len(FUNCTIONS) * repeats :], click  # the first pair warms up


def _seconds(act: Callable[..., Any], *words: Any) -> float:
    start = time.perf_counter()
    act(*words)
    return time.perf_counter() - start


if __name__ == "__main__":
    tyro.cli(main)
