"""SOCO: named keypoints on pairs within and across categories.

``ROOT/PairAnnotations/<split>/<group>/*.json`` (``intra``, ``cross``, ``trainsplits/train``,
``trainsplits/test``) names two pictures of ``ROOT/Images/<category>/``, their visible keypoints
(``name``, ``pos`` in pixels), boxes, and in ``semantic_overlap`` the names that mean one point
exactly. These are the correspondences; its ``concept_matches``, where several answers are right,
are left out. There are no masks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from funcorr.errors import UserError
from funcorr.groundtruth.photographs.known import (
    SAME_PART,
    AnnotatedPhoto,
    PhotoPair,
    PhotoSet,
    as_box,
    as_keypoints,
    read_annotation,
)

FOLDERS = {
    "cross": "cross",
    "intra": "intra",
    "train": "trainsplits/train",
    "test": "trainsplits/test",
}
"""Splits and their folders."""

KEYS = (
    "semantic_overlap",
    *(f"{end}_{what}" for end in ("src", "trg") for what in ("image", "keypoints", "bndbox")),
)


def read_soco(root: Path | str, split: str = "cross") -> PhotoSet:
    """The pairs of a split that share a point; others have no exact answer.

    Args:
        root: the folder ``SOCOv1``, its archives unpacked.
        split: ``"cross"`` (across categories), ``"intra"``, ``"train"`` or ``"test"``.

    Raises:
        UserError: there is no such split, or an annotation is damaged.
    """
    root = Path(root)
    if split not in FOLDERS:
        raise UserError(f"SOCO has no split {split!r}; expected one of {', '.join(FOLDERS)}")
    folder = root / "PairAnnotations" / FOLDERS[split]
    files = sorted(folder.glob("*/*.json"))
    if not files:
        raise UserError(f"{folder} has no pair annotations of SOCO: <group>/<pair>.json")
    found = (_pair(root, file) for file in files)
    pairs = tuple(pair for pair in found if pair is not None)
    return PhotoSet(f"SOCO {split}", "CC-BY-4.0", "keypoints", pairs)


def _pair(root: Path, file: Path) -> PhotoPair | None:
    known = read_annotation(file, KEYS)
    shared = known["semantic_overlap"]
    if not shared:
        return None
    first, second = (_photo(root, known, end, shared, file) for end in ("src", "trg"))
    return PhotoPair(f"{file.parent.name}-{file.stem}", SAME_PART, first, second)


def _photo(
    root: Path, known: dict[str, Any], end: str, shared: list[Any], file: Path
) -> AnnotatedPhoto:
    category = str(known.get(f"{end}_category") or known.get("category"))
    picture = str(known[f"{end}_image"])
    try:
        places = {each["name"]: each["pos"] for each in known[f"{end}_keypoints"]}
        points = [places[name] for name in shared]
    except (KeyError, TypeError) as error:
        raise UserError(f"{file} lacks a keypoint that both pictures share: {error}") from None
    return AnnotatedPhoto(
        image=root / "Images" / category / picture,
        category=category,
        asset=f"{category}-{Path(picture).stem}",
        box=as_box(known[f"{end}_bndbox"], file),
        points=as_keypoints(points, file),
    )
