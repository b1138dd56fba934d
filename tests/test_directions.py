"""Directions of whole objects, and how they steer a fit whose matches leave a turn open."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from funcorr.transfer.directions import Direction, aligned_rotations, object_directions
from funcorr.transfer.ransac import FitConfig, search
from funcorr.transfer.similarity import Matches

seeds = st.integers(0, 10_000)


def spoon(seed=0, n=300):
    """A long object along x, a wide head at one end: all points, and those of the head."""
    rng = np.random.default_rng(seed)
    handle = rng.uniform(-1, 1, (n, 3)) * [1.0, 0.05, 0.02] - [0.5, 0, 0]
    head = rng.uniform(-1, 1, (n, 3)) * [0.2, 0.2, 0.02] + [0.7, 0, 0]
    return head, np.vstack([handle, head])


def moved(points, rotation, scale=1.0, shift=(0.0, 0.0, 0.0)):
    return scale * points @ rotation.T + np.array(shift)


def angle(one, other):
    return np.degrees(Rotation.from_matrix(one.T @ other).magnitude())


@settings(max_examples=20)
@given(seeds, st.floats(0.3, 3))
def test_they_turn_with_the_object_whatever_its_place_and_size(seed, scale):
    rotation = Rotation.random(rng=seed).as_matrix()
    head, whole = spoon()
    there = (moved(each, rotation, scale, (1, 2, 3)) for each in (head, whole))
    off, along = object_directions(*zip((head, whole), there, strict=True))
    np.testing.assert_allclose(off.second, rotation @ off.first, atol=1e-9)
    np.testing.assert_allclose(np.abs(along.second @ rotation @ along.first), 1)
    assert off.signed
    assert not along.signed
    for each in (off, along):
        assert 0.5 < each.trust <= 1
        assert each.votes(rotation[None])[0] == pytest.approx(each.trust)


def test_a_ball_has_no_long_axis_and_a_whole_no_way_off_itself():
    ball = np.random.default_rng(0).normal(size=(4000, 3))
    off, along = object_directions([ball, ball], [ball, ball])
    assert off.trust == 0
    assert along.trust < 0.01
    assert object_directions([ball, ball[:3]], [ball, ball]) == ()


def slow_votes(direction, rotation):
    """One rotation at a time, by the angle."""
    cosine = direction.second @ rotation @ direction.first
    cosine = cosine if direction.signed else abs(cosine)
    far = np.sqrt(2 - 2 * cosine)
    return direction.trust * np.exp(-0.5 * (far / (2 * direction.spread)) ** 2)


@given(seeds, st.booleans())
def test_votes_of_many_rotations_equal_the_slow_ones(seed, signed):
    rng = np.random.default_rng(seed)
    first, second = (each / np.linalg.norm(each) for each in rng.normal(size=(2, 3)))
    direction = Direction(first, second, 0.3, 0.7, signed)
    rotations = Rotation.random(5, rng=rng).as_matrix()
    slow = [slow_votes(direction, each) for each in rotations]
    np.testing.assert_allclose(direction.votes(rotations), slow, atol=1e-12)


def test_the_pull_is_towards_the_second_or_its_opposite_if_that_is_nearer():
    x, y = np.eye(3)[:2]
    turned = Rotation.from_euler("z", [[80], [100]], degrees=True).as_matrix()
    for signed in (True, False):
        pull = Direction(x, y, 0.2, 1.0, signed).pull(turned)
        assert np.sign(pull[:, 1, 0]).tolist() == [1, 1]
    opposite = Direction(x, -y, 0.2, 1.0, False).pull(turned)
    assert np.sign(opposite[:, 1, 0]).tolist() == [1, 1]


def test_hypotheses_lay_the_long_axes_onto_each_other_both_ways():
    _, along = object_directions(*zip(spoon(), spoon(1), strict=True))
    rotations = aligned_rotations(along, 6)
    assert len(rotations) == 12
    cosines = (rotations @ along.first) @ along.second
    np.testing.assert_allclose(np.sort(cosines), [-1] * 6 + [1] * 6)
    apart = [angle(a, b) for i, a in enumerate(rotations) for b in rotations[:i]]
    assert min(apart) == pytest.approx(60, abs=1e-6)


def narrow_matches(rotation, noise, n=60, seed=2):
    """Matches along a thin edge, which leave the turn about it open."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3)) * [0.01, 1.0, 0.01]
    y = x @ rotation.T + noise * rng.normal(size=x.shape)
    normals = np.tile([0.0, 0, 1], (n, 1))
    return Matches(x, y, normals, normals @ rotation.T, np.ones(n))


def test_they_settle_the_turn_that_matches_along_an_edge_leave_open():
    rotation = Rotation.from_rotvec([40, -70, 20], degrees=True).as_matrix()
    head, whole = spoon()
    there = (moved(each, rotation) for each in (head, whole))
    directions = object_directions(*zip((head, whole), there, strict=True))
    matches = narrow_matches(rotation, 0.2)
    alone, steered = (
        search(matches, FitConfig(), given).similarity.rotation[0] for given in ((), directions)
    )
    assert angle(steered, rotation) < 10
    assert angle(steered, rotation) < angle(alone, rotation)


def test_good_matches_outweigh_directions_that_differ():
    rng = np.random.default_rng(0)
    rotation = Rotation.from_rotvec([0, 0, 50], degrees=True).as_matrix()
    x = rng.normal(size=(200, 3))
    y = x @ rotation.T + 0.01 * rng.normal(size=x.shape)
    matches = Matches(x, y, x, y, np.ones(200))
    wrong = [Direction(np.eye(3)[0], np.eye(3)[2], 0.2, 1.0, True)]
    assert angle(search(matches, FitConfig(), wrong).similarity.rotation[0], rotation) < 2


def test_a_search_says_how_far_matches_agree_and_whether_another_pose_is_as_good():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3)) * [1, 0.6, 0.3]
    up = np.tile([0.0, 0, 1], (200, 1))
    clear = Matches(x, x, up, up, np.ones(200))
    found = search(clear, FitConfig())
    assert found.agreement == pytest.approx(1, abs=0.01)
    assert found.rival < 0.5
    half_turned = np.where(np.arange(200)[:, None] < 100, x, x * [-1, -1, 1])
    doubtful = search(Matches(x, half_turned, up, up, np.ones(200)), FitConfig())
    assert doubtful.agreement < 0.7
    assert doubtful.rival > 0.8
