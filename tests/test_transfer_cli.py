"""``funcorr transfer``: what it leaves behind, and what it refuses."""

import json
import re
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from rgbd_scenes import make_pair, similarity
from scipy.spatial.transform import Rotation

from funcorr import UserError
from funcorr.errors import MissingExtraError
from funcorr.transfer import scene
from funcorr.transfer.pose_file import read_poses

SAMPLES = Path(__file__).parents[1] / "samples" / "rgbd"


@pytest.fixture
def views(tmp_path, monkeypatch):
    """Two RGB-D views of one object on disk: pictures with alpha, depth, cameras, a grasp."""
    pair = make_pair(similarity((0, 0, 10)))
    for name, view, mask in zip("ab", pair.views, pair.masks, strict=True):
        shade = np.where(mask, 255 * view.depth / view.depth.max(), 0).astype(np.uint8)
        rgba = np.dstack([shade, shade, shade, 255 * mask.astype(np.uint8)])
        Image.fromarray(rgba).save(tmp_path / f"{name}.png")
        depth = np.round(view.depth * 1000).astype(np.uint16)
        Image.fromarray(depth).save(tmp_path / f"{name}-depth.png")
        camera = {"intrinsics": view.intrinsics.tolist(), "depth_scale": 0.001}
        (tmp_path / f"{name}.json").write_text(json.dumps(camera))
    grasp = similarity((10, 20, 30), 1.0, (0.02, 0.01, 0.6))
    save_poses(
        tmp_path / "grasp.json", [{"name": "grasp", "matrix": grasp.tolist(), "width": 0.05}]
    )
    return tmp_path


def save_poses(path, poses, **more):
    path.write_text(json.dumps({"frame": "camera1", "unit": "m", "poses": poses} | more))


def words(folder, *more, function="pour-with", **changed):
    options = {
        "--depth1": folder / "a-depth.png",
        "--depth2": folder / "b-depth.png",
        "--camera1": folder / "a.json",
        "--camera2": folder / "b.json",
        "--out": folder / "out",
    } | {f"--{key}": value for key, value in changed.items()}
    flat = [word for option in options.items() for word in option]
    return ["transfer", folder / "a.png", folder / "b.png", "--function", function, *flat, *more]


def read_png(path):
    with Image.open(path) as picture:
        return np.asarray(picture)


def read_ply(path):
    """Positions, by the header of the file."""
    header, _, body = path.read_bytes().partition(b"end_header\n")
    count = int(header.split(b"element vertex ")[1].split()[0])
    fields = np.dtype([("xyz", "<f4", 3), ("rgb", "u1", 3)])
    table = np.frombuffer(body, fields)
    assert len(table) == count
    return table["xyz"]


def test_it_writes_numbers_carried_poses_a_picture_and_a_scene(funcorr_command, views):
    done = funcorr_command(*words(views, "--pose", views / "grasp.json"))
    assert (done.code, done.err) == (0, "")
    out = views / "out"
    names = ["transfer.json", "carried-grasp.json", "transfer.png", "scene.ply"]
    assert sorted(path.name for path in out.iterdir()) == sorted(names)
    report = json.loads((out / "transfer.json").read_text())
    assert list(report["files"]) == names
    assert all(path in done.out for path in report["files"].values())
    matrix = np.array(report["matrix"])
    turning = Rotation.from_quat(report["quaternion"]).as_matrix()
    np.testing.assert_allclose(matrix[:3, :3], report["scale"] * turning, atol=1e-9)
    np.testing.assert_allclose(matrix[:3, 3], report["translation"])
    assert report["quaternion_order"] == "xyzw"
    assert 0 <= report["confidence"] <= 1

    carried, given = read_poses(out / "carried-grasp.json", "camera2"), similarity((10, 20, 30))
    np.testing.assert_allclose(carried.poses[0, :3, :3], turning @ given[:3, :3], atol=1e-6)
    place = matrix[:3, :3] @ [0.02, 0.01, 0.6] + matrix[:3, 3]
    np.testing.assert_allclose(carried.poses[0, :3, 3], place, atol=1e-6)
    assert carried.others == ({"name": "grasp", "width": 0.05},)

    with Image.open(out / "transfer.png") as picture:
        assert picture.width == 1200
    points = read_ply(out / "scene.ply")
    depth = read_png(views / "b-depth.png") / 1000
    assert depth[depth > 0].min() - 0.2 < points[:, 2].min()
    assert len(points) > (depth > 0).sum()


def test_poses_in_the_axes_of_another_frame_give_a_hint(funcorr_command, views):
    grasp = similarity((10, 20, 30), 1.0, (0.6, -0.02, 0.01))  # x forward, z up
    save_poses(views / "grasp.json", [{"matrix": grasp.tolist()}])
    done = funcorr_command(*words(views, "--pose", views / "grasp.json"))
    assert done.code == 0
    assert re.match(
        r"hint: no pose comes nearer than 0\.\d+ m to object 1.*axes of camera 1", done.err
    )
    assert json.loads((views / "out" / "transfer.json").read_text())["hint"] in done.err


def test_json_prints_the_report_alone(funcorr_command, views):
    done = funcorr_command(*words(views, "--json"))
    assert json.loads(done.out) == json.loads((views / "out" / "transfer.json").read_text())


def test_it_says_which_function_may_be_meant(funcorr_command, views):
    done = funcorr_command(*words(views, "--json", function="Poor With"))
    assert done.err == "note: poor-with is no trained function; did you mean pour-with?\n"
    assert json.loads(done.out)["function"] == "poor-with"


def test_depth_as_an_array_of_metres_gives_the_same(funcorr_command, views):
    first = json.loads(funcorr_command(*words(views, "--json")).out)
    depth = read_png(views / "a-depth.png") / 1000
    np.save(views / "a.npy", np.where(depth > 0, depth, np.nan).astype(np.float32))
    np.savez(views / "b.npz", depth=read_png(views / "b-depth.png"))
    camera = json.loads((views / "a.json").read_text())["intrinsics"]
    names = {"fx": camera[0][0], "fy": camera[1][1], "cx": camera[0][2], "cy": camera[1][2]}
    (views / "a.json").write_text(json.dumps(names))
    changed = {"depth1": views / "a.npy", "depth2": views / "b.npz"}
    second = json.loads(funcorr_command(*words(views, "--json", **changed)).out)
    np.testing.assert_allclose(first["matrix"], second["matrix"], atol=1e-4)


def spoil(views, name, **change):
    content = json.loads((views / name).read_text())
    (views / name).write_text(json.dumps({k: v for k, v in (content | change).items() if v}))


def without_scale(views):
    spoil(views, "a.json", depth_scale=None)


def eight_bits(views):
    Image.fromarray(np.full((96, 96), 9, np.uint8)).save(views / "a-depth.png")


def other_size(views):
    Image.fromarray(np.full((64, 64), 900, np.uint16)).save(views / "b-depth.png")
    spoil(views, "b.json", intrinsics=[[100, 0, 31.5], [0, 100, 31.5], [0, 0, 1]])


def millimetres(views):
    spoil(views, "a.json", depth_scale=1.0)


def no_depth(views):
    Image.fromarray(np.zeros((96, 96), np.uint16)).save(views / "b-depth.png")


def lens(views):
    spoil(views, "a.json", d=[-0.9, 0.1, 0, 0, 0])


def another_camera(views):
    spoil(views, "b.json", width=640, height=480)


def unscaled_millimetres(views):
    spoil(views, "a.json", depth_scale=None)
    depth = read_png(views / "a-depth.png").astype(np.float32)
    np.save(views / "a-depth.npy", depth)


def other_frame(views):
    save_poses(views / "p.json", [{"matrix": np.eye(4).tolist()}], frame="base_link")


def save_mask(path, mask):
    Image.fromarray(255 * mask.astype(np.uint8)).save(path)


def holes_in_the_part(views):
    depth = read_png(views / "a-depth.png").copy()
    rows, columns = np.nonzero(depth)
    part = np.zeros(depth.shape, bool)
    part[rows[columns < np.median(columns)], columns[columns < np.median(columns)]] = True
    save_mask(views / "part.png", part)
    depth[part] = 0
    Image.fromarray(depth).save(views / "a-depth.png")


def one_line(views):
    depth = read_png(views / "a-depth.png").copy()
    row = int((depth > 0).sum(axis=1).argmax())
    columns = np.flatnonzero(depth[row])
    depth[row - 1 : row + 2, columns] = 600
    Image.fromarray(depth).save(views / "a-depth.png")
    part = np.zeros(depth.shape, bool)
    part[row, columns] = True
    save_mask(views / "part.png", part)


BAD = {
    "whole numbers": (without_scale, {}, "depth_scale"),
    "8 bits": (eight_bits, {}, "8 bits"),
    "another size": (other_size, {}, "b-depth.png is 64 x 64 pixels but its image is 96 x 96"),
    "millimetres": (millimetres, {}, "is it in millimetres"),
    "no depth": (no_depth, {}, "no value anywhere"),
    "no camera": (lambda views: (views / "a.json").unlink(), {}, "cannot read the camera"),
    "no numbers": (lambda v: spoil(v, "a.json", intrinsics=None), {}, "fx, fy, cx and cy"),
    "transposed": (
        lambda v: spoil(v, "a.json", intrinsics=[[200, 0, 0], [0, 200, 0], [47, 47, 1]]),
        {},
        "transposed",
    ),
    "a lens": (lens, {}, "a lens that moves corners.*rectify"),
    "of another size": (another_camera, {}, "is of 640 x 480 pixels but its depth is 96 x 96"),
    "metres that are millimetres": (
        unscaled_millimetres,
        {"depth1": "a-depth.npy"},
        "is it in millimetres. pass depth_scale=0.001",
    ),
    "another frame": (other_frame, {"pose": "p.json"}, "in the frame 'base_link'"),
    "holes": (holes_in_the_part, {"part1": "part.png"}, "of the part have depth .*holes"),
    "a line": (one_line, {"part1": "part.png"}, "on a single line"),
    "confidence": (lambda views: None, {"least-confidence": 2}, r"\[0, 1\]"),
    "too unsure": (lambda views: None, {"least-confidence": 1}, "confidence of 0"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gives_one_line_and_leaves_nothing(funcorr_command, views, case, monkeypatch):
    spoilt, changed, problem = BAD[case]
    spoilt(views)
    monkeypatch.chdir(views)
    done = funcorr_command(*words(views, **changed))
    assert done.is_refusal, done
    assert re.search(problem, done.err), done.err
    assert not (views / "out").exists()


def test_matches_that_agree_on_no_pose_give_one_line(funcorr_command, views, monkeypatch):
    monkeypatch.setattr("funcorr.transfer.pose.INLIER", 1e-9)
    done = funcorr_command(*words(views))
    assert done.is_refusal
    assert re.search(r"only \d of \d+ matches agree on one pose, expected at least", done.err)
    assert not (views / "out").exists()


QUATERNION = {"position": [0, 0, 500], "quaternion": [0, 0, 0.6, 0.8]}


@pytest.mark.parametrize(
    ("poses", "more", "problem"),
    [
        ([QUATERNION], {"frame": "base"}, "in the frame 'base'; expected 'camera1'"),
        ([QUATERNION], {"unit": None}, 'must say its "unit"'),
        ([QUATERNION], {"unit": {}}, 'must say its "unit"'),
        ([QUATERNION], {}, "xyzw or wxyz; got None"),
        ([{"position": [0, 0, 1]}], {}, "a matrix, or position and quaternion"),
        ([QUATERNION | {"quaternion": [0, 0, 1, 1]}], {"quaternion_order": "xyzw"}, "length 1"),
        ([QUATERNION | {"quaternion": [0, 0, 1e300, 0]}], {"quaternion_order": "xyzw"}, "length 1"),
        ([QUATERNION | {"position": [0, 0, 1e300]}], {"quaternion_order": "xyzw"}, "be finite"),
        ([{"matrix": np.diag([2, 2, 2, 1]).tolist()}], {}, "without scale"),
        ([{"matrix": [[1, 2], [3, 4]]}], {}, "cannot be read"),
        ([], {}, "holds no poses"),
        ({"matrix": 1}, {}, "no file of poses"),
    ],
)
def test_a_file_of_poses_that_does_not_say_what_it_is_is_refused(tmp_path, poses, more, problem):
    save_poses(tmp_path / "p.json", poses, **more)
    with pytest.raises(UserError, match=problem):
        read_poses(tmp_path / "p.json", "camera1")


@pytest.mark.parametrize(
    ("order", "numbers"), [("xyzw", [0, 0, 0.6, 0.8]), ("wxyz", [0.8, 0, 0, 0.6])]
)
def test_quaternions_of_either_order_and_millimetres_are_read(tmp_path, order, numbers):
    entry = QUATERNION | {"quaternion": numbers}
    save_poses(tmp_path / "p.json", [entry], unit="mm", quaternion_order=order)
    pose = read_poses(tmp_path / "p.json", "camera1").poses[0]
    np.testing.assert_allclose(pose[:3, 3], [0, 0, 0.5])
    np.testing.assert_allclose(pose[:2, 0], [0.28, 0.96], atol=1e-9)


def test_what_is_written_is_read_again(tmp_path):
    poses = read_poses(SAMPLES / "mug" / "pour.json", "camera1")
    (tmp_path / "p.json").write_text(json.dumps(poses.to_json()))
    again = read_poses(tmp_path / "p.json", "camera1")
    np.testing.assert_allclose(again.poses, poses.poses, atol=1e-8)
    assert again.others == poses.others
    only_numbers = json.loads((tmp_path / "p.json").read_text())
    for entry in only_numbers["poses"]:
        del entry["matrix"]
    (tmp_path / "p.json").write_text(json.dumps(only_numbers))
    again = read_poses(tmp_path / "p.json", "camera1")
    np.testing.assert_allclose(again.poses, poses.poses, atol=1e-7)


def test_the_viewers_file_needs_its_extra(funcorr_command, views, monkeypatch):
    monkeypatch.setitem(sys.modules, "rerun", None)
    done = funcorr_command(*words(views, "--rerun"))
    assert done.is_refusal
    assert "pip install 'funcorr[rerun]'" in done.err
    with pytest.raises(MissingExtraError):
        scene.write_rrd({}, views / "scene.rrd")


class Recorder(ModuleType):
    """The part of rerun that is used, which only keeps what it is asked."""

    ViewCoordinates = SimpleNamespace(RDF="RDF")

    def __init__(self):
        super().__init__("rerun")
        self.calls = []

    def RecordingStream(self, name):  # noqa: N802
        self.calls.append(("stream", name))
        return self

    def save(self, path):
        self.calls.append(("save", path))
        Path(path).write_bytes(b"RRF2")

    def Points3D(self, points, colors):  # noqa: N802
        return len(points), len(colors)

    def log(self, entity, what, static):
        assert static
        self.calls.append((entity, what))

    def disconnect(self):
        self.calls.append(("disconnect",))


def test_the_viewers_file_holds_every_cloud(funcorr_command, views, monkeypatch):
    recorder = Recorder()
    monkeypatch.setitem(sys.modules, "rerun", recorder)
    done = funcorr_command(*words(views, "--rerun", "--json"))
    assert done.code == 0, done.err
    assert json.loads(done.out)["files"]["scene.rrd"] == str(views / "out" / "scene.rrd")
    assert (views / "out" / "scene.rrd").is_file()
    (_, name), (save, path), up, *logged, end = recorder.calls
    assert (name, save, Path(path).name, up) == ("funcorr", "save", "scene.rrd", ("/", "RDF"))
    assert [entity for entity, _ in logged] == ["object2", "part1", "poses"]
    assert all(points == colors > 0 for _, (points, colors) in logged)
    assert sum(points for _, (points, _) in logged) == len(read_ply(views / "out" / "scene.ply"))
    assert end == ("disconnect",)


def test_the_samples_lie_on_their_pictures():
    for name in ("mug", "jug", "bottle"):
        mask = read_png(SAMPLES / name / "image.png")[..., 3] > 0
        np.testing.assert_array_equal(read_png(SAMPLES / name / "depth.png") > 0, mask)


def test_the_shipped_samples_go_through_the_shipped_model(funcorr_command, tmp_path):
    flags = [
        word
        for number, name in enumerate(("mug", "jug"), start=1)
        for word in (
            *(f"--depth{number}", SAMPLES / name / "depth.png"),
            *(f"--camera{number}", SAMPLES / name / "camera.json"),
        )
    ]
    pictures = SAMPLES / "mug" / "image.png", SAMPLES / "jug" / "image.png"
    poses = "--pose", SAMPLES / "mug" / "grasp.json", "--pose", SAMPLES / "mug" / "pour.json"
    out = "--out", tmp_path / "out"
    done = funcorr_command("transfer", *pictures, "--function", "pour-with", *flags, *poses, *out)
    assert done.code == 0, done.err
    report = json.loads((tmp_path / "out" / "transfer.json").read_text())
    assert report["scale"] == pytest.approx(1.8, abs=0.4)
    assert report["free_axis"] is None
    carried = read_poses(tmp_path / "out" / "carried-pour.json", "camera2")
    assert len(carried.poses) == 10
    far = read_png(SAMPLES / "jug" / "depth.png") * 1e-4
    far = far[far > 0]
    assert far.min() < carried.poses[0, 2, 3] < far.max()


@pytest.mark.parametrize(("turned", "said"), [
    (["a.png"], "EXIF orientation 1 but its image 3"),
    (["a.png", "a-depth.png"], "has the EXIF orientation 3, and intrinsics do not say"),
])  # fmt: skip
def test_pictures_that_exif_turns_away_from_their_depth_are_refused(
    views, funcorr_command, turned, said
):
    for name in turned:
        exif = Image.Exif()
        exif[0x0112] = 3
        with Image.open(views / name) as image:
            image.load()
        image.save(views / name, exif=exif)
    done = funcorr_command(*words(views, "--model", "chance"))
    assert done.is_refusal
    assert said in done.err
    assert not (views / "out").exists()
