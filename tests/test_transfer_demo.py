"""``funcorr transfer --demo``: one demonstration to the objects of many views."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image
from rgbd_scenes import make_pair, similarity

from funcorr import UserError
from funcorr.transfer.demonstration import find_demonstration, find_views

MOTIONS = {"near": similarity((0, 0, 10)), "turned": similarity((0, 0, -15), 1.2)}


def write_view(folder, view, mask):
    folder.mkdir(parents=True)
    shade = np.where(mask, 255 * view.depth / view.depth.max(), 0).astype(np.uint8)
    Image.fromarray(np.dstack([shade] * 3 + [255 * mask.astype(np.uint8)])).save(
        folder / "image.png"
    )
    Image.fromarray(np.round(view.depth * 1000).astype(np.uint16)).save(folder / "depth.png")
    camera = {"intrinsics": view.intrinsics.tolist(), "depth_scale": 0.001}
    (folder / "camera.json").write_text(json.dumps(camera))


@pytest.fixture
def folders(tmp_path):
    """A demonstration with a grasp, and two views of the object elsewhere."""
    for name, motion in MOTIONS.items():
        pair = make_pair(motion)
        write_view(tmp_path / name, pair.views[1], pair.masks[1])
    write_view(tmp_path / "demo", pair.views[0], pair.masks[0])
    grasp = similarity((10, 20, 30), 1.0, (0.02, 0.01, 0.6))
    poses = {"frame": "camera1", "unit": "m", "poses": [{"matrix": grasp.tolist()}]}
    (tmp_path / "demo" / "grasp.json").write_text(json.dumps(poses))
    return tmp_path


def words(folders, *names, out="out"):
    to = [folders / name for name in names]
    given = "--demo", folders / "demo", "--to", *to, "--function", "pour-with"
    return ["transfer", *given, "--out", folders / out]


def written(folder):
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


def test_every_view_gets_its_folder_and_a_row(funcorr_command, folders):
    done = funcorr_command(*words(folders, *MOTIONS))
    assert (done.code, done.err) == (0, "")
    summary = json.loads((folders / "out" / "transfers.json").read_text())
    assert [entry["view"] for entry in summary["transfers"]] == list(MOTIONS)
    for entry in summary["transfers"]:
        folder = folders / "out" / entry["view"]
        assert entry["folder"] == str(folder)
        names = ["carried-grasp.json", "scene.ply", "transfer.json", "transfer.png"]
        assert sorted(written(folder)) == names
        report = json.loads((folder / "transfer.json").read_text())
        assert report["confidence"] == entry["confidence"]
        assert f"{entry['view']} " in done.out
        assert f"{entry['confidence']:.2f}" in done.out


def test_it_is_what_the_pair_alone_gives(funcorr_command, folders):
    funcorr_command(*words(folders, "near"))
    ends = {"1": folders / "demo", "2": folders / "near"}
    flags = [
        each
        for number, folder in ends.items()
        for kind, name in (("depth", "depth.png"), ("camera", "camera.json"))
        for each in (f"--{kind}{number}", folder / name)
    ]
    images = [folder / "image.png" for folder in ends.values()]
    poses = "--pose", folders / "demo" / "grasp.json", "--out", folders / "pair"
    funcorr_command("transfer", *images, "--function", "pour-with", *flags, *poses)
    for name in ("transfer.json", "carried-grasp.json"):
        one, other = (
            json.loads((folders / place / name).read_text()) for place in ("pair", "out/near")
        )
        for key in ("matrix", "confidence", "poses"):
            assert one.get(key) == other.get(key)


def test_a_rerun_keeps_what_is_there_and_redoes_what_changed(funcorr_command, folders):
    funcorr_command(*words(folders, *MOTIONS))
    before = {name: written(folders / "out" / name) for name in MOTIONS}
    depth = folders / "turned" / "depth.png"
    steps = np.asarray(Image.open(depth))
    Image.fromarray(steps + np.uint16(50) * (steps > 0)).save(depth)
    (folders / "out" / "near" / "scene.ply").unlink()
    done = funcorr_command(*words(folders, *MOTIONS))
    again = {name: written(folders / "out" / name) for name in MOTIONS}
    assert done.code == 0
    assert "was there" not in done.out
    assert set(again["near"]) == set(before["near"])
    assert again["turned"]["transfer.json"] > before["turned"]["transfer.json"]
    third = funcorr_command(*words(folders, *MOTIONS))
    assert third.out.count("was there") == 2
    assert {name: written(folders / "out" / name) for name in MOTIONS} == again


def test_a_rerun_asks_for_no_model(funcorr_command, folders, monkeypatch):
    funcorr_command(*words(folders, "near"))
    monkeypatch.setattr("funcorr.correspondence.registry.load_model", None)
    assert funcorr_command(*words(folders, "near")).code == 0


def test_bad_views_are_named_and_the_others_done(funcorr_command, folders):
    funcorr_command(*words(folders, "turned"))
    Image.fromarray(np.zeros((96, 96), np.uint16)).save(folders / "turned" / "depth.png")
    done = funcorr_command(*words(folders, "gone", "turned", "near"))
    assert done.code == 2
    assert done.err.startswith("error: 2 of 3 views are left out")
    assert done.err.count("\n") == 1
    assert "no such folder" in done.err
    assert "turned: " in done.err
    assert "no value anywhere" in done.err
    assert done.out.count("left out") == 2
    assert (folders / "out" / "near" / "transfer.json").is_file()
    assert not (folders / "out" / "turned").exists()  # nobody acts on what was right before
    entries = json.loads((folders / "out" / "transfers.json").read_text())["transfers"]
    assert [entry["problem"] is None for entry in entries] == [False, False, True]


def test_each_mask_of_a_scene_is_an_object(funcorr_command, folders):
    view = folders / "near"
    mask = Image.open(view / "image.png").getchannel("A")
    for name in ("cup", "jug"):
        (view / "masks").mkdir(exist_ok=True)
        mask.save(view / "masks" / f"{name}.png")
    (view / "parts").mkdir()
    mask.save(view / "parts" / "jug.png")
    assert [each.part for each in find_views(view)] == [None, view / "parts" / "jug.png"]
    done = funcorr_command(*words(folders, "near"), "--json")
    entries = json.loads(done.out)["transfers"]
    assert [entry["view"] for entry in entries] == ["near/cup", "near/jug"]
    assert (folders / "out" / "near" / "cup" / "scene.ply").is_file()


def no_poses(folders):
    (folders / "demo" / "grasp.json").unlink()


def two_depths(folders):
    shutil.copy(folders / "demo" / "depth.png", folders / "demo" / "depth.tiff")


def no_depth(folders):
    (folders / "demo" / "depth.png").unlink()


def masks(folders):
    (folders / "demo" / "masks").mkdir()
    for name in "ab":
        shutil.copy(folders / "demo" / "depth.png", folders / "demo" / "masks" / f"{name}.png")


def other_frame(folders):
    path = folders / "demo" / "grasp.json"
    path.write_text(path.read_text().replace("camera1", "base_link"))


def empty(folders):
    Image.fromarray(np.zeros((96, 96), np.uint16)).save(folders / "demo" / "depth.png")


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (no_poses, "has no poses"),
        (two_depths, r"has depth.png and depth.tiff; keep one"),
        (no_depth, r"lacks depth.png"),
        (masks, "masks of 2 objects"),
        (other_frame, "in the frame 'base_link'"),
        (empty, "no value anywhere"),
    ],
)
def test_a_demonstration_that_cannot_be_used_stops_all(funcorr_command, folders, spoil, problem):
    spoil(folders)
    with pytest.raises(UserError, match=problem):
        find_demonstration(folders / "demo").view.read()
    done = funcorr_command(*words(folders, "near"))
    assert done.is_refusal
    assert not (folders / "out").exists()


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (("--depth1", "d.png"), "--depth1 has no place beside --demo"),
        (("--pose", "p.json"), "--pose has no place"),
        (("--mask2", "m.png"), "--mask2 has no place"),
    ],
)
def test_what_the_folders_hold_is_not_given_twice(funcorr_command, folders, more, problem):
    done = funcorr_command(*words(folders, "near"), *more)
    assert done.is_refusal
    assert problem in done.err


def test_half_of_the_options_is_refused(funcorr_command, folders):
    for given in (("--demo", folders / "demo"), ("--to", folders / "near")):
        done = funcorr_command("transfer", *given, "--function", "pour-with")
        assert done.is_refusal
        assert "--demo FOLDER needs --to FOLDER" in done.err
    done = funcorr_command("transfer", "a.png", "b.png", "--function", "pour-with")
    assert done.is_refusal
    assert "--depth1, --depth2, --camera1, --camera2 must be given too" in done.err


def test_folders_of_one_name_are_refused(funcorr_command, folders):
    shutil.copytree(folders / "near", folders / "other" / "near")
    done = funcorr_command(*words(folders, "near", "other/near"))
    assert done.is_refusal
    assert "two folders of --to have one name, near" in done.err
