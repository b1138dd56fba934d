"""Ground truth on flat objects, where the true map between two views is known in closed form."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from flat_objects import FRAME, SIZE, box, flat_view, turned
from hypothesis import given
from hypothesis import strategies as st

from funcorr import UserError
from funcorr.functions.frames import FunctionalFrame
from funcorr.geometry.cameras import Camera
from funcorr.groundtruth.dense import (
    GroundTruthConfig,
    PartView,
    ground_truth,
    overlap,
    spread,
)


def test_the_same_view_gives_the_identity():
    view = flat_view(box(-0.3, 0.2))
    truth = ground_truth(view, view)
    assert len(truth.points1) == min(400, view.part.sum())
    np.testing.assert_array_equal(truth.points1, truth.points2)
    assert truth.distance.max() == 0
    assert view.part[tuple(truth.points1.T[::-1])].all()


def test_two_views_of_one_object_meet_at_the_same_surface():
    first = flat_view(box(-0.3, 0.2), eye=(0.3, -0.4, 1.9))
    second = flat_view(box(-0.3, 0.2), eye=(-0.2, 0.5, 1.8))
    truth = ground_truth(first, second, GroundTruthConfig(max_points=100))
    expected, _ = second.camera.project(first.surface(truth.points1))
    error = np.linalg.norm(expected - truth.points2, axis=1)
    assert len(error) == 100
    assert np.median(error) < 0.6
    assert error.max() < 2


@pytest.mark.parametrize("scale", [0.4, 1.0, 2.5])
def test_a_moved_and_scaled_copy_matches_pixel_by_pixel(scale):
    rotation = turned(50)[:3, :3]
    move = np.eye(4)
    move[:3, :3], move[:3, 3] = rotation * scale, [0.3, -0.2, 0.5]
    first = flat_view(box(-0.3, 0.2))
    to_camera = first.camera.world_to_camera.copy()
    to_camera[:3, :3] = to_camera[:3, :3] @ rotation.T
    to_camera[:3, 3] = scale * to_camera[:3, 3] - to_camera[:3, :3] @ move[:3, 3]
    camera = Camera(first.camera.intrinsics, to_camera, SIZE, SIZE)
    second = PartView(first.part, first.depth * scale, camera, FRAME.transformed(move))
    truth = ground_truth(first, second)
    np.testing.assert_array_equal(truth.points1, truth.points2)
    assert truth.distance.max() < 1e-9


def test_swapped_views_give_the_same_pairs():
    wide = FunctionalFrame(np.array([0.1, 0, 0]), np.eye(3), 1.6)
    first, second = flat_view(box(-0.3, 0.2)), flat_view(box(-0.4, 0.4), frame=wide)
    there, back = ground_truth(first, second), ground_truth(second, first)
    pairs = {(*a, *b) for a, b in zip(there.points1.tolist(), there.points2.tolist(), strict=True)}
    swap = {(*a, *b) for a, b in zip(back.points2.tolist(), back.points1.tolist(), strict=True)}
    assert len(pairs & swap) > 0.95 * len(pairs)
    assert sorted(there.distance) == pytest.approx(sorted(back.distance), abs=0.02)


def test_a_free_symmetry_is_fixed_by_the_cameras():
    def ring(x, y):
        return (np.hypot(x, y) > 0.1) & (np.hypot(x, y) < 0.35)

    for symmetry, limit in (("none", 3.0), ("axis:z", 0.1)):
        frames = [
            FunctionalFrame(np.zeros(3), turned(angle)[:3, :3], 1.0, symmetry) for angle in (0, 77)
        ]
        first, second = (flat_view(ring, frame=frame) for frame in frames)
        truth = ground_truth(first, second, GroundTruthConfig(max_distance=limit))
        shift = np.median(np.linalg.norm(truth.points1 - truth.points2, axis=1))
        assert (shift > 5) == (symmetry == "none")


def test_what_only_one_view_shows_stays_unmatched_and_pulls_nothing_along():
    first, second = flat_view(box(-0.4, 0.1)), flat_view(box(-0.1, 0.4))
    config = GroundTruthConfig(max_points=2000, max_distance=0.03)
    truth = ground_truth(first, second, config)
    x = first.surface(truth.points1)[:, 0]
    overlap = first.part & second.part
    assert len(truth.points1) >= overlap.sum()
    assert (x > -0.13).all()
    inside = overlap[tuple(truth.points1.T[::-1])]
    np.testing.assert_array_equal(truth.points1[inside], truth.points2[inside])


def test_parts_that_do_not_meet_have_no_ground_truth():
    view = flat_view(box(-0.4, -0.1))
    assert ground_truth(view, flat_view(box(0.1, 0.4))) is None
    assert ground_truth(view, flat_view(box(5.0, 6.0))) is None
    edge = flat_view(box(-0.15, 0.4))
    assert ground_truth(view, edge, GroundTruthConfig(max_distance=0.03)) is None
    assert ground_truth(view, edge, GroundTruthConfig(max_distance=0.03, min_share=0.1))
    count = int(view.part.sum()) + 1
    few = GroundTruthConfig(max_points=count, min_points=count)
    assert ground_truth(view, view, few) is None


def test_the_limit_counts_in_the_smaller_object():
    small = FunctionalFrame(np.zeros(3), np.eye(3), 0.25)
    first = flat_view(box(-0.4, 0.4, -0.4, 0.4))
    second = flat_view(box(-0.1, 0.1, -0.1, 0.1), frame=small)
    for pair in ((first, second), (second, first)):
        truth = ground_truth(*pair)
        assert truth.distance.max() < 0.1


@pytest.mark.parametrize(("size1", "size2"), [(0.5, 1.0), (1.0, 0.5)])
def test_distances_are_in_sides_of_the_smaller_object(size1, size2):
    """The frame of the smaller object lies 0.03 of its sides above its surface."""
    frames = [FunctionalFrame(np.zeros(3), np.eye(3), size) for size in (size1, size2)]
    frames[np.argmax([size1, size2])].origin[2] = 0.03
    views = [flat_view(box(-0.3, 0.3, -0.3, 0.3), frame=frame) for frame in frames]
    truth = ground_truth(*views, GroundTruthConfig(max_distance=0.5))
    assert 0.03 <= truth.distance.min() < 0.045  # half a pixel aside at most


@given(st.integers(0, 2**32), st.integers(1, 30), st.integers(1, 40))
def test_spread_is_an_even_subset(seed, count, total):
    cells = np.random.default_rng(seed).permutation(100)[:total]
    pixels = np.stack([cells % 10, cells // 10], axis=1)
    chosen = spread(pixels, count)
    assert len(chosen) == min(count, total)
    assert len(np.unique(chosen, axis=0)) == len(chosen)
    assert {tuple(p) for p in chosen.tolist()} <= {tuple(p) for p in pixels.tolist()}
    if 1 < len(chosen) < total:
        gap = np.linalg.norm(pixels[:, None] - chosen[None], axis=2).min(axis=1).max()
        between = np.linalg.norm(chosen[:, None] - chosen[None], axis=2)
        assert gap <= between[np.triu_indices(len(chosen), 1)].min() + 1e-9


@pytest.mark.parametrize(
    "change",
    [{"min_points": 0}, {"max_points": 10}, {"max_distance": 0.0}, {"min_share": 1.5}],
)
def test_a_config_that_makes_no_sense_is_refused(change):
    with pytest.raises(UserError, match="ground truth needs"):
        GroundTruthConfig(**change)


# the paper's way and that of its released code


def test_the_released_code_undoes_the_annotated_shift():
    first, second = flat_view(box(-0.3, 0.2)), flat_view(box(-0.1, 0.4))
    frames = [FunctionalFrame(np.array([x, 0, 0]), np.eye(3), 1.0) for x in (0.0, 0.2)]
    moved = [replace(view, frame=f) for view, f in zip((first, second), frames, strict=True)]
    errors = {}
    for name in ("funcorr", "paper", "released-code"):
        truth = ground_truth(*moved, GroundTruthConfig.named(name))
        there = moved[0].surface(truth.points1) + np.array([0.2, 0, 0])
        expected, _ = second.camera.project(there)
        errors[name] = np.median(np.linalg.norm(expected - truth.points2, axis=1))
    assert errors["funcorr"] < 1
    assert errors["paper"] < 1
    assert errors["released-code"] > 3


def test_only_the_released_code_pairs_what_is_far_apart():
    first, second = flat_view(box(-0.4, -0.1)), flat_view(box(0.1, 0.4))
    assert ground_truth(first, second) is None
    assert ground_truth(first, second, GroundTruthConfig.named("paper")) is None
    truth = ground_truth(first, second, GroundTruthConfig.named("released-code"))
    assert len(truth.points1) == min(first.part.sum(), second.part.sum())
    assert truth.distance.min() > 0.15


def test_what_one_view_lacks_pulls_the_partners_along_in_the_paper():
    first, second = flat_view(box(-0.4, 0.2)), flat_view(box(-0.2, 0.4))
    config = {"max_points": 10_000, "max_distance": 0.03, "min_share": 0.1}
    both = first.part & second.part
    shifts = {}
    for cost in ("bounded", "distance"):
        truth = ground_truth(first, second, GroundTruthConfig(**config, cost=cost))
        seen = both[tuple(truth.points1.T[::-1])]
        moved = (truth.points1 != truth.points2).any(axis=1)[seen]
        shifts[cost] = moved.sum() + both.sum() - len(moved)  # shifted, or lost to the limit
    assert shifts["bounded"] == 0
    assert shifts["distance"] > 0


@pytest.mark.parametrize(("cost", "power"), [("bounded", 2), ("distance", 1)])
def test_the_cheapest_pairs_are_found(cost, power):
    """Against every one-to-one matching of a few pixels."""
    first, second = flat_view(box(-0.06, 0.03, 0, 0.06)), flat_view(box(-0.02, 0.1, 0.03, 0.09))
    config = GroundTruthConfig(min_points=1, min_share=0.0, max_distance=0.5, cost=cost)
    truth = ground_truth(first, second, config)
    ends = [view.surface(view.pixels(100)) for view in (first, second)]
    few, many = sorted(map(len, ends))
    assert 4 <= few <= many <= 9
    apart = np.linalg.norm(ends[0][:, None] - ends[1], axis=2) ** power
    apart = apart if len(ends[0]) == few else apart.T
    best = min(apart[range(few), list(p)].sum() for p in permutations(range(many), few))
    assert (truth.distance**power).sum() == pytest.approx(best)


def test_overlap_is_the_share_of_the_part_that_both_views_show():
    view = flat_view(box(-0.4, 0.0, -0.4, 0.4))
    half = flat_view(box(-0.2, 0.2, -0.4, 0.4))
    assert overlap(view, view) == 1
    assert overlap(view, half, 0.01) == pytest.approx(0.5, abs=0.1)
    assert overlap(view, flat_view(box(0.3, 0.4)), 0.1) == 0
    assert overlap(view, flat_view(box(5, 6))) == 0


def test_an_unknown_protocol_is_refused():
    with pytest.raises(UserError, match="unknown protocol 'mine'; expected funcorr, paper, rel"):
        GroundTruthConfig.named("mine")
