"""COCO: a result as keypoints of two images, and annotated keypoints and masks as arrays.

Keypoints of COCO are pixels ``(x, y)``, integers at pixel centres, as everywhere here; boxes are
``(left, top, width, height)`` along pixel edges.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from funcorr.correspondence.result import Correspondence
from funcorr.errors import UserError
from funcorr.images.rle import from_rle, to_rle

FARTHEST = 1e6
"""Pixels; no keypoint lies beyond."""


def to_coco(
    result: Correspondence, names: tuple[str, str] = ("image1.png", "image2.png"), k: int = 10
) -> dict[str, Any]:
    """The best distinct matches as a COCO keypoint set of two images.

    Keypoint i of the one image matches keypoint i of the other; the category is the function.
    ``score`` of an annotation is the mean confidence.

    Args:
        result: with its pictures, so not one that was loaded from a file.
        names: the images' ``file_name``.
        k: how many matches, at the most.

    Raises:
        UserError: the result has no pictures.
    """
    best, pictures = result.top(k), result.images
    masks, points = (result.mask1, result.mask2), (best.points1, best.points2)
    labels = [str(number) for number in range(1, len(best) + 1)]
    category = {"id": 1, "name": result.function, "supercategory": "function"}
    images = [
        {"id": number, "file_name": name, "height": len(rgb), "width": rgb.shape[1]}
        for number, (name, rgb) in enumerate(zip(names, pictures, strict=True), start=1)
    ]
    score = float(best.confidence.mean())
    return {
        "images": images,
        "annotations": [
            {"id": image["id"], "image_id": image["id"], "category_id": 1, "score": score}
            | _keypoints(xy)
            | object_fields(mask)
            for image, xy, mask in zip(images, points, masks, strict=True)
        ],
        "categories": [category | {"keypoints": labels, "skeleton": []}],
    }


def keypoints_from_coco(content: Mapping[str, Any], image: str) -> Float[np.ndarray, "k 2"]:
    """The keypoints of the one object on an image: K x 2 pixels (x, y), NaN where not labelled.

    Args:
        content: what the JSON file holds.
        image: the image's ``file_name``.

    Raises:
        UserError: the image is not in the file or has no keypoints, or those of several objects.
    """
    found = [each for each in _annotations(content, image) if each.get("keypoints")]
    if len(found) != 1:
        raise UserError(f"{image} has the keypoints of {len(found)} objects; expected one")
    try:
        values = np.array([*map(float, found[0]["keypoints"])], dtype=np.float64)
    except (TypeError, ValueError):
        values = np.array([np.nan])
    if len(values) % 3 or not (np.abs(values) < FARTHEST).all():
        raise UserError(f"the keypoints of {image} must be x, y, visibility in a row, as numbers")
    x, y, visibility = values.reshape(-1, 3).T
    return np.where(visibility[:, None] > 0, np.stack([x, y], axis=1), np.nan).astype(np.float32)


def masks_from_coco(content: Mapping[str, Any], image: str) -> list[Bool[np.ndarray, "h w"]]:
    """The run-length masks of an image, in the order of its annotations.

    Args:
        content: what the JSON file holds.
        image: the image's ``file_name``.

    Raises:
        UserError: the image is not in the file, or a mask is a polygon or damaged.
    """
    found = [
        each["segmentation"] for each in _annotations(content, image) if "segmentation" in each
    ]
    if any(isinstance(each, list) for each in found):
        raise UserError(
            f"a mask of {image} is a polygon; expected run-length codes (annToRLE of pycocotools)"
        )
    return [from_rle(each) for each in found]


def object_fields(mask: Bool[np.ndarray, "h w"] | None) -> dict[str, Any]:
    """Mask, box and area of an annotation; nothing where there is no mask."""
    if mask is None or not mask.any():
        return {}
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    left, top = int(columns[0]), int(rows[0])
    box = [left, top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top]
    return {"segmentation": to_rle(mask), "bbox": box, "area": int(mask.sum()), "iscrowd": 0}


def _keypoints(points: Float[np.ndarray, "k 2"]) -> dict[str, Any]:
    rows = [[float(x), float(y), 2] for x, y in points]
    return {"keypoints": [value for row in rows for value in row], "num_keypoints": len(rows)}


def _annotations(content: Mapping[str, Any], image: str) -> list[Mapping[str, Any]]:
    try:
        known = {each["file_name"]: each["id"] for each in content["images"]}
        found = [each for each in content["annotations"] if each["image_id"] == known.get(image)]
        if not all(isinstance(each, Mapping) for each in found):
            raise TypeError("annotations that are objects")
    except (KeyError, TypeError) as error:
        raise UserError(f"this is no COCO file: it lacks {error}") from None
    if image not in known:
        raise UserError(f"the COCO file has no image {image!r}")
    return found
