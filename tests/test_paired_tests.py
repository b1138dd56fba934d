"""Paired differences between two models."""

from itertools import product

import numpy as np
import pytest

from funcorr import UserError
from funcorr.benchmark.paired_tests import Scores, compare, read_scores, sign_flip_test


def scores(values, groups=None):
    """One directed pair per value; those of one group show the same two objects."""
    groups = range(len(values)) if groups is None else groups
    keys = [(f"pair-{number:03d}", "forward") for number in range(len(values))]
    return Scores(
        {
            key: {"ap@23": value, "pck@10": 1 - value}
            for key, value in zip(keys, values, strict=True)
        },
        {key: ("a", f"b{group}") for key, group in zip(keys, groups, strict=True)},
    )


def test_a_model_equals_itself():
    values = scores(np.linspace(0, 1, 9))
    for each in compare(values, values):
        assert (each.mean, each.low, each.high, each.p) == (0, 0, 0, 1)


def test_p_values_are_those_of_all_sign_patterns():
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(7), 3)
    gaps = rng.normal(0.3, 1, (21, 2))
    sums = np.array([gaps[group == g].sum(axis=0) for g in range(7)])
    patterns = np.array(list(product([-1, 1], repeat=7)))
    exact = (np.abs(patterns @ sums) >= np.abs(sums.sum(axis=0)) - 1e-12).mean(axis=0)
    np.testing.assert_allclose(sign_flip_test(gaps, group), exact, atol=0.02)


def test_a_steady_difference_is_sure_and_its_sign_is_right():
    rng = np.random.default_rng(0)
    base = rng.random(40) / 2
    better, worse = compare(scores(base + 0.1 + rng.normal(0, 0.05, 40)), scores(base))
    assert better.metric == "ap@23"
    assert 0.05 < better.low < better.mean < better.high < 0.15
    assert better.p < 0.001
    assert worse.mean == pytest.approx(-better.mean)
    turned = compare(scores(base), scores(base + 0.1))[0]
    assert turned.mean == pytest.approx(-0.1)


def test_image_pairs_of_the_same_objects_do_not_count_as_many():
    rng = np.random.default_rng(1)
    gaps = rng.normal(0.3, 0.5, 8)
    once = compare(scores(gaps), scores(0 * gaps))[0]
    repeated = np.repeat(gaps, 20)
    grouped = compare(scores(repeated, np.repeat(range(8), 20)), scores(0 * repeated))[0]
    apart = compare(scores(repeated), scores(0 * repeated))[0]
    assert vars(grouped) == pytest.approx(vars(once))
    assert apart.p < grouped.p / 10
    assert apart.high - apart.low < (grouped.high - grouped.low) / 3
    with pytest.raises(UserError, match="same pairs"):
        compare(scores(gaps), scores(gaps[:5]))


@pytest.mark.parametrize("damaged", ["1e308", "-inf"])
def test_a_score_that_no_metric_has_is_refused(tmp_path, damaged):
    path = tmp_path / "pairs.csv"
    path.write_text(f"id,direction,asset1,asset2,ap@23\nx,forward,a,b,{damaged}\n")
    with pytest.raises(UserError, match="as the scores of pairs"):
        read_scores(path)


def test_a_file_of_another_kind_is_refused(tmp_path):
    (tmp_path / "pairs.csv").write_text("model,ap\nx,1\n")
    with pytest.raises(UserError, match=r"cannot read .* as the scores of pairs"):
        read_scores(tmp_path / "pairs.csv")
    with pytest.raises(UserError, match="cannot read"):
        read_scores(tmp_path / "gone.csv")
