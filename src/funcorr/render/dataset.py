"""Read the multi-view dataset, lazily.

``DATASET/dataset.json`` says how it was made. Each folder ``DATASET/<asset-id>/`` holds:

- ``asset.json``: category, functions, parts per function, frames, licence, ``part_names``;
- ``transforms.json``: nerfstudio's keys, and our own ``world_to_camera`` and ``intrinsics``;
- ``rgb/0000.png``: RGBA, straight alpha;
- ``depth/0000.png``: 16-bit z-depth in steps of ``depth_unit_scale_factor``; 0 is no surface;
- ``parts/0000.png``: 8-bit part index + 1 at the pixel centre; 0 is no surface;
- ``labels/<labeller>/<part>/0000.png``: part masks; labeller ``exact`` is the model itself;
- ``labels/<labeller>/<part>.npz``, of other labellers: per surface sample whether the part holds it
  (``selected``), and the votes (see :mod:`funcorr.pseudolabel.votes`);
- ``labels/<labeller>/labels.json``, of other labellers: what was labelled, written last;
- ``points.npz``: surface samples: ``xyz``, ``normal``, ``part``;
- ``visible.npz``: ``point`` (index of a sample) and ``pixel`` (x, y), all views one after another;
  view i has the rows from ``start[i]`` up to ``start[i + 1]``, at most one point per pixel: of
  those seen there the one of the lowest number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Float32, Int16, Int32, UInt8
from PIL import Image

from funcorr.assets.store import HELD_OUT
from funcorr.errors import UserError, mended
from funcorr.functions.frames import FunctionalFrame
from funcorr.geometry.cameras import Camera
from funcorr.geometry.visibility import carry_pixels
from funcorr.io import content_hash, file_name, read_arrays, read_json
from funcorr.render.remedies import check, label_again, made_again

FORMAT = "funcorr-multiview/1"

EXACT = "exact"
"""The labeller that every dataset has: the parts of the model itself."""


@dataclass(frozen=True, eq=False)
class SurfacePoints:
    """Samples of an object's surface, even by area.

    Attributes:
        xyz: P x 3 positions.
        normal: P x 3 unit normals.
        part: P part indices.
    """

    xyz: Float32[np.ndarray, "p 3"]
    normal: Float32[np.ndarray, "p 3"]
    part: Int16[np.ndarray, " p"]


class Dataset:
    """A multi-view dataset on disk; ``dataset["mug-0007"]`` is one asset's views.

    Args:
        path: its folder.
        labels: the labeller whose part masks count. Of any but ``"exact"``, only the assets that
            it has labelled are in the dataset.
        training: leave out the assets of the splits that no head is trained on.

    Raises:
        UserError: the folder is not a dataset of this format, has no such labels, or nothing is
            left.

    Example:
        ``Dataset("views", labels="qwen")["mug-0007"].view(0).part_mask("pour-with")``
    """

    def __init__(self, path: Path | str, labels: str = EXACT, training: bool = False) -> None:
        self.path, self.labels = Path(path), labels
        self.info: dict[str, Any] = read_json(self.path / "dataset.json", "dataset")
        found = self.info.get("format") if isinstance(self.info, dict) else None
        if found != FORMAT:
            raise UserError(f"{self.path} has the format {found!r}; expected {FORMAT!r}")
        self.assets = asset_ids(self.path)
        if labels != EXACT:
            self.assets = self._labelled()
        if training:
            self.assets = [name for name in self.assets if self[name].split not in HELD_OUT]
            if not self.assets:
                raise UserError(
                    f"all assets of {self.path} are for testing, by the split in their asset.json"
                )

    def __len__(self) -> int:
        return len(self.assets)

    def __iter__(self) -> Iterator[AssetViews]:
        return (self[asset_id] for asset_id in self.assets)

    def __getitem__(self, asset_id: str) -> AssetViews:
        if not (self.path / asset_id / "asset.json").is_file():
            raise UserError(f"the dataset {self.path} has no asset {asset_id!r}")
        return AssetViews(self.path / asset_id, self.labels)

    def fingerprint(self) -> str:
        """Changes with the assets, their views and their labels; not with the folder's name."""
        asset_files = ("asset.json", "transforms.json", f"labels/{self.labels}/labels.json")
        files = (self.path / asset / name for asset in self.assets for name in asset_files)
        return content_hash(file for file in files if file.is_file())

    def _labelled(self) -> list[str]:
        labelled = [a for a in self.assets if labels_file(self.path / a, self.labels).is_file()]
        if not labelled:
            others = sorted({p.parent.name for p in self.path.glob("*/labels/*/labels.json")})
            raise UserError(
                f"{self.path} has no labels {self.labels!r}; it has {', '.join([EXACT, *others])}"
            )
        return labelled


class AssetViews:
    """One object and its views; files are read when they are asked for.

    Attributes:
        folder: its folder.
        labels: the labeller whose part masks count.
        id: name of the folder.
        category: for instance ``"mug"``.
        split: ``"train"``, ``"test"``, ``"unseen"``, or "" where the collection is not divided.
        functions: what it is for.
        parts: per function the names of the parts that serve it.
        frames: per function its frame in object coordinates.
        part_names: names by part index.
        n_views: how many views there are.
    """

    def __init__(self, folder: Path, labels: str = EXACT) -> None:
        self.folder, self.id, self.labels = folder, folder.name, labels
        self.info: dict[str, Any] = read_json(folder / "asset.json", "asset")
        self._transforms = read_json(folder / "transforms.json", "list of cameras")
        with self._whole():
            self.category: str = self.info["category"]
            self.split: str = self.info.get("split", "")
            served = self._served()
            self.functions = tuple(served)
            self.parts = {name: tuple(parts) for name, parts in served.items()}
            self.part_names = tuple(self.info["part_names"])
            self.n_views = len(self._transforms["frames"])
            "".join([self.category, *self.part_names, *chain(*self.parts.values())])  # all are text

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """What is missing or of another form becomes a line that says how to mend it."""
        try:
            yield
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise UserError(
                f"the asset folder {self.folder} is damaged ({type(error).__name__}: {error}); "
                f"{made_again('it')}"
            ) from None

    def _served(self) -> dict[str, list[str]]:
        """Functions with the parts that serve them, as the labeller sees it."""
        own = {name: self.info["parts"].get(name, []) for name in self.info["functions"]}
        if self.labels == EXACT:
            return own
        file = labels_file(self.folder, self.labels)
        with mended(label_again(file.parent)):
            content = read_json(file, "labels")
            if not isinstance(content, dict):
                raise UserError(f"the labels {file} are damaged")
            return content.get("functions", own)

    @cached_property
    def frames(self) -> dict[str, FunctionalFrame]:
        """Per function its functional frame."""
        with self._whole():
            frames = self.info.get("frames", {})
            return {name: FunctionalFrame.from_json(frame) for name, frame in frames.items()}

    @cached_property
    def points(self) -> SurfacePoints:
        """The surface samples that ``View.visible`` refers to."""
        arrays = read_arrays(
            self.folder / "points.npz", ("xyz", "normal", "part"), "surface points"
        )
        with self._whole():
            xyz, normal, part = arrays.values()
            check(xyz.shape == normal.shape == (len(xyz), 3) and np.isfinite(xyz).all(), "points")
            check(part.shape == (len(xyz),) and part.dtype.kind == "i", "parts of points")
            return SurfacePoints(xyz.astype(np.float32), normal.astype(np.float32), part)

    def point_mask(self, function: str) -> Bool[np.ndarray, " p"]:
        """The surface samples on the parts that serve a function, as the labeller sees it.

        Raises:
            UserError: the object does not have this function.
        """
        names = self.serving(function)
        if self.labels == EXACT:
            return np.isin(self.points.part, self._part_indices(names))
        return np.any([self.part_points(name) for name in names], axis=0)

    def part_points(self, part: str) -> Bool[np.ndarray, " p"]:
        """The surface samples of one part, as the labeller sees it."""
        if self.labels == EXACT:
            return np.isin(self.points.part, self._part_indices([part]))
        file = self.folder / "labels" / self.labels / f"{file_name(part)}.npz"
        with mended(label_again(file.parent)):
            selected = read_arrays(file, ("selected",), "votes")["selected"]
            if selected.shape != self.points.part.shape or selected.dtype != bool:
                raise UserError(f"{file} holds no vote per surface point")
            return selected

    def serving(self, function: str) -> tuple[str, ...]:
        """Names of the parts that serve a function.

        Raises:
            UserError: the object does not have this function.
        """
        if function not in self.parts:
            has = ", ".join(self.functions) or "none"
            raise UserError(f"{self.id} is not for {function!r}; its functions: {has}")
        return self.parts[function]

    def view(self, index: int) -> View:
        """One view.

        Raises:
            UserError: there is no view of this number.
        """
        if not 0 <= index < self.n_views:
            raise UserError(f"{self.id} has views 0 to {self.n_views - 1}, not {index}")
        return View(self, index)

    def correspondences(
        self, i: int, j: int
    ) -> tuple[Float[np.ndarray, "n 2"], Float[np.ndarray, "n 2"]]:
        """Pixels ``(x, y)`` of two views that show the same surface point, joined by point id."""
        (ids_i, pixels_i), (ids_j, pixels_j) = self._visible_in(i), self._visible_in(j)
        _, rows_i, rows_j = np.intersect1d(ids_i, ids_j, assume_unique=True, return_indices=True)
        return pixels_i[rows_i], pixels_j[rows_j]

    @cached_property
    def _visible(self) -> dict[str, np.ndarray]:
        arrays = read_arrays(
            self.folder / "visible.npz", ("point", "pixel", "start"), "visible points"
        )
        with self._whole():
            point, pixel, start = arrays.values()
            check(pixel.shape == (len(point), 2) and np.isfinite(pixel).all(), "pixels of points")
            check(
                not len(point) or 0 <= point.min() <= point.max() < len(self.points.part), "points"
            )
            check(start.shape == (self.n_views + 1,) and start.dtype.kind == "i", "starts of views")
            check(
                (np.diff(start) >= 0).all() and (start[0], start[-1]) == (0, len(point)), "starts"
            )
            view = np.repeat(np.arange(self.n_views), np.diff(start))
            cells = view * len(self.points.part) + point
            check(len(np.unique(cells)) == len(cells), "a point twice in a view")
        return arrays

    def _visible_in(self, index: int) -> tuple[Int32[np.ndarray, " k"], Float32[np.ndarray, "k 2"]]:
        start, stop = self._visible["start"][index : index + 2]
        return self._visible["point"][start:stop], self._visible["pixel"][start:stop]

    def _part_indices(self, names: Collection[str]) -> list[int]:
        return [i for i, name in enumerate(self.part_names) if name in names]

    def _frame(self, index: int) -> dict[str, Any]:
        return self._transforms["frames"][index]

    @property
    def _depth_scale(self) -> float:
        with self._whole():
            return float(self._transforms["depth_unit_scale_factor"])


class View:
    """One picture of an object with its exact geometry; read with :meth:`AssetViews.view`.

    Attributes:
        asset: whose view it is.
        index: its number.
    """

    def __init__(self, asset: AssetViews, index: int) -> None:
        self.asset, self.index = asset, index

    @cached_property
    def camera(self) -> Camera:
        """Intrinsics and pose."""
        with self.asset._whole():
            frame = self.asset._frame(self.index)
            keys = "intrinsics", "world_to_camera"
            intrinsics, pose = (np.array(frame[key], float) for key in keys)
            check(intrinsics.shape == (3, 3) and pose.shape == (4, 4), "cameras")
            check(np.isfinite([*intrinsics.flat, *pose.flat]).all(), "cameras")
            return Camera(intrinsics, pose, int(frame["w"]), int(frame["h"]))

    @cached_property
    def _rgba(self) -> UInt8[np.ndarray, "h w 4"]:
        return self._pixels("rgb")

    @property
    def rgb(self) -> UInt8[np.ndarray, "h w 3"]:
        """Straight (not premultiplied) sRGB colours; black where there is no object."""
        return self._rgba[..., :3]

    @property
    def alpha(self) -> UInt8[np.ndarray, "h w"]:
        """Share of each pixel that the object covers, times 255."""
        return self._rgba[..., 3]

    @cached_property
    def parts(self) -> Int16[np.ndarray, "h w"]:
        """Exact part index at each pixel centre, -1 where there is no object."""
        return self._pixels("parts").astype(np.int16) - np.int16(1)

    @property
    def mask(self) -> Bool[np.ndarray, "h w"]:
        """Whether the object is at the pixel's centre."""
        return self.parts >= 0

    @cached_property
    def depth(self) -> Float32[np.ndarray, "h w"]:
        """z-depth at each pixel centre, 0 where there is no object."""
        steps = self._pixels("depth").astype(np.float64)
        return (steps * self.asset._depth_scale).astype(np.float32)

    @property
    def visible(self) -> tuple[Int32[np.ndarray, " k"], Float32[np.ndarray, "k 2"]]:
        """Ids of the surface points seen and where, ``(x, y)``; at most one per pixel."""
        return self.asset._visible_in(self.index)

    def part_mask(self, function: str) -> Bool[np.ndarray, "h w"]:
        """The pixels of the parts that serve a function, as the labeller sees it.

        Raises:
            UserError: the object does not have this function.
        """
        names = self.asset.serving(function)
        if self.asset.labels == EXACT:
            return np.isin(self.parts, self.asset._part_indices(names))
        return np.any([self.labelled(name) for name in names], axis=0)

    def labelled(self, part: str) -> Bool[np.ndarray, "h w"]:
        """The pixels of one part, as the labeller sees it."""
        if self.asset.labels == EXACT:
            return np.isin(self.parts, self.asset._part_indices([part]))
        return self._pixels(f"labels/{self.asset.labels}/{file_name(part)}") > 127

    def on_background(
        self, color: UInt8[np.ndarray, "3"] | UInt8[np.ndarray, "h w 3"]
    ) -> UInt8[np.ndarray, "h w 3"]:
        """The object in front of a colour or an image of the same size."""
        alpha = self.alpha[..., None].astype(np.uint16)
        return ((self.rgb * alpha + color * (255 - alpha) + 127) // 255).astype(np.uint8)

    def _pixels(self, kind: str) -> np.ndarray:
        path = self.asset.folder / kind / f"{self.index:04d}.png"
        size = self.camera.height, self.camera.width
        try:
            with Image.open(path) as image:
                check(image.size == size[::-1], f"{image.width} x {image.height} pixels")
                pixels = np.array(image)
            check(pixels.shape == (*size, 4) if kind == "rgb" else pixels.shape == size, image.mode)
        except Exception as error:  # Pillow's plugins raise many kinds on a damaged file
            again = made_again(self.asset.folder)
            if kind.startswith("labels/"):
                again = label_again(path.parent.parent)
            raise UserError(f"cannot read the view {path}: {error}; {again}") from None
        return pixels


def exact_correspondence(
    view_a: View, view_b: View, pixels: Float[np.ndarray, "n 2"], tolerance: float = 0.005
) -> tuple[Float[np.ndarray, "n 2"], Bool[np.ndarray, " n"]]:
    """Carry pixels of one view to another view of the same object through its geometry.

    Exact at pixel centres, by the stored depth. Between them the depth of the nearest centre's
    surface is continued, so that a position less than a pixel from an edge may be taken for the
    surface beside it. What lies less than a pixel beside a nearer edge in B counts as hidden, and
    so does a surface that B sees at so steep an angle that its depth map does not tell.
    :meth:`funcorr.render.raster.Scene.carry` is exact everywhere, from the asset's mesh.

    Args:
        view_a: where the pixels are.
        view_b: where to carry them.
        pixels: ``(x, y)``.
        tolerance: of the occlusion test, in units of the object's longest side.

    Returns:
        Positions in view B, and whether the surface is seen in both views.
    """
    return carry_pixels(pixels, view_a.depth, view_a.camera, view_b.depth, view_b.camera, tolerance)


def asset_ids(dataset: Path) -> list[str]:
    """Sorted names of the whole asset folders in a dataset."""
    found = (path.parent.name for path in dataset.glob("*/asset.json"))
    return sorted(name for name in found if not name.startswith("."))


def labels_file(asset_folder: Path, labeller: str) -> Path:
    """The file that says what a labeller has labelled of an asset; its last, so all is there."""
    return asset_folder / "labels" / labeller / "labels.json"
