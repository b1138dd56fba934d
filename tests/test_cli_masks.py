"""``funcorr mask``, and boxes and clicks of the other commands."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image, ImageDraw


@pytest.fixture
def busy(tmp_path):
    """Two discs on noise, and where the left one is."""
    noise = np.random.default_rng(0).integers(90, 150, (60, 100, 3)).astype(np.uint8)
    image = Image.fromarray(noise)
    draw = ImageDraw.Draw(image)
    draw.ellipse((12, 15, 42, 45), fill=(230, 40, 30))
    draw.ellipse((60, 15, 90, 45), fill=(30, 40, 230))
    image.save(tmp_path / "busy.png")
    left = Image.new("L", image.size)
    ImageDraw.Draw(left).ellipse((12, 15, 42, 45), fill=255)
    return tmp_path / "busy.png", np.asarray(left) > 127


def read(path):
    with Image.open(path) as image:
        return np.asarray(image) > 127


def overlap(a, b):
    return (a & b).sum() / (a | b).sum()


def test_masks_are_written_with_method_and_doubt(scene, tmp_path, funcorr_command):
    done = funcorr_command("mask", scene / "a.png", scene / "b.png", "--out", tmp_path / "m")
    assert (done.code, done.err) == (0, "")
    assert f"{tmp_path / 'm' / 'a.mask.png'}: " in done.out
    assert "by plain background" in done.out
    report = json.loads((tmp_path / "m" / "masks.json").read_text())
    assert [entry["box"] for entry in report["masks"]] == [[8, 10, 30, 34], [14, 6, 44, 30]]
    mask = read(tmp_path / "m" / "a.mask.png")
    assert report["masks"][0]["share"] == pytest.approx(mask.mean(), abs=1e-4)
    assert mask[22, 19]
    quiet = funcorr_command("mask", scene / "a.png", "--out", tmp_path / "n", "--json")
    assert quiet.out == (tmp_path / "n" / "masks.json").read_text()


def test_a_click_and_a_box_say_which_object(busy, tmp_path, funcorr_command):
    path, left = busy
    refused = funcorr_command("mask", path, "--out", tmp_path / "m")
    assert refused.is_refusal
    assert "funcorr weights fetch u2net" in refused.err
    for words in (("--click", "27,30;75,30,out"), ("--box", "8,11,46,49"), ("--click", "20,30")):
        assert funcorr_command("mask", path, "--out", tmp_path / "m", *words).code == 0
        assert overlap(read(tmp_path / "m" / "busy.mask.png"), left) > 0.85


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--click", "300,4"), "300, 4 lies outside"),
        (("--click", "3"), "--click: a click is"),
        (("--click", "a,b"), "--click: a click is x, y"),
        (("--click", "3,4,outside"), 'x,y,out" beside'),
        (("--click", "3,4,out"), "at least one click on the object"),
        (("--box", "9,9,9,20"), "--box: the box 9, 9, 9, 20 has no area"),
        (("--box", "9,9,20"), "--box: a box is four numbers"),
        (("--method", "plain", "--click", "3,4"), "follows neither boxes nor clicks"),
        (("--method", "nothing"), "neither a mask file nor a segmenter"),
        (("--method", "plain"), "sees no object"),
    ],
)
def test_what_cannot_be_followed_is_a_line_and_writes_nothing(
    words, said, busy, tmp_path, funcorr_command
):
    done = funcorr_command("mask", busy[0], "--out", tmp_path / "m", *words)
    assert done.is_refusal
    assert said in done.err
    assert not (tmp_path / "m").exists()


def test_prompts_are_of_one_image_and_names_differ(busy, tmp_path, funcorr_command):
    path, _ = busy
    (tmp_path / "other").mkdir()
    twin = tmp_path / "other" / "busy.png"
    twin.write_bytes(path.read_bytes())
    out = ("--out", tmp_path / "m")
    assert "of one image, got 2" in funcorr_command("mask", path, twin, "--click", "3,4", *out).err
    assert "busy.mask.png" in funcorr_command("mask", path, twin, *out).err
    assert "at least one image" in funcorr_command("mask", *out).err


def test_match_takes_boxes_and_clicks(busy, scene, funcorr_command):
    path, left = busy
    words = ("match", path, scene / "b.png", "--function", "pour-with", "--model", "chance")
    out = ("--out", scene / "out")
    assert (
        "--click1 has nothing to say"
        in funcorr_command(*words, *out, "--mask1", scene / "mask_a.png", "--click1", "27,30").err
    )
    done = funcorr_command(*words, *out, "--click1", "27,30", "--box2", "10,2,48,34")
    assert (done.code, done.err) == (0, "")
    with np.load(scene / "out" / "matches.npz") as matches:
        columns, rows = matches["points1"].astype(int).T
    found = np.zeros_like(left)
    found[rows, columns] = True
    assert overlap(found, left) > 0.85
