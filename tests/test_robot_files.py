"""What a robotics engineer brings: cameras, depth and poses as other tools write them."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.spatial.transform import Rotation

from funcorr import UserError
from funcorr.transfer.camera_file import read_camera
from funcorr.transfer.pose_file import read_poses
from funcorr.transfer.read_view import read_view

K = np.array([[60.0, 0, 31.5], [0, 62.0, 23.5], [0, 0, 1]])
FLAT = K.ravel().tolist()
DEPTH = np.full((48, 64), 0.7)
SIZES = {"width": 64, "height": 48}
NAMED = {"fx": 60.0, "fy": 62.0}

CAMERA_INFO = """\
header:
  stamp: {sec: 1, nanosec: 2}
  frame_id: camera_color_optical_frame
height: 48
width: 64
distortion_model: plumb_bob
d: [0.0, 0.0, 0.0, 0.0, 0.0]
k: [60.0, 0.0, 31.5, 0.0, 62.0, 23.5, 0.0, 0.0, 1.0]
p: [60.0, 0.0, 31.5, 0.0, 0.0, 62.0, 23.5, 0.0, 0.0, 0.0, 1.0, 0.0]
---
"""

CALIBRATION = """\
image_width: 64
image_height: 48
camera_name: narrow
camera_matrix:
  rows: 3
  cols: 3
  data: [60.0, 0.0, 31.5, 0.0, 62.0, 23.5, 0.0, 0.0, 1.0]
distortion_model: plumb_bob
distortion_coefficients: {rows: 1, cols: 5, data: [0.001, 0, 0, 0, 0]}
"""

OPENCV = """\
%YAML:1.0
---
camera_matrix: !!opencv-matrix
   rows: 3
   cols: 3
   dt: d
   data: [ 60., 0., 31.5, 0., 62., 23.5, 0., 0., 1. ]
"""

CAMERAS = {
    "ROS 2 topic": ("camera_info.yaml", CAMERA_INFO),
    "ROS 1 calibration": ("ost.yaml", CALIBRATION),
    "OpenCV": ("cam.yml", OPENCV),
    "RealSense": (
        "c.json",
        {"ppx": 31.5, "ppy": 23.5, "coeffs": [0] * 5, "model": "inverse_brown"} | NAMED | SIZES,
    ),
    "Open3D": ("c.json", {"intrinsic_matrix": K.T.ravel().tolist()} | SIZES),
    "BOP": ("c.json", {"cam_K": FLAT, "depth_scale": 0.001}),
    "ROS 1 JSON": ("c.json", {"K": FLAT, "D": []} | SIZES),
    "four numbers": ("c.json", {"cx": 31.5, "cy": 23.5} | NAMED),
}


def write(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


@pytest.mark.parametrize("case", CAMERAS)
def test_cameras_of_other_tools_are_read(tmp_path, case):
    name, content = CAMERAS[case]
    np.save(tmp_path / "d.npy", DEPTH.astype(np.float32))
    camera = write(tmp_path / name, content)
    np.testing.assert_allclose(read_camera(camera).intrinsics, K)
    view = read_view(tmp_path / "d.npy", camera, depth_scale=1.0)
    np.testing.assert_allclose(view.intrinsics, K)
    np.testing.assert_allclose(view.depth, 0.7, rtol=1e-6)


UNFIT = {
    "of another resolution": ({"K": FLAT, "width": 640, "height": 480}, "is of 640 x 480 pixels"),
    "width and height exchanged": ({"K": FLAT, "width": 48, "height": 64}, "is of 48 x 64"),
    "with a lens": ({"K": FLAT, "D": [-0.3, 0.1, 0, 0, 0]}, "moves corners by [3-9] pixels"),
    "with a tangential lens": ({"K": FLAT, "D": [0, 0, 0.1, 0]}, "moves corners"),
    "of a fisheye": ({"K": FLAT, "distortion_model": "equidistant"}, "a fisheye lens"),
    "with words as lens": ({"K": FLAT, "d": ["k1"]}, "distortion.*must be a list of numbers"),
    "transposed": ({"K": K.T.tolist()}, "transposed"),
    "in shares of the picture": (
        {"K": [0.9, 0, 0.5, 0, 1.3, 0.5, 0, 0, 1]},
        "shares of the picture",
    ),
    "a projection": ({"K": [*FLAT, 0, 0, 0]}, "3 x 3"),
    "words": ({"K": "K"}, "3 x 3"),
    "without data": ({"camera_matrix": {"rows": 3}}, "3 x 3"),
    "a scale in words": ({"K": FLAT, "depth_scale": "mm"}, '"depth_scale".*must be a number'),
    "no focal length": ({"K": [0, 0, 31.5, 0, 0, 23.5, 0, 0, 1], "D": [0.1]}, "no pinhole camera"),
    "a lens beyond all measure": ({"K": FLAT, "D": [1e308, -1e308, 0, 0, 0]}, "rectify picture"),
    "a list": ([1, 2], "must be a JSON object"),
}


@pytest.mark.parametrize("case", UNFIT)
def test_a_camera_that_is_not_the_pictures_is_refused(tmp_path, case):
    content, problem = UNFIT[case]
    np.save(tmp_path / "d.npy", DEPTH)
    with pytest.raises(UserError, match=problem):
        read_view(tmp_path / "d.npy", write(tmp_path / "c.json", content))


@pytest.mark.parametrize(
    ("content", "problem"),
    [("a: [1", "not valid YAML"), ("", "must be a JSON object"), (None, "cannot read the camera")],
)
def test_yaml_that_is_no_camera_is_refused(tmp_path, content, problem):
    path = tmp_path / "c.yaml"
    if content is not None:
        write(path, content)
    with pytest.raises(UserError, match=problem):
        read_camera(path)


def test_a_hostile_camera_costs_no_time(tmp_path):
    row = ", ".join(["1"] * 9000)
    many = ", ".join(["*r"] * 9000)
    path = write(tmp_path / "c.yaml", f"r: &r [{row}]\nK: [{many}]\n")
    with pytest.raises(UserError, match="3 x 3"):  # of 81 million numbers
        read_camera(path)
    write(path, "#" * 200_000)
    with pytest.raises(UserError, match="larger than 100,000 bytes"):
        read_camera(path)


@given(k1=st.floats(-0.2, 0.2), p1=st.floats(-0.05, 0.05), p2=st.floats(-0.05, 0.05))
def test_the_shift_of_a_lens_is_that_of_brown_and_conrady(tmp_path_factory, k1, p1, p2):
    path = write(tmp_path_factory.mktemp("lens") / "c.json", {"K": FLAT, "D": [k1, 0, p1, p2]})
    largest = 0.0
    for u, v in ((0, 0), (63, 0), (0, 47), (63, 47)):
        x, y = (u - 31.5) / 60, (v - 23.5) / 62
        r = x * x + y * y
        moved_x = x * (1 + k1 * r) + 2 * p1 * x * y + p2 * (r + 2 * x * x)
        moved_y = y * (1 + k1 * r) + p1 * (r + 2 * y * y) + 2 * p2 * x * y
        largest = max(largest, np.hypot(60 * (moved_x - x), 62 * (moved_y - y)))
    if largest > 1.001:
        with pytest.raises(UserError, match="moves corners"):
            read_camera(path).check((48, 64))
    elif largest < 0.999:
        read_camera(path).check((48, 64))


@pytest.mark.parametrize(("kind", "scale"), [("png", 0.001), ("png", 0.00025), ("tiff", 0.0001)])
def test_depth_of_16_bits_in_any_step_is_metres(tmp_path, kind, scale):
    steps = np.round(DEPTH / scale).astype(np.uint16)
    Image.fromarray(steps).save(tmp_path / f"d.{kind}")
    camera = write(tmp_path / "c.json", {"K": FLAT, "depth_scale": scale})
    np.testing.assert_allclose(read_view(tmp_path / f"d.{kind}", camera).depth, 0.7, atol=scale)


def test_a_tiff_of_floats_is_metres(tmp_path):
    Image.fromarray(DEPTH.astype(np.float32)).save(tmp_path / "d.tiff")
    camera = write(tmp_path / "c.json", {"K": FLAT})
    np.testing.assert_allclose(read_view(tmp_path / "d.tiff", camera).depth, 0.7, rtol=1e-6)


def test_millimetres_without_a_scale_are_named(tmp_path):
    camera = write(tmp_path / "c.json", {"K": FLAT})
    Image.fromarray(np.full((48, 64), 700, np.uint16)).save(tmp_path / "d.png")
    with pytest.raises(UserError, match=r"seem to be millimetres.*0\.001 for millimetres"):
        read_view(tmp_path / "d.png", camera)
    np.save(tmp_path / "d.npy", np.full((48, 64), 700, np.float32))
    with pytest.raises(UserError, match=r"millimetres\? pass depth_scale=0.001"):
        read_view(tmp_path / "d.npy", camera)


def test_a_coloured_picture_of_depth_is_refused(tmp_path):
    Image.fromarray(np.zeros((48, 64, 3), np.uint8)).save(tmp_path / "d.png")
    with pytest.raises(UserError, match="holds no depth"):
        read_view(tmp_path / "d.png", write(tmp_path / "c.json", {"K": FLAT}))


TURN = Rotation.from_euler("xyz", (20, -30, 50), degrees=True)
POSE = np.eye(4)
POSE[:3, :3], POSE[:3, 3] = TURN.as_matrix(), (0.1, -0.05, 0.6)
X, Y, Z, W = TURN.as_quat().tolist()
ROS = {
    "position": {"x": 0.1, "y": -0.05, "z": 0.6},
    "orientation": {"w": W, "x": X, "y": Y, "z": Z},
}
PLACE = {"position": [0.1, -0.05, 0.6]}


def save(path, entry, **more):
    return write(path, {"frame": "camera1", "unit": "m", "poses": [entry]} | more)


@pytest.mark.parametrize(
    ("entry", "more"),
    [
        ({"matrix": POSE.tolist()}, {}),
        ({"matrix": POSE[:3].tolist()}, {}),
        ({"matrix": POSE.ravel().tolist()}, {}),
        (ROS, {}),
        (ROS, {"quaternion_order": "wxyz"}),
        (PLACE | {"quaternion": [W, X, Y, Z]}, {"quaternion_order": "wxyz"}),
        (PLACE | {"orientation": [X, Y, Z, W]}, {"quaternion_order": "xyzw"}),
        (PLACE | {"quaternion": [-X, -Y, -Z, -W]}, {"quaternion_order": "xyzw"}),
    ],
)
def test_poses_as_other_tools_write_them_are_read(tmp_path, entry, more):
    found = read_poses(save(tmp_path / "p.json", entry, **more), "camera1")
    np.testing.assert_allclose(found.poses[0], POSE, atol=1e-9)
    assert found.others == ({},)


FLIP = np.diag([1.0, -1, -1, 1])
QUATERNION = PLACE | {"quaternion": [X, Y, Z, W]}

ODD = {
    "an order that is not said": (QUATERNION, {}, "xyzw or wxyz; got None"),
    "a long quaternion": (
        PLACE | {"quaternion": [2 * X, 2 * Y, 2 * Z, 2 * W]},
        {"quaternion_order": "xyzw"},
        "length 1, got 2",
    ),
    "three numbers": (PLACE | {"quaternion": [0, 0, 1]}, {"quaternion_order": "xyzw"}, "4 numbers"),
    "a name left out": (PLACE | {"orientation": {"x": 1, "y": 0, "z": 0}}, {}, "4 numbers"),
    "a position in the plane": (
        QUATERNION | {"position": [1, 2]},
        {"quaternion_order": "xyzw"},
        "a position must be 3 numbers",
    ),
    "angles": (PLACE | {"rpy": [0, 90, 0]}, {}, "'rpy' tells a turn whose order and unit"),
    "a turn of a UR robot": (PLACE | {"rotvec": [0, 3.1, 0]}, {}, "'rotvec' tells a turn"),
    "columns": ({"matrix": POSE.T.ravel().tolist()}, {}, "is it transposed"),
    "left-handed": ({"matrix": (POSE @ np.diag([1, 1, -1, 1])).tolist()}, {}, "left-handed"),
    "OpenGL": ({"matrix": (FLIP @ POSE).tolist()}, {}, "behind the camera.*OpenGL"),
    "words": ({"matrix": "identity"}, {}, "4 x 4 or 3 x 4"),
    "twelve numbers": ({"matrix": POSE[:3].ravel().tolist()}, {}, "4 x 4 or 3 x 4"),
    "NaN": ({"matrix": (POSE * np.nan).tolist()}, {}, "finite"),
    "millimetres as metres": (
        ROS | {"position": {"x": 100, "y": -50, "z": 600}},
        {},
        r'610 m from the camera: is "unit" right',
    ),
    "metres as millimetres": (ROS, {"unit": "mm"}, r'0.00061 m from the camera: is "unit" right'),
    "inches": (ROS, {"unit": "in"}, 'its "unit", m or mm'),
    "the hand's frame": (ROS, {"frame": "tool0"}, "in the frame 'tool0'; expected 'camera1'"),
    "no frame": (ROS, {"frame": None}, "in the frame None"),
}


@pytest.mark.parametrize("case", ODD)
def test_a_pose_that_can_be_taken_in_two_ways_is_refused(tmp_path, case):
    entry, more, problem = ODD[case]
    with pytest.raises(UserError, match=problem):
        read_poses(save(tmp_path / "p.json", entry, **more), "camera1")
