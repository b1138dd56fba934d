import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from funcorr.errors import UserError
from funcorr.functions.frames import FunctionalFrame, alignment, view_alignment

SYMMETRIES = ["none", *(f"{kind}:{axis}" for kind in ("axis", "flip") for axis in "xyz")]


def rotation(seed):
    return Rotation.random(random_state=seed).as_matrix()


def frame(seed, symmetry="none"):
    rng = np.random.default_rng(seed)
    return FunctionalFrame(rng.normal(size=3), rotation(seed), rng.uniform(0.05, 1), symmetry)


def pose(seed):
    matrix = np.eye(4)
    matrix[:3, :3] = rotation(seed)
    return matrix


def camera_angle(matrix, camera_a, camera_b):
    """Angle between camera A and camera B after B moved along with its object."""
    turn = matrix[:3, :3] / np.cbrt(np.linalg.det(matrix[:3, :3]))
    between = camera_a[:3, :3] @ turn @ camera_b[:3, :3].T
    return np.arccos(np.clip((np.trace(between) - 1) / 2, -1, 1))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_alignment_puts_one_frame_onto_the_other(one, two):
    a, b = frame(one), frame(two)
    moved = b.transformed(alignment(a, b))
    np.testing.assert_allclose(moved.origin, a.origin, atol=1e-9)
    np.testing.assert_allclose(moved.axes, a.axes, atol=1e-9)
    assert moved.size == pytest.approx(a.size)
    np.testing.assert_allclose(alignment(a, b) @ alignment(b, a), np.eye(4), atol=1e-8)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(SYMMETRIES), st.sampled_from(SYMMETRIES))
def test_no_allowed_turn_beats_the_chosen_one(seed, first, second):
    if first != second and first.startswith("axis") and second.startswith("axis"):
        second = "none"
    a, b = frame(seed, first), frame(seed + 1, second)
    cameras = pose(seed + 2), pose(seed + 3)
    chosen = camera_angle(view_alignment(a, b, *cameras), *cameras)
    for symmetry in {first, second} - {"none"}:
        kind, axis = symmetry.split(":")
        angles = np.linspace(0, 360, 73) if kind == "axis" else [0, 180]
        for degrees in angles:
            turn = np.eye(4)
            turn[:3, :3] = Rotation.from_euler(axis, degrees, degrees=True).as_matrix()
            other = a.matrix @ turn @ np.linalg.inv(b.matrix)
            assert chosen <= camera_angle(other, *cameras) + 1e-6


def test_without_symmetry_the_cameras_change_nothing():
    a, b = frame(1), frame(2)
    np.testing.assert_array_equal(view_alignment(a, b, pose(3), pose(4)), alignment(a, b))


def test_free_turn_is_undone_when_the_same_object_was_turned():
    a = FunctionalFrame.along([0, 0, 0.5], 0.3, "axis:z", z=[0, 0, 1], x=[1, 0, 0])
    camera = pose(5)
    turned = pose(0) * 0 + np.eye(4)
    turned[:3, :3] = Rotation.from_euler("z", 70, degrees=True).as_matrix()
    matrix = view_alignment(a, a, camera, camera @ turned)
    np.testing.assert_allclose(matrix, turned, atol=1e-9)


@pytest.mark.parametrize("names", ["xy", "yz", "zx", "xz", "zy", "yx"])
def test_two_directions_make_a_right_handed_frame(names):
    given_axes = {name: rotation(7)[:, i] * 3 for i, name in enumerate(names)}
    made = FunctionalFrame.along([1, 2, 3], 2.0, **given_axes)
    for name, direction in given_axes.items():
        np.testing.assert_allclose(made.axes[:, "xyz".index(name)], direction / 3, atol=1e-12)


def test_json_round_trip_is_exact():
    before = frame(9, "flip:y")
    after = FunctionalFrame.from_json(json.loads(json.dumps(before.to_json())))
    np.testing.assert_array_equal(after.matrix, before.matrix)
    assert after.symmetry == "flip:y"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"axes": np.diag([1.0, 1, -1])}, "left-handed"),
        ({"axes": np.diag([1.0, 2, 1])}, "orthonormal"),
        ({"size": 0.0}, "size above 0"),
        ({"symmetry": "axis:w"}, "unknown symmetry"),
        ({"origin": np.array([0, np.nan, 0])}, "NaN"),
    ],
)
def test_bad_frames_are_refused(change, message):
    values = {"origin": np.zeros(3), "axes": np.eye(3), "size": 1.0} | change
    with pytest.raises(UserError, match=message):
        FunctionalFrame(**values)


@pytest.mark.parametrize("content", [{}, {"origin": [0, 0], "axes": [[1]], "size": "x"}])
def test_bad_json_is_refused(content):
    with pytest.raises(UserError, match="a functional frame needs"):
        FunctionalFrame.from_json(content)


@pytest.mark.parametrize("directions", [{"x": [1, 0, 0]}, {"x": [1, 0, 0], "y": [2, 0, 0]}])
def test_directions_must_fix_the_frame(directions):
    with pytest.raises(UserError, match="direction"):
        FunctionalFrame.along([0, 0, 0], 1, **directions)
