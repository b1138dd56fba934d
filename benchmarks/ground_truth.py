"""How far the ground truth of the paper's text and of its released code lies from ours.

    python benchmarks/ground_truth.py data/real-design data/real-design-views

Of each function the first pairs whose parts are small enough for a full assignment; for pixels that
have a partner in both, the distance of the partners in pixels of the 224-pixel picture.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import tyro
from rich.console import Console
from rich.table import Table

from funcorr.groundtruth.alignments import align_frames
from funcorr.groundtruth.dense import GroundTruth, GroundTruthConfig, PartView, ground_truth
from funcorr.groundtruth.pairs import read_benchmark
from funcorr.images import Crop
from funcorr.render.dataset import Dataset, View

LARGEST = 2_500
"""Pixels of a part; the released code's assignment grows with the third power."""


def part_views(
    dataset: Dataset, line: dict[str, str | int]
) -> tuple[tuple[PartView, PartView], tuple[View, View]]:
    """The two views of a line of ``pairs.jsonl``, as ground truth sees them and as they are."""
    assets = dataset[str(line["asset1"])], dataset[str(line["asset2"])]
    made = align_frames(assets[0], assets[1], str(line["function"]))
    first, second = (asset.view(int(line[f"view{i}"])) for i, asset in enumerate(assets, start=1))
    one, other = (
        PartView(region.mask(view), view.depth, view.camera, frame)
        for region, view, frame in zip(
            (made.part1, made.part2), (first, second), made.frames, strict=True
        )
    )
    return (one, other), (first, second)


def shifts(ours: GroundTruth, theirs: GroundTruth, scale: float) -> np.ndarray:
    """Distances between the partners of the pixels that both know."""
    partners = dict(zip(map(tuple, ours.points1.tolist()), ours.points2, strict=True))
    rows = zip(map(tuple, theirs.points1.tolist()), theirs.points2, strict=True)
    return np.array([np.linalg.norm(partners[p] - q) * scale for p, q in rows if p in partners])


def main(benchmark: Path, dataset: Path, /, per_function: int = 2, size: int = 224) -> None:
    """Print the table.

    Args:
        benchmark: its folder.
        dataset: the views it was made from.
        per_function: image pairs per function.
        size: side of the benchmark's pictures.
    """
    read_benchmark(benchmark)
    views, taken = Dataset(dataset), Counter[str]()
    found: dict[str, list[np.ndarray]] = {"paper": [], "released-code": []}
    for line in map(json.loads, (benchmark / "pairs.jsonl").read_text().splitlines()):
        if taken[line["function"]] >= per_function:
            continue
        parts, (_, second) = part_views(views, line)
        ours = ground_truth(*parts)
        if ours is None or max(part.part.sum() for part in parts) > LARGEST:
            continue
        taken[line["function"]] += 1
        for protocol, distances in found.items():
            theirs = ground_truth(*parts, GroundTruthConfig.named(protocol))
            scale = size / Crop.around(second.mask, size).side
            if theirs is not None and len(between := shifts(ours, theirs, scale)):
                distances.append(between)
    table = Table("protocol", "pairs", "median px", "mean of medians", "mean of 90th percentiles")
    for protocol, distances in found.items():
        medians = [np.median(each) for each in distances]
        tails = [np.percentile(each, 90) for each in distances]
        numbers = (np.median(medians), np.mean(medians), np.mean(tails))
        table.add_row(protocol, str(len(distances)), *(f"{number:.1f}" for number in numbers))
    Console().print(table)


if __name__ == "__main__":
    tyro.cli(main)
