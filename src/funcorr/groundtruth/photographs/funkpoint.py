"""FunKPoint: five keypoints per action on objects of several categories.

The layout is that of its published curated subset: ``ROOT/<Action>/references.csv`` and
``tests.csv``, a line per photograph with ``object_category``, ``dataset_image_path`` (relative to
ROOT) and ``p1_x, p1_y, ...`` in shares of the picture's width and height. Every reference is paired
with every test of its action. There are neither masks nor boxes.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from funcorr.errors import UserError
from funcorr.groundtruth.photographs.known import AnnotatedPhoto, Box, PhotoPair, PhotoSet
from funcorr.groundtruth.scenes.pixels import stored_size

ACTIONS = {"mash": "pound", "pull": "pry", "dagging": "poke"}
"""First word of an action -> verb of ours, where it is another."""

COLUMN = re.compile(r"p\d+_x")

REFERENCES, TESTS = "references.csv", "tests.csv"


def read_funkpoint(root: Path | str) -> PhotoSet:
    """All pairs of a reference and a test that share keypoints.

    Args:
        root: the folder with a folder per action.

    Raises:
        UserError: there are no lists, or a line or picture cannot be read.
    """
    root = Path(root)
    actions = sorted(path.parent for path in root.glob(f"*/{REFERENCES}"))
    if not actions:
        raise UserError(f"{root} has no actions of FunKPoint: <Action>/{REFERENCES}")
    pairs = tuple(pair for action in actions for pair in _pairs(root, action))
    return PhotoSet("FunKPoint", "NOASSERTION", "keypoints", pairs)


def function_of(action: str) -> str:
    """The function of an action's folder.

    Example:
        >>> function_of("Mash_Pound"), function_of("Scoop")
        ('pound-with', 'scoop-with')
    """
    word = action.lower().partition("_")[0]
    return f"{ACTIONS.get(word, word)}-with"


def _pairs(root: Path, action: Path) -> Iterator[PhotoPair]:
    references, tests = (_lines(action / name) for name in (REFERENCES, TESTS))
    for one, first in enumerate(references):
        for two, second in enumerate(tests):
            shared = sorted(_keypoints(first).keys() & _keypoints(second).keys())
            if shared:
                photos = (_photo(root, line, shared) for line in (first, second))
                name = f"{action.name}-{one:02d}-{two:02d}"
                yield PhotoPair(name, function_of(action.name), *photos)


def _lines(file: Path) -> list[dict[str, str]]:
    try:
        with file.open(encoding="utf-8", newline="") as stream:
            lines = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read the photographs of an action in {file}: {error}") from None
    if lines and not {"object_category", "dataset_image_path", "p1_x"} <= lines[0].keys():
        raise UserError(f"{file} lacks a column: object_category, dataset_image_path, p1_x, ...")
    return lines


def _keypoints(line: dict[str, str]) -> dict[str, tuple[float, float]]:
    """Number of a keypoint -> its place in shares of the picture."""
    names = [key[:-2] for key, value in line.items() if COLUMN.fullmatch(key) and value]
    try:
        return {name: (float(line[f"{name}_x"]), float(line[f"{name}_y"])) for name in names}
    except (KeyError, ValueError):
        raise UserError(f"{line['dataset_image_path']}: a keypoint is no pair of numbers") from None


def _photo(root: Path, line: dict[str, str], shared: list[str]) -> AnnotatedPhoto:
    image = root / line["dataset_image_path"]
    height, width = stored_size(image)
    places = _keypoints(line)
    scale = np.array([width, height])
    every = np.array(list(places.values())) * scale - 0.5
    return AnnotatedPhoto(
        image=image,
        category=line["object_category"].replace("_", " "),
        asset=image.stem,
        box=Box.around(every),
        points=np.array([places[name] for name in shared]) * scale - 0.5,
    )
