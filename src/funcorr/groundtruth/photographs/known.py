"""What a published set knows of a photograph, and of a pair of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from funcorr.errors import UserError
from funcorr.io import read_json

SAME_PART = "same-part"
"""What models are asked where a set names no function: words that none was trained on."""


class Box(NamedTuple):
    """Left, top, right and bottom of an object, pixels of its photograph."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def around(cls, points: Float[np.ndarray, "n 2"]) -> Box:
        """The smallest one that holds all points (x, y)."""
        return cls(*points.min(axis=0).tolist(), *points.max(axis=0).tolist())


@dataclass(frozen=True)
class AnnotatedPhoto:
    """An object on a photograph, with what is known of it.

    Attributes:
        image: the file.
        category: of the object.
        asset: name of the object: photographs of one object share it.
        box: around the object.
        points: N x 2 keypoints (x, y), pixels; row by row those of the pair's other photograph.
        mask: reads the object's mask, H x W; None where the set has none.
        part: reads the mask of the functional part; None where the set marks none.
    """

    image: Path
    category: str
    asset: str
    box: Box
    points: Float[np.ndarray, "n 2"] = field(default_factory=lambda: np.zeros((0, 2)))
    mask: Callable[[], Bool[np.ndarray, "h w"]] | None = None
    part: Callable[[], Bool[np.ndarray, "h w"]] | None = None


@dataclass(frozen=True)
class PhotoPair:
    """Two photographs and the function for which they correspond.

    Attributes:
        id: unique name.
        function: for instance ``"scoop-with"``.
        first, second: the photographs.

    Raises:
        UserError: the photographs have different numbers of keypoints.
    """

    id: str
    function: str
    first: AnnotatedPhoto
    second: AnnotatedPhoto

    def __post_init__(self) -> None:
        counts = len(self.first.points), len(self.second.points)
        if counts[0] != counts[1]:
            raise UserError(f"the pair {self.id!r} joins {counts[0]} keypoints with {counts[1]}")


@dataclass(frozen=True)
class PhotoSet:
    """The pairs of a published set.

    Attributes:
        name: what tables call it.
        license: of its photographs and annotations, as far as its authors say.
        truth: ``"keypoints"`` or ``"parts"``, see :class:`funcorr.groundtruth.pairs.Benchmark`.
        pairs: in the order of their names.
    """

    name: str
    license: str
    truth: str
    pairs: tuple[PhotoPair, ...]


def as_keypoints(value: Any, where: Path | str) -> Float[np.ndarray, "n 2"]:
    """Lists of (x, y) as an array.

    Raises:
        UserError: they are no pairs of finite numbers.
    """
    try:
        points = np.array(value, np.float64).reshape(-1, 2)
    except (TypeError, ValueError):
        points = np.array([[np.nan, np.nan]])
    if not len(points) or not np.isfinite(points).all():
        raise UserError(f"{where} has no keypoints as pairs of numbers (x, y)")
    return points


def as_box(value: Any, where: Path | str) -> Box:
    """Left, top, right and bottom.

    Raises:
        UserError: they are no four numbers around an area.
    """
    try:
        box = Box(*map(float, value))
    except (TypeError, ValueError):
        box = Box(0, 0, 0, 0)
    if not (box.right > box.left and box.bottom > box.top):
        raise UserError(f"{where} has the box {value}; expected left, top, right, bottom")
    return box


def read_annotation(path: Path, keys: tuple[str, ...]) -> dict[str, Any]:
    """A JSON object that has all of these keys.

    Raises:
        UserError: it is missing, damaged, or lacks a key.
    """
    content = read_json(path, "annotation")
    missing = [key for key in keys if not isinstance(content, dict) or key not in content]
    if missing:
        raise UserError(f"the annotation {path} lacks {', '.join(missing)}")
    found: dict[str, Any] = content
    return found
