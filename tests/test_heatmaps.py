"""Heatmaps keep their range, whatever their depth; what does not tell its range is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from funcorr.affordance.data import read_agd20k, read_one_shot
from funcorr.correspondence.encoded_image import EncodedImage
from funcorr.correspondence.part_matching import DescribedObject
from funcorr.correspondence.prior import with_prior
from funcorr.correspondence.sampling import every_point
from funcorr.errors import UserError
from funcorr.images import Crop, Frame, read_heatmap, read_image

Y, X = np.mgrid[:30, :40]
HEAT = np.exp(-((Y - 9) ** 2 + (X - 28) ** 2) / 60)
EIGHT = (HEAT * 255).round().astype(np.uint8)
SIXTEEN = (HEAT * 65535).round().astype(np.uint16)


@given(
    dtype=st.sampled_from(["u1", "u2", ">u2", "i4", "i8", "f2", "f4", "f8", "bf16"]),
    peak=st.floats(0.55, 1),
    white=st.sampled_from([1, 255, 65535]),
    last=st.booleans(),
)
def test_any_depth_keeps_its_range(dtype, peak, white, last):
    is_float = "f" in dtype
    deepest = 255 if dtype == "u1" or is_float else 65535
    white = min(white, deepest) if is_float else deepest
    wanted = HEAT * peak * white
    if dtype == "bf16":
        source = torch.from_numpy(wanted).bfloat16()
    else:
        source = (wanted if is_float else wanted.round()).astype(dtype)
    found = read_heatmap(source[..., None] if last else source, (30, 40))
    assert found.dtype == np.float32
    assert np.abs(found - HEAT * peak).max() < 0.005


FILES = {
    "8 bits": Image.fromarray(EIGHT),
    "16 bits": Image.fromarray(SIXTEEN),
    "32 bits": Image.fromarray(SIXTEEN.astype(np.int32)),
    "RGB of greys": Image.fromarray(np.dstack([EIGHT] * 3)),
    "palette of greys": Image.fromarray(EIGHT).convert("P"),
    "opaque alpha": Image.fromarray(EIGHT).convert("LA"),
}


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_files_of_any_depth(tmp_path, kind, suffix):
    if (kind, suffix) == ("32 bits", "png"):
        suffix = "tiff"  # Pillow writes no such PNG
    FILES[kind].save(tmp_path / f"a.{suffix}")
    assert np.abs(read_heatmap(tmp_path / f"a.{suffix}") - HEAT).max() < 0.003


def test_float_files_and_marks_of_0_and_1(tmp_path):
    Image.fromarray(HEAT.astype(np.float32)).save(tmp_path / "a.tif")
    assert np.abs(read_heatmap(tmp_path / "a.tif") - HEAT).max() < 1e-6
    marks = HEAT > 0.5
    for source in (marks, marks.astype(np.uint8), marks.astype(np.uint16), Image.fromarray(marks)):
        assert (read_heatmap(source) == marks).all()


REFUSED = {
    "colours": (np.dstack([EIGHT, EIGHT.T.reshape(30, 40), EIGHT]), "coloured"),
    "transparency": (np.dstack([EIGHT] * 4), "partly transparent"),
    "between": (HEAT * 3, "do not tell what 1 is"),
    "half of 255": (HEAT * 90, "do not tell what 1 is"),
    "8 bits in 16": (EIGHT.astype(np.uint16), "do not tell what 1 is"),
    "12 bits in 16": ((HEAT * 4095).astype(np.uint16), "do not tell what 1 is"),
    "negative": (HEAT - 0.5, "0 to 1 or 0 to 255"),
    "floats of 16 bits": (HEAT * 65535, "0 to 1 or 0 to 255"),
    "32 bits": (SIXTEEN.astype(np.int64) * 9, "0 to 1 or 0 to 255"),
    "NaN": (np.full((30, 40), np.nan), "NaN"),
    "another size": (HEAT[:-1], "is 40 x 29 pixels but its image is 40 x 30"),
    "turned": (HEAT.T, "is 30 x 40 pixels but its image is 40 x 30"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_does_not_tell_its_values_is_refused(kind):
    source, said = REFUSED[kind]
    with pytest.raises(UserError, match=said) as caught:
        read_heatmap(source, (30, 40))
    assert "\n" not in str(caught.value)


def test_a_turned_picture_and_a_plain_heatmap_are_told_apart_by_size_or_refused():
    assert read_heatmap(HEAT, Frame(30, 40, 6)).shape == (30, 40)
    with pytest.raises(UserError, match="do not tell which way up"):
        read_heatmap(HEAT, Frame(30, 40, 3))


@pytest.fixture
def agd(tmp_path):
    """A test set of one picture; call it with its ground truth."""

    def make(truth, orientation=None):
        for kind in ("egocentric", "GT"):
            (tmp_path / "Seen/testset" / kind / "hold/cup").mkdir(parents=True, exist_ok=True)
        exif = Image.Exif()
        if orientation:
            exif[0x0112] = orientation
        photo = np.full((30, 40, 3), 235, np.uint8)
        photo[5:20, 10:30] = (160, 60, 40)
        Image.fromarray(photo).save(
            tmp_path / "Seen/testset/egocentric/hold/cup/cup_1.jpg", exif=exif
        )
        truth.save(tmp_path / "Seen/testset/GT/hold/cup/cup_1.png")
        return tmp_path

    return make


def test_agd20k_truth_of_16_bits_scores_as_that_of_8(agd, funcorr_command):
    overall = []
    for number, truth in enumerate((Image.fromarray(EIGHT), Image.fromarray(SIXTEEN))):
        root = agd(truth)
        words = ("--model", "chance", "--protocol", "agd20k", "--out", root / f"run{number}")
        assert funcorr_command("evaluate", root, *words).code == 0
        overall.append(json.loads((root / f"run{number}/results.json").read_text())["overall"])
    for name, value in overall[0].items():
        assert overall[1][name] == pytest.approx(value, rel=0.01)


def test_agd20k_truth_of_another_shape_or_way_up_is_refused(agd, funcorr_command):
    root = agd(Image.fromarray(EIGHT).transpose(Image.Transpose.ROTATE_90))
    with pytest.raises(UserError, match="is 30 x 40 pixels but its image is 40 x 30"):
        read_agd20k(root, "Seen")[0].truth()
    done = funcorr_command(
        *("evaluate", root, "--model", "chance", "--protocol", "agd20k", "--out", root / "run")
    )
    assert done.code == 2
    assert done.err.splitlines()[-1].startswith("error: ")
    with pytest.raises(UserError, match="do not tell which way up"):
        read_agd20k(agd(Image.fromarray(EIGHT), orientation=3), "Seen")[0].truth()


@pytest.mark.parametrize("value", [0, 255])
def test_truth_that_is_one_value_everywhere_is_named(agd, funcorr_command, value):
    root = agd(Image.new("L", (40, 30), value))
    words = ("--model", "chance", "--protocol", "agd20k", "--out", root / "run")
    done = funcorr_command("evaluate", root, *words)
    assert done.code == 0
    assert f"the heatmap of hold/cup/cup_1 is {value // 255} everywhere" in done.err
    results = json.loads((root / "run/results.json").read_text())
    assert results["constant_truths"] == {"hold/cup/cup_1": value / 255}


@pytest.fixture
def one_shot(tmp_path):
    """A folder of one example; call it with its array."""
    Image.fromarray(np.full((30, 40, 3), 200, np.uint8)).save(tmp_path / "mug.png")
    about = {"format": "funcorr-oneshot/1", "actions": ["hold", "pour"], "objects": {"mug": "mug"}}
    (tmp_path / "actions.json").write_text(json.dumps(about))

    def make(array):
        np.save(tmp_path / "mug.npy", array)
        return tmp_path

    return make


@pytest.mark.parametrize(
    "array",
    [EIGHT, SIXTEEN, HEAT, HEAT.astype(np.float16), HEAT * 255, EIGHT.astype(np.int64)],
    ids=["uint8", "uint16", "float64", "half", "floats of 255", "int64"],
)
def test_one_shot_targets_keep_their_range(one_shot, array):
    [example] = read_one_shot(one_shot(array[None]))
    assert np.abs(example.heatmaps["hold"] - HEAT).max() < 0.005


def test_the_range_of_a_one_shot_array_is_that_of_all_its_channels(one_shot):
    [example] = read_one_shot(one_shot(np.stack([HEAT * 0.003, HEAT])))
    assert example.heatmaps["hold"].max() == pytest.approx(0.003)
    [example] = read_one_shot(one_shot(np.stack([EIGHT // 200, EIGHT])))
    assert example.heatmaps["hold"].max() == pytest.approx(1 / 255)


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.ones((1, 30, 40)), "1 everywhere for 'hold'"),
        (np.full((1, 30, 40), 255, np.uint8), "1 everywhere for 'hold'"),
        (HEAT[None] * 3, "do not tell what 1 is"),
        (HEAT.T[None], "30 x 40 pixels but its image is 40 x 30"),
        (HEAT[None] - 0.5, "0 to 1 or 0 to 255"),
    ],
)
def test_one_shot_arrays_without_a_clear_meaning_are_refused(one_shot, array, said):
    with pytest.raises(UserError, match=said):
        read_one_shot(one_shot(array))


def test_a_prior_is_read_like_every_heatmap():
    points = np.array([[28, 9], [3, 20]], np.float32)
    mask = np.ones((30, 40), bool)
    picture = read_image(np.zeros((30, 40, 3), np.uint8))
    image = EncodedImage(picture, mask, Crop.around(mask, 32), points, None, "none")
    described = DescribedObject(image, every_point(points), torch.zeros(2, 3))
    for prior in (HEAT, EIGHT, SIXTEEN, torch.from_numpy(HEAT).bfloat16(), Image.fromarray(EIGHT)):
        part = with_prior(described, prior).part
        assert part.tolist() == [1, 0]
    flat = np.full((30, 40), 0.3, np.float32)
    assert with_prior(described, flat) is described, "a constant map says nothing"
