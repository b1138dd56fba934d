import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funcorr.errors import UserError
from funcorr.geometry.cameras import Camera, look_at
from funcorr.geometry.sampling import sample_surface, sphere_band
from funcorr.geometry.visibility import FRONT, carry_pixels, points_in_front, sample_depth

directions = st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda v: np.linalg.norm(v) > 0.1)


def camera_at(eye, width=64, height=48, roll=0.0):
    return Camera.from_fov(39.6, width, height, look_at(np.array(eye, float), roll=roll))


@settings(max_examples=50, deadline=None)
@given(directions, st.floats(-180, 180), st.integers(0, 2**31))
def test_unproject_undoes_project(eye, roll, seed):
    camera = camera_at(np.array(eye) * 2 / np.linalg.norm(eye), roll=roll)
    points = np.random.default_rng(seed).uniform(-0.5, 0.5, (20, 3))
    pixels, depth = camera.project(points)
    np.testing.assert_allclose(camera.unproject(pixels, depth), points, atol=1e-12)
    rotation = camera.rotation
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1)


def test_axes_are_opencv_with_integer_centres():
    camera = camera_at([0, -2, 0])
    pixels, depth = camera.project(np.array([[0, 0, 0], [0.1, 0, 0], [0, 0, 0.1], [0, -0.5, 0]]))
    np.testing.assert_allclose(pixels[0], [31.5, 23.5], atol=1e-12)
    assert pixels[1, 0] > 31.5
    assert pixels[1, 1] == pytest.approx(23.5)
    assert pixels[2, 1] < 23.5
    assert depth[3] == pytest.approx(1.5)


def test_roll_turns_the_picture_clockwise():
    camera = camera_at([0, -2, 0], roll=90.0)
    pixels, _ = camera.project(np.array([[0, 0, 0.1]]))
    assert pixels[0, 0] > 31.5
    assert pixels[0, 1] == pytest.approx(23.5)


def test_scaled_follows_the_resize_rule():
    camera, points = camera_at([1, -2, 0.5]), np.random.default_rng(0).uniform(-0.5, 0.5, (9, 3))
    expected = (camera.project(points)[0] + 0.5) * 2 - 0.5
    np.testing.assert_allclose(camera.scaled(2.0).project(points)[0], expected, atol=1e-10)
    assert (camera.scaled(2.0).width, camera.scaled(2.0).height) == (128, 96)


@pytest.mark.parametrize("eye", [(0, 0, 2), (0, 0, -2)])
def test_straight_down_and_up_have_a_camera(eye):
    pixels, depth = camera_at(eye).project(np.zeros((1, 3)))
    np.testing.assert_allclose(pixels, [[31.5, 23.5]])
    np.testing.assert_allclose(depth, 2)


def test_impossible_cameras_are_refused():
    with pytest.raises(UserError, match="field of view"):
        Camera.from_fov(180.0, 4, 4, np.eye(4))
    with pytest.raises(UserError, match="looks at"):
        look_at(np.ones(3), np.ones(3))


def test_surface_samples_are_even_by_area_and_lie_on_their_triangle():
    triangles = np.array([[[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 0, 1], [3, 0, 1], [0, 3, 1.0]]])
    points, faces = sample_surface(triangles, 20_000, np.random.default_rng(1))
    assert (faces == 1).mean() == pytest.approx(0.9, abs=0.01)
    np.testing.assert_allclose(points[:, 2], faces, atol=1e-12)
    assert (points[:, :2] >= 0).all()
    assert (points[:, :2].sum(axis=1) <= np.where(faces == 1, 3, 1) + 1e-12).all()
    np.testing.assert_allclose(points[faces == 1][:, :2].mean(axis=0), 1.0, atol=0.02)


def test_a_surface_without_area_is_refused():
    with pytest.raises(UserError, match="no area"):
        sample_surface(np.zeros((2, 3, 3)), 5, np.random.default_rng(0))


@pytest.mark.parametrize(("uniform_in", "share"), [("area", 0.5774), ("angle", 0.5)])
def test_sphere_band_is_uniform_in_what_was_asked(uniform_in, share):
    found = sphere_band(20_000, (-60.0, 60.0), np.random.default_rng(2), uniform_in)
    elevation = np.degrees(np.arcsin(found[:, 2]))
    assert np.abs(elevation).max() <= 60
    assert (np.abs(elevation) < 30).mean() == pytest.approx(share, abs=0.015)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31))
def test_points_in_front_agree_with_a_loop(seed):
    camera = camera_at([0, -2, 0], width=7, height=5)
    points = np.random.default_rng(seed).uniform(-1, 1, (60, 3))
    pixels, depth = camera.project(points)
    nearest = {}
    for (x, y), d in zip(pixels, depth, strict=True):
        cell = (int(np.floor(y + 0.5)), int(np.floor(x + 0.5)))
        nearest[cell] = min(d, nearest.get(cell, np.inf))
    expected = []
    for i, ((x, y), d) in enumerate(zip(pixels, depth, strict=True)):
        row, column = int(np.floor(y + 0.5)), int(np.floor(x + 0.5))
        width = nearest[row, column] / camera.intrinsics[0, 0]
        if 0 <= row < 5 and 0 <= column < 7 and d <= nearest[row, column] + FRONT * width:
            expected.append(i)
    found, positions, depths = points_in_front(points, camera)
    assert found.tolist() == expected
    np.testing.assert_array_equal(positions, pixels[found])
    np.testing.assert_array_equal(depths, depth[found])


def test_sampled_depth_is_exact_on_a_plane_and_respects_its_edge():
    camera = camera_at([0, -2, 0], width=20, height=16)
    grid = np.stack(np.meshgrid(np.arange(20.0), np.arange(16.0)), axis=-1)
    normal, offset = np.array([0.2, 1.0, 0.1]), 0.1
    rays = camera.directions(grid)
    depth = (offset - camera.center @ normal) / (rays @ normal)
    depth[:, 10:] = 0
    pixels = np.random.default_rng(0).uniform(0, 15, (50, 2))
    expected = (offset - camera.center @ normal) / (camera.directions(pixels) @ normal)
    on_plane = np.floor(pixels[:, 0] + 0.5) < 10
    found = sample_depth(depth, pixels, camera.intrinsics[0, 0])
    assert (found[~on_plane] == 0).all()
    inner = pixels[:, 0] <= 9
    np.testing.assert_allclose(found[inner], expected[inner], atol=1e-9)
    assert (found[on_plane] > 0).all()


def test_beside_a_nearer_edge_a_position_counts_as_hidden():
    """A wall at depth 2, a post at depth 1 over columns 10 to 12 of B, which stands aside of A."""
    poses = (look_at(np.array([x, -2.0, 0]), np.array([x, 0, 0])) for x in (0.0, 0.03))
    a, b = (Camera.from_fov(39.6, 20, 16, pose) for pose in poses)
    wall = np.full((16, 20), 2.0)
    with_post = wall.copy()
    with_post[:, 10:13] = 1.0
    pixels = np.stack([np.arange(20.0), np.full(20, 8.0)], axis=1)
    carried, seen = carry_pixels(pixels, wall, a, with_post, b)
    np.testing.assert_allclose(carried[:, 0] - pixels[:, 0], -0.015 * a.intrinsics[0, 0])
    clear = (carried[:, 0] <= 9) | (carried[:, 0] >= 13)
    np.testing.assert_array_equal(seen, clear & b.contains(carried))
    assert 10 < seen.sum() < 18
