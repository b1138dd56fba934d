"""Make a benchmark folder from a multi-view dataset whose functional frames are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from funcorr.benchmark.arrays import write_ground_truth
from funcorr.benchmark.draws import (
    BuildConfig,
    DatasetView,
    FoundPair,
    MultiViewDataset,
    assets_by_function,
    find_pairs,
)
from funcorr.benchmark.pairs import Benchmark, ImagePair, read_benchmark, write_lists
from funcorr.errors import UserError
from funcorr.runs import atomic_path


def build_benchmark(
    dataset: MultiViewDataset,
    out: str | Path,
    config: BuildConfig | None = None,
    *,
    functions: Sequence[str] = (),
    name: str | None = None,
    license: str = "CC0-1.0",
) -> Benchmark:
    """Write a benchmark of image pairs with exact ground truth.

    For each function, pairs of categories are gone through in turn and assets of them drawn; of
    each asset the views that show most of the functional part are tried until enough pairs have
    ground truth. Images are the dataset's views on white, at their own size.

    Args:
        dataset: multi-view dataset with functional frames.
        out: the folder to make; it must not hold a benchmark yet.
        config: numbers and limits; the defaults where None.
        functions: the functions to use; all that the frames know where empty.
        name: what tables call the benchmark; the folder's name where None.
        license: licence of the dataset's images.

    Returns:
        The benchmark, read back and checked.

    Raises:
        UserError: ``out`` is taken, a function has no assets, or no pair has ground truth.
    """
    config, out = config or BuildConfig(), Path(out)
    if (out / "benchmark.json").exists() or (out / "pairs.jsonl").exists():
        raise UserError(f"{out} holds a benchmark already; choose another folder or remove it")
    by_function = assets_by_function(dataset, functions)
    lines = [
        _write_pair(out, dataset, function, number, found)
        for function, assets in by_function.items()
        for number, found in enumerate(find_pairs(dataset, function, assets, config))
    ]
    if not lines:
        raise UserError(
            "no two views have ground truth: the dataset needs at least two assets that share a "
            "function, with views that show its part"
        )
    write_lists(
        out,
        lines,
        name=name or out.resolve().name,
        image_size=_image_size(out, lines[0][0]),
        license=license,
        made_with=asdict(config),
    )
    return read_benchmark(out)


def _write_pair(
    out: Path, dataset: MultiViewDataset, function: str, number: int, found: FoundPair
) -> tuple[ImagePair, dict[str, Any]]:
    """Write the files of a pair; its line, and the further keys of that line."""
    word = function.replace(" ", "_")
    files: dict[str, str] = {"gt": f"gt/{word}-{number:04d}.npz"}
    for i, (asset, index) in enumerate(zip(found.assets, found.views, strict=True), start=1):
        stem = f"{asset}-{index:04d}"
        view = dataset[asset].view(index)
        files |= {f"image{i}": f"images/{stem}.png", f"mask{i}": f"masks/{stem}.png"}
        files[f"part{i}"] = f"parts/{word}/{stem}.png"
        _write_picture(out / files[f"image{i}"], _on_white(view))
        _write_picture(out / files[f"mask{i}"], view.mask)
        _write_picture(out / files[f"part{i}"], view.part_mask(function))
    write_ground_truth(out / files["gt"], found.truth.points1, found.truth.points2)
    category1, category2 = (dataset[asset].category for asset in found.assets)
    pair = ImagePair(
        id=f"{word}-{number:04d}",
        function=function,
        category1=category1,
        category2=category2,
        asset1=found.assets[0],
        asset2=found.assets[1],
        **files,
    )
    return pair, {"view1": found.views[0], "view2": found.views[1]}


def _on_white(view: DatasetView) -> np.ndarray:
    return np.where(view.mask[..., None], view.rgb, np.uint8(255))


def _write_picture(path: Path, pixels: np.ndarray) -> None:
    """Write an RGB image or a mask once; views occur in several pairs."""
    if path.exists():
        return
    if pixels.dtype == bool:
        pixels = np.where(pixels, np.uint8(255), np.uint8(0))
    with atomic_path(path) as temporary:
        Image.fromarray(pixels).save(temporary)


def _image_size(out: Path, pair: ImagePair) -> tuple[int, int]:
    with Image.open(out / pair.image1) as image:
        return image.height, image.width
