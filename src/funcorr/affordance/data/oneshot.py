"""One-shot training examples: an image per object, a heatmap per action, made from a few clicks.

A folder holds ``<stem>.jpg`` (or ``.png``) and ``<stem>.npy``, an array C x H x W (8-bit, or
floats in [0, 1]) with a channel per action, all zero where the object does not have the action:
OOAL's layout. The order of the channels is in ``actions.json``; in OOAL's own folders, which have
none, it is the class list of AGD20K with as many actions (36 Seen, 25 Unseen).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32
from PIL import Image

from funcorr.affordance.data.action_names import (
    AGD20K_SEEN,
    AGD20K_UNSEEN,
    object_folder,
    object_of_stem,
    object_words,
)
from funcorr.errors import UserError
from funcorr.functions import check_function
from funcorr.images import Frame, ImageLike, PointsLike, read_frame, read_image, read_points
from funcorr.images.decode import check_frame
from funcorr.images.heatmaps import heatmap_white
from funcorr.io import atomic_path, read_array, read_json, write_json

FORMAT = "funcorr-oneshot/1"
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True, eq=False)
class OneShotExample:
    """One annotated image.

    Attributes:
        image: the picture's file.
        object: the object's category in plain words, ``"cell phone"``.
        heatmaps: action -> H x W in [0, 1] at the picture's size; only actions that it has.
    """

    image: Path
    object: str
    heatmaps: dict[str, Float32[np.ndarray, "h w"]]


def heatmap_from_points(points: PointsLike, size: tuple[int, int]) -> Float32[np.ndarray, "h w"]:
    """The heatmap of a few clicked points, by the annotation rule of AGD20K and OOAL.

    A one at each point's pixel (points on one pixel add up), blurred by a Gaussian whose kernel has
    ``k = floor(sqrt(H W) / 3)`` pixels, made odd, and ``sigma = 0.3 ((k - 1) / 2 - 1) + 0.8``
    (OpenCV's automatic sigma; borders are mirrored), then min-max to [0, 1].

    Args:
        points: K x 2 pixels (x, y), K at least 1.
        size: (height, width) of the image.

    Raises:
        UserError: no points, or a point outside the image.

    Example:
        >>> heatmap = heatmap_from_points([[40, 10]], size=(64, 64))
        >>> heatmap.shape, float(heatmap[10, 40])
        ((64, 64), 1.0)
    """
    from scipy.ndimage import gaussian_filter

    rows, columns = _pixels(points, size)
    marks = np.zeros(size)
    np.add.at(marks, (rows, columns), 1.0)
    kernel = int(np.sqrt(size[0] * size[1]) / 3)
    radius = kernel // 2
    sigma = 0.3 * (radius - 1) + 0.8
    blurred = gaussian_filter(marks, sigma, mode="mirror", radius=radius)
    low, high = blurred.min(), blurred.max()
    return ((blurred - low) / (high - low)).astype(np.float32)


def _pixels(points: PointsLike, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of points inside an image."""
    array = read_points(points)
    if not len(array):
        raise UserError("no points are given; expected K x 2 pixels (x, y), K at least 1")
    height, width = size
    inside = (array >= -0.5).all(axis=1) & (array < [width - 0.5, height - 0.5]).all(axis=1)
    if not inside.all():
        x, y = array[~inside][0]
        raise UserError(f"the point ({x:g}, {y:g}) lies outside its image of {width} x {height}")
    columns, rows = np.floor(array + 0.5).astype(int).T
    return rows, columns


def read_one_shot(folder: str | Path) -> list[OneShotExample]:
    """Read a folder of one-shot examples, in order of their file names.

    In folders without ``actions.json`` (OOAL's), heatmaps of another size than their image are
    resized to it; in others that is an error.

    Raises:
        UserError: the folder, an image or ``actions.json`` is missing; an array holds objects, is
            not C x H x W, has values of no clear range or another size than its image; or a
            channel is 1 everywhere, or all are 0.
    """
    folder = Path(folder)
    arrays = sorted(folder.glob("*.npy"))
    if not arrays:
        raise UserError(f"{folder} holds no one-shot examples (an image and an .npy of one stem)")
    ours = (folder / "actions.json").is_file()
    actions, objects = _read_index(folder) if ours else ((), {})
    return [_read_example(path, actions, objects, resize=not ours) for path in arrays]


def read_actions(folder: str | Path) -> tuple[str, ...]:
    """The actions of a folder in the order of the channels.

    Raises:
        UserError: there is no usable ``actions.json``, and the arrays are not OOAL's.
    """
    folder = Path(folder)
    if (folder / "actions.json").is_file():
        return _read_index(folder)[0]
    first = min(folder.glob("*.npy"), default=None)
    if first is None:
        raise UserError(f"{folder} holds no one-shot examples (an image and an .npy of one stem)")
    return _class_list(_read_array(first), first)


def write_one_shot(
    folder: str | Path,
    stem: str,
    image: ImageLike,
    object: str,
    points: Mapping[str, PointsLike],
    actions: Sequence[str] = (),
) -> Path:
    """Add one example to a folder, or replace the one of this stem.

    Actions that are new to the folder come after those that it has; arrays written before have no
    channel for them.

    Args:
        folder: made when missing.
        stem: name of the two files, without suffix.
        image: what :func:`funcorr.images.read_image` takes; it is saved as JPEG.
        object: the object's category.
        points: action -> K x 2 clicked pixels (x, y), see :func:`heatmap_from_points`.
        actions: the order of channels to begin with, for a new folder.

    Returns:
        The ``.npy`` file.

    Raises:
        UserError: no points, points outside the image, or an unusable name.
    """
    folder, picture = Path(folder), read_image(image)
    if not stem or Path(stem).name != stem or stem.startswith("."):
        raise UserError(f"unusable stem {stem!r}; expected a plain file name without a folder")
    if not points:
        raise UserError(f"{stem} has no actions; click at least one point for one action")
    words = object_words(object_folder(object))
    heatmaps = {check_function(a): heatmap_from_points(p, picture.size) for a, p in points.items()}
    there, objects = _read_index(folder) if (folder / "actions.json").is_file() else ((), {})
    order = tuple(dict.fromkeys([*there, *map(check_function, actions), *heatmaps]))
    channels = np.zeros((len(order), *picture.size), np.uint8)
    for action, heatmap in heatmaps.items():
        channels[order.index(action)] = np.round(255 * heatmap)
    with atomic_path(folder / f"{stem}.jpg") as path:
        Image.fromarray(picture.rgb).save(path, quality=95)
    index = {"format": FORMAT, "actions": list(order), "objects": {**objects, stem: words}}
    write_json(folder / "actions.json", index)
    with atomic_path(folder / f"{stem}.npy") as path, path.open("wb") as file:
        np.save(file, channels, allow_pickle=False)
    return folder / f"{stem}.npy"


def _read_index(folder: Path) -> tuple[tuple[str, ...], dict[str, str]]:
    """Actions in order of the channels, and the object of each stem."""
    path = folder / "actions.json"
    content = read_json(path, "list of actions")
    try:
        if content["format"] != FORMAT:
            raise KeyError("format")
        return tuple(map(check_function, content["actions"])), dict(content.get("objects", {}))
    except (KeyError, TypeError, ValueError):
        raise UserError(
            f'{path} is not a list of actions: expected {{"format": "{FORMAT}", '
            '"actions": [...], "objects": {stem: object}}'
        ) from None


def _read_example(
    path: Path, actions: Sequence[str], objects: Mapping[str, str], resize: bool
) -> OneShotExample:
    channels = _read_array(path)
    image = _image_beside(path)
    found, wanted = Frame(*channels.shape[1:]), read_frame(image)
    white = heatmap_white(channels, str(path))
    if found[:2] == wanted[:2] or wanted.orientation != 1 or not resize:
        check_frame(found, wanted, str(path), "heatmaps")
    else:
        channels = np.stack([_resized(channel, wanted[:2]) for channel in channels])
    names = actions or _class_list(channels, path)
    if len(channels) > len(names):
        raise UserError(
            f"{path} has {len(channels)} channels but actions.json names {len(names)} actions"
        )
    heatmaps = {
        action: channel.astype(np.float32) / np.float32(white)
        for action, channel in zip(names, channels, strict=False)
        if channel.any()
    }
    for action, heatmap in heatmaps.items():
        if heatmap.min() == 1:
            raise UserError(f"{path} is 1 everywhere for {action!r}: mark where, or take it away")
    if not heatmaps:
        raise UserError(f"{path} is all zero: it marks no action; annotate it or take it away")
    return OneShotExample(image, objects.get(path.stem, object_of_stem(path.stem)), heatmaps)


def _read_array(path: Path) -> np.ndarray:
    channels = read_array(path, "heatmaps, an array C x H x W")
    if channels.ndim != 3 or not channels.size:
        raise UserError(f"{path} must hold one array C x H x W; got {np.shape(channels)}")
    return channels


def _image_beside(path: Path) -> Path:
    for suffix in IMAGE_SUFFIXES:
        if (image := path.with_suffix(suffix)).is_file():
            return image
    raise UserError(f"{path} has no image beside it; expected {path.stem}.jpg or {path.stem}.png")


def _class_list(channels: np.ndarray, path: Path) -> tuple[str, ...]:
    for names in (AGD20K_SEEN, AGD20K_UNSEEN):
        if len(names) == len(channels):
            return names
    raise UserError(
        f"{path} has {len(channels)} channels and no actions.json names them; expected 36 or 25, "
        "the class lists of AGD20K, or an actions.json beside it"
    )


def _resized(channel: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    plain = channel if channel.dtype == np.uint8 else channel.astype(np.float32)
    return np.asarray(Image.fromarray(plain).resize(size[::-1], Image.Resampling.BILINEAR))
