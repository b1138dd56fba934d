from dataclasses import replace

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from rgbd_scenes import make_pair, similarity
from scipy.spatial.transform import Rotation

from funcorr import UserError, transfer_pose
from funcorr.transfer.confidence import Evidence, PoseCalibration, pose_confidence

turns = st.tuples(*[st.floats(-15, 15)] * 3)
places = st.tuples(*[st.floats(-0.5, 0.5)] * 3)


def errors(found, true):
    """Degrees, metres at the middle of the part, ratio of scales."""
    between = found.matrix @ np.linalg.inv(true)
    ratio = np.cbrt(np.linalg.det(between[:3, :3]))
    degrees = np.degrees(Rotation.from_matrix(between[:3, :3] / ratio).magnitude())
    there = true[:3, :3] @ found.pivot + true[:3, 3]
    return degrees, np.linalg.norm(found.apply_points(found.pivot) - there), ratio


def assert_close(found, true, degrees=2.0, metres=0.002, ratio=0.02):
    angle, distance, factor = errors(found, true)
    assert angle < degrees
    assert distance < metres
    assert factor == pytest.approx(1, abs=ratio)


@settings(max_examples=8, phases=[Phase.explicit, Phase.generate])
@given(turns, places, st.floats(0.5, 2.0), st.floats(-60, 60))
def test_a_known_motion_and_scale_of_the_object_comes_out(turn, place, scale, roll):
    pair = make_pair(similarity(turn, scale, place), roll=roll)
    found = transfer_pose(pair.correspondence(), *pair.views)
    assert_close(found, pair.true, degrees=4, metres=0.004 * scale, ratio=0.03)
    assert found.inliers.mean() > 0.7
    assert found.residual < 0.01 * scale


def test_a_moved_camera_moves_the_pose_with_it():
    near, far = make_pair(), make_pair(eye2=(0.25, -0.5, 0.45), roll=40)
    poses = [transfer_pose(pair.correspondence(), *pair.views) for pair in (near, far)]
    worlds = [
        pair.cameras[1].camera_to_world @ pose.matrix
        for pair, pose in zip((near, far), poses, strict=True)
    ]
    np.testing.assert_allclose(*worlds, atol=0.02)


def spoilt(pair, share, seed=0):
    """Some matches point at random other pixels of the object."""
    rng = np.random.default_rng(seed)
    points2 = pair.points2.copy()
    wrong = rng.random(len(points2)) < share
    points2[wrong] = rng.permutation(points2[wrong])
    return points2, wrong


@pytest.mark.parametrize("share", [0.3, 0.6])
def test_wrong_matches_do_not_move_it_and_are_told(share):
    pair = make_pair(similarity((0, 0, 20), 1.3))
    points2, wrong = spoilt(pair, share)
    found = transfer_pose(pair.correspondence(points2=points2), *pair.views)
    assert_close(found, pair.true, degrees=4, metres=0.006, ratio=0.05)
    assert found.inliers[~wrong].mean() > 0.95
    assert found.inliers[wrong].mean() < 0.5


def test_the_same_input_gives_the_same_pose():
    pair = make_pair()
    result = pair.correspondence(points2=spoilt(pair, 0.4)[0])
    first, second = (transfer_pose(result, *pair.views) for _ in range(2))
    np.testing.assert_array_equal(first.matrix, second.matrix)


def test_only_matches_between_parts_count():
    pair = make_pair()
    points2, wrong = spoilt(pair, 0.4)
    order = np.argsort(wrong, kind="stable")
    result = pair.correspondence(pair.points1[order], points2[order])
    scores = result.scores - 2.0 * np.sort(wrong)
    found = transfer_pose(replace(result, scores=scores.astype(np.float32)), *pair.views)
    assert not found.inliers[np.sort(wrong)].any()
    assert_close(found, pair.true)


def test_poses_go_by_the_rotation_and_their_places_by_the_similarity():
    pair = make_pair(similarity((0, 0, 25), 1.4, (0.1, 0.2, 0)))
    found = transfer_pose(pair.correspondence(), *pair.views)
    grasp = similarity((10, 20, 30), 1.0, (0.02, -0.01, 0.6))
    carried = found.apply(grasp)
    np.testing.assert_allclose(carried[:3, :3], found.rotation @ grasp[:3, :3], atol=1e-12)
    np.testing.assert_allclose(carried[:3, 3], found.apply_points(grasp[:3, 3]))
    np.testing.assert_allclose(found.apply(np.stack([grasp] * 3)), np.stack([carried] * 3))
    whole = np.eye(4)
    whole[:3, :3], whole[:3, 3] = found.scale * found.rotation, found.translation
    np.testing.assert_allclose(found.matrix, whole)


def test_the_rigid_motion_takes_the_middle_of_the_part_where_the_similarity_does():
    pair = make_pair(similarity((5, 0, 25), 1.4, (0.1, 0.2, 0)))
    found = transfer_pose(pair.correspondence(), *pair.views)
    np.testing.assert_allclose(found.rigid[:3, :3] @ found.rigid[:3, :3].T, np.eye(3), atol=1e-9)
    middle = found.rigid[:3, :3] @ found.pivot + found.rigid[:3, 3]
    np.testing.assert_allclose(middle, found.apply_points(found.pivot))


@pytest.mark.parametrize(
    ("poses", "problem"),
    [
        (np.eye(3), "4 x 4"),
        (np.full((4, 4), np.nan), "finite"),
        (np.diag([2.0, 2, 2, 1]), "without scale"),
        (np.diag([-1.0, 1, 1, 1]), "mirrored"),
        (similarity(translation=(1, 2, 3)).T, "transposed"),
        ("grasp", "numbers"),
    ],
)
def test_what_is_no_pose_is_refused(poses, problem):
    pair = make_pair()
    found = transfer_pose(pair.correspondence(), *pair.views)
    with pytest.raises(UserError, match=problem):
        found.apply(poses)


def test_what_are_no_points_is_refused():
    pair = make_pair()
    found = transfer_pose(pair.correspondence(), *pair.views)
    with pytest.raises(UserError, match="N x 3"):
        found.apply_points([1, 2])


def test_depth_of_another_size_than_the_image_is_refused():
    pair, other = make_pair(), make_pair(size=64)
    with pytest.raises(UserError, match="depth 2 is 64 x 64 pixels but its image is 96 x 96"):
        transfer_pose(pair.correspondence(), pair.views[0], other.views[1])
    loaded = replace(pair.correspondence(parts=False), mask1=None, mask2=None)
    with pytest.raises(UserError, match="pixels lie off the depth of 64 x 64"):
        transfer_pose(loaded, other.views[0], pair.views[1])


def test_a_part_without_depth_is_refused_with_the_shares():
    pair = make_pair()
    view = pair.views[1]
    depth = np.where(pair.masks[1], 0, 0.9)
    holes = replace(view, depth=depth)
    with pytest.raises(UserError, match=r"only \d of .*\(100% in view 1, 0% in view 2\)"):
        transfer_pose(pair.correspondence(), pair.views[0], holes)


def test_a_part_seen_as_a_line_is_refused():
    pair = make_pair()
    row = pair.points1[:, 1] == np.median(pair.points1[:, 1])
    flat = np.full(pair.views[0].size, 0.6)
    view = replace(pair.views[0], depth=flat)
    result = pair.correspondence(pair.points1[row], pair.points1[row])
    with pytest.raises(UserError, match="object 1 lie on a single line"):
        transfer_pose(result, view, view)


def test_matches_that_agree_on_nothing_are_refused():
    pair = make_pair()
    few = np.arange(0, len(pair.points1), len(pair.points1) // 9)[:9]
    rng = np.random.default_rng(3)
    result = pair.correspondence(pair.points1[few], rng.permutation(pair.points2)[few])
    with pytest.raises(UserError, match="of 9 matches agree on one pose, expected at least 8"):
        transfer_pose(result, *pair.views)


def test_the_refined_matches_are_nearer_the_truth_and_keep_their_order():
    pair = make_pair(similarity((0, 0, 10), 1.2))
    noise = np.random.default_rng(0).normal(0, 4, pair.points2.shape)
    rows, columns = np.nonzero(pair.masks[1])
    on_object = np.stack([columns, rows], axis=1)
    gaps = np.linalg.norm(on_object[None] - (pair.points2 + noise)[:, None], axis=2)
    noisy = pair.correspondence(points2=on_object[gaps.argmin(axis=1)])
    refined = transfer_pose(noisy, *pair.views).correspondence
    before, after = (
        np.median(np.linalg.norm(each.points2 - pair.points2, axis=1)) for each in (noisy, refined)
    )
    assert after < 0.5 * before
    np.testing.assert_array_equal(refined.points1, noisy.points1)
    np.testing.assert_array_equal(refined.scores, noisy.scores)
    assert pair.masks[1][tuple(refined.points2.astype(int).T[::-1])].all()


def test_matches_off_the_parts_stay_as_they_are():
    pair = make_pair()
    result = pair.correspondence()
    between = np.arange(len(result)) < len(result) // 2
    scores = result.similarity + np.where(between, 2.0, 0).astype(np.float32)
    mixed = replace(result, scores=scores, points2=np.roll(result.points2, 1, axis=0))
    refined = transfer_pose(mixed, *pair.views).correspondence
    np.testing.assert_array_equal(refined.points2[~between], mixed.points2[~between])
    assert (refined.points2[between] != mixed.points2[between]).any()


def test_the_confidence_falls_as_fewer_matches_agree():
    pair = make_pair()
    found = [
        transfer_pose(pair.correspondence(points2=spoilt(pair, share)[0]), *pair.views).confidence
        for share in (0.0, 0.5, 0.9)
    ]
    assert 1 > found[0] > found[1] > found[2] > 0


def test_the_confidence_is_a_logistic_curve_of_the_evidence():
    curve = PoseCalibration(Evidence(1.0, 2.0, 0.5, -1.0, 0.0, 0.0), -3.0)
    assert pose_confidence(Evidence(1.0, 0.5, 2.0, 0.0, 5.0, 5.0), curve) == 0.5
    found = pose_confidence(Evidence(0.0, 1.0, 6.0, 1.0, 5.0, 5.0), curve)
    assert found == pytest.approx(1 / (1 + np.exp(-1)))


def test_a_part_of_one_pixel_leaves_the_matches_as_they_are():
    pair = make_pair()
    x, y = pair.points2[0].astype(int)
    part2 = np.zeros(pair.views[1].size, np.float32)
    part2[y, x] = 1
    result = replace(pair.correspondence(), part2=part2)
    refined = transfer_pose(result, *pair.views).correspondence
    np.testing.assert_array_equal(refined.points2, result.points2)


def test_the_label_moves_with_its_match():
    """What carries labels over is moved too, or refined matches would transfer as before."""
    pair = make_pair()
    result = pair.correspondence()
    elsewhere = np.tile(result.points2[:1], (len(result), 1))
    labelled = replace(result, transferred=elsewhere, transfer_scores=result.similarity)
    refined = transfer_pose(labelled, *pair.views).correspondence
    moved = (refined.transferred != elsewhere).any(axis=1)
    assert moved.mean() > 0.9
    np.testing.assert_array_equal(refined.transferred[moved], refined.points2[moved])
    np.testing.assert_array_equal(labelled.transferred, elsewhere)
