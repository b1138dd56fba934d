"""Annotated photographs cut to one size around their objects, written as a benchmark folder.

Each photograph becomes a square window, :data:`~funcorr.images.crop.MARGIN` times the longer side
of the object's box with all its keypoints, of stored pixels (an EXIF orientation is not applied:
annotations belong to what the file stores). Keypoints that lie off the object's mask get a small
disc of it, so that every keypoint can be asked for and found.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from funcorr.errors import UserError
from funcorr.groundtruth.pairs import (
    Benchmark,
    ImagePair,
    read_benchmark,
    write_benchmark,
    write_ground_truth,
)
from funcorr.groundtruth.photographs.known import AnnotatedPhoto, Box, PhotoPair, PhotoSet
from funcorr.groundtruth.pixels import save_pixels
from funcorr.groundtruth.scenes.pixels import stored_picture
from funcorr.images import Crop, Picture, mask_pixels
from funcorr.images.crop import MARGIN, values_at
from funcorr.io import atomic_folder

DISC = 0.02
"""Radius of the disc around a keypoint off the mask, in longer sides of the object's box."""

PART_POINTS = 400
"""So many points at most are drawn on either part where nothing says what corresponds."""

MaskFinder = Callable[[Picture, Box], Bool[np.ndarray, "h w"]]
"""Finds the object in a box where the set has no mask of it."""


@dataclass(frozen=True)
class PhotoConfig:
    """How photographs are cut and which pairs are taken.

    Attributes:
        size: side of the pictures.
        per_function: pairs of a function at most, drawn at random; 0 takes all.
        function: what models are asked on every pair; what the set says where None.
        seed: of the draws.

    Raises:
        UserError: a side below 16 pixels, or a negative number of pairs.
    """

    size: int = 224
    per_function: int = 500
    function: str | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.size < 16:
            raise UserError(f"size must be at least 16 pixels, got {self.size}")
        if self.per_function < 0:
            raise UserError(f"per_function must not be negative, got {self.per_function}")


@dataclass
class PhotoCounts:
    """What became of the photographs.

    Attributes:
        given: objects whose mask the set has.
        found: objects whose mask was found in their box.
        boxed: objects of which neither holds; their box is their mask.
        off: keypoints that lay off the mask.
        points: all keypoints.
    """

    given: int = 0
    found: int = 0
    boxed: int = 0
    off: int = 0
    points: int = 0

    def __str__(self) -> str:
        text = f"masks: {self.given} of the set, {self.found} found, {self.boxed} boxes"
        off = f"; {self.off} of {self.points} keypoints lay off them"
        return text + off if self.points else text


class _Window(NamedTuple):
    """A written photograph: name of its files, and how it was cut."""

    stem: str
    crop: Crop


@dataclass
class _Writer:
    out: Path
    config: PhotoConfig
    find_mask: MaskFinder
    counts: PhotoCounts = field(default_factory=PhotoCounts)

    def photo(
        self, photo: AnnotatedPhoto, points: Float[np.ndarray, "n 2"], number: int
    ) -> _Window:
        """Write picture and mask of an object, with all the keypoints that any pair has."""
        picture = Picture(stored_picture(photo.image))
        mask = self._mask(photo, picture)
        mask |= self._discs(mask, points, photo.box)
        crop = _around(np.concatenate([points, np.reshape(photo.box, (2, 2))]), self.config.size)
        stem = f"{re.sub(r'[^A-Za-z0-9.]+', '-', photo.asset)}-{number:05d}.png"
        save_pixels(self.out / "images" / stem, crop.apply(picture.rgb, mask, background=None))
        save_pixels(self.out / "masks" / stem, crop.apply_mask(mask))
        return _Window(stem, crop)

    def _mask(self, photo: AnnotatedPhoto, picture: Picture) -> Bool[np.ndarray, "h w"]:
        if photo.mask is not None and (given := _fitting(photo.mask(), photo, picture)).any():
            self.counts.given += 1
            return given.copy()
        boxed = _boxed(photo.box, picture.size)
        try:
            found = self.find_mask(picture, photo.box) & boxed
        except UserError:
            found = np.zeros_like(boxed)
        self.counts.found += bool(found.any())
        self.counts.boxed += not found.any()
        return found if found.any() else boxed

    def _discs(
        self, mask: Bool[np.ndarray, "h w"], points: Float[np.ndarray, "n 2"], box: Box
    ) -> Bool[np.ndarray, "h w"]:
        """Pixels near keypoints that the mask lacks."""
        off = points[~values_at(points, mask)] if len(points) else points
        self.counts.off += len(off)
        self.counts.points += len(points)
        radius = max(DISC * max(box.right - box.left, box.bottom - box.top), 1.0)
        rows, columns = np.ogrid[: mask.shape[0], : mask.shape[1]]
        near = np.zeros_like(mask)
        for x, y in off:
            near |= (columns - x) ** 2 + (rows - y) ** 2 <= radius**2
        return near

    def pair(self, pair: PhotoPair, windows: Sequence[_Window], truth: str) -> ImagePair:
        """Write ground truth and parts of a pair."""
        name = re.sub(r"[^A-Za-z0-9_]+", "-", pair.id)
        ends = zip((pair.first, pair.second), windows, strict=True)
        line: dict[str, Any] = {"gt": f"gt/{name}.npz"}
        points = []
        for i, (photo, window) in enumerate(ends, start=1):
            line |= {f"image{i}": f"images/{window.stem}", f"mask{i}": f"masks/{window.stem}"}
            line |= {f"category{i}": photo.category, f"asset{i}": photo.asset}
            corners = window.crop.to_crop(np.reshape(photo.box, (2, 2)))
            line[f"bbox{i}"] = [round(float(value), 2) for value in corners.ravel()]
            points.append(window.crop.to_crop(photo.points))
            if photo.part is not None:
                line[f"part{i}"] = f"parts/{name}-{i}.png"
                part = window.crop.apply_mask(photo.part())
                save_pixels(self.out / line[f"part{i}"], part)
                points[-1] = mask_pixels(part, PART_POINTS)
        if truth == "parts":
            points = self._equally_many(points)
        write_ground_truth(self.out / line["gt"], *points)
        return ImagePair(id=name, function=self.config.function or pair.function, **line)

    def _equally_many(self, points: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Points of either part, at random; rows are no partners."""
        generator = np.random.default_rng(self.config.seed)
        count = min(map(len, points))
        return [each[np.sort(generator.permutation(len(each))[:count])] for each in points]


def write_photo_set(
    photos: PhotoSet,
    out: Path | str,
    find_mask: MaskFinder,
    config: PhotoConfig | None = None,
    name: str | None = None,
) -> tuple[Benchmark, PhotoCounts]:
    """Write a published set as a benchmark folder.

    Args:
        photos: what a reader made of it.
        out: the folder to make, empty or not there.
        find_mask: for photographs without a mask.
        config: size and number; the defaults where None.
        name: what tables call it; the set's name where None.

    Returns:
        The benchmark, read back and checked, and what became of the photographs.

    Raises:
        UserError: ``out`` is taken, there are no pairs, a picture cannot be read, or a mask does
            not fit its picture.
    """
    config = config or PhotoConfig()
    chosen = drawn(photos.pairs, config)
    if not chosen:
        raise UserError(f"{photos.name} has no pairs of photographs here")
    with atomic_folder(out) as folder:
        writer = _Writer(folder, config, find_mask)
        windows = _windows(chosen, writer)
        lines: list[tuple[ImagePair, dict[str, Any]]] = []
        for pair in chosen:
            own = [windows[_key(photo)] for photo in (pair.first, pair.second)]
            lines.append((writer.pair(pair, own, photos.truth), {}))
        notes = {"truth": photos.truth, "made_with": asdict(config), "masks": asdict(writer.counts)}
        write_benchmark(folder, lines, name or photos.name, photos.license, **notes)
    return read_benchmark(out), writer.counts


def drawn(pairs: Iterable[PhotoPair], config: PhotoConfig) -> list[PhotoPair]:
    """At most so many pairs of each function, in the given order."""
    generator = np.random.default_rng(config.seed)
    chosen: list[PhotoPair] = []
    for _, group in groupby(sorted(pairs, key=lambda p: p.function), lambda p: p.function):
        own = list(group)
        if config.per_function and len(own) > config.per_function:
            kept = generator.choice(len(own), config.per_function, replace=False)
            own = [own[index] for index in np.sort(kept)]
        chosen += own
    return chosen


def _windows(pairs: Sequence[PhotoPair], writer: _Writer) -> dict[tuple[Path, Box], _Window]:
    """Every object once, cut so that the keypoints of all its pairs are in."""
    photos: dict[tuple[Path, Box], list[AnnotatedPhoto]] = defaultdict(list)
    for pair in pairs:
        for photo in (pair.first, pair.second):
            photos[_key(photo)].append(photo)
    return {
        key: writer.photo(
            same[0], np.unique(np.concatenate([each.points for each in same]), axis=0), number
        )
        for number, (key, same) in enumerate(photos.items())
    }


def _key(photo: AnnotatedPhoto) -> tuple[Path, Box]:
    return photo.image, photo.box


def _around(points: Float[np.ndarray, "n 2"], size: int) -> Crop:
    low, high = points.min(axis=0) - 0.5, points.max(axis=0) + 0.5
    side = float((high - low).max()) * MARGIN
    left, top = ((low + high - side) / 2).tolist()
    return Crop(left, top, side, size)


def _boxed(box: Box, size: tuple[int, int]) -> Bool[np.ndarray, "h w"]:
    rows, columns = np.ogrid[: size[0], : size[1]]
    inside = (columns >= box.left) & (columns <= box.right)
    return inside & (rows >= box.top) & (rows <= box.bottom)


def _fitting(
    mask: Bool[np.ndarray, "h w"], photo: AnnotatedPhoto, picture: Picture
) -> Bool[np.ndarray, "h w"]:
    if mask.shape != picture.size:
        raise UserError(
            f"the mask of {photo.image} is {mask.shape[1]} x {mask.shape[0]} pixels, the picture "
            f"{picture.size[1]} x {picture.size[0]}"
        )
    return mask
