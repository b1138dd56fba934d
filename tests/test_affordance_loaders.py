"""Loaders of published data, on tiny made files in the same layout."""

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from funcorr import UserError
from funcorr.affordance.data import (
    affordance_llm_split,
    read_agd20k,
    read_training_pictures,
    read_umd,
)
from funcorr.images import read_heatmap


def put(path, size=(6, 4), value=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size, value).save(path)


@pytest.fixture
def agd(tmp_path):
    test = tmp_path / "Seen" / "testset"
    for place in (
        "hold/cell_phone/cell_phone_000001",
        "cut_with/knife/knife_000007",
        "hold/knife/knife_000007",
        "hold/apple/apple_000003",
        "hold/wine_glass/wine_glass_000009",
    ):
        put(test / "egocentric" / f"{place}.jpg")
        put(test / "GT" / f"{place}.png", value=51)
    put(test / "egocentric/hold/apple/apple_000004.jpg")  # without ground truth
    put(test / "GT/hold/apple/apple_000005.png")  # without picture
    (test / "egocentric/hold/apple/.DS_Store").write_bytes(b"")
    put(tmp_path / "Seen/trainset/exocentric/sit_on/chair/chair_000001.jpg")
    return tmp_path


def test_only_pictures_with_ground_truth_count(agd):
    samples = read_agd20k(agd, "Seen")
    assert [each.id for each in samples] == [
        "cut-with/knife/knife_000007",
        "hold/apple/apple_000003",
        "hold/cell phone/cell_phone_000001",
        "hold/knife/knife_000007",
        "hold/wine glass/wine_glass_000009",
    ]
    heatmap = samples[0].truth()
    assert heatmap.shape == (4, 6)
    assert heatmap.max() == pytest.approx(0.2)


def test_training_pictures_have_no_heatmap(agd):
    [chair] = read_training_pictures(agd, "Seen", "exocentric")
    assert (chair.action, chair.object, chair.heatmap) == ("sit-on", "chair", None)
    with pytest.raises(UserError, match="has no heatmap"):
        chair.truth()


def test_affordance_llm_holds_objects_out(agd):
    samples = read_agd20k(agd, "Seen")
    train, test = affordance_llm_split(samples, "easy")
    assert {each.object for each in test} == {"knife"}
    assert {each.object for each in train} == {"apple", "cell phone", "wine glass"}
    _, test = affordance_llm_split(samples, "hard")
    assert {each.object for each in test} == {"knife", "wine glass"}


def test_affordance_llm_leaves_out_test_files_known_from_training(agd):
    for kind, suffix in (("egocentric", "jpg"), ("GT", "png")):
        put(agd / "Seen/testset" / kind / f"hold/knife/apple_000003.{suffix}")
    _, test = affordance_llm_split(read_agd20k(agd, "Seen"), "easy")
    assert {each.image.name for each in test} == {"knife_000007.jpg"}


def test_what_is_missing_is_named(agd):
    with pytest.raises(UserError, match=r"no split 'Unseen'; it has Seen"):
        read_agd20k(agd, "Unseen")
    with pytest.raises(UserError, match="no such folder"):
        read_agd20k(agd / "nowhere", "Seen")
    with pytest.raises(UserError, match=r"trainset.egocentric"):
        read_training_pictures(agd, "Seen")
    with pytest.raises(UserError, match="empty half"):
        affordance_llm_split(read_agd20k(agd, "Seen")[1:2], "easy")
    for path in (agd / "Seen/testset/GT").rglob("*.png"):
        path.unlink()
    with pytest.raises(UserError, match="holds no heatmap"):
        read_agd20k(agd, "Seen")
    with pytest.raises(UserError, match="no such file"):
        read_heatmap(agd / "gone.png")


@pytest.fixture
def umd(tmp_path):
    labels = np.zeros((4, 6), np.uint8)
    labels[0, 0], labels[1:3, 1] = 1, 4
    for tool in ("ladle_01", "knife_02"):
        folder = tmp_path / "tools" / tool
        for number in (1, 2, 3):
            put(folder / f"{tool}_{number:08d}_rgb.jpg")
            if number != 2:
                savemat(folder / f"{tool}_{number:08d}_label.mat", {"gt_label": labels})
    (tmp_path / "category_split.txt").write_text("1 knife_02\n2 ladle_01\n")
    (tmp_path / "novel_split.txt").write_text("2 knife_02\n2 ladle_01\n")
    return tmp_path


def test_umd_reads_the_labelled_pictures_of_a_half(umd):
    first, second = read_umd(umd, "category", "test")
    assert (first.tool, first.image.name) == ("ladle", "ladle_01_00000001_rgb.jpg")
    assert second.labels.name == "ladle_01_00000003_label.mat"
    masks = first.masks()
    assert {name: int(mask.sum()) for name, mask in masks.items()} == {"grasp": 1, "contain": 2}
    assert set(first.masks(ladle_scoops=True)) == {"grasp", "scoop"}
    [knife] = read_umd(umd, "category", "train", step=2)
    assert set(knife.masks(ladle_scoops=True)) == {"grasp", "contain"}


def test_umd_says_what_is_wrong(umd):
    with pytest.raises(UserError, match="holds no labelled picture of novel/train"):
        read_umd(umd, "novel", "train")
    with pytest.raises(UserError, match="step of 0"):
        read_umd(umd, step=0)
    with pytest.raises(UserError, match="tools"):
        read_umd(umd / "nowhere")
    picture = read_umd(umd)[0]
    savemat(picture.labels, {"gt_label": np.full((4, 6), 9, np.uint8)})
    with pytest.raises(UserError, match="from 0 to 7"):
        picture.masks()
    picture.labels.write_bytes(b"no mat")
    with pytest.raises(UserError, match="from 0 to 7"):
        picture.masks()
    (umd / "novel_split.txt").unlink()
    with pytest.raises(UserError, match="cannot read the list"):
        read_umd(umd, "novel")
