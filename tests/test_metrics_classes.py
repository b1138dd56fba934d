"""The accumulating classes against means of the functions, and joined over processes."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from funcorr import UserError, metrics
from funcorr.metrics import DiscoveryScore, LabelTransferScore, discovery, label_transfer

THRESHOLDS = (12, 5)


def pair(seed):
    rng = np.random.default_rng(seed)
    gt = rng.integers(0, 40, (2, rng.integers(1, 20), 2)).astype(float)
    chosen = rng.integers(0, len(gt[0]), rng.integers(1, 90))
    points = gt[:, chosen] + rng.integers(-6, 7, (2, len(chosen), 2))
    return points, rng.random(len(chosen)), gt, gt[1] + rng.integers(-9, 10, gt[1].shape)


@settings(max_examples=15)
@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=5))
def test_means_over_directed_pairs_of_the_functions(seeds):
    transfer = LabelTransferScore((40, 61), THRESHOLDS, "released-code")
    found = DiscoveryScore(THRESHOLDS, cutoffs=7)
    expected = []
    for points, scores, gt, carried in map(pair, seeds):
        transfer.update(carried, torch.from_numpy(gt[1]))
        found.update(*points, torch.from_numpy(scores), *gt)
        one = label_transfer(carried, gt[1], (40, 61), THRESHOLDS, "released-code")
        two = discovery(*points, scores, *gt, THRESHOLDS, 7)
        expected.append(
            [one["normalized_distance"], *one["pck"].values()]
            + [two[k][m] for m in ("best_f1", "ap") for k in THRESHOLDS]
        )
    values = {**transfer.compute(), **found.compute()}
    assert list(values) == [
        *("normalized_distance", "pck@12", "pck@5"),
        *("best_f1@12", "best_f1@5", "ap@12", "ap@5"),
    ]
    np.testing.assert_allclose(
        [float(v) for v in values.values()], np.mean(expected, axis=0), rtol=0, atol=1e-12
    )


def test_two_processes_joined_equal_one():
    cases = [pair(seed) for seed in range(5)]
    whole, parts = DiscoveryScore(THRESHOLDS), [DiscoveryScore(THRESHOLDS) for _ in range(2)]
    for number, (points, scores, gt, _) in enumerate(cases):
        for metric in (whole, parts[number % 2]):
            metric.update(*points, scores, *gt)
    parts[0].merge_state(parts[1])
    for name, value in whole.compute().items():
        assert float(parts[0].compute()[name]) == pytest.approx(float(value), abs=1e-12)


def test_reset_forward_and_nothing_to_average():
    _, _, gt, carried = pair(0)
    score = LabelTransferScore(thresholds=(5,))
    with pytest.warns(UserWarning, match="before"), pytest.raises(UserError, match="at least one"):
        score.compute()
    one = score(carried, gt[1])
    score(gt[1], gt[1])
    assert float(score.compute()["pck@5"]) == pytest.approx((float(one["pck@5"]) + 1) / 2)
    score.reset()
    assert int(score.pairs) == 0
    with pytest.raises(UserError, match="N x 2"):
        score.update([], [])
    with pytest.raises(AttributeError, match="no attribute 'Nonesuch'"):
        metrics.Nonesuch  # noqa: B018
