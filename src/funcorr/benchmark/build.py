"""Make a benchmark folder from a multi-view dataset whose functional frames are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool
from PIL import Image

from funcorr.benchmark.draws import BuildConfig, FoundPair, assets_by_function, find_pairs
from funcorr.benchmark.pairs import Benchmark, ImagePair, read_benchmark, write_lists
from funcorr.benchmark.points import write_ground_truth
from funcorr.errors import UserError
from funcorr.images import Crop
from funcorr.render.dataset import AssetViews, Dataset, View
from funcorr.runs import atomic_path

WHITE = np.full(3, 255, np.uint8)


def build_benchmark(
    dataset: Dataset,
    out: str | Path,
    config: BuildConfig | None = None,
    *,
    functions: Sequence[str] = (),
    name: str | None = None,
) -> Benchmark:
    """Write a benchmark of image pairs with exact ground truth.

    For each function, pairs of categories are gone through in turn and assets of them drawn; of
    each asset the views that show most of the functional part are tried until enough pairs have
    ground truth. Images are the dataset's views on white.

    Args:
        dataset: multi-view dataset with functional frames.
        out: the folder to make; it must not hold a benchmark yet.
        config: numbers and limits; the defaults where None.
        functions: the functions to use; all that the frames know where empty.
        name: what tables call the benchmark; the folder's name where None.

    Returns:
        The benchmark, read back and checked.

    Raises:
        UserError: ``out`` is taken, a function has no assets, or no pair has ground truth.
    """
    config, out = config or BuildConfig(), Path(out)
    if (out / "benchmark.json").exists() or (out / "pairs.jsonl").exists():
        raise UserError(f"{out} holds a benchmark already; choose another folder or remove it")
    assets = {asset: dataset[asset] for asset in dataset.assets}
    lines = [
        _write_pair(out, assets, function, number, found, config.image_size)
        for function, names in assets_by_function(assets, functions).items()
        for number, found in enumerate(
            find_pairs({name: assets[name] for name in names}, function, config)
        )
    ]
    if not lines:
        raise UserError(
            "no two views have ground truth: the dataset needs at least two assets that share a "
            "function, with views that show its part"
        )
    used = {asset for pair, _ in lines for asset in pair.assets}
    write_lists(
        out,
        lines,
        name=name or out.resolve().name,
        image_size=_image_size(out, lines[0][0]),
        license=", ".join(sorted({str(assets[a].info.get("license", "unknown")) for a in used})),
        made_with=asdict(config),
    )
    return read_benchmark(out)


def _write_pair(
    out: Path,
    assets: Mapping[str, AssetViews],
    function: str,
    number: int,
    found: FoundPair,
    size: int | None,
) -> tuple[ImagePair, dict[str, Any]]:
    """Write the files of a pair; its line, and the further keys of that line."""
    word = function.replace(" ", "_")
    files: dict[str, str] = {"gt": f"gt/{word}-{number:04d}.npz"}
    points = []
    truth = (found.truth.points1, found.truth.points2)
    for i, (asset, index, pixels) in enumerate(zip(found.assets, found.views, truth, strict=True)):
        stem = f"{asset}-{index:04d}.png"
        names = (f"images/{stem}", f"masks/{stem}", f"parts/{word}/{stem}")
        files |= dict(zip((f"image{i + 1}", f"mask{i + 1}", f"part{i + 1}"), names, strict=True))
        view = assets[asset].view(index)
        crop = None if size is None else Crop.around(view.mask, size)
        points.append(pixels if crop is None else crop.to_crop(pixels.astype(np.float64)))
        _write_pictures([out / each for each in names], view, function, crop)
    write_ground_truth(out / files["gt"], *points)
    pair = ImagePair(
        id=f"{word}-{number:04d}",
        function=function,
        category1=assets[found.assets[0]].category,
        category2=assets[found.assets[1]].category,
        asset1=found.assets[0],
        asset2=found.assets[1],
        **files,
    )
    return pair, {"view1": found.views[0], "view2": found.views[1]}


def _write_pictures(paths: Sequence[Path], view: View, function: str, crop: Crop | None) -> None:
    """Write image, object mask and part mask, once: views occur in several pairs."""
    if all(path.exists() for path in paths):
        return
    rgb, mask, part = view.on_background(WHITE), view.mask, view.part_mask(function)
    if crop is not None:
        rgb = crop.apply(rgb, mask, background=None)
        mask, part = _cropped(mask, crop), _cropped(part, crop)
    for path, pixels in zip(paths, (rgb, mask, part), strict=True):
        with atomic_path(path) as temporary:
            Image.fromarray(pixels if pixels.ndim == 3 else pixels * np.uint8(255)).save(temporary)


def _cropped(mask: Bool[np.ndarray, "h w"], crop: Crop) -> Bool[np.ndarray, "s s"]:
    """The mask through the crop's window, nearest pixel; False outside the image."""
    rows, columns = np.indices((crop.size, crop.size))
    pixels = np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.float64)
    x, y = np.floor(crop.to_image(pixels) + 0.5).astype(int).T
    height, width = mask.shape
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    values = mask[y.clip(0, height - 1), x.clip(0, width - 1)] & inside
    return values.reshape(crop.size, crop.size)


def _image_size(out: Path, pair: ImagePair) -> tuple[int, int]:
    with Image.open(out / pair.image1) as image:
        return image.height, image.width
