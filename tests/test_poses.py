"""Pose transfer on a benchmark: what a pose scores, and what an evaluation with depth holds."""

from dataclasses import replace

import numpy as np
import pytest
from flat_objects import BOARDS, KnowingModel
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from test_benchmark import CONFIG

from funcorr import Correspondence, UserError
from funcorr.benchmark.evaluate import evaluate
from funcorr.benchmark.poses import POSE, POSE_CONFIDENCE, REFUSED, score_pose
from funcorr.benchmark.predictions import check_prediction, prediction_path
from funcorr.functions.frames import FunctionalFrame
from funcorr.groundtruth.build import build_benchmark
from funcorr.groundtruth.pair_geometry import GeometryConfig, ObjectFrame
from funcorr.io import read_arrays, write_arrays
from funcorr.metrics import pose

KEYS = ["rotation_deg", "translation", "pose@5", "pose@10", "pose@20"]
SYMMETRIES = ["none", "axis:z", "flip:x", "axis:x+flip:z", "flip:x+flip:y"]
seeds = st.integers(0, 10_000)


def placed(seed, symmetry="none", pivot=False):
    rng = np.random.default_rng(seed)
    axes, center = Rotation.random(rng=rng).as_matrix(), rng.normal(size=3)
    origin, size = rng.normal(size=3), rng.uniform(0.02, 0.2)
    frame = FunctionalFrame(origin, axes, size, symmetry, center if pivot else None)
    return ObjectFrame(frame, 0.2)


def motion(first, second):
    return second.frame.matrix @ np.linalg.inv(first.frame.matrix)


def about(frame, axis, degrees):
    """A turn of an object about an axis of its frame, through the frame's center."""
    turn = np.eye(4)
    inner = Rotation.from_euler(axis, degrees, degrees=True).as_matrix()
    turn[:3, :3] = frame.axes @ inner @ frame.axes.T
    turn[:3, 3] = frame.center - turn[:3, :3] @ frame.center
    return turn


@settings(max_examples=20)
@given(seeds, *2 * [st.sampled_from(SYMMETRIES)])
def test_the_true_motion_is_perfect_both_ways(seed, one, two):
    first, second = placed(seed, one, pivot=True), placed(seed + 1, two)
    for a, b in ((first, second), (second, first)):
        found = score_pose(motion(a, b), a, b)
        assert list(found) == KEYS
        assert found["rotation_deg"] == pytest.approx(0, abs=1e-5)
        assert found["translation"] == pytest.approx(0, abs=1e-6)
        assert found["pose@5"] == found["pose@10"] == found["pose@20"] == 1.0


@settings(max_examples=20)
@given(seeds, st.floats(-180, 180), st.floats(-180, 180))
def test_turns_of_either_round_object_about_its_middle_are_forgiven(seed, here, there):
    """The two objects turn about different axes, and strike with any of their sides."""
    first, second = placed(seed, "axis:x", pivot=True), placed(seed + 1, "axis:z", pivot=True)
    turned = about(second.frame, "z", there) @ motion(first, second) @ about(first.frame, "x", here)
    found = score_pose(turned, first, second)
    assert found["rotation_deg"] == pytest.approx(0, abs=0.01)
    assert found["translation"] == pytest.approx(0, abs=0.01)
    bare = replace(second, frame=replace(second.frame, symmetry="none"))
    wrong = about(second.frame, "y", 50) @ motion(first, second)
    assert score_pose(wrong, placed(seed), bare)["rotation_deg"] == pytest.approx(50)


@settings(max_examples=20)
@given(seeds, seeds, st.sampled_from(SYMMETRIES))
def test_it_is_the_metric_where_one_symmetry_says_all(seed, other, symmetry):
    first, second = placed(seed), placed(seed + 1, symmetry)
    predicted = motion(first, placed(other))
    found = score_pose(predicted, first, second)
    plain = pose(predicted @ first.frame.matrix, second.frame.matrix, 0.2, symmetry)
    assert found["rotation_deg"] == pytest.approx(plain["rotation_deg"], abs=1e-5)
    assert found["translation"] == pytest.approx(plain["translation"], abs=1e-6)
    assert [found[key] for key in KEYS[2:]] == list(map(float, plain["success"].values()))


def test_the_size_is_that_of_the_object_reached():
    first, second = placed(0), replace(placed(1), object_size=0.5)
    shift = np.eye(4)
    shift[:3, 3] = 0, 0.03, 0.04
    assert score_pose(shift @ motion(first, second), first, second)["translation"] == (
        pytest.approx(0.1)
    )


def test_a_refused_pose_is_a_failure():
    found = score_pose(np.full((4, 4), np.nan), placed(0), placed(1))
    assert found == {**REFUSED, "pose@5": 0.0, "pose@10": 0.0, "pose@20": 0.0}


class KnowingMatcher(KnowingModel):
    """A model that knows every board, with the results of our models."""

    name = "knowing-matcher"

    def match(self, image1, image2, function):
        found = super().match(image1, image2, function)
        inside = np.flatnonzero(((found.points2 >= 0) & (found.points2 < 96)).all(axis=1))
        rows = inside[np.argsort(-found.scores[inside], kind="stable")]
        points1, points2 = (p[rows].astype(np.float32) for p in (found.points1, found.points2))
        score = found.scores[rows].astype(np.float32) + 1  # the functional end: between parts
        one = np.ones(len(rows), np.float32)
        views = [BOARDS[asset].view(view) for asset, view in (image1, image2)]
        parts = (view.part_mask(function).astype(np.float32) for view in views)
        masks = dict(zip(("mask1", "mask2"), (view.mask for view in views), strict=True))
        return Correspondence(
            points1, points2, score, one, 0 * one, function, self.name, *parts, **masks
        )


class Lost(KnowingMatcher):
    """One match and no more."""

    name = "lost"

    def match(self, image1, image2, function):
        return super().match(image1, image2, function).top(1)


@pytest.fixture(scope="module")
def deep(tmp_path_factory):
    config = replace(CONFIG, per_function=3)
    folder = tmp_path_factory.mktemp("deep") / "boards"
    return build_benchmark(BOARDS, folder, config, geometry=GeometryConfig())


def test_a_knowing_model_carries_poses_and_chance_does_not(deep, tmp_path):
    best = evaluate(deep.path, KnowingMatcher(), tmp_path / "knowing")
    chance = evaluate(deep.path, "chance", tmp_path / "chance")
    for block in (best["overall"], best["per_function"]["cut-with"], best["intervals"]["overall"]):
        assert list(block)[-5:] == KEYS
    assert not set(KEYS) & set(best["pooled"])
    assert best["overall"]["pose@20"] > 0.9
    assert best["overall"]["rotation_deg"] < 10
    assert chance["overall"]["pose@20"] < 0.5
    header = (tmp_path / "knowing" / "table.csv").read_text().splitlines()[0]
    assert header.split(",")[-5:] == KEYS
    assert "Rotation, degrees ↓ | Translation ↓ | Pose@5 ↑" in (
        (tmp_path / "knowing" / "table.md").read_text("utf-8")
    )


def test_without_matches_every_pose_is_refused(deep, tmp_path):
    found = evaluate(deep.path, Lost(), tmp_path)["overall"]
    assert {key: found[key] for key in REFUSED} == REFUSED
    assert found["pose@20"] == 0
    arrays = read_arrays(prediction_path(tmp_path, deep.pairs[0], "forward"), [POSE], "predictions")
    assert np.isnan(arrays[POSE]).all()


def test_a_kept_pose_is_scored_and_a_spoilt_one_refused(deep, tmp_path):
    evaluate(deep.path, Lost(), tmp_path)
    pair = deep.pairs[0]
    first, second = deep.frames(pair)
    path = prediction_path(tmp_path, pair, "forward")
    names = ["points1", "points2", "scores", "transferred", POSE_CONFIDENCE]
    kept = read_arrays(path, names, "predictions")
    write_arrays(path, **kept, **{POSE: motion(first, second)})
    one = 1 / (2 * len(deep.pairs))
    assert evaluate(deep.path, Lost(), tmp_path)["overall"]["pose@5"] == pytest.approx(one)
    write_arrays(path, **kept, **{POSE: np.diag([1.0, 2, 1, 1])})
    with pytest.raises(UserError, match=r"pose is no similarity.*to predict again"):
        evaluate(deep.path, Lost(), tmp_path)


def test_a_pose_that_is_half_nan_is_no_pose():
    arrays = dict.fromkeys(("points1", "points2", "transferred"), np.ones((2, 2)))
    arrays |= {"scores": np.ones(2), POSE: np.diag([1, np.nan, 1, 1])}
    with pytest.raises(UserError, match="x: pose holds NaN"):
        check_prediction(arrays, 2, "x")
