"""PF-WILLOW (Proposal Flow): ten keypoints on pairs within a class.

``ROOT/test_pairs_pf.csv`` has a header and a line per pair: two pictures
(``PF-dataset/<class>/<file>``), then ten x and ten y of the first, then those of the second, in
pixels. The pictures are ``ROOT/<class>/<file>``. There are neither masks nor boxes; as is usual
with this set, the box is the smallest one around the keypoints.
"""

from __future__ import annotations

import csv
from pathlib import Path

from funcorr.errors import UserError
from funcorr.groundtruth.photographs.known import (
    SAME_PART,
    AnnotatedPhoto,
    Box,
    PhotoPair,
    PhotoSet,
    as_keypoints,
)

LIST = "test_pairs_pf.csv"
POINTS = 10
COLUMNS = 2 + 4 * POINTS


def read_pf_willow(root: Path | str) -> PhotoSet:
    """All pairs.

    Args:
        root: the folder ``PF-dataset`` with ``test_pairs_pf.csv`` in it.

    Raises:
        UserError: the list is missing, or a line is of another form.
    """
    root = Path(root)
    try:
        with (root / LIST).open(encoding="utf-8", newline="") as stream:
            lines = list(csv.reader(stream))[1:]
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read the list of pairs {root / LIST}: {error}") from None
    pairs = tuple(_pair(root, number, line) for number, line in enumerate(lines) if line)
    return PhotoSet("PF-WILLOW", "NOASSERTION", "keypoints", pairs)


def _pair(root: Path, number: int, line: list[str]) -> PhotoPair:
    where = f"{root / LIST}, line {number + 2}"
    if len(line) != COLUMNS:
        raise UserError(f"{where} has {len(line)} columns; expected {COLUMNS}")
    half = 2 * POINTS
    first = _photo(root, line[0], line[2 : 2 + half], where)
    second = _photo(root, line[1], line[2 + half :], where)
    return PhotoPair(f"{first.category}-{number:04d}", SAME_PART, first, second)


def _photo(root: Path, name: str, numbers: list[str], where: str) -> AnnotatedPhoto:
    folder, file = Path(name).parts[-2:] if len(Path(name).parts) > 1 else ("", name)
    points = as_keypoints([*zip(numbers[:POINTS], numbers[POINTS:], strict=True)], where)
    return AnnotatedPhoto(
        image=root / folder / file,
        category=folder.partition("(")[0],
        asset=f"{folder}-{Path(file).stem}",
        box=Box.around(points),
        points=points,
    )
