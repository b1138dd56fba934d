"""Make a benchmark folder from a multi-view dataset whose functional frames are known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool

from funcorr.errors import UserError
from funcorr.groundtruth.alignments import Alignment
from funcorr.groundtruth.framed_assets import chosen_functions, framed_assets
from funcorr.groundtruth.pair_geometry import GeometryConfig, write_geometry
from funcorr.groundtruth.pair_sampling import BuildConfig, FoundPair, find_pairs, keep_share
from funcorr.groundtruth.pairs import (
    Benchmark,
    ImagePair,
    read_benchmark,
    write_benchmark,
    write_ground_truth,
)
from funcorr.groundtruth.pixels import save_pixels
from funcorr.images import Crop
from funcorr.io import atomic_folder
from funcorr.render.dataset import AssetViews, Dataset, View

WHITE = np.full(3, 255, np.uint8)


def build_benchmark(
    dataset: Dataset,
    out: str | Path,
    config: BuildConfig | None = None,
    *,
    functions: Sequence[str] = (),
    alignments: Sequence[Alignment] = (),
    name: str | None = None,
    geometry: GeometryConfig | None = None,
) -> Benchmark:
    """Write a benchmark of image pairs with exact ground truth.

    For each function, pairs of categories are gone through in turn and assets of them drawn; views
    that show most of the functional part, and the same of it, are tried until enough pairs have
    ground truth. Images are the dataset's views on white, or with what is behind the object.

    Args:
        dataset: multi-view dataset; without alignments, its assets need functional frames.
        out: the folder to make, empty or not there.
        config: numbers and limits; the defaults where None.
        functions: the functions to use; where empty, all that alignments or frames know, of frames
            without ``hold-by``, which is not the paper's.
        alignments: the pairs of assets to use; where empty, any two assets with functional frames.
        name: what tables call the benchmark; the folder's name where None.
        geometry: how depth, cameras and functional frames are written too; not at all where None.

    Returns:
        The benchmark, read back and checked.

    Raises:
        UserError: ``out`` is taken, a function has no assets, or no pair has ground truth.
    """
    config = config or BuildConfig()
    extra = {} if geometry is None else {"geometry": asdict(geometry)}
    with atomic_folder(out) as folder:
        lines, license = _write_pairs(dataset, folder, config, functions, alignments, geometry)
        name = name or Path(out).resolve().name
        write_benchmark(folder, lines, name, license, made_with=asdict(config) | extra)
    return read_benchmark(out)


def _write_pairs(
    dataset: Dataset,
    out: Path,
    config: BuildConfig,
    functions: Sequence[str],
    alignments: Sequence[Alignment],
    geometry: GeometryConfig | None,
) -> tuple[list[tuple[ImagePair, dict[str, Any]]], str]:
    """Write the files of all pairs; their lines, and the licences of their objects."""
    assets = {asset: dataset[asset] for asset in dataset.assets}
    aligned = _by_function(alignments, assets)
    framed = {} if alignments else framed_assets(assets)
    found = {
        function: find_pairs(
            framed.get(function, assets), function, config, aligned.get(function, ())
        )
        for function in chosen_functions(functions or tuple(aligned), aligned or framed)
    }
    if not alignments:
        found = keep_share(
            found,
            lambda pair: len({assets[name].category for name in pair.alignment.key[1:]}) == 1,
            config.across,
        )
    drawn: set[Path] = set()
    lines = [
        _write_pair(out, assets, number, pair, config, drawn, geometry)
        for pairs in found.values()
        for number, pair in enumerate(pairs)
    ]
    if not lines:
        raise UserError(
            "no two views have ground truth: the dataset needs at least two assets that share a "
            "function, with views that show its part"
        )
    used = {asset for pair, _ in lines for asset in pair.assets}
    licenses = {str(assets[asset].info.get("license", "unknown")) for asset in used}
    return lines, ", ".join(sorted(licenses))


def _by_function(
    alignments: Sequence[Alignment], assets: Mapping[str, AssetViews]
) -> dict[str, list[Alignment]]:
    """Function -> its alignments, all of whose assets are there."""
    found: dict[str, list[Alignment]] = defaultdict(list)
    for each in alignments:
        if missing := [name for name in (each.asset1, each.asset2) if name not in assets]:
            raise UserError(
                f"the alignment of {each.asset1} and {each.asset2} for {each.function!r} speaks of "
                f"{missing[0]!r}, which the dataset lacks"
            )
        found[each.function].append(each)
    return found


def _write_pair(
    out: Path,
    assets: Mapping[str, AssetViews],
    number: int,
    found: FoundPair,
    config: BuildConfig,
    drawn: set[Path],
    geometry: GeometryConfig | None,
) -> tuple[ImagePair, dict[str, Any]]:
    """Write the files of a pair; its line, and the further keys of that line."""
    function, *names = found.alignment.key
    pair_id = f"{function.replace(' ', '_')}-{number:04d}"
    files: dict[str, str] = {"gt": f"gt/{pair_id}.npz"}
    objects: dict[str, str] = {}
    regions = found.alignment.part1, found.alignment.part2
    points, shown = [], []
    for i, (asset, index, region) in enumerate(zip(names, found.views, regions, strict=True), 1):
        objects[f"asset{i}"], objects[f"category{i}"] = asset, assets[asset].category
        stem = f"{asset}-{index:04d}.png"
        files[f"image{i}"], files[f"mask{i}"] = f"images/{stem}", f"masks/{stem}"
        files[f"part{i}"] = f"parts/{pair_id}-{i}.png"
        view = assets[asset].view(index)
        crop = None if config.image_size is None else Crop.around(view.mask, config.image_size)
        shown.append((stem, view, crop))
        pixels = found.truth.points1 if i == 1 else found.truth.points2
        points.append(pixels if crop is None else crop.to_crop(pixels.astype(np.float64)))
        if (image := out / files[f"image{i}"]) not in drawn:  # views occur in several pairs
            _write_view(image, out / files[f"mask{i}"], view, crop, config)
            drawn.add(image)
        save_pixels(out / files[f"part{i}"], _cropped(region.mask(view), crop))
    write_ground_truth(out / files["gt"], *points)
    solid = geometry and write_geometry(out, shown, found.alignment.frames, geometry)
    pair = ImagePair(id=pair_id, function=function, **objects, **files, **(solid or {}))
    return pair, {"view1": found.views[0], "view2": found.views[1]}


def _write_view(
    image: Path, mask: Path, view: View, crop: Crop | None, config: BuildConfig
) -> None:
    """Write a picture and its object mask."""
    rgb = view.rgb if config.keep_background else view.on_background(WHITE)
    save_pixels(image, rgb if crop is None else crop.apply(rgb, view.mask, background=None))
    save_pixels(mask, _cropped(view.mask, crop))


def _cropped(mask: Bool[np.ndarray, "h w"], crop: Crop | None) -> Bool[np.ndarray, "s t"]:
    return mask if crop is None else crop.apply_mask(mask)
