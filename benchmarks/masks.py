"""How well objects are told from their surroundings, method by method.

    python benchmarks/masks.py --bench BENCH [--scenes] --pictures 24

BENCH is a folder with ``pairs.jsonl`` whose lines name images and masks, and parts where they are
known. With ``--scenes`` each object is cut out and laid on a texture or photograph
(:mod:`mask_scenes`). Boxes are the true ones with corners
moved by up to 3 percent of the longer side; the click is the true mask's innermost pixel. Nothing
is fetched: methods whose weights are not here are left out.
"""

from __future__ import annotations

import hashlib
import json
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tyro
from mask_scenes import Case, on_scene
from rich.console import Console
from rich.table import Table
from scipy import ndimage

from funcorr.errors import UserError
from funcorr.images import read_image, read_mask
from funcorr.segmentation import Prompt, find_object, networks

GOOD, POOR = 0.9, 0.7
"""IoU from which on a mask is good, below which it is poor."""


class Outcome(NamedTuple):
    """What one method made of one picture."""

    iou: float
    part: float | None
    doubted: bool
    seconds: float


def cases(bench: Path, pictures: int, scenes: bool) -> Iterator[Case]:
    """Each image once, evenly drawn from the sorted ones."""
    known: dict[str, tuple[str, str | None, str]] = {}
    for line in (bench / "pairs.jsonl").read_text().splitlines():
        pair = json.loads(line)
        for end in "12":
            image, part = pair[f"image{end}"], pair.get(f"part{end}")
            if image not in known or part:
                known[image] = pair[f"mask{end}"], part, pair.get(f"asset{end}", image)
    names = sorted(known)
    for number, name in enumerate(names[:: max(len(names) // pictures, 1)][:pictures]):
        picture = read_image(bench / name)
        of_object, of_part, asset = known[name]
        mask = read_mask(bench / of_object, picture.frame)
        part = None
        if of_part is not None:
            part = read_mask(bench / of_part, picture.frame, may_be_empty=True)
        case = Case(picture, mask, part if part is not None and part.any() else None, asset)
        yield on_scene(case, number) if scenes else case


def prompts(mask: np.ndarray, generator: np.random.Generator) -> dict[str, Any]:
    """A box and a click as a person would give them."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    corners = np.array([columns[0], rows[0], columns[-1], rows[-1]], float)
    shake = 0.03 * max(corners[2] - corners[0], corners[3] - corners[1])
    inner = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    y, x = np.unravel_index(inner.argmax(), mask.shape)
    box = corners + generator.uniform(-shake, shake, 4)
    return {"box": Prompt(box=tuple(box)), "click": Prompt(clicks=[(x, y)])}


def remembered(network: Any) -> Any:
    """The network, whose answer for a picture is kept with the time that it took."""
    answers: dict[str, tuple[Any, float]] = {}

    class Remembered:
        name = network.name
        spent = 0.0

        def __call__(self, rgb: np.ndarray) -> Any:
            key = hashlib.sha256(repr(rgb.shape).encode() + rgb.tobytes()).hexdigest()
            start = time.perf_counter()
            if key not in answers:
                answers[key] = network(rgb), time.perf_counter() - start
            else:
                self.spent += answers[key][1]
            return answers[key][0]

    return Remembered()


def measured(case: Case, asked: Any, network: Any) -> Outcome:
    """Find the object once and compare."""
    if network is not None and hasattr(network, "spent"):
        network.spent = 0.0
    start = time.perf_counter()
    try:
        found = find_object(case.picture, asked)
    except UserError:
        return Outcome(0.0, 0.0 if case.part is not None else None, True, np.nan)
    spent = time.perf_counter() - start + getattr(network, "spent", 0.0)
    iou = (found.mask & case.mask).sum() / (found.mask | case.mask).sum()
    part = None if case.part is None else (found.mask & case.part).sum() / case.part.sum()
    return Outcome(float(iou), part, found.doubt is not None, spent)


def main(bench: Path, pictures: int = 24, scenes: bool = False) -> None:
    """Print the table.

    Args:
        bench: a folder with pairs.jsonl.
        pictures: how many.
        scenes: lay the objects on other pictures.
    """
    u2net, trunk = networks.u2net_if_here(), networks.trunk_if_here()
    u2net = None if u2net is None else remembered(u2net)
    outcomes: dict[str, list[Outcome]] = {}
    for number, case in enumerate(cases(bench, pictures, scenes)):
        asked = {"auto": None, **prompts(case.mask, np.random.default_rng(number))}
        for label, network, shown in (
            ("colours", None, None), ("trunk", trunk, trunk), ("u2net", u2net, trunk),
        ):  # fmt: skip
            if label != "colours" and network is None:
                continue
            use(network if label == "u2net" else None, shown)
            for how, source in asked.items():
                outcome = measured(case, source, network)
                outcomes.setdefault(f"{how}, {label}", []).append(outcome)
        Console(stderr=True).print(number, end=" ")
    show(outcomes, bench.name + (" on scenes" if scenes else ""))


def use(u2net: Any, trunk: Any) -> None:
    """Let the chain and the prompts see these networks alone."""
    here: list[Callable[[], Any]] = [lambda: u2net, lambda: trunk]
    networks.u2net_if_here, networks.trunk_if_here = here
    networks.INSTALLED = tuple(here)


def show(outcomes: dict[str, list[Outcome]], title: str) -> None:
    """Print the outcomes as a table."""
    names = ("IoU", "median", "part kept", "poor", "said of poor", "said of good", "refused", "s")
    table = Table("method", *names, title=f"{title}, {len(next(iter(outcomes.values())))} pictures")
    for method, rows in sorted(outcomes.items()):
        poor = [row.doubted for row in rows if row.iou < POOR]
        good = [row.doubted for row in rows if row.iou >= GOOD]
        parts = [row.part for row in rows if row.part is not None]
        times = [row.seconds for row in rows if not np.isnan(row.seconds)]
        ious = [row.iou for row in rows]
        cells = (
            f"{np.mean(ious):.3f}",
            f"{np.median(ious):.3f}",
            f"{np.mean(parts):.3f}" if parts else "",
            str(len(poor)),
            f"{np.mean(poor):.0%}" if poor else "",
            f"{np.mean(good):.0%}" if good else "",
            str(sum(np.isnan(row.seconds) for row in rows)),
            f"{statistics.median(times):.2f}" if times else "",
        )
        table.add_row(method, *cells)
    Console(width=110).print(table)


if __name__ == "__main__":
    tyro.cli(main)
