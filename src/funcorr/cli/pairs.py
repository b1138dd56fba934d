"""``funcorr pairs``: a benchmark folder with 2D ground truth from 3D alignment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro


def pairs(
    dataset: Annotated[Path, tyro.conf.Positional],
    out: Path,
    per_function: int = 80,
    across: float = 0.85,
    size: int = 224,
    seed: int = 0,
    function: tuple[str, ...] = (),
    max_points: int = 400,
    max_distance: float = 0.1,
    name: str | None = None,
) -> None:
    """Make a benchmark of image pairs with dense ground truth from a multi-view dataset.

    Args:
        dataset: the dataset's folder; its assets need functional frames.
        out: the benchmark folder to make.
        per_function: image pairs per function.
        across: share of image pairs across categories.
        size: side of the pictures, cropped around their objects; 0 keeps the views as rendered.
        seed: of every draw; the same seed makes the same benchmark.
        function: functions to use, all where none is named.
        max_points: ground-truth points at most per image pair.
        max_distance: pixels farther apart in 3D are not paired (object's longest side: 1).
        name: what tables call the benchmark; by default the folder's name.
    """
    from funcorr.benchmark.build import build_benchmark
    from funcorr.benchmark.draws import BuildConfig
    from funcorr.benchmark.ground_truth import GroundTruthConfig
    from funcorr.render.dataset import Dataset

    truth = GroundTruthConfig(max_points=max_points, max_distance=max_distance)
    config = BuildConfig(
        per_function, across=across, image_size=size or None, seed=seed, ground_truth=truth
    )
    made = build_benchmark(Dataset(dataset), out, config, functions=function, name=name)
    for each in made.functions:
        chosen = [pair for pair in made.pairs if pair.function == each]
        within = sum(pair.within for pair in chosen)
        print(f"{each}: {len(chosen)} image pairs, {len(chosen) - within} across categories")
    print(made.path)
