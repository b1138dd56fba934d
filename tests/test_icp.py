import numpy as np
from rgbd_scenes import similarity
from scipy.spatial.transform import Rotation

from funcorr.transfer.icp import align_surfaces
from funcorr.transfer.ransac import FitConfig
from funcorr.transfer.similarity import Matches, Similarities


def ellipsoid(n=600, seed=0):
    """Points and normals of a bumpy closed surface, about one spread large."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    axes = np.array([1.2, 0.7, 0.4])
    normals = x / axes
    return np.hstack([x * axes, normals / np.linalg.norm(normals, axis=1, keepdims=True)])


def placed(surface, matrix):
    scale = np.cbrt(np.linalg.det(matrix[:3, :3]))
    points = surface[:, :3] @ matrix[:3, :3].T + matrix[:3, 3]
    return np.hstack([points, surface[:, 3:] @ matrix[:3, :3].T / scale])


def noisy_matches(first, second, noise, seed=1):
    rng = np.random.default_rng(seed)
    y = second[:, :3] + noise * rng.normal(size=(len(second), 3))
    return Matches(first[:, :3], y, first[:, 3:], second[:, 3:], np.ones(len(first)))


def as_start(matrix):
    scale = np.cbrt(np.linalg.det(matrix[:3, :3]))
    return Similarities(matrix[None, :3, :3] / scale, matrix[None, :3, 3], np.array([scale]))


def degrees_off(found, true):
    return np.degrees(Rotation.from_matrix(found.rotation[0] @ true[:3, :3].T).magnitude())


def test_surfaces_that_fit_are_brought_onto_each_other():
    first, true = ellipsoid(), similarity((10, 20, 30), 1.0, (0.2, 0, 0.1))
    second = placed(first, true)
    start = as_start(similarity((18, 12, 36), 1.1, (0.25, 0.05, 0.1)))
    before = degrees_off(start, true)
    found = align_surfaces(start, noisy_matches(first, second, 0.2), first, second, FitConfig())
    assert before > 8
    assert degrees_off(found, true) < 1
    assert abs(found.scale[0] - 1) < 0.02


def test_surfaces_that_slide_away_from_the_matches_change_nothing():
    first, true = ellipsoid(), similarity()
    elsewhere = placed(ellipsoid(), similarity((0, 0, 0), 0.2, (3, 0, 0)))
    start = as_start(true)
    matches = noisy_matches(first, first, 0.1)
    config = FitConfig(icp_reach=5.0, match_share=1e-6)
    found = align_surfaces(start, matches, first, elsewhere, config)
    np.testing.assert_array_equal(found.translation, start.translation)
    np.testing.assert_array_equal(found.scale, start.scale)


def test_surfaces_of_a_few_points_are_left_alone():
    first = ellipsoid(10)
    start = as_start(similarity((5, 0, 0)))
    found = align_surfaces(start, noisy_matches(first, first, 0), first, first, FitConfig())
    assert found is start
