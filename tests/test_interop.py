"""COCO and supervision: values worked out by hand, and everything comes back as it went."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from funcorr.correspondence.result import Correspondence
from funcorr.errors import UserError
from funcorr.images.rle import from_rle, to_rle
from funcorr.interop.coco import keypoints_from_coco, masks_from_coco, to_coco
from funcorr.interop.supervision import detection_fields, keypoint_fields, mask_of, points_of

MASKS = arrays.arrays(bool, arrays.array_shapes(min_dims=2, max_dims=2, max_side=40))


def result(part: bool = True) -> Correspondence:
    """Three matches from a 20 x 30 to a 40 x 30 picture, two of them between the parts."""
    points1 = np.array([[5, 3], [20, 15], [25, 18]], np.float32)
    part1, part2 = np.zeros((20, 30), np.float32), np.zeros((40, 30), np.float32)
    part1[3:16, 5:21], part2[2:4, 7] = 0.75, 1
    one = np.array([0.9, 0.8, 0.7], np.float32)
    return Correspondence(
        points1,
        points1 + np.array([1, 20], np.float32),
        one + np.array([2, 2, 0], np.float32),
        one,
        one * 0,
        "pour-with",
        "demo",
        part1=part1 if part else None,
        part2=part2 if part else None,
        image1=np.zeros((20, 30, 3), np.uint8),
        image2=np.zeros((40, 30, 3), np.uint8),
        mask1=part1 > 0,
        mask2=None,
    )


@pytest.mark.parametrize(
    ("mask", "counts", "text"),
    [  # texts by pycocotools 2.0.11
        (np.zeros((3, 2), bool), [6], "6"),
        (np.ones((3, 2), bool), [0, 6], "06"),
        (np.array([[0, 0, 1], [1, 0, 1]], bool), [1, 1, 2, 2], "1121"),
        (np.arange(3000).reshape(50, 60) % 1000 < 500, None, None),
    ],
)
def test_runs_go_down_the_columns(mask, counts, text):
    if counts is not None:
        assert to_rle(mask, compressed=False) == {"size": list(mask.shape), "counts": counts}
        assert to_rle(mask)["counts"] == text
    np.testing.assert_array_equal(from_rle(to_rle(mask)), mask)


@given(MASKS, st.booleans())
def test_every_mask_comes_back(mask, compressed):
    rle = json.loads(json.dumps(to_rle(mask, compressed)))
    np.testing.assert_array_equal(from_rle(rle), mask)
    if compressed:
        assert (from_rle(rle | {"counts": rle["counts"].encode()}) == mask).all()


@pytest.mark.parametrize(
    "rle",
    [{}, {"size": [2, 2], "counts": "a\u00e9"}, {"size": [2, 2], "counts": [1, 2]}]
    + [{"size": [2, 2], "counts": each} for each in ([-1, 5], 7, "P", ["x"])]
    + [{"size": [0, 3], "counts": []}, {"size": 3, "counts": [3]}]
    + [{"size": [10**9] * 2, "counts": [10**18]}, {"size": [2, 2], "counts": [2**63, 4]}]
    + [{"size": [2, 2], "counts": [2**62] * 4 + [4]}],
)
def test_what_is_no_code_is_refused(rle):
    with pytest.raises(UserError, match=r"no run-length code|must add up|expected 1 to"):
        from_rle(rle)


def test_matches_are_keypoints_of_two_images():
    content = json.loads(json.dumps(to_coco(result(), ("a.png", "b.png"))))
    first, second = content["annotations"]
    assert [image["file_name"] for image in content["images"]] == ["a.png", "b.png"]
    assert (content["images"][1]["height"], content["images"][1]["width"]) == (40, 30)
    assert first["keypoints"] == [5, 3, 2, 20, 15, 2]  # between parts only, best first
    assert first["num_keypoints"] == 2
    assert first["bbox"] == [5, 3, 16, 13]
    assert first["area"] == 16 * 13
    assert "segmentation" not in second
    [category] = content["categories"]
    assert (category["name"], category["keypoints"]) == ("pour-with", ["1", "2"])
    assert first["score"] == pytest.approx(0.85)
    np.testing.assert_array_equal(keypoints_from_coco(content, "b.png"), [[6, 23], [21, 35]])
    [mask] = masks_from_coco(content, "a.png")
    np.testing.assert_array_equal(mask, result().mask1)
    assert masks_from_coco(content, "b.png") == []


def test_keypoints_without_a_label_are_nan_and_odd_files_are_refused():
    content = to_coco(result(), ("a.png", "b.png"))
    content["annotations"][0]["keypoints"][5] = 0
    points = keypoints_from_coco(content, "a.png")
    assert np.isnan(points[1]).all()
    assert points[0].tolist() == [5, 3]
    with pytest.raises(UserError, match=r"no image 'c\.png'"):
        keypoints_from_coco(content, "c.png")
    content["annotations"][1] |= {"image_id": 1, "segmentation": [[0, 0, 4, 0, 4, 4]]}
    with pytest.raises(UserError, match="keypoints of 2 objects; expected one"):
        keypoints_from_coco(content, "a.png")
    with pytest.raises(UserError, match="keypoints of 0 objects; expected one"):
        keypoints_from_coco(content, "b.png")
    with pytest.raises(UserError, match=r"is a polygon; expected run-length codes"):
        masks_from_coco(content, "a.png")
    with pytest.raises(UserError, match="no COCO file: it lacks 'annotations'"):
        masks_from_coco({"images": []}, "a.png")
    content["annotations"][1]["image_id"] = 2
    for odd in ([1, 2], ["x", 1, 2], [[1], 2, 2], [1, float("nan"), 2], [1e300, 1, 2], 7):
        content["annotations"][1]["keypoints"] = odd
        with pytest.raises(UserError, match="must be x, y, visibility in a row"):
            keypoints_from_coco(content, "b.png")


def test_supervision_gets_fields_of_its_shapes_and_gives_points_and_masks():
    one, two = keypoint_fields(result(), k=5)
    assert one["xy"].shape == (1, 2, 2)
    assert one["data"]["confidence"].shape == (1, 2)
    np.testing.assert_array_equal(points_of(SimpleNamespace(**two)), [[6, 23], [21, 35]])
    left, right = detection_fields(result())
    assert left["xyxy"].tolist() == [[5, 3, 20, 15]]
    assert right["xyxy"].tolist() == [[7, 2, 7, 3]]
    assert left["confidence"].tolist() == [0.75]
    assert left["data"]["class_name"].tolist() == ["pour-with"]
    np.testing.assert_array_equal(mask_of(SimpleNamespace(**left)), result().part1 > 0.5)


def test_supervision_without_parts_or_masks():
    with pytest.raises(UserError, match="demo predicts no functional part"):
        detection_fields(result(part=False))
    nothing = result()
    nothing.part1[:] = 0.2
    left, _ = detection_fields(nothing)
    assert {key: len(left[key]) for key in ("xyxy", "mask", "confidence", "class_id")} == {
        "xyxy": 0, "mask": 0, "confidence": 0, "class_id": 0,
    }  # fmt: skip
    with pytest.raises(UserError, match="the detections have 0 masks, none of 0"):
        mask_of(SimpleNamespace(**left))
    with pytest.raises(UserError, match="the detections have 0 masks, none of 0"):
        mask_of(SimpleNamespace(mask=None))
    with pytest.raises(UserError, match="keypoints of 1 objects, none of 1"):
        points_of(SimpleNamespace(xy=np.zeros((1, 3, 2))), 1)
