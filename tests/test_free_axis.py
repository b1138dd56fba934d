import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rgbd_scenes import correspondence, make_pair, similarity, vessel
from scipy.spatial.transform import Rotation

from funcorr import transfer_pose
from funcorr.transfer.free_axis import FreeAxis, closest_turn, onto_axis

seeds = st.integers(0, 2**32 - 1)


def some(seed):
    """A rotation and a unit vector."""
    rng = np.random.default_rng(seed)
    direction = rng.normal(size=3)
    return Rotation.random(rng=rng).as_matrix(), direction / np.linalg.norm(direction)


@given(seeds)
def test_the_closest_turn_leaves_the_smallest_rotation(seed):
    rotation, direction = some(seed)

    def left(degrees):
        turning = FreeAxis(np.zeros(3), direction).turn(degrees)[:3, :3]
        return Rotation.from_matrix(turning @ rotation).magnitude()

    best = left(closest_turn(rotation, direction))
    assert best <= min(left(degrees) for degrees in np.arange(0.0, 360.0, 5.0).tolist()) + 1e-9


@given(seeds)
def test_one_axis_comes_onto_the_other_by_the_least_turn(seed):
    matrix = similarity((10, 20, 30), 1.5, (0.1, 0.2, 0.3))
    (_, first), (_, second) = some(seed), some(seed + 1)
    axis1, axis2 = FreeAxis(first * 0.1, first[::-1] * 1.0), FreeAxis(second * 0.2, second)
    moved = onto_axis(matrix, axis1, axis2)
    landed = axis1.moved(moved)
    assert np.linalg.norm(np.cross(landed.direction, axis2.direction)) < 1e-6
    assert np.linalg.norm(np.cross(landed.point - axis2.point, axis2.direction)) < 1e-6
    before = axis1.moved(matrix).direction @ axis2.direction
    assert landed.direction @ axis1.moved(matrix).direction == pytest.approx(abs(before))
    assert np.cbrt(np.linalg.det(moved[:3, :3])) == pytest.approx(1.5)


def test_a_turn_leaves_the_points_of_the_axis():
    axis = FreeAxis(np.array([0.1, 0.2, 0.9]), np.array([0.6, 0.0, 0.8]))
    on_it = np.append(axis.point + 0.3 * axis.direction, 1)
    np.testing.assert_allclose(axis.turn(77.0) @ on_it, on_it, atol=1e-12)


def round_pair(**options):
    return make_pair(mesh=vessel(), size=128, **options)


def test_the_free_axis_of_a_bottle_is_found():
    pair = round_pair()
    axis = transfer_pose(pair.correspondence(), *pair.views).free_axis
    true = pair.cameras[1].world_to_camera @ [0, 0, 1, 0]
    center = pair.cameras[1].world_to_camera @ [0, 0, 0, 1]
    assert abs(axis.direction @ true[:3]) > np.cos(np.radians(3))
    assert np.linalg.norm(np.cross(axis.point - center[:3], true[:3])) < 0.003


def test_of_all_free_turns_the_one_is_taken_that_brings_the_cameras_closest():
    turned = round_pair(motion=similarity((0, 0, 25)))
    found = transfer_pose(turned.correspondence(), *turned.views)
    degrees = np.degrees(Rotation.from_matrix(found.rotation).magnitude())
    spun = np.degrees(Rotation.from_matrix(turned.true[:3, :3]).magnitude())
    assert spun > 20
    assert degrees < 6


def test_an_object_that_no_turn_leaves_alone_has_no_free_axis():
    pair = make_pair()
    assert transfer_pose(pair.correspondence(), *pair.views).free_axis is None


def test_a_handle_off_the_part_fixes_the_turn():
    import trimesh
    from rgbd_scenes import as_mesh

    bottle = trimesh.Trimesh(vessel().vertices, vessel().faces, process=False)
    handle = trimesh.creation.box((0.09, 0.02, 0.08)).apply_translation((0.06, 0, -0.04))
    pair = make_pair(mesh=as_mesh(bottle, handle), size=128)
    neck = pair.points1[:, 1] < np.quantile(pair.points1[:, 1], 0.4)
    part = np.zeros_like(pair.masks[0])
    part[tuple(pair.points1[neck].astype(int).T[::-1])] = True
    result = correspondence(
        pair.points1[neck], pair.points2[neck], pair.masks, part1=part.astype(np.float32)
    )
    assert transfer_pose(result, *pair.views).free_axis is None
