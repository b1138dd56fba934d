"""Who says which pixels are the object, and what is said of it."""

from __future__ import annotations

import numpy as np
import pytest

import funcorr
from funcorr.errors import UserError
from funcorr.images import read_image
from funcorr.segmentation import SEGMENTERS, ObjectMask, find_object

RGB = np.full((40, 60, 3), 240, np.uint8)
RGB[10:30, 20:45] = (30, 90, 160)
OBJECT = RGB[..., 0] == 30


@pytest.mark.parametrize("how", [None, "auto", "plain"])
def test_a_plain_background_by_its_names(how):
    found = find_object(read_image(RGB), how)
    np.testing.assert_array_equal(found.mask, OBJECT)
    assert found.source == ("plain" if how == "plain" else "plain background")


def test_alpha_comes_before_the_background_and_a_mask_before_both():
    cut_out = read_image(np.dstack([RGB, np.uint8(255) * ~OBJECT]))
    assert find_object(cut_out).source == "alpha"
    np.testing.assert_array_equal(find_object(cut_out).mask, ~OBJECT)
    given = find_object(cut_out, OBJECT)
    assert given.source == "given"
    np.testing.assert_array_equal(given.mask, OBJECT)


def test_a_callable_finds_the_object():
    found = find_object(read_image(RGB), lambda rgb: (rgb[..., 0] < 100) * 0.7)
    assert found.source == "your segmenter"
    np.testing.assert_array_equal(found.mask, OBJECT)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (np.zeros((40, 60)), "sees no object"),
        (np.ones((40, 60)) * 3, "outside"),
        (np.full((40, 60), np.nan), "outside"),
        (np.ones((4, 6)), "expected floats"),
        (np.ones((40, 60), int), "expected floats"),
    ],
)
def test_what_a_segmenter_may_not_give_is_a_line(made, said):
    with pytest.raises(UserError, match=f"your segmenter .*{said}|your segmenter {said}"):
        find_object(read_image(RGB), lambda rgb: made)


def test_a_file_named_like_a_segmenter_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plain").write_bytes(b"no image")
    with pytest.raises(UserError, match="not an image"):
        find_object(read_image(RGB), "plain")
    assert "plain" in SEGMENTERS


def test_an_encoded_image_says_where_its_mask_is_from():
    model = funcorr.load_model("chance")
    plain = model.encode(RGB)
    assert (plain.mask_source, plain.mask_doubt) == ("plain background", None)
    assert model.encode(RGB, OBJECT).mask_source == "given"
    assert model.encode(faint()).mask_doubt is not None


def faint():
    """A pale thing, half of which nobody tells from its background."""
    rgb = np.full((120, 160, 3), 250, np.uint8)
    rgb[30:60, 40:120] = 215
    rgb[60:95, 40:120] = 238
    return rgb


def test_a_found_object_unpacks_as_mask_and_source():
    mask = np.ones((4, 5), bool)
    found, source = ObjectMask(mask, "alpha", "a doubt")
    assert found is mask
    assert source == "alpha"
