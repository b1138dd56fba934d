"""A rendered dataset as sampling needs it: pixel lists on disk, no pictures."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int, UInt32
from rich.progress import track

from funcorr.errors import UserError
from funcorr.functions.frames import FunctionalFrame
from funcorr.images import Crop
from funcorr.render.dataset import AssetViews, Dataset, View
from funcorr.train.spool import ArraySpool

MOST_PARTS = 32
"""Parts per object that fit into the bits of a pixel."""


@dataclass(frozen=True, eq=False)
class TrainingView:
    """What sampling needs of one view, in the pixels of the square backbone input.

    Attributes:
        pixels: N x 2 (x, y) object pixels.
        parts: N, bit k of each set where it lies, by the dataset's labels, in part k of the
            asset's ``part_names``.
        surface: N x 3 where each lies on the object, in its normalised coordinates.
        world_to_camera: 4 x 4.
        point_ids: M ids of visible surface points, rising.
        point_pixels: M x 2 where they are seen.
    """

    pixels: Float[np.ndarray, "n 2"]
    parts: UInt32[np.ndarray, " n"]
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
        parts: per function the names of the parts that serve it.
        frames: functional frame per function, where known.
        point_parts: per surface point, bit k set where it lies in part k of ``part_names``.
        views: its views.
    """

    name: str
    category: str
    parts: dict[str, tuple[str, ...]]
    frames: dict[str, FunctionalFrame]
    point_parts: UInt32[np.ndarray, " p"]
    views: tuple[TrainingView, ...]

    @property
    def functions(self) -> tuple[str, ...]:
        """What it is for."""
        return tuple(self.parts)

    @cached_property
    def part_names(self) -> tuple[str, ...]:
        """Every part that serves a function."""
        return serving_parts(self.parts)

    def part_pixels(self, names: Collection[str], view: int) -> Bool[np.ndarray, " n"]:
        """Which object pixels of a view lie in one of these parts."""
        return (self.views[view].parts & self._bits(names)) > 0

    def serving_pixels(self, function: str, view: int) -> Bool[np.ndarray, " n"]:
        """Which object pixels of a view lie in the functional part."""
        return self.part_pixels(self.parts[function], view)

    def serving_points(self, function: str, ids: Int[np.ndarray, " m"]) -> Bool[np.ndarray, " m"]:
        """Which surface points lie in the functional part."""
        return (self.point_parts[ids] & self._bits(self.parts[function])) > 0

    def _bits(self, names: Collection[str]) -> np.uint32:
        return np.uint32(sum(1 << self.part_names.index(name) for name in names))


def serving_parts(parts: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Every part that serves a function, sorted."""
    return tuple(sorted({name for names in parts.values() for name in names}))


def load_training_assets(dataset: Dataset, input_size: int) -> list[TrainingAsset]:
    """Pixel lists of every view, in the pixels of the backbone input.

    The lists (some 300 kB a view) are in unnamed files beside the dataset and mapped into memory.

    Args:
        dataset: its labeller says which pixels are in which part.
        input_size: side of the backbone's square input.
    """
    kept = []
    with ArraySpool(dataset.path) as spool:
        for name in track(dataset.assets, description="reading views"):
            asset = _training_asset(dataset[name], input_size)
            views = [[spool.put(getattr(v, each.name)) for each in fields(v)] for v in asset.views]
            bare = replace(asset, views=(), point_parts=np.zeros(0, np.uint32))
            kept.append((bare, spool.put(asset.point_parts), views))
        read = spool.reader()
    return [
        replace(
            bare,
            point_parts=read(points),
            views=tuple(TrainingView(*map(read, view)) for view in views),
        )
        for bare, points, views in kept
    ]


def _training_asset(asset: AssetViews, input_size: int) -> TrainingAsset:
    names = serving_parts(asset.parts)
    if len(names) > MOST_PARTS:
        raise UserError(
            f"{asset.id} has {len(names)} parts that serve a function; expected at most "
            f"{MOST_PARTS}: merge some of them"
        )
    return TrainingAsset(
        asset.id,
        asset.category,
        dict(asset.parts),
        dict(asset.frames),
        _bits([asset.part_points(name) for name in names], len(asset.points.part)),
        tuple(_training_view(asset.view(i), names, input_size) for i in range(asset.n_views)),
    )


def _training_view(view: View, names: Sequence[str], input_size: int) -> TrainingView:
    crop = Crop.around(view.mask, input_size)
    rows, columns = np.nonzero(view.mask)
    pixels = np.stack([columns, rows], axis=1).astype(np.float32)
    surface = view.camera.unproject(pixels, view.depth[rows, columns])
    ids, at = view.visible
    order = np.argsort(ids)
    masks = [view.labelled(name)[rows, columns] for name in names]
    return TrainingView(
        pixels=crop.to_crop(pixels),
        parts=_bits(masks, len(pixels)),
        surface=surface.astype(np.float16),  # to a thousandth of the object
        world_to_camera=view.camera.world_to_camera,
        point_ids=ids[order].astype(np.int32),
        point_pixels=crop.to_crop(at[order].astype(np.float32)),
    )


def _bits(masks: list[Bool[np.ndarray, " n"]], count: int) -> UInt32[np.ndarray, " n"]:
    """Mask k as bit k."""
    bits = np.zeros(count, dtype=np.uint32)
    for k, mask in enumerate(masks):
        bits |= mask.astype(np.uint32) << np.uint32(k)
    return bits
