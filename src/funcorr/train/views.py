"""A rendered dataset as sampling needs it: pixel lists in memory, no pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from rich.progress import track

from funcorr.functions.frames import FunctionalFrame
from funcorr.images import Crop
from funcorr.render.dataset import Dataset, View


@dataclass(frozen=True, eq=False)
class TrainingView:
    """What sampling needs of one view, in the pixels of the square backbone input.

    Attributes:
        pixels: N x 2 (x, y) object pixels.
        parts: N role of each: the sum of 2 ** k over the functions k, in the order of the asset's
            ``serving``, that the pixel serves by the dataset's labels.
        surface: N x 3 where each lies on the object, in its normalised coordinates.
        world_to_camera: 4 x 4.
        point_ids: M ids of visible surface points, rising.
        point_pixels: M x 2 where they are seen.
    """

    pixels: Float[np.ndarray, "n 2"]
    parts: Int[np.ndarray, " n"]
    surface: Float[np.ndarray, "n 3"]
    world_to_camera: Float[np.ndarray, "4 4"]
    point_ids: Int[np.ndarray, " m"]
    point_pixels: Float[np.ndarray, "m 2"]


@dataclass(frozen=True, eq=False)
class TrainingAsset:
    """One object: its functions, the parts that serve each, and how they act.

    Attributes:
        name: id in the dataset.
        category: its category.
        serving: per function, whether role k serves it.
        frames: functional frame per function, where known.
        point_parts: role per surface point.
        views: its views.
    """

    name: str
    category: str
    serving: dict[str, Bool[np.ndarray, " k"]]
    frames: dict[str, FunctionalFrame]
    point_parts: Int[np.ndarray, " p"]
    views: tuple[TrainingView, ...]


def load_training_assets(dataset: Dataset, input_size: int) -> list[TrainingAsset]:
    """Pixel lists of every view, in the pixels of the backbone input."""
    return [
        _training_asset(dataset, name, input_size)
        for name in track(dataset.assets, description="reading views")
    ]


def _training_asset(dataset: Dataset, name: str, input_size: int) -> TrainingAsset:
    asset = dataset[name]
    roles = np.arange(2 ** len(asset.parts))
    serving = {function: (roles >> k) % 2 == 1 for k, function in enumerate(asset.parts)}
    views = tuple(_training_view(asset.view(i), input_size) for i in range(asset.n_views))
    points = _roles([asset.point_mask(f) for f in asset.parts], len(asset.points.part))
    return TrainingAsset(name, asset.category, serving, dict(asset.frames), points, views)


def _roles(masks: Sequence[Bool[np.ndarray, " n"]], count: int) -> Int[np.ndarray, " n"]:
    """One number per place for all the functions that it serves."""
    bits = (mask.astype(np.int32) << k for k, mask in enumerate(masks))
    return sum(bits, start=np.zeros(count, dtype=np.int32))


def _training_view(view: View, input_size: int) -> TrainingView:
    crop = Crop.around(view.mask, input_size)
    rows, columns = np.nonzero(view.mask)
    pixels = np.stack([columns, rows], axis=1).astype(np.float32)
    surface = view.camera.unproject(pixels, view.depth[rows, columns])
    ids, at = view.visible
    order = np.argsort(ids)
    return TrainingView(
        pixels=crop.to_crop(pixels),
        parts=_roles([view.part_mask(f)[rows, columns] for f in view.asset.parts], len(rows)),
        surface=surface.astype(np.float16),  # to a thousandth of the object
        world_to_camera=view.camera.world_to_camera,
        point_ids=ids[order].astype(np.int32),
        point_pixels=crop.to_crop(at[order].astype(np.float32)),
    )
