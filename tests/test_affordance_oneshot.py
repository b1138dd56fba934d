"""One-shot folders: heatmaps from clicks, written and read back; OOAL's own folders."""

import json

import numpy as np
import pytest
from PIL import Image

from funcorr import UserError
from funcorr.affordance.data import (
    heatmap_from_points,
    read_actions,
    read_one_shot,
    write_one_shot,
)
from funcorr.affordance.data.action_names import AGD20K_SEEN, AGD20K_UNSEEN
from funcorr.images import read_image


def literal_heatmap(points, height, width):
    """The rule with a written-out kernel and mirrored borders."""
    kernel = int((height * width) ** 0.5 // 3)
    kernel += kernel % 2 == 0
    half = (kernel - 1) // 2
    sigma = 0.3 * ((kernel - 1) * 0.5 - 1) + 0.8
    weights = [np.exp(-(i**2) / (2 * sigma**2)) for i in range(-half, half + 1)]
    weights = np.array(weights) / sum(weights)
    marks = np.zeros((height, width))
    for x, y in points:
        marks[y, x] += 1
    for axis in (0, 1):
        pad = [(half, half) if a == axis else (0, 0) for a in (0, 1)]
        wide = np.pad(marks, pad, mode="reflect")
        marks = np.apply_along_axis(np.convolve, axis, wide, weights, mode="valid")
    return (marks - marks.min()) / (marks.max() - marks.min())


@pytest.mark.parametrize(("height", "width"), [(40, 61), (48, 48), (36, 36)])
def test_heatmap_follows_the_annotation_rule(height, width):
    points = [(3, 5), (30, 20), (30, 20), (35, 1)]
    expected = literal_heatmap(points, height, width)
    np.testing.assert_allclose(heatmap_from_points(points, (height, width)), expected, atol=1e-6)


def test_an_example_comes_back_as_it_was_annotated(tmp_path):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (50, 70, 3), dtype=np.uint8)
    points = {"pour": [[60, 10], [55, 12]], "cut_with": [[5, 40]]}
    write_one_shot(tmp_path, "mug_000001", image, "mug", points)
    write_one_shot(tmp_path, "a", image[:, :40], "tea_pot", {"hold": [[1, 1]]})

    other, mug = read_one_shot(tmp_path)
    assert (other.object, mug.object) == ("tea pot", "mug")
    assert list(mug.heatmaps) == ["pour", "cut-with"]
    assert read_actions(tmp_path) == ("pour", "cut-with", "hold")
    expected = heatmap_from_points(points["pour"], (50, 70))
    assert np.abs(mug.heatmaps["pour"] - expected).max() <= 0.5 / 255 + 1e-6
    assert other.heatmaps["hold"].shape == (50, 40) == read_image(other.image).size


def test_an_example_is_replaced_not_doubled(tmp_path):
    image = np.zeros((30, 30, 3), np.uint8)
    write_one_shot(tmp_path, "a", image, "mug", {"pour": [[3, 3]]})
    write_one_shot(tmp_path, "a", image, "jug", {"hold": [[3, 3]]})
    [example] = read_one_shot(tmp_path)
    assert (example.object, list(example.heatmaps)) == ("jug", ["hold"])


@pytest.mark.parametrize("names", [AGD20K_SEEN, AGD20K_UNSEEN])
def test_the_channels_of_ooal_are_the_class_list(tmp_path, names):
    assert len(names) in (36, 25)
    channels = np.zeros((len(names), 24, 24), np.uint8)
    channels[names.index("pour"), 4, 20] = 255
    np.save(tmp_path / "wine_glass_000123.npy", channels)
    Image.new("RGB", (48, 36)).save(tmp_path / "wine_glass_000123.jpg")
    [example] = read_one_shot(tmp_path)
    assert example.object == "wine glass"
    assert list(example.heatmaps) == ["pour"]
    row, column = np.unravel_index(example.heatmaps["pour"].argmax(), (36, 48))
    assert (abs(row - 6.5) <= 1, abs(column - 40.5) <= 1) == (True, True)


@pytest.mark.parametrize(
    ("channels", "message"),
    [
        (np.array([{"a": 1}], dtype=object), "pickled"),
        (np.zeros((2, 8, 8), np.uint8), "all zero"),
        (np.ones((2, 9, 8), np.uint8), "8 x 9 pixels but its image is 8 x 8"),
        (np.ones((3, 8, 8), np.uint8), "3 channels but actions.json names 2"),
        (np.ones((8, 8), np.uint8), "C x H x W"),
        (np.full((2, 8, 8), np.nan), "0 to 255"),
    ],
)
def test_a_bad_array_is_one_line(tmp_path, channels, message):
    np.save(tmp_path / "a.npy", channels, allow_pickle=True)
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    index = {"format": "funcorr-oneshot/1", "actions": ["pour", "hold"]}
    (tmp_path / "actions.json").write_text(json.dumps(index))
    with pytest.raises(UserError, match=message) as caught:
        read_one_shot(tmp_path)
    assert "\n" not in str(caught.value)


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(UserError, match="no one-shot examples"):
        read_one_shot(tmp_path / "nowhere")
    np.save(tmp_path / "a.npy", np.ones((36, 8, 8), np.uint8))
    with pytest.raises(UserError, match=r"a\.jpg"):
        read_one_shot(tmp_path)
    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg")
    (tmp_path / "actions.json").write_text('{"actions": 3}')
    with pytest.raises(UserError, match="not a list of actions"):
        read_one_shot(tmp_path)


@pytest.mark.parametrize(
    ("points", "message"),
    [([[9, 3]], "outside"), ([], "K x 2"), ([[1, 2, 3]], "K x 2"), ([[-0.6, 0]], "outside")],
)
def test_points_must_lie_in_the_image(points, message):
    with pytest.raises(UserError, match=message):
        heatmap_from_points(points, (12, 9))


def test_writing_refuses_unusable_names(tmp_path):
    image = np.zeros((8, 8, 3), np.uint8)
    for stem, thing, points, message in (
        ("../a", "mug", {"pour": [[1, 1]]}, "stem"),
        ("a", "a/b", {"pour": [[1, 1]]}, "object"),
        ("a", "mug", {}, "no actions"),
        ("a", "mug", {"/": [[1, 1]]}, "unusable function"),
    ):
        with pytest.raises(UserError, match=message):
            write_one_shot(tmp_path, stem, image, thing, points)
    assert not list(tmp_path.iterdir())
