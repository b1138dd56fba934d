"""UMD part affordance: photographs whose pixels say what the part they show affords.

``ROOT/<tool>_<nn>/<tool>_<nn>_<view>_rgb.jpg`` with ``..._label.mat`` beside it, whose
``gt_label`` (H x W) numbers the affordances; everything that affords something is the object.
Nothing says which pixels correspond: a match is right where it stays on the part.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache, partial
from itertools import combinations
from pathlib import Path

import numpy as np
from jaxtyping import Bool, UInt8

from funcorr.errors import UserError
from funcorr.groundtruth.photographs.known import AnnotatedPhoto, Box, PhotoPair, PhotoSet
from funcorr.groundtruth.photographs.mat_file import numeric_array

FUNCTIONS = {
    1: "hold-by",
    2: "cut-with",
    3: "scoop-with",
    4: "contain-with",
    5: "pound-with",
    6: "lift-with",
    7: "hold-by",
}
"""Number of an affordance (grasp, cut, scoop, contain, pound, support, wrap-grasp) -> function."""

NAME = re.compile(r"(?P<tool>(?P<category>[a-z-]+)_\d+)_\d+_label\.mat")

LEAST_PIXELS = 50
"""Parts of fewer pixels are left out."""


def read_umd(root: Path | str, every: int = 50) -> PhotoSet:
    """Pairs of photographs of different tools that share a function.

    Args:
        root: the folder ``tools`` with a folder per tool.
        every: take one photograph in so many of each tool; neighbours on the turntable are alike.

    Raises:
        UserError: there are no labels, or one is damaged.
    """
    root = Path(root)
    if every < 1:
        raise UserError(f"every must be at least 1, got {every}")
    tools: dict[str, list[Path]] = defaultdict(list)
    for file in sorted(root.glob("*/*_label.mat")):
        if found := NAME.fullmatch(file.name):
            tools[found["tool"]].append(file)
    if not tools:
        raise UserError(f"{root} has no labels of the UMD set: <tool>/<tool>_00000001_label.mat")
    photos: dict[str, list[AnnotatedPhoto]] = defaultdict(list)
    for files in tools.values():
        for file in files[::every]:
            for function, photo in _photos(file):
                photos[function].append(photo)
    pairs = [pair for function in sorted(photos) for pair in _pairs(function, photos[function])]
    return PhotoSet("UMD part affordance", "NOASSERTION", "parts", tuple(pairs))


def _photos(file: Path) -> Iterator[tuple[str, AnnotatedPhoto]]:
    """A photograph once for each function that it shows."""
    found = NAME.fullmatch(file.name)
    assert found is not None
    labels = _labels(file)
    rows, columns = np.nonzero(labels)
    for function in dict.fromkeys(FUNCTIONS.values()):
        if _part(file, function).sum() < LEAST_PIXELS:
            continue
        yield (
            function,
            AnnotatedPhoto(
                image=file.with_name(file.name.replace("_label.mat", "_rgb.jpg")),
                category=found["category"],
                asset=found["tool"],
                box=Box.around(np.stack([columns, rows], axis=1).astype(float)),
                mask=partial(_object, file),
                part=partial(_part, file, function),
            ),
        )


def _pairs(function: str, photos: list[AnnotatedPhoto]) -> Iterator[PhotoPair]:
    apart = [(a, b) for a, b in combinations(photos, 2) if a.asset != b.asset]
    for number, (first, second) in enumerate(apart):
        yield PhotoPair(f"{function}-{number:06d}", function, first, second)


@lru_cache(maxsize=8)
def _labels(file: Path) -> UInt8[np.ndarray, "h w"]:
    try:
        labels = numeric_array(file.read_bytes(), "gt_label")
    except (OSError, ValueError) as error:
        raise UserError(f"cannot read the labels {file}: {error}; expected gt_label") from None
    if labels.ndim != 2 or labels.dtype.kind not in "uif" or not np.isin(labels, range(8)).all():
        raise UserError(f"gt_label of {file} is no H x W map of the numbers 0 to 7")
    return labels.astype(np.uint8)


def _object(file: Path) -> Bool[np.ndarray, "h w"]:
    return _labels(file) > 0


def _part(file: Path, function: str) -> Bool[np.ndarray, "h w"]:
    return np.isin(_labels(file), [n for n, name in FUNCTIONS.items() if name == function])
