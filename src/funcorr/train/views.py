"""A rendered dataset as sampling needs it: pixel lists in memory, no pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, UInt32
from rich.progress import track

from funcorr.functions.frames import FunctionalFrame
from funcorr.images import Crop
from funcorr.render.dataset import AssetViews, Dataset, View


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
    serves: UInt32[np.ndarray, " n"]
    surface: Float[np.ndarray, "n 3"]
    world_to_camera: Float[np.ndarray, "4 4"]
    point_ids: Int[np.ndarray, " m"]
    point_pixels: Float[np.ndarray, "m 2"]


@dataclass(frozen=True, eq=False)
class TrainingAsset:
    """One object: its functions, and how they act.

    Attributes:
        name: id in the dataset.
        category: its category.
        functions: what it is for.
        frames: functional frame per function, where known.
        point_serves: per surface point, bit k set where it serves function k.
        views: its views.
    """

    name: str
    category: str
    functions: tuple[str, ...]
    frames: dict[str, FunctionalFrame]
    point_serves: UInt32[np.ndarray, " p"]
    views: tuple[TrainingView, ...]

    def serving_pixels(self, function: str, view: int) -> Bool[np.ndarray, " n"]:
        """Which object pixels of a view lie in the functional part."""
        return (self.views[view].serves & self._bit(function)) > 0

    def serving_points(self, function: str, ids: Int[np.ndarray, " m"]) -> Bool[np.ndarray, " m"]:
        """Which surface points lie in the functional part."""
        return (self.point_serves[ids] & self._bit(function)) > 0

    def _bit(self, function: str) -> np.uint32:
        return np.uint32(1 << self.functions.index(function))


def load_training_assets(dataset: Dataset, input_size: int) -> list[TrainingAsset]:
    """Pixel lists of every view, in the pixels of the backbone input.

    Args:
        dataset: its labeller says which pixels are in which part.
        input_size: side of the backbone's square input.
    """
    return [
        _training_asset(dataset[name], input_size)
        for name in track(dataset.assets, description="reading views")
    ]


def _training_asset(asset: AssetViews, input_size: int) -> TrainingAsset:
    return TrainingAsset(
        asset.id,
        asset.category,
        asset.functions,
        dict(asset.frames),
        _bits([asset.point_mask(function) for function in asset.functions]),
        tuple(_training_view(asset.view(i), input_size) for i in range(asset.n_views)),
    )


def _training_view(view: View, input_size: int) -> TrainingView:
    crop = Crop.around(view.mask, input_size)
    rows, columns = np.nonzero(view.mask)
    pixels = np.stack([columns, rows], axis=1).astype(np.float32)
    surface = view.camera.unproject(pixels, view.depth[rows, columns])
    ids, at = view.visible
    order = np.argsort(ids)
    masks = [view.part_mask(function)[rows, columns] for function in view.asset.functions]
    return TrainingView(
        pixels=crop.to_crop(pixels),
        serves=_bits(masks),
        surface=surface.astype(np.float16),  # to a thousandth of the object
        world_to_camera=view.camera.world_to_camera,
        point_ids=ids[order].astype(np.int32),
        point_pixels=crop.to_crop(at[order].astype(np.float32)),
    )


def _bits(masks: list[Bool[np.ndarray, " n"]]) -> UInt32[np.ndarray, " n"]:
    """Mask k as bit k."""
    return sum(
        (mask.astype(np.uint32) << np.uint32(k) for k, mask in enumerate(masks[1:], 1)),
        masks[0].astype(np.uint32),
    )
