import sys

import numpy as np
import pytest
import references
from hypothesis import given, settings
from hypothesis import strategies as st

from funcorr import UserError
from funcorr.metrics import discovery, released_scores

THRESHOLDS = (12, 5, 2.5)


@st.composite
def cases(draw):
    """Matches that are partly right, with scores that are partly equal."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n, m = draw(st.integers(1, 130)), draw(st.integers(1, 25))
    gt1, gt2 = rng.integers(0, 40, (2, m, 2))
    chosen = rng.integers(0, m, n)
    points1 = gt1[chosen] + rng.integers(-4, 5, (n, 2))
    points2 = np.where(rng.random((n, 1)) < 0.5, gt2[chosen], rng.integers(0, 40, (n, 2)))
    return points1, points2, rng.integers(0, 8, n) / 8, gt1, gt2


@settings(deadline=None, max_examples=40)
@given(cases(), st.sampled_from([100, 7, 1]))
def test_equals_the_literal_definition(case, cutoffs):
    results = discovery(*case, thresholds=THRESHOLDS, cutoffs=cutoffs)
    for k in THRESHOLDS:
        f1, ap, precision, recall = references.discovery(*case, k, cutoffs)
        assert results[k]["best_f1"] == pytest.approx(f1, abs=1e-9)
        assert results[k]["ap"] == pytest.approx(ap, abs=1e-9)
        np.testing.assert_allclose(results[k]["precision"], precision, atol=1e-9)
        np.testing.assert_allclose(results[k]["recall"], recall, atol=1e-9)


@given(cases())
def test_only_the_order_of_the_scores_counts(case):
    points1, points2, scores, gt1, gt2 = case
    plain = discovery(points1, points2, scores, gt1, gt2, THRESHOLDS)
    bent = discovery(points1, points2, np.exp(5 * scores) - 40, gt1, gt2, THRESHOLDS)
    order = np.argsort(-scores, kind="stable")
    ranked = discovery(points1[order], points2[order], -np.arange(len(order)), gt1, gt2, THRESHOLDS)
    for k in THRESHOLDS:
        for name, value in plain[k].items():
            np.testing.assert_array_equal(bent[k][name], value)
            np.testing.assert_array_equal(ranked[k][name], value)


@given(cases(), st.sampled_from([2, 4]))
def test_swapped_images_and_larger_pixels_score_the_same(case, factor):
    points1, points2, scores, gt1, gt2 = case
    plain = discovery(points1, points2, scores, gt1, gt2, (5,))[5]
    swapped = discovery(points2, points1, scores, gt2, gt1, (5,))[5]
    scaled = discovery(
        points1 * factor, points2 * factor, scores, gt1 * factor, gt2 * factor, (5 * factor,)
    )[5 * factor]
    for name, value in plain.items():
        np.testing.assert_array_equal(swapped[name], value)
        np.testing.assert_array_equal(scaled[name], value)


@given(cases())
def test_curves_are_shares_and_recall_and_thresholds_only_grow(case):
    results = discovery(*case, thresholds=THRESHOLDS)
    for k in THRESHOLDS:
        assert (np.diff(results[k]["recall"]) >= 0).all()
        assert 0 <= results[k]["precision"].min() <= results[k]["precision"].max() <= 1
        assert results[k]["ap"] <= results[k]["recall"][-1] + 1e-12
    assert results[12]["best_f1"] >= results[5]["best_f1"] >= results[2.5]["best_f1"]


def test_a_perfect_prediction_scores_one_and_its_rank_matters():
    gt = np.stack([np.arange(200), np.zeros(200)], axis=1)
    far = gt + 1000
    both = np.concatenate([gt, far])
    first = discovery(both, both, np.repeat([1, 0], 200), gt, gt, (0.5,))[0.5]
    last = discovery(both, both, np.repeat([0, 1], 200), gt, gt, (0.5,))[0.5]
    assert first["best_f1"] == 1
    assert first["ap"] == pytest.approx(1)
    assert last["best_f1"] == pytest.approx(2 / 3)
    assert last["ap"] < 0.35


def test_equal_scores_keep_the_given_order():
    points = np.array([[0, 0]] * 2 + [[50, 50]] * 2)
    good_first = discovery(points, points, np.ones(4), points[:1], points[:1], (1,), 2)[1]
    bad_first = discovery(points[::-1], points[::-1], np.ones(4), points[:1], points[:1], (1,), 2)
    assert good_first["precision"].tolist() == [1.0, 0.5]
    assert bad_first[1]["precision"].tolist() == [0.0, 0.5]


@given(cases(), st.booleans())
def test_released_scores_rank_as_the_released_code_does(case, with_parts):
    points1, _, similarity, *_ = case
    cycle = np.linalg.norm(points1, axis=1)
    part = similarity > 0.5 if with_parts else None
    expected = references.released_ranking(similarity, cycle, part)
    scores = released_scores(similarity, cycle, part)
    assert np.argsort(-scores, kind="stable").tolist() == expected
    doubled = released_scores(2 * similarity + 1, 3 * cycle, part)
    np.testing.assert_allclose(doubled, scores, atol=1e-9)


def test_released_and_raw_scores_rank_differently():
    """A cycle error of 5 pixels costs 2 percent by the paper's words, all by its code."""
    similarity, cycle = np.array([0.9, 0.85, 0.6]), np.array([5.0, 0.0, 0.0])
    raw = (1 - cycle / np.hypot(224, 224)) * similarity
    assert raw.argmax() == 0
    assert released_scores(similarity, cycle).argmax() == 1
    assert released_scores([0.5, 0.5], [1, 1]).tolist() == [0, 0]


def test_both_ends_must_be_near_the_same_pair_and_the_ball_is_closed():
    gt1, gt2 = [[0, 0], [30, 0]], [[0, 0], [0, 30]]
    crossed = discovery([[0, 0]], [[0, 30]], [1.0], gt1, gt2, (10,))[10]
    border = discovery([[3, 4]], [[0, 5]], [1.0], gt1, gt2, (5,))[5]
    assert crossed["best_f1"] == crossed["ap"] == 0
    assert border["recall"].tolist() == [0.5] * 100
    assert border["ap"] == 0.5


@pytest.mark.parametrize("block", [1, 17])
def test_the_block_size_changes_nothing(monkeypatch, block):
    rng = np.random.default_rng(0)
    case = *rng.integers(0, 30, (2, 300, 2)), rng.random(300), *rng.integers(0, 30, (2, 11, 2))
    whole = discovery(*case, thresholds=(5,))[5]
    monkeypatch.setattr(sys.modules[discovery.__module__], "_BLOCK_VALUES", block)
    for name, value in discovery(*case, thresholds=(5,))[5].items():
        np.testing.assert_array_equal(value, whole[name])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"points2": [[0, 0], [1, 1]]}, "points1 and points2"),
        ({"gt2": [[0, 0, 0]]}, "gt2 must be N x 2"),
        ({"gt1": []}, "gt1 must be N x 2"),
        ({"scores": [1.0, 2.0]}, "one number per point"),
        ({"scores": [np.nan]}, "scores holds NaN"),
        ({"points1": [[np.inf, 0]]}, "points1 holds NaN or infinite"),
        ({"cutoffs": 0}, "cutoffs"),
        ({"thresholds": (-1,)}, "positive"),
    ],
)
def test_bad_input_is_one_line(change, message):
    point = [[0, 0]]
    good = {"points1": point, "points2": point, "scores": [1.0], "gt1": point, "gt2": point}
    with pytest.raises(UserError, match=message):
        discovery(**good | change)
