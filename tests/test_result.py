"""The result of a match: distinct best matches, transfer, files."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from funcorr.correspondence.confidence import Calibration
from funcorr.correspondence.result import Correspondence
from funcorr.errors import UserError


def correspondence(points1, points2, scores=None, cycle_error=None, **more):
    n = len(points1)
    scores = np.linspace(0.9, 0.1, n) if scores is None else scores
    arrays = {
        "points1": points1,
        "points2": points2,
        "scores": scores,
        "similarity": np.full(n, 0.9),
        "cycle_error": np.arange(n) if cycle_error is None else cycle_error,
    }
    arrays = {name: np.asarray(value, np.float32) for name, value in arrays.items()}
    return Correspondence(**arrays, function="pour-with", model="demo", **more)


def scattered(seed, n=60, size=40):
    rng = np.random.default_rng(seed)
    cells = rng.choice(size * size, n, replace=False)
    points1 = np.stack([cells % size, cells // size], axis=1)
    return correspondence(points1, rng.integers(0, size, (n, 2)))


@given(seed=st.integers(0, 50), k=st.integers(1, 20), separation=st.floats(0, 12))
def test_top_is_the_greedy_choice_of_distinct_matches(seed, k, separation):
    result = scattered(seed)
    chosen = []
    for row in range(len(result)):
        near = [
            np.linalg.norm(points[row] - points[other]) < separation
            for other in chosen
            for points in (result.points1, result.points2)
        ]
        if len(chosen) < k and not any(near):
            chosen.append(row)
    best = result.top(k, separation)
    assert best.points1.tolist() == result.points1[chosen].tolist()
    assert best.scores.tolist() == result.scores[chosen].tolist()


def test_transfer_takes_the_pixels_own_match_or_the_nearest():
    result = scattered(3)
    own = result.transfer(result.points1)
    assert (own.points == result.points2).all()
    assert np.allclose(own.confidence, result.scores)
    nudged = result.transfer(result.points1 + 0.2)
    assert (nudged.points == result.points2).all()
    assert own.inside.all()
    assert nudged.inside.all()


def test_off_the_object_there_is_no_answer():
    disc = np.argwhere(np.hypot(*(np.mgrid[:200, :200] - 100)) < 80)[:, ::-1]
    result = correspondence(disc, disc, scores=np.linspace(1, 0.5, len(disc)))
    reach = 0.02 * 159
    asked = [[100, 100], [179 + reach - 0.1, 100], [179 + reach + 0.1, 100], [-500, 1e9]]
    found = result.transfer(asked)
    assert found.inside.tolist() == [True, True, False, False]
    assert np.isnan(found.points).all(1).tolist() == [False, False, True, True]
    assert found.confidence[:2].min() > 0
    assert found.confidence[2:].tolist() == [0, 0]


def test_a_small_object_reaches_two_pixels_and_a_grid_half_its_gap_more():
    square = np.argwhere(np.ones((5, 5), bool)) + 20
    result = correspondence(square, square)
    assert result.transfer([[26, 22], [26.1, 22]]).inside.tolist() == [True, False]
    coarse = correspondence(square * 10, square * 10)
    assert coarse.transfer([[205, 205], [206, 234]]).inside.all()


def test_label_transfer_has_points_and_scores_of_its_own_and_keeps_them(tmp_path):
    points = np.array([[1, 1], [5, 5]], np.float32)
    more = {"transferred": points + 0.25, "transfer_scores": np.array([0.75, 0.25], np.float32)}
    correspondence(points, points * 2, **more).save(tmp_path / "matches.npz")
    result = Correspondence.load(tmp_path / "matches.npz")
    found = result.transfer(points)
    assert found.points.tolist() == [[1.25, 1.25], [5.25, 5.25]]
    assert found.confidence.tolist() == [0.75, 0.25]
    assert result.top(1).transfer([1, 1]).points.tolist() == [[1.25, 1.25]]
    curved = dataclasses.replace(result, transfer_calibration=Calibration(1.0, 0.0, 0.1))
    expected = 1 / (1 + np.exp(-more["transfer_scores"]))
    np.testing.assert_allclose(curved.transfer(points).confidence, expected)


def test_matches_that_come_back_are_shown_first():
    points = [[0, 0], [50, 0], [99, 0]]
    result = correspondence(points, points, scores=[2.9, 2.8, 2.7], cycle_error=[11, 9, 0])
    assert result.readable().points1.tolist() == points[1:]
    lost = correspondence(points, points, scores=[2.9, 2.8, 0.7], cycle_error=[50, 50, 0])
    assert lost.readable().points1.tolist() == points[:2]
    plain = correspondence(points, points, cycle_error=[50, 50, 50])
    assert len(plain.readable()) == 3


def test_the_best_matches_are_between_parts_where_there_are_such():
    points = [[0, 0], [20, 0], [40, 0]]
    assert len(correspondence(points, points, scores=[0.9, 0.8, 0.7]).top()) == 3
    best = correspondence(points, points, scores=[2.9, 2.1, 0.9]).top()
    assert best.points1.tolist() == points[:2]


def test_what_the_part_adds_to_a_score_is_no_confidence():
    part = np.ones((30, 40), np.float32)
    result = correspondence([[0, 0], [9, 9]], [[1, 1], [2, 2]], scores=[3.75, 0.5], part1=part)
    confidence = result.transfer([[0, 0], [9, 9]]).confidence
    np.testing.assert_allclose(confidence, [0.9, 0.9 * (1 - 1 / 50)])


@pytest.mark.parametrize("points", [[1, 2, 3], [["a", "b"]], [[np.nan, 1]], np.zeros((2, 2, 2))])
def test_points_that_are_none_are_refused(points):
    with pytest.raises(UserError, match="points must be"):
        scattered(0).transfer(points)


@pytest.mark.parametrize("parts", [False, True])
def test_a_file_brings_everything_back(tmp_path, parts):
    maps = {"part1": np.random.rand(40, 40).astype(np.float32), "part2": np.ones((7, 9), "f4")}
    result = correspondence([[3, 4]], [[5, 6]], **(maps if parts else {}))
    result.save(tmp_path / "matches.npz")
    loaded = Correspondence.load(tmp_path / "matches.npz")
    for name in ("points1", "points2", "scores", "similarity", "cycle_error"):
        assert (getattr(loaded, name) == getattr(result, name)).all()
    assert (loaded.function, loaded.model) == ("pour-with", "demo")
    assert (loaded.part1 is not None) == parts
    assert not parts or (loaded.part1 == maps["part1"]).all()


def damaged_files(folder):
    result = scattered(1)
    result.save(folder / "whole.npz")
    content = (folder / "whole.npz").read_bytes()
    (folder / "cut.npz").write_bytes(content[: len(content) // 2])
    np.savez(folder / "pickled.npz", points1=np.array([{}], dtype=object))
    np.savez(folder / "other.npz", x=np.zeros(3))
    (folder / "text.npz").write_text("hello")
    return ["cut", "pickled", "other", "text", "absent"]


def test_damaged_files_are_refused_and_pickles_never_opened(tmp_path):
    for name in damaged_files(tmp_path):
        with pytest.raises(UserError) as refusal:
            Correspondence.load(tmp_path / f"{name}.npz")
        assert f"{name}.npz" in str(refusal.value)
        assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"scores": [0.1, 0.9]}, "falling score"),
        ({"scores": [0.9, np.nan]}, "NaN"),
        ({"points1": np.zeros((0, 2)), "points2": np.zeros((0, 2))}, "at least one match"),
    ],
)
def test_impossible_results_are_refused(change, said):
    points = np.zeros((2, 2))
    with pytest.raises(UserError, match=said):
        correspondence(**({"points1": points, "points2": points} | change))


def test_top_refuses_nonsense():
    for k, separation in ((0, 5), (3, -1), (3, float("nan"))):
        with pytest.raises(UserError, match="top needs"):
            scattered(0).top(k, separation)


def test_plot_needs_the_pictures(tmp_path):
    rgb = np.full((40, 40, 3), 200, np.uint8)
    result = scattered(2)
    with pytest.raises(UserError, match="pass image1="):
        result.plot(tmp_path / "plot.png")
    assert not (tmp_path / "plot.png").exists()
    with Image.open(result.plot(tmp_path / "plot.png", rgb, rgb)) as picture:
        assert picture.width == 1200


def test_a_point_between_pixels_takes_the_better_match():
    """Rows are in order of score; of equally near ones the first counts, wherever it lies."""
    points1 = np.array([[4, 4], [2, 2], [4, 2], [2, 4]], np.float32)
    points2 = points1 + np.array([10, 0], np.float32)
    ones = np.ones(4, np.float32)
    for shift in range(4):
        rows = np.roll(np.arange(4), shift)
        made = Correspondence(
            points1[rows], points2[rows], ones, ones, 0 * ones, "cut-with", "demo"
        )
        assert made.transfer([[3, 3]]).points.tolist() == [points2[rows[0]].tolist()]


def test_a_result_says_itself_in_one_line():
    ones = np.ones(2, np.float32)
    pixels = np.zeros((2, 2), np.float32)
    made = Correspondence(pixels, pixels, ones, ones, ones, "cut-with", "demo")
    assert repr(made) == "Correspondence(cut-with, 2 matches, by demo)"
