"""The noise model of depth: each effect alone, against what its source says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from funcorr import UserError
from funcorr.geometry.depth_sensor import DepthSensor, incidence, sensed_depth

K = np.array([[580.0, 0, 49.5], [0, 580.0, 39.5], [0, 0, 1]])
FINE = DepthSensor(disparity_step=1e-6, flying=0, holes=0)


def plane(z, tilt=0.0, shape=(80, 100)):
    """Depth of a plane through (0, 0, z), turned about the camera's y by degrees."""
    normal = Rotation.from_euler("y", tilt, degrees=True).apply([0, 0, 1.0])
    rows, columns = np.indices(shape)
    rays = np.stack([(columns - 49.5) / 580, (rows - 39.5) / 580, np.ones(shape)], axis=-1)
    return z * normal[2] / (rays @ normal)


def sense(depth, sensor=None, seed=0):
    return sensed_depth(depth, K, np.random.default_rng(seed), sensor)


@settings(max_examples=20)
@given(st.floats(0.3, 3), st.floats(-75, 75))
def test_the_angle_of_a_plane_is_that_of_its_normal(z, tilt):
    normal = Rotation.from_euler("y", tilt, degrees=True).apply([0, 0, 1.0])
    rows, columns = np.indices((80, 100))
    rays = np.stack([(columns - 49.5) / 580, (rows - 39.5) / 580, np.ones((80, 100))], axis=-1)
    cosine = np.abs(rays @ normal) / np.linalg.norm(rays, axis=-1)
    np.testing.assert_allclose(incidence(plane(z, tilt), K), np.arccos(cosine), atol=1e-5)


def test_an_edge_does_not_look_steep():
    depth = plane(0.5)
    depth[:, 50:] = 0.8
    depth[:, :10] = 0
    assert np.degrees(incidence(depth, K)).max() < 8
    assert (incidence(depth, K)[:, :10] == 0).all()


@pytest.mark.parametrize(("z", "tilt"), [(0.4, 0), (1.0, 0), (2.5, 0), (0.5, 70)])
def test_axial_noise_is_that_of_the_source(z, tilt):
    depth = plane(z, tilt)
    a = incidence(depth, K)
    expected = 0.0012 + 0.0019 * (depth - 0.4) ** 2
    expected += 0.0001 / np.sqrt(depth) * (a / (np.pi / 2 - a)) ** 2
    sensor = DepthSensor(focal=1e9, disparity_step=1e-3, flying=0, holes=0)  # nothing lateral
    errors = [(sense(depth, sensor, seed) - depth) / expected for seed in range(5)]
    assert np.std(errors) == pytest.approx(1, rel=0.02)
    assert np.mean(errors) == pytest.approx(0, abs=0.02)


def test_steps_grow_with_the_square_of_the_distance():
    for z in (0.5, 1.0, 2.0):
        values = np.unique(sense(np.full((200, 200), z), DepthSensor(flying=0, holes=0)))
        gaps = np.diff(values[np.abs(values - z) < 0.1])
        assert np.median(gaps) == pytest.approx(z**2 / (8 * 580 * 0.075), rel=0.05)


def test_only_edges_fly_and_land_between_both_sides():
    depth = np.full((80, 100), 0.5)
    depth[:, 50:] = 0.8
    sensor = DepthSensor(focal=1e9, disparity_step=1e-3, flying=1, holes=0)
    sensed = sense(depth, sensor)
    between = (sensed > 0.51) & (sensed < 0.78)
    assert between[:, 49].mean() > 0.8
    assert not between[:, np.r_[:49, 50:100]].any()
    assert not ((sense(depth, FINE) > 0.52) & (sense(depth, FINE) < 0.78)).any()


def test_an_outline_flies_towards_what_is_taken_to_stand_behind():
    depth = np.zeros((80, 100))
    depth[20:60, 20:60] = 0.5
    sensed = sense(depth, DepthSensor(focal=1e9, disparity_step=1e-3, flying=1, holes=0))
    rim = sensed[20:60, 20]
    assert 0.6 < rim.mean() < 0.7
    assert rim.max() < 0.81
    assert np.abs(sensed[25:55, 25:55] - 0.5).max() < 0.01
    assert (sensed[:19] == 0).all()


def test_lateral_noise_frays_an_outline_by_about_a_pixel():
    depth = np.zeros((80, 100))
    depth[:, 50:] = 0.5
    sensed = sense(depth, FINE) > 0
    assert not sensed[:, :45].any()
    assert sensed[:, 55:].all()
    assert 0.15 < sensed[:, 49].mean() < 0.4
    assert 0.6 < sensed[:, 50].mean() < 0.85
    wider = sensed_depth(depth, np.diag([4, 4, 1.0]) @ K, np.random.default_rng(0), FINE) > 0
    assert wider[:, 45].any()  # a pixel of the sensor is four of this picture


def test_holes_are_patches_and_grazing_angles():
    depth = np.full((300, 300), 0.5)
    sensed = sense(depth, DepthSensor(holes=0.1))
    assert (sensed == 0).mean() == pytest.approx(0.1, abs=0.02)
    hole = sensed == 0
    beside = np.roll(hole, 1, axis=1) | np.roll(hole, -1, axis=1)
    assert (hole <= beside)[:, 2:-2].all()
    assert (sense(plane(0.5, 85), DepthSensor(holes=0)) > 0).mean() < 0.3
    assert (sense(plane(0.5, 70), DepthSensor(holes=0)) > 0).all()


def test_a_generator_decides_everything_and_the_input_stays():
    depth = plane(0.5)
    before = depth.copy()
    assert np.array_equal(sense(depth), sense(depth))
    assert not np.array_equal(sense(depth), sense(depth, seed=1))
    assert np.array_equal(depth, before)
    assert sense(depth).dtype == np.float32


@pytest.mark.parametrize(
    "change",
    [{"focal": 0}, {"baseline": -1}, {"disparity_step": np.nan}, {"grazing": 91}, {"holes": 1.1}],
)
def test_an_impossible_sensor_is_refused(change):
    with pytest.raises(UserError, match=f"{next(iter(change))} of a depth sensor"):
        DepthSensor(**change)
