"""Confidence: a probability that keeps its promises."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcorr.benchmark.reliability import (
    Graded,
    fit_calibration,
    graded,
    held_out_confidence,
    reliability,
)
from funcorr.correspondence.confidence import Calibration
from funcorr.correspondence.result import Correspondence
from funcorr.errors import UserError


def drawn(curve: Calibration, pairs: int = 200, points: int = 200) -> list[Graded]:
    """Answers whose truth follows a curve; sixteen objects a, each in many pairs."""
    generator = np.random.default_rng(0)
    found = []
    for number in range(pairs):
        scores = generator.uniform(-1, 1, points)
        right = generator.random(points) < curve(scores)
        found.append(Graded(scores, right, (f"a{number % 16}", f"b{number}")))
    return found


def joined(found: list[Graded], curve: Calibration) -> tuple[np.ndarray, np.ndarray]:
    """Confidence and truth."""
    sure = [curve(each.scores) for each in found]
    return np.concatenate(sure), np.concatenate([each.right for each in found])


def test_the_fit_finds_the_curve_that_made_the_data() -> None:
    found = fit_calibration(drawn(Calibration(5.0, -2.0, 0.1)), 0.1)
    assert found.slope == pytest.approx(5.0, rel=0.05)
    assert found.offset == pytest.approx(-2.0, rel=0.05)
    assert found.within == 0.1


def test_every_pair_weighs_the_same_however_many_points_it_has() -> None:
    found = drawn(Calibration(5.0, -2.0, 0.1))
    often = [Graded(*(np.tile(v, 50) for v in found[0][:2]), found[0].objects), *found[1:]]
    first, second = fit_calibration(found), fit_calibration(often)
    assert first.slope == pytest.approx(second.slope, rel=1e-3)


def test_calibrated_confidence_keeps_its_promises_and_raw_scores_do_not() -> None:
    found = drawn(Calibration(5.0, -2.0, 0.1))
    sure, right = joined(found, fit_calibration(found))
    assert reliability(sure, right).error < 0.02
    raw = np.concatenate([each.scores for each in found]).clip(0, 1)
    assert reliability(raw, right).error > 0.05


def test_a_pair_is_judged_without_its_objects() -> None:
    """Answers about one object lie; only the others learn from that."""
    found = drawn(Calibration(5.0, -2.0, 0.1), pairs=40)
    lies = [all_right(each) if each.objects[0] == "a1" else each for each in found]
    honest, told = (held_out_confidence(each) for each in (found, lies))
    same = [np.allclose(a, b, atol=1e-6) for a, b in zip(honest, told, strict=True)]
    assert all(same[1::16])
    assert not all(same)


def all_right(answers: Graded) -> Graded:
    return answers._replace(right=np.ones_like(answers.right))


def test_answers_are_graded_by_where_they_land() -> None:
    points = np.array([[1, 1], [5, 5]], np.float32)
    flat, picture = np.zeros(2, np.float32), np.zeros((20, 30, 3), np.uint8)
    scores = np.array([0.75, 0.5], np.float32)
    result = Correspondence(
        *(points, points, scores, flat + 0.5, flat, "cut-with", "demo"),
        image1=picture,
        image2=picture,
    )
    there = points + np.array([[2.9, 0], [3.1, 0]])
    assert graded(result, points, there) is None
    own = graded(result, points, there, ("a", "b"), transfer=False, within=0.1)
    assert (own.scores.tolist(), own.right.tolist()) == ([0.75, 0.5], [True, False])
    assert own.objects == ("a", "b")
    carried = {"transferred": points + np.array([[0, 0], [3, 0]]), "transfer_scores": scores / 2}
    moved = graded(replace(result, **carried), points, there, within=0.1)
    assert (moved.scores.tolist(), moved.right.tolist()) == ([0.375, 0.25], [True, True])


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=20), st.floats(0.01, 30), st.floats(-9, 9))
def test_calibration_keeps_the_order_and_stays_a_probability(scores, slope, offset) -> None:
    found = Calibration(slope, offset, 0.1)(np.sort(np.array(scores)))
    assert (np.diff(found) >= 0).all()
    assert ((found >= 0) & (found <= 1)).all()


@pytest.mark.parametrize("wrong", [(0.0, 0.0, 0.1), (1.0, np.nan, 0.1), (1.0, 0.0, 0.0)])
def test_senseless_curves_are_refused(wrong) -> None:
    with pytest.raises(UserError, match="a calibration needs"):
        Calibration(*wrong)


def test_matches_that_are_all_right_cannot_be_calibrated_on() -> None:
    with pytest.raises(UserError, match="right and wrong"):
        fit_calibration([Graded(np.linspace(0, 1, 5), np.ones(5, dtype=bool))])


def test_a_calibrated_result_says_how_sure_a_transfer_is_and_keeps_it(tmp_path: Path) -> None:
    points = np.array([[1, 1], [5, 5]], np.float32)
    flat = np.zeros(2, np.float32)
    scores = np.array([2.5, 0.5], np.float32)  # the first is a match of parts
    parts, curve = np.eye(9, dtype=np.float32), Calibration(2.0, -1.0, 0.1)
    result = Correspondence(
        points, points, scores, flat + 0.5, flat, "cut-with", "demo", parts, calibration=curve
    )
    np.testing.assert_allclose(result.transfer(points).confidence, [0.5, 0.5])
    result.save(tmp_path / "matches.npz")
    again = Correspondence.load(tmp_path / "matches.npz")
    assert again.calibration == curve
    np.testing.assert_array_equal(again.confidence, result.confidence)
