"""SPair-71k, and what has its layout (SPair-U): keypoints on pairs within a category.

``ROOT/PairAnnotation/<split>/000001-<source>-<target>:<category>.json`` names two pictures of
``ROOT/JPEGImages/<category>/``, their keypoints (row by row the same ones, pixels) and boxes.
``ROOT/Segmentation/<category>/<picture>.png`` holds at each pixel the number of its PASCAL VOC
class; the pixels of the category in the object's box are taken for the object.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool
from PIL import Image

from funcorr.errors import UserError
from funcorr.groundtruth.photographs.known import (
    SAME_PART,
    AnnotatedPhoto,
    Box,
    PhotoPair,
    PhotoSet,
    as_box,
    as_keypoints,
    read_annotation,
)

VOC_CLASSES = (
    *("aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow"),
    *("diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa"),
    *("train", "tvmonitor"),
)
"""Numbered from 1."""

TERMS = "PASCAL VOC and Flickr terms of use"

KEYS = ("category", *(f"{end}_{what}" for end in ("src", "trg") for what in ("imname", "kps")))


def read_spair(
    root: Path | str, split: str = "test", annotations: Path | str | None = None
) -> PhotoSet:
    """The pairs of a split.

    Args:
        root: the folder ``SPair-71k``.
        split: ``"trn"``, ``"val"`` or ``"test"``.
        annotations: the folder of pair annotations, with a folder per split or the files of one
            split; ``ROOT/PairAnnotation`` where None. Name that of SPair-U here.

    Raises:
        UserError: there are no annotations, or one is damaged.
    """
    root = Path(root)
    folder = root / "PairAnnotation" if annotations is None else Path(annotations)
    files = sorted((folder / split).glob("*.json")) or sorted(folder.glob("*.json"))
    if not files:
        raise UserError(
            f"{folder / split} has no pair annotations of SPair-71k: 000001-<source>-<target>:"
            "<category>.json"
        )
    name = "SPair-71k" if annotations is None else "SPair-U"
    return PhotoSet(name, TERMS, "keypoints", tuple(_pair(root, file) for file in files))


def _pair(root: Path, file: Path) -> PhotoPair:
    known = read_annotation(file, KEYS)
    first, second = (_photo(root, known, end, file) for end in ("src", "trg"))
    return PhotoPair(file.stem.replace(":", "-"), SAME_PART, first, second)


def _photo(root: Path, known: dict[str, Any], end: str, file: Path) -> AnnotatedPhoto:
    category, picture = str(known["category"]), str(known[f"{end}_imname"])
    stem = Path(picture).stem
    mask = root / "Segmentation" / category / f"{stem}.png"
    box = as_box(known.get(f"{end}_bndbox"), file)
    return AnnotatedPhoto(
        image=root / "JPEGImages" / category / picture,
        category=category,
        asset=f"{category}-{stem}",
        box=box,
        points=as_keypoints(known[f"{end}_kps"], file),
        mask=partial(_mask, mask, category, box) if mask.is_file() else None,
    )


def _mask(file: Path, category: str, box: Box) -> Bool[np.ndarray, "h w"]:
    if category not in VOC_CLASSES:
        raise UserError(f"{file}: {category!r} is no class of PASCAL VOC")
    with Image.open(file) as picture:
        classes = np.asarray(picture)
    if classes.ndim != 2:
        raise UserError(f"{file} is no picture of class numbers: it has {classes.ndim} axes")
    rows, columns = np.indices(classes.shape)
    inside = (columns >= box.left) & (columns <= box.right)
    inside &= (rows >= box.top) & (rows <= box.bottom)
    return (classes == VOC_CLASSES.index(category) + 1) & inside
