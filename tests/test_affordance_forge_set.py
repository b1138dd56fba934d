"""The rendered affordance set: AGD20K's layout, exact regions, the same bytes twice."""

import hashlib
import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from funcorr import UserError
from funcorr.affordance.data import read_actions, read_agd20k, read_one_shot
from funcorr.assets.store import write_asset
from funcorr.groundtruth.affordance import forge_set
from funcorr.groundtruth.affordance.actions import NEW_ACTIONS
from funcorr.groundtruth.affordance.added_split import add_split
from funcorr.groundtruth.affordance.composite import Cutout, compose
from funcorr.groundtruth.affordance.forge_set import BASE_OBJECTS, AgdConfig, make_agd
from funcorr_forge import CATEGORIES, forge_asset, forge_many, splits

CONFIG = AgdConfig(objects=("mug", "axe"), shots=2, seen=3, unseen=1, size=96, views=2)


def small_forge(name):
    held_out = {"unseen-test": ("jar",), "unseen-dev": ("wrench",)}
    return SimpleNamespace(forge_asset=forge_asset, forge_many=forge_many, splits=lambda: held_out)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("agd")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forge_set, "load_generator", small_forge)
        return make_agd(folder / "set", CONFIG)


def digest(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def test_every_test_picture_has_its_heatmap_and_the_counts_are_true(made):
    for split, count in made.test.items():
        base = made.path / split / "testset"
        pictures = {path.relative_to(base / "egocentric") for path in base.rglob("*.jpg")}
        truths = {path.relative_to(base / "GT") for path in base.rglob("*.png")}
        assert {path.with_suffix(".png") for path in pictures} == truths
        assert len(truths) == count
        for path in truths:
            action, thing, name = path.parts
            assert name.startswith(f"{thing}_0001")
            assert action.replace("_", "-") in (*made.actions, *NEW_ACTIONS)
            with Image.open(base / "GT" / path) as truth:
                assert truth.size == (96, 96)
                assert truth.getextrema() == (0, 255)
    assert set(made.test) == {"Seen", "Unseen", "Unseen-dev", "New-actions"}


def test_annotated_pictures_are_of_base_objects_and_without_new_actions(made):
    examples = read_one_shot(made.path / "one-shot")
    assert [example.object for example in examples] == ["axe", "axe", "mug", "mug"]
    assert read_actions(made.path / "one-shot") == made.actions
    assert not set(NEW_ACTIONS) & set(made.actions)
    mug = examples[2]
    weighted = np.average(
        np.indices(mug.heatmaps["pour"].shape).reshape(2, -1),
        axis=1,
        weights=mug.heatmaps["pour"].ravel(),
    )
    assert weighted[0] < 48  # pouring takes place in the upper half of a mug that stands


def test_training_and_test_pictures_are_of_different_instances(made):
    train = {path.name for path in (made.path / "Seen" / "trainset").rglob("*.jpg")}
    test = {path.name for path in (made.path / "Seen" / "testset").rglob("*.jpg")}
    assert train
    assert not train & test


def test_a_stopped_build_goes_on_to_the_same_bytes(made, tmp_path, monkeypatch):
    monkeypatch.setattr(forge_set, "load_generator", small_forge)

    def stop(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(forge_set, "write_test", stop)
        with pytest.raises(KeyboardInterrupt):
            make_agd(tmp_path, CONFIG)
    assert make_agd(tmp_path, CONFIG).test == made.test
    assert digest(tmp_path) == digest(made.path)
    assert make_agd(tmp_path, CONFIG) == make_agd(tmp_path, CONFIG)


def test_refuses_a_folder_of_something_else(made, tmp_path):
    with pytest.raises(UserError, match=r"another configuration \(config.objects"):
        make_agd(made.path, AgdConfig(objects=("mug",)))
    (tmp_path / "a").write_text("")
    with pytest.raises(UserError, match=r"holds a but no dataset\.json"):
        make_agd(tmp_path)
    with pytest.raises(UserError, match="at least 1"):
        AgdConfig(shots=0)


def test_the_base_objects_may_be_trained():
    assert set(BASE_OBJECTS) <= set(splits()["train"]) & set(CATEGORIES)
    assert len(BASE_OBJECTS) == 33


def test_a_region_is_the_visible_part_on_every_object_that_has_the_action():
    def square(name, actions):
        rgba = np.full((10, 10, 4), 255, np.uint8)
        parts = np.repeat([0, 1], 5).repeat(10).reshape(10, 10).astype(np.int16)
        return Cutout(name, 0, rgba, parts, ("upper", "lower"), actions)

    main = square("mug", {"pour": ("upper",), "hold": ("lower",)})
    other = square("jug", {"pour": ("lower",)})
    background = np.zeros((64, 64, 3), np.uint8)
    scene = compose(main, [other], background, np.random.default_rng(0))
    in_front, behind = scene.owner == 1, scene.owner == 0
    np.testing.assert_array_equal(scene.rgb.max(axis=2) == 255, in_front | behind)
    np.testing.assert_array_equal(scene.region("hold"), in_front & (scene.parts == 1))
    expected = (in_front & (scene.parts == 0)) | (behind & (scene.parts == 1))
    np.testing.assert_array_equal(scene.region("pour"), expected)
    assert not scene.region("cut").any()
    rows, columns = np.nonzero(in_front)
    assert in_front.sum() == (np.ptp(rows) + 1) * (np.ptp(columns) + 1)  # the main one is whole


def test_a_split_of_other_assets_holds_trained_actions_only(made, tmp_path):
    assets = tmp_path / "assets"
    for category, number in (("mug", 900), ("wrench", 901)):  # a wrench turns: never trained
        write_asset(forge_asset(category, number), assets)
    copy = tmp_path / "set"
    shutil.copytree(made.path, copy)
    count = add_split(copy, assets, "Real-design", per_asset=2)
    samples = read_agd20k(copy, "Real-design")
    assert (
        len(samples)
        == count
        == json.loads((copy / "dataset.json").read_text())["test"]["Real-design"]
    )
    assert {sample.object for sample in samples} == {"mug", "wrench"}
    assert {sample.action for sample in samples} <= set(made.actions)
    before = digest(copy)
    assert add_split(copy, assets, "Real-design", per_asset=2) == count
    assert digest(copy) == before
    (copy / "dataset.json").write_text("{}")
    with pytest.raises(UserError, match="no finished set"):
        add_split(copy, assets, "Real-design")
