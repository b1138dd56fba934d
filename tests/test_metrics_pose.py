import numpy as np
import pytest
import references
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from funcorr import UserError
from funcorr.metrics import pose

SYMMETRIES = [
    "none",
    "axis:z",
    "axis:x",
    "flip:y",
    "flip:x+flip:z",
    "axis:x+flip:z",
    "axis:z+flip:z",
]
seeds = st.integers(0, 2**32 - 1)
symmetries = st.sampled_from(SYMMETRIES)


def turned(axis, degrees):
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler(axis, degrees, degrees=True).as_matrix()
    return matrix


def similarity(seed):
    rng = np.random.default_rng(seed)
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.random(rng=rng).as_matrix() * rng.uniform(0.1, 3)
    matrix[:3, 3] = rng.normal(size=3)
    return matrix


def rotation(matrix):
    return matrix[:3, :3] / np.cbrt(np.linalg.det(matrix[:3, :3]))


@settings(max_examples=20)
@given(seeds, seeds, symmetries)
def test_the_rotation_is_the_least_over_all_turns(first, second, symmetry):
    found = pose(similarity(first), similarity(second), 1.0, symmetry)["rotation_deg"]
    predicted, true = rotation(similarity(first)), rotation(similarity(second))
    slow = references.rotation_error(predicted.tolist(), true.tolist(), symmetry)
    assert slow - 0.3 <= found <= slow + 1e-4  # the slow one looks every half degree


@given(seeds, symmetries)
def test_a_perfect_pose_and_every_turn_of_its_symmetry_has_no_error(seed, symmetry):
    true = similarity(seed)
    for part in symmetry.split("+"):
        angle = {"axis": 77.0, "flip": 180.0, "none": 0.0}[part.split(":")[0]]
        found = pose(true @ turned(part[-1] if angle else "x", angle), true, 0.3, symmetry)
        assert found["rotation_deg"] == pytest.approx(0, abs=1e-5)
        assert found["translation"] == pytest.approx(0, abs=1e-9)
        assert found["scale"] == pytest.approx(0, abs=1e-9)
        assert all(found["success"].values())


@given(seeds, seeds, seeds, symmetries)
def test_where_the_camera_stands_and_the_unit_of_length_change_nothing(a, b, camera, symmetry):
    predicted, true, move = similarity(a), similarity(b), similarity(camera)
    scale = np.cbrt(np.linalg.det(move[:3, :3]))
    here = pose(predicted, true, 0.3, symmetry)
    there = pose(move @ predicted, move @ true, 0.3 * scale, symmetry)
    for key in ("rotation_deg", "translation", "scale"):
        assert here[key] == pytest.approx(there[key], rel=1e-6, abs=1e-5)


@given(seeds, seeds)
def test_swapped_roles_have_the_same_errors(a, b):
    here, there = pose(similarity(a), similarity(b), 1.0), pose(similarity(b), similarity(a), 1.0)
    for key in ("rotation_deg", "translation", "scale"):
        assert here[key] == pytest.approx(there[key], rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(("axis", "symmetry", "left"), [("z", "none", 30), ("z", "axis:z", 0),
    ("z", "axis:x", 30), ("x", "axis:z", 30), ("z", "flip:z", 30)])  # fmt: skip
def test_only_a_turn_about_the_free_axis_is_forgiven(axis, symmetry, left):
    found = pose(turned(axis, 30), np.eye(4), 1.0, symmetry)
    assert found["rotation_deg"] == pytest.approx(left, abs=1e-6)


def test_a_half_turn_about_its_axis_is_forgiven_and_the_rest_counts():
    assert pose(turned("y", 150), np.eye(4), 1, "flip:y")["rotation_deg"] == pytest.approx(30)
    assert pose(turned("x", 180), np.eye(4), 1, "flip:y")["rotation_deg"] == pytest.approx(180)


def test_the_frame_that_turns_is_the_true_one():
    true = turned("x", 90)  # its z is the camera's -y
    spun = turned("y", 40) @ true
    assert pose(spun, true, 1, "axis:z")["rotation_deg"] == pytest.approx(0, abs=1e-5)
    assert pose(spun, true, 1, "axis:y")["rotation_deg"] == pytest.approx(40)


def test_scale_counts_in_octaves_and_translation_in_sizes():
    predicted = np.diag([2.0, 2, 2, 1])
    predicted[:3, 3] = 0, 0.03, 0.04
    found = pose(predicted, np.eye(4), 0.5)
    assert found["scale"] == pytest.approx(1)
    assert found["translation"] == pytest.approx(0.1)
    assert pose(np.eye(4), np.diag([2.0, 2, 2, 1]), 0.5)["scale"] == pytest.approx(1)


@pytest.mark.parametrize(
    ("degrees", "shift", "passed"),
    [
        (4.9, 0.049, [True, True, True]),
        (5.1, 0.049, [False, True, True]),
        (4.9, 0.051, [False, True, True]),
        (10.1, 0.049, [False, False, True]),
        (9.9, 0.101, [False, False, False]),
        (20.1, 0.01, [False, False, False]),
    ],
)
def test_success_needs_both_rotation_and_translation(degrees, shift, passed):
    predicted = turned("y", degrees)
    predicted[0, 3] = shift * 0.2
    success = pose(predicted, np.eye(4), 0.2)["success"]
    assert success == dict(zip([(5, 0.05), (10, 0.1), (20, 0.1)], passed, strict=True))


def test_limits_belong_to_the_success():
    predicted = np.eye(4)
    predicted[0, 3] = 0.5
    assert pose(predicted, np.eye(4), 10)["success"][5, 0.05]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.eye(3), np.eye(4), 1), "predicted must be a 4 x 4"),
        ((np.eye(4), np.full((4, 4), np.nan), 1), "true holds NaN"),
        ((np.diag([1, 1, -1, 1]), np.eye(4), 1), "no similarity"),
        ((np.eye(4), np.diag([1, 2, 1, 1]), 1), "no similarity"),
        ((np.zeros((4, 4)), np.eye(4), 1), "no similarity"),
        ((np.eye(4) + np.eye(4, k=-1) * [0, 0, 1, 0], np.eye(4), 1), "transposed"),
        ((np.eye(4), np.eye(4), 0), "size must be"),
        ((np.eye(4), np.eye(4), np.nan), "size must be"),
        ((np.eye(4), np.eye(4), 1, "axis:w"), "unknown symmetry"),
        ((np.eye(4), np.eye(4), 1, "axis:x+axis:y"), "unknown symmetry"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(UserError, match=message):
        pose(*arguments)
