"""Which block, ridge and trust in the walks the trunk's masks do best with, on renders in scenes.

    python benchmarks/mask_constants.py --bench data/real-design --bench data/forge-unseen-dev

Objects are split in two by their names: constants are chosen on the first half, and the figures of
the second half say how well the choice carries over. First the block and the ridge, by the mask
that the features alone give (rim, box and click), then the trust in that mask beside the edges of
colours.
"""

from __future__ import annotations

import hashlib
import itertools
import statistics
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import tyro
from mask_scenes import Case
from masks import cases, prompts
from rich.console import Console
from rich.progress import track
from rich.table import Table

from funcorr.features.dinov2 import Dinov2Backbone
from funcorr.segmentation import Prompt, random_walk, trunk
from funcorr.segmentation.prompted import follow_prompt
from funcorr.weights.resolver import resolve

BLOCKS = (-1, -2, -3)
RIDGES = (30.0, 100.0, 300.0)
TRUSTS = (0.03, 0.1, 0.3)

SEEN: dict[bytes, list[np.ndarray]] = {}
"""Picture -> its cells after each of the blocks."""


def main(bench: tuple[Path, ...], pictures: int = 12) -> None:
    """Print both tables.

    Args:
        bench: folders with pairs.jsonl.
        pictures: how many of each.
    """
    drawn = [case for folder in bench for case in cases(folder, pictures, True)]
    halves = [[case for case in drawn if _half(case.asset) == half] for half in (0, 1)]
    found = {
        (block, ridge): [_ious(half, block, ridge) for half in halves]
        for block, ridge in track(
            list(itertools.product(BLOCKS, RIDGES)), "features", console=Console(stderr=True)
        )
    }
    show("features alone, IoU", ("block", "ridge"), found, halves)
    block, ridge = max(found, key=lambda key: statistics.mean(found[key][0]))
    walks = {}
    for trust in track(TRUSTS, "walks", console=Console(stderr=True)):
        random_walk.TRUST = trust
        walks[(trust,)] = [_ious(half, block, ridge, walk=True) for half in halves]
    show(f"walks after block {block}, ridge {ridge:g}, IoU", ("trust",), walks, halves)


def _half(asset: str) -> int:
    return hashlib.sha256(asset.encode()).digest()[0] % 2


def _ious(half: Sequence[Case], block: int, ridge: float, walk: bool = False) -> list[float]:
    """The mean over rim, box and click (of walks rim and box), picture by picture."""
    trunk.RIDGE = ridge
    segmenter = _Segmenter(block)
    return [statistics.mean(_of_case(segmenter, case, n, walk)) for n, case in enumerate(half)]


def _of_case(segmenter: _Segmenter, case: Case, number: int, walk: bool) -> Iterator[float]:
    rgb, whole = case.picture.rgb, np.ones(case.mask.shape, bool)
    asked = prompts(case.mask, np.random.default_rng(number))
    if walk:
        yield _iou(segmenter(rgb), case.mask)
        yield _iou(follow_prompt(rgb, asked["box"], None, segmenter), case.mask)
        return
    click = np.zeros_like(whole)
    click[Prompt(clicks=asked["click"].clicks).clicks[0].pixel(whole.shape)] = True
    yield _iou(segmenter.grown(rgb, whole, None), case.mask)
    yield _iou(segmenter.grown(rgb, asked["box"].possible(whole.shape), None), case.mask)
    yield _iou(segmenter.grown(rgb, whole, click), case.mask)


def _iou(soft: np.ndarray, mask: np.ndarray) -> float:
    found = soft > 0.5
    return float((found & mask).sum() / (found | mask).sum())


class _Segmenter(trunk.TrunkSegmenter):
    """The trunk at another block; what all blocks saw of a picture is kept."""

    def __init__(self, block: int) -> None:
        self.block = block
        self._backbone = _backbone()

    def _cells(self, rgb: np.ndarray) -> np.ndarray:
        key = hashlib.sha256(rgb.tobytes()).digest()
        if key not in SEEN:
            maps = self._backbone.maps(trunk.looked_at(rgb))
            SEEN[key] = [trunk.unit_cells(each) for each in maps]
        return SEEN[key][self._backbone.layers.index(12 + 1 + self.block)]


@cache
def _backbone() -> Dinov2Backbone:
    return Dinov2Backbone(resolve(trunk.WEIGHTS), trunk.WEIGHTS, BLOCKS)


def show(
    title: str,
    names: Sequence[str],
    found: Mapping[Any, list[list[float]]],
    halves: Sequence[Sequence[Case]],
) -> None:
    """A line per setting: its mean and median on both halves."""
    counts = [f"{len(half)} pictures" for half in halves]
    table = Table(*names, f"chosen on ({counts[0]})", f"held out ({counts[1]})", title=title)
    for key, both in sorted(found.items()):
        cells = (f"{statistics.mean(ious):.3f} / {statistics.median(ious):.3f}" for ious in both)
        table.add_row(*(f"{value:g}" for value in key), *cells)
    Console(width=100).print(table)


if __name__ == "__main__":
    tyro.cli(main)
