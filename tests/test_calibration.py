"""Confidence: a probability that keeps its promises."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcorr.benchmark.reliability import Graded, fit_calibration, reliability
from funcorr.correspondence.confidence import Calibration
from funcorr.correspondence.result import Correspondence
from funcorr.errors import UserError


def drawn(curve: Calibration, count: int = 20_000) -> Graded:
    """Matches whose truth follows a curve."""
    generator = np.random.default_rng(0)
    scores = generator.uniform(-1, 1, count)
    return Graded(scores, generator.random(count) < curve(scores))


def test_the_fit_finds_the_curve_that_made_the_data() -> None:
    truth = Calibration(5.0, -2.0, 0.1)
    found = fit_calibration(drawn(truth), 0.1)
    assert found.slope == pytest.approx(5.0, rel=0.05)
    assert found.offset == pytest.approx(-2.0, rel=0.05)


def test_calibrated_confidence_keeps_its_promises_and_raw_scores_do_not() -> None:
    graded = drawn(Calibration(5.0, -2.0, 0.1))
    curve = fit_calibration(graded)
    assert reliability(curve(graded.scores), graded.right).error < 0.02
    assert reliability(graded.scores.clip(0, 1), graded.right).error > 0.05


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
        fit_calibration(Graded(np.linspace(0, 1, 5), np.ones(5, dtype=bool)))


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
