"""The paper's own sets, made small in the layout of its released code."""

import json

import numpy as np
import pytest
from PIL import Image

from funcorr import UserError
from funcorr.groundtruth.pairs import read_benchmark
from funcorr.groundtruth.paper_sets import category_of, import_paper_set

A, B = "0a1b---water bottle.glb", "9f8e---mug.glb"
POINTS = np.array([[3, 20], [4, 21], [30, 7]])


@pytest.fixture
def released(tmp_path):
    """Two trials of one pair; rows are y and columns are x."""
    for asset in (A, B):
        for folder, color in (("rgb_images_processed", 200), ("object_masks_processed", 255)):
            (tmp_path / "images" / asset / folder).mkdir(parents=True)
            for view in ("0003.png", "0004.png"):
                Image.new("L", (40, 40), color).save(tmp_path / "images" / asset / folder / view)
    for trial, view in ((0, "0003"), (2, "0004")):
        folder = tmp_path / "seen" / "pick up-with" / f"{A}|||{B}|||0000" / f"trial_{trial}"
        folder.mkdir(parents=True)
        np.save(folder / f"{A}|||{view}.png.npy", POINTS)
        np.save(folder / f"{B}|||{view}.png.npy", POINTS + 1)
    return tmp_path


def test_a_released_set_becomes_a_benchmark(released):
    selected = released / "selected.json"
    selected.write_text(json.dumps({"pick up-with": {f"{A}|||{B}": [2]}}))
    folders = released / "seen", released / "images"
    import_paper_set(*folders, released / "bench", selected=selected)
    bench = read_benchmark(released / "bench")
    (pair,) = bench.pairs
    assert pair.function == "pick-up-with"
    assert (pair.category1, pair.category2, pair.within) == ("water bottle", "mug", False)
    assert "0004" in pair.image1
    points1, points2 = bench.ground_truth(pair)
    assert points1.tolist() == [[20, 3], [21, 4], [7, 30]]
    np.testing.assert_array_equal(points2, points1 + 1)
    assert len(import_paper_set(*folders, released / "all").pairs) == 2


@pytest.mark.parametrize(
    ("asset", "category"),
    [
        ("hammer---a7f3", "hammer"),
        ("fixed_joint_pliers---3", "fixed joint pliers"),
        ("measuring_cup---12.glb", "measuring cup"),
    ],
)
def test_handal_names_begin_with_the_category(asset, category):
    assert category_of(asset, "handal") == category


@pytest.mark.parametrize(
    ("asset", "kind"),
    [("mug_003", "handal"), ("---3", "handal"), ("mug.glb", "objaverse"), ("0a1b---", "objaverse")],
)
def test_names_without_a_category_are_refused(asset, kind):
    with pytest.raises(UserError, match="names no category; expected <"):
        category_of(asset, kind)


def test_hammers_with_letters_in_their_ids_are_of_one_category(released):
    for name, handal in ((A, "hammer---a7f3"), (B, "hammer---b1")):
        (released / "images" / name).rename(released / "images" / handal)
        for path in sorted(released.glob("seen/*/*/*/*"), reverse=True):
            path.rename(path.with_name(path.name.replace(name, handal)))
    for path in released.glob("seen/*/*"):
        path.rename(path.with_name("hammer---a7f3|||hammer---b1|||0000"))
    folders = released / "seen", released / "images", released / "bench"
    pairs = import_paper_set(*folders, kind="handal").pairs
    assert len(pairs) == 2
    assert all(pair.within for pair in pairs)


def test_the_command_refuses_what_is_not_such_a_set(released, funcorr_command):
    folders = (released / "seen", "--images", released / "images")

    def refused(message, *words):
        outcome = funcorr_command("paper-set", *folders, "--out", released / "b", *words)
        assert outcome.is_refusal
        assert message in outcome.err

    (released / "selected.json").write_text('{"pick up-with": 3}')
    refused("is not {function: {pair:", "--selected", released / "selected.json")
    (released / "images" / A / "rgb_images_processed" / "0003.png").unlink()
    refused("cannot read the picture")
    with pytest.raises(UserError, match="holds no annotations"):
        import_paper_set(released / "images", released / "images", released / "c")
    trial = released / "seen" / "pick up-with" / f"{A}|||{B}|||0000" / "trial_2"
    np.save(trial / f"{A}|||0004.png.npy", np.array([{"x": 1}], dtype=object), allow_pickle=True)
    images = released / "images" / A / "rgb_images_processed"
    Image.new("L", (40, 40)).save(images / "0003.png")
    refused("as points of an object: it is damaged")
    np.save(trial / f"{A}|||0004.png.npy", np.array([["3", "left"]]))
    refused("as points of an object: it is damaged")
    (trial / f"{A}|||0004.png.npy").unlink()
    refused("has 0 files of points")
