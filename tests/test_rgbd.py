import numpy as np
import pytest
import torch
from rgbd_scenes import make_pair

from funcorr import RGBDView, UserError

K = np.array([[80.0, 0, 31.5], [0, 80.0, 23.5], [0, 0, 1]])


def plane(normal, distance, size=(48, 64)):
    """Depth of the plane normal . x = distance, seen everywhere."""
    rows, columns = np.indices(size)
    rays = np.stack([columns, rows, np.ones(size)], axis=-1) @ np.linalg.inv(K).T
    return distance / (rays @ np.asarray(normal))


def all_pixels(size=(48, 64)):
    rows, columns = np.indices(size)
    return np.stack([columns.ravel(), rows.ravel()], axis=1)


def test_points_lie_where_they_project_and_as_deep_as_the_depth_says():
    view = make_pair().views[0]
    rows, columns = np.nonzero(view.depth)
    pixels = np.stack([columns, rows], axis=1)
    points = view.lift(pixels).points
    np.testing.assert_allclose(view.project(points), pixels, atol=1e-9)
    np.testing.assert_allclose(points[:, 2], view.depth[rows, columns])


@pytest.mark.parametrize("normal", [(0, 0, 1), (0.5, 0, 0.8), (-0.2, 0.6, 0.7)])
def test_the_normal_of_a_plane_is_exact_and_faces_the_camera(normal):
    unit = np.array(normal) / np.linalg.norm(normal)
    lifted = RGBDView(plane(unit, 0.7), K).lift(all_pixels())
    inner = (all_pixels() > 2).all(1) & (all_pixels() < (60, 44)).all(1)
    assert lifted.valid[inner].all()
    np.testing.assert_allclose(lifted.normals[inner], -np.tile(unit, (inner.sum(), 1)), atol=0.01)
    np.testing.assert_allclose(np.linalg.norm(lifted.normals, axis=1), 1)


def test_normals_under_an_absurd_focal_length_have_length_one():
    steep = np.array(K, dtype=float)
    steep[0, 0] = 1e200
    lifted = RGBDView(plane(np.array([0.5, 0, 0.8]), 0.7), steep).lift(all_pixels())
    np.testing.assert_allclose(np.linalg.norm(lifted.normals, axis=1), 1)


def test_unequal_focal_lengths_count():
    wide = K * [[2.0], [1], [1]]
    wide[0, 2] = 31.5
    rows, columns = np.indices((48, 64))
    rays = np.stack([columns, rows, np.ones((48, 64))], axis=-1) @ np.linalg.inv(wide).T
    unit = np.array([0.6, 0.3, 0.742])
    view = RGBDView(0.7 / (rays @ unit), wide)
    expected = -unit / np.linalg.norm(unit)
    np.testing.assert_allclose(view.lift([[30, 20]]).normals[0], expected, atol=0.01)


def test_a_hole_takes_the_depth_around_it_and_a_large_one_stays():
    depth = plane((0, 0, 1), 0.8)
    depth[10, 20] = np.nan
    depth[30:38, 40:48] = 0
    lifted = RGBDView(depth, K).lift([[20, 10], [44, 34]])
    assert lifted.valid.tolist() == [True, False]
    assert lifted.points[0, 2] == pytest.approx(0.8)


def test_flying_pixels_are_not_valid_and_the_edges_beside_them_are():
    depth = np.where(np.arange(64) < 30, 0.6, 1.4) * np.ones((48, 1))
    depth[:, 30] = 1.0
    lifted = RGBDView(depth, K).lift([[29, 20], [30, 20], [31, 20]])
    assert lifted.valid.tolist() == [True, False, True]


def test_normals_do_not_reach_over_an_edge():
    near, far = plane((0, 0, 1), 0.6), plane((0.6, 0, 0.8), 1.4)
    depth = np.where(np.arange(64) < 30, near, far)
    assert RGBDView(depth, K).lift([[29, 20]]).normals[0] == pytest.approx([0, 0, -1], abs=0.01)


def test_nan_is_no_depth_and_the_scale_makes_metres():
    depth = np.full((48, 64), 800, np.uint16)
    view = RGBDView(depth, K, depth_scale=0.001)
    assert view.depth[3, 3] == pytest.approx(0.8)
    tensor = torch.full((48, 64), 0.75).bfloat16()
    assert RGBDView(tensor, K).depth[3, 3] == 0.75
    signalling = np.full((48, 64), 0.8, np.float32)
    signalling.view(np.uint32)[:, :9] = 0x7F800001
    assert (RGBDView(signalling, K).depth[:, :9] == 0).all()
    holes = np.where(np.arange(64) < 9, np.nan, 0.8) * np.ones((48, 1))
    assert (RGBDView(holes, K).depth[:, :9] == 0).all()


@pytest.mark.parametrize(
    ("depth", "options", "problem"),
    [
        (np.full((48, 64), 640, np.uint16), {}, "millimetres.*depth_scale=0.001"),
        (np.full((48, 64), 640.0), {}, "millimetres"),
        (np.full((48, 64), 0.64), {"depth_scale": 0.001}, "depth_scale, now 0.001"),
        (np.zeros((48, 64)), {}, "no value"),
        (np.full((48, 64), np.nan), {}, "no value"),
        (np.full((48, 64), -1.0), {}, "negative"),
        (np.full((48, 64), np.inf), {}, "finite"),
        (np.ones((48, 64, 3)), {}, "H x W"),
        (np.ones((48, 64)), {"depth_scale": 0}, "depth_scale"),
    ],
)
def test_depth_in_another_form_or_unit_is_refused(depth, options, problem):
    with pytest.raises(UserError, match=problem):
        RGBDView(depth, K, **options)


@pytest.mark.parametrize(
    ("intrinsics", "problem"),
    [
        (K.T, "transposed"),
        (np.diag([2.0, 2, 1]) @ K, "another resolution.*of 127 x 95"),
        (np.diag([0.5, 0.5, 1]) @ K, "another resolution.*of 32 x 24"),
        (np.array([[80.0, 0, 121.5], *K[1:]]), "another resolution"),
        (np.eye(4), "3 x 3"),
        (np.full((3, 3), np.nan), "3 x 3 finite"),
        ("K", "3 x 3"),
        (np.diag([-1.0, 1, 1]) @ K, "no pinhole"),
        (K * 2, "no pinhole"),
    ],
)
def test_intrinsics_of_another_kind_are_refused(intrinsics, problem):
    with pytest.raises(UserError, match=problem):
        RGBDView(np.ones((48, 64)), intrinsics)


def test_a_principal_point_off_the_middle_of_a_crop_is_fine():
    off = K.copy()
    off[:2, 2] = 12.0, 40.0
    assert RGBDView(np.ones((48, 64)), off).intrinsics[0, 2] == 12


def test_pixels_off_the_image_are_refused():
    with pytest.raises(UserError, match="64 x 48"):
        RGBDView(np.ones((48, 64)), K).lift([[64, 3]])
