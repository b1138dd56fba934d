"""Take the statistics of the fused backbone from the object pixels of a rendered dataset."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import tyro

from funcorr.features import Backbone, bilinear_sample, load_backbone
from funcorr.features.fused import SHIPPED, save_fused
from funcorr.features.whitening import Moments
from funcorr.images import Crop, mask_pixels
from funcorr.render.dataset import Dataset

BACKBONES = ("efficientnet-lite2@352", "dinov2-small-focus@448")


def main(
    dataset: tyro.conf.Positional[Path],
    out: Path = SHIPPED,
    backbones: tuple[str, ...] = BACKBONES,
    views: int = 8,
    points: int = 300,
    seed: int = 0,
) -> None:
    """Fit and save.

    Args:
        dataset: a multi-view dataset folder.
        out: the folder to write.
        backbones: which ones to fuse, with their input sizes.
        views: views per asset, evenly spread.
        points: object pixels per view, drawn at random.
        seed: of the draw.
    """
    torch.set_num_threads(1)
    generator = np.random.default_rng(seed)
    loaded = [load_backbone(name) for name in backbones]
    moments = [[Moments(width) for width in each.channels] for each in loaded]
    for rgb, mask in _views(Dataset(dataset), views):
        for backbone, own in zip(loaded, moments, strict=True):
            for rows, moment in zip(
                _rows(backbone, rgb, mask, points, generator), own, strict=True
            ):
                moment.add(rows)
    whitenings = [moment.whitening() for own in moments for moment in own]
    note = f"{moments[0][0].count} object points of {dataset.name}, seed {seed}"
    save_fused(out, backbones, whitenings, note)
    print(f"{out}: {note}")


def _views(dataset: Dataset, views: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for name in dataset.assets:
        asset = dataset[name]
        for index in np.linspace(0, asset.n_views - 1, min(views, asset.n_views)).astype(int):
            view = asset.view(int(index))
            if view.mask.any():
                yield view.rgb, view.mask


def _rows(
    backbone: Backbone,
    rgb: np.ndarray,
    mask: np.ndarray,
    points: int,
    generator: np.random.Generator,
) -> list[torch.Tensor]:
    """Features of some object pixels, one row each, per map."""
    size = backbone.input_size
    crop = Crop.around(mask, size)
    window = torch.from_numpy(crop.apply(rgb, mask).copy()).permute(2, 0, 1)[None].float() / 255
    inside = crop.to_crop(mask_pixels(mask).astype(np.float64))
    chosen = generator.choice(len(inside), min(points, len(inside)), replace=False)
    pixels = torch.from_numpy(inside[chosen]).float()
    return [bilinear_sample(each, pixels, (size, size)) for each in backbone.maps(window)]


if __name__ == "__main__":
    tyro.cli(main)
