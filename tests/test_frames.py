import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from funcorr.errors import UserError
from funcorr.functions.frames import FunctionalFrame, alignment, closest_frames, view_alignment

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


def turns_of(frame):
    """Every turn that a symmetry allows (free ones in steps), in object coordinates."""
    turns = [np.eye(3)]
    for part in sorted(set(frame.symmetry.split("+")) - {"none"}):
        kind, axis = part.split(":")
        angles = np.arange(0, 360, 10) if kind == "axis" else [0, 180]
        steps = [Rotation.from_euler(axis, a, degrees=True).as_matrix() for a in angles]
        turns = [step @ turn for step in steps for turn in turns]
    for turn in turns:
        matrix = np.eye(4)
        matrix[:3, :3] = frame.axes @ turn @ frame.axes.T
        matrix[:3, 3] = frame.center - matrix[:3, :3] @ frame.center
        yield matrix


@settings(max_examples=20, deadline=None)
@given(
    st.integers(0, 10_000),
    *2 * [st.sampled_from([*SYMMETRIES, "axis:x+flip:z", "flip:x+flip:y"])],
)
def test_no_allowed_turn_of_either_object_beats_the_chosen_ones(seed, first, second):
    a, b = frame(seed, first), frame(seed + 1, second)
    cameras = pose(seed + 2), pose(seed + 3)
    chosen = camera_angle(view_alignment(a, b, *cameras), *cameras)
    between = alignment(a, b)
    others = [t @ between @ u for t in turns_of(a) for u in turns_of(b)]
    assert chosen <= min(camera_angle(other, *cameras) for other in others) + 1e-6


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_turns_leave_the_pivot_in_place(seed):
    """The pivot of B comes to where the plain alignment puts it, whatever the turn."""
    pivot = np.random.default_rng(seed).normal(size=3)
    a, b = frame(seed), replace(frame(seed + 1, "axis:x+flip:z"), pivot=pivot)
    turned, plain = view_alignment(a, b, pose(seed + 2), pose(seed + 3)), alignment(a, b)
    at = np.append(pivot, 1)
    np.testing.assert_allclose(turned @ at, plain @ at, atol=1e-9)
    assert not np.allclose(turned @ np.append(b.origin, 1), plain @ np.append(b.origin, 1))


@settings(max_examples=20, deadline=None)
@given(
    st.integers(0, 10_000),
    *2 * [st.sampled_from([*SYMMETRIES, "axis:x+flip:z", "flip:x+flip:y"])],
)
def test_frames_turned_for_two_cameras_have_their_alignment(seed, first, second):
    pivot = np.random.default_rng(seed).normal(size=3)
    a, b = replace(frame(seed, first), pivot=pivot), frame(seed + 1, second)
    cameras = pose(seed + 2), pose(seed + 3)
    seen = a.transformed(cameras[0]), b.transformed(cameras[1])
    turned = closest_frames(*seen)
    expected = cameras[0] @ view_alignment(a, b, *cameras) @ np.linalg.inv(cameras[1])
    np.testing.assert_allclose(alignment(*turned), expected, atol=1e-9)
    for before, after in zip(seen, turned, strict=True):
        np.testing.assert_allclose(after.center, before.center, atol=1e-9)
        assert (after.size, after.symmetry) == (before.size, before.symmetry)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["axis:x+flip:z", "flip:x+flip:y", "axis:z"]))
def test_a_motion_that_a_symmetry_allows_is_met(seed, symmetry):
    """Of the frames that do the same job, those are found that a given motion puts together."""
    pivot = np.random.default_rng(seed).normal(size=3)
    a, b = frame(seed), replace(frame(seed + 1, symmetry), pivot=pivot)
    for turn in turns_of(b):
        motion = turn @ alignment(b, a)
        first, second = closest_frames(
            a, b, motion[:3, :3] / np.cbrt(np.linalg.det(motion[:3, :3]))
        )
        np.testing.assert_allclose(alignment(second, first), motion, atol=1e-7)


def test_a_bar_strikes_with_the_side_that_its_picture_shows():
    """A bar turned about its own middle: the alignment turns it back, about the middle."""
    bar = FunctionalFrame.along(
        [0, 0, -0.1], 0.2, "axis:z", pivot=[0, 0, 0], x=[0, 0, -1], y=[0, 1, 0]
    )
    turned = np.eye(4)
    turned[:3, :3] = Rotation.from_euler("x", 70, degrees=True).as_matrix()
    found = view_alignment(bar, bar, pose(5), pose(5) @ turned)
    np.testing.assert_allclose(found, turned, atol=1e-9)


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


def test_two_half_turns_one_after_the_other_are_allowed_too():
    a, camera = replace(frame(3, "flip:x+flip:y"), origin=np.zeros(3)), pose(5)
    both = np.eye(4)
    both[:3, :3] = a.axes @ np.diag([-1.0, -1, 1]) @ a.axes.T
    b = replace(a, symmetry="none")
    np.testing.assert_allclose(view_alignment(a, b, camera, camera @ both), both, atol=1e-9)


@pytest.mark.parametrize("names", ["xy", "yz", "zx", "xz", "zy", "yx"])
def test_two_directions_make_a_right_handed_frame(names):
    given_axes = {name: rotation(7)[:, i] * 3 for i, name in enumerate(names)}
    made = FunctionalFrame.along([1, 2, 3], 2.0, **given_axes)
    for name, direction in given_axes.items():
        np.testing.assert_allclose(made.axes[:, "xyz".index(name)], direction / 3, atol=1e-12)


def test_json_round_trip_is_exact():
    before = replace(frame(9, "flip:y"), pivot=np.array([0.1, 0.2, 0.3]))
    after = FunctionalFrame.from_json(json.loads(json.dumps(before.to_json())))
    np.testing.assert_array_equal(after.matrix, before.matrix)
    assert after.symmetry == "flip:y"
    np.testing.assert_array_equal(after.pivot, before.pivot)
    assert "pivot" not in frame(9).to_json()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"axes": np.diag([1.0, 1, -1])}, "left-handed"),
        ({"axes": np.diag([1.0, 2, 1])}, "orthonormal"),
        ({"size": 0.0}, "size above 0"),
        ({"symmetry": "axis:w"}, "unknown symmetry"),
        ({"symmetry": "axis:x+axis:y"}, "unknown symmetry"),
        ({"symmetry": "flip:x+none"}, "unknown symmetry"),
        ({"pivot": np.array([0, np.inf, 0])}, "NaN"),
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
