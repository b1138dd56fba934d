"""What lies behind the tab that carries poses over in 3D, and the scene that it shows."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image
from rgbd_scenes import make_pair, similarity

from funcorr import UserError, load_model, transfer_pose
from funcorr.app.object_input import ObjectInputs
from funcorr.app.transfer_tab import TransferTab
from funcorr.app.visit import RecentlyUsed, Visit
from funcorr.transfer.scene_glb import MOST_POSES, TOP, UPRIGHT, scene_glb, surface

SAMPLES = Path(__file__).parents[1] / "samples" / "rgbd"


@pytest.fixture(scope="module")
def model():
    return load_model()


@pytest.fixture
def tab(model, tmp_path):
    return TransferTab(ObjectInputs(lambda: Visit(model), RecentlyUsed(4)), tmp_path)


@pytest.fixture
def given(tmp_path):
    """Values of all inputs, as files of one visitor."""
    for name in ("mug", "jug"):
        shutil.copytree(SAMPLES / name, tmp_path / name)
    at = {name: tmp_path / name for name in ("mug", "jug")}
    return {
        **{f"image{n}": str(at[name] / "image.png") for n, name in enumerate(at, 1)},
        **{f"depth{n}": str(at[name] / "depth.png") for n, name in enumerate(at, 1)},
        **{f"camera{n}": str(at[name] / "camera.json") for n, name in enumerate(at, 1)},
        "typed1": "",
        "typed2": "",
        "poses": str(at["mug"] / "pour.json"),
        "unit": None,
        "function": "pour-with",
    }


def carry(tab, given, **changed):
    return tab.carry("me", *(given | changed).values())


def test_it_shows_and_gives_what_the_command_does(funcorr_command, tab, given, tmp_path):
    box, words, picture, files, scene = carry(tab, given)
    assert box["visible"]
    flags = [
        word
        for name in ("depth1", "depth2", "camera1", "camera2")
        for word in (f"--{name}", given[name])
    ]
    images = given["image1"], given["image2"]
    more = "--pose", given["poses"], "--out", tmp_path / "out"
    done = funcorr_command("transfer", *images, "--function", "pour-with", *flags, *more)
    assert done.code == 0, done.err
    for path in files["value"]:
        if Path(path).name in ("carried-pour.json", "scene.ply", "transfer.png"):
            assert Path(path).read_bytes() == (tmp_path / "out" / Path(path).name).read_bytes()
    report = json.loads((tmp_path / "out" / "transfer.json").read_text())
    assert f"Confidence {report['confidence']:.2f}" in words
    assert f"{report['scale']:.2f} times as large; {report['inliers']:,} matches" in words
    assert picture in files["value"]
    assert scene in files["value"]
    assert len(trimesh.load(scene).geometry) > TOP


def test_a_typed_camera_and_unit_do_as_well_as_its_file(tab, given, model):
    camera = json.loads((SAMPLES / "mug" / "camera.json").read_text())
    K = np.array(camera["intrinsics"])
    typed = f"{K[0, 0]}, {K[1, 1]}; {K[0, 2]} {K[1, 2]}"
    words = carry(tab, given)[1]
    changed = {"camera1": None, "typed1": typed, "unit": camera["depth_scale"], "poses": None}
    assert carry(tab, given, **changed)[1] == words


def other_size(given):
    Image.fromarray(np.full((64, 64), 900, np.uint16)).save(given["depth2"])


def no_scale(given):
    content = json.loads(Path(given["camera1"]).read_text())
    Path(given["camera1"]).write_text(json.dumps({"intrinsics": content["intrinsics"]}))


def gone(given):
    Path(given["depth1"]).unlink()


@pytest.mark.parametrize(
    ("spoil", "changed", "said"),
    [
        (None, {"image2": None}, "add an image first"),
        (None, {"depth1": None}, "add the depth of object 1 first"),
        (None, {"camera2": None}, "add the camera of object 2 first"),
        (None, {"camera2": None, "typed2": "600, 600"}, "four numbers, fx, fy, cx, cy"),
        (None, {"depth1": "/x/d.npz"}, "d.npz is no depth that is read here; send .png"),
        (None, {"camera1": "/x/c.txt"}, "c.txt is no camera that is read here"),
        (None, {"function": "!!"}, "unusable function"),
        (no_scale, {}, "^object 1: depth.png holds whole numbers.* in the field Depth unit"),
        (other_size, {}, "^object 2: depth.png is 64 x 64 pixels but its image is 320 x 320"),
        (gone, {}, "depth.png is no longer here: upload it again"),
    ],
)
def test_what_is_missing_or_does_not_fit_is_said(tab, given, spoil, changed, said):
    if spoil is not None:
        spoil(given)
    with pytest.raises(UserError, match=said):
        carry(tab, given, **changed)


@pytest.fixture(scope="module")
def transfer():
    pair = make_pair(similarity((0, 0, 20), 1.5))
    pictures = tuple(np.full((*view.size, 3), 200, np.uint8) for view in pair.views)
    return transfer_pose(pair.correspondence(image1=pictures[0], image2=pictures[1]), *pair.views)


def test_a_surface_lies_where_the_depth_says_and_leaps_no_edge():
    pair = make_pair()
    view, mask = pair.views[0], pair.masks[0]
    mesh = surface(view, np.zeros((*view.size, 3), np.uint8), mask)
    pixels = np.rint(view.project(mesh.vertices)).astype(int)
    np.testing.assert_allclose(mesh.vertices[:, 2], view.depth[pixels[:, 1], pixels[:, 0]])
    shares = (pixels + 0.5) / view.size[::-1]
    np.testing.assert_allclose(mesh.visual.uv, [(u, 1 - v) for u, v in shares], atol=1e-6)
    assert 0.9 < len(np.unique(mesh.faces)) / mask.sum() <= 1
    edges = mesh.vertices[mesh.edges_unique]
    assert np.linalg.norm(edges[:, 0] - edges[:, 1], axis=1).max() < 0.03


def test_a_large_surface_is_thinned_evenly():
    pair = make_pair(size=320)
    view = pair.views[0]
    mesh = surface(view, np.zeros((*view.size, 3), np.uint8), np.ones(view.size, bool))
    pixels = np.rint(view.project(mesh.vertices)).astype(int)
    assert (pixels % 3 == 0).all()
    assert len(mesh.faces) > len(mesh.vertices)


def solids(exported):
    scene = trimesh.load(io.BytesIO(exported), file_type="glb")
    placed = {name: scene.graph.get(name) for name in scene.graph.nodes_geometry}
    return {
        name: scene.geometry[solid].copy().apply_transform(place)
        for name, (place, solid) in placed.items()
    }


def test_the_scene_holds_both_objects_matches_and_poses(transfer):
    pose = np.eye(4)
    pose[:3, 3] = transfer.pivot
    found = solids(scene_glb(transfer, np.stack([pose] * 3)))
    left, right = found["object1"].bounds, found["object2"].bounds
    assert left[1, 0] < 0 < right[0, 0]
    ratio = found["object2"].extents.max() / found["object1"].extents.max()
    assert ratio == pytest.approx(1.5, rel=0.15)
    tubes = [solid for name, solid in found.items() if name.startswith("match")]
    assert TOP // 2 < len(tubes) <= TOP
    assert all(left[0, 0] < tube.bounds[0, 0] < 0 < tube.bounds[1, 0] for tube in tubes)
    for which, box, turned in (
        ("given", left, np.eye(3)),
        ("carried", right, transfer.rotation),
    ):
        for axis, direction in zip("xyz", (UPRIGHT[:3, :3] @ turned).T, strict=True):
            solid = found[f"{which}-{axis}"]
            away = solid.bounds.mean(axis=0) - box.mean(axis=0)
            assert (np.abs(away) < np.ptp(box, axis=0).max()).all()
            middle = solid.vertices.mean(axis=0)
            along = np.linalg.svd(solid.vertices - middle)[2][0]
            assert abs(along @ direction) == pytest.approx(1, abs=0.02)
    assert "given-path" not in found


def test_no_light_changes_its_colours(transfer):
    exported = scene_glb(transfer, np.eye(4)[None])
    length = int.from_bytes(exported[12:16], "little")
    tree = json.loads(exported[20 : 20 + length])
    assert tree["extensionsUsed"] == ["KHR_materials_unlit"]
    assert all(each["doubleSided"] for each in tree["materials"])
    assert all("KHR_materials_unlit" in each["extensions"] for each in tree["materials"])


def test_of_a_long_trajectory_some_poses_are_drawn(transfer):
    poses = np.tile(np.eye(4), (500, 1, 1))
    poses[:, :3, 3] = transfer.pivot + np.linspace(0, 0.1, 500)[:, None]
    few = scene_glb(transfer, poses[np.linspace(0, 499, MOST_POSES).round().astype(int)])
    assert len(scene_glb(transfer, poses)) == len(few)
