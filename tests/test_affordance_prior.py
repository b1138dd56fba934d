"""Heatmaps as a guide to the matching, on the coloured squares of the matcher's own tests."""

import numpy as np
import pytest
from test_model import Colours, picture

from funcorr import UserError
from funcorr.correspondence.model import Matcher

(RGB1, MASK1), (RGB2, MASK2) = picture(5, 20), picture(63, 9)


def matched(prior, parts=False):
    matcher = Matcher("colours", Colours(parts))
    return matcher.match(RGB1, RGB2, "cut-with", MASK1, MASK2, prior)


def heat(mask, where, peak):
    """A low map, hot on some rows of the object."""
    found = np.zeros(mask.shape, np.float32)
    rows = np.flatnonzero(mask.any(1))
    found[rows[where], :] = peak
    return found


def test_hot_is_matched_to_hot_and_ranks_first():
    """Also where the maps peak low; here they name different halves."""
    top, bottom = slice(0, 20), slice(20, 40)
    maps = heat(MASK1, top, 0.1), heat(MASK2, bottom, 0.02)
    found = matched(maps)
    hot1 = maps[0][tuple(found.points1.astype(int).T[::-1])] > 0
    hot2 = maps[1][tuple(found.points2.astype(int).T[::-1])] > 0
    np.testing.assert_array_equal(hot1, hot2)
    assert hot1[: hot1.sum()].all()
    assert 0 < hot1.sum() < len(found)
    assert not np.array_equal(found.points2, matched(None).points2)


def test_a_head_and_a_prior_decide_together():
    """The head says 0.9 on the left half and 0.1 on the right; a prior against it of 0.6 loses."""
    alone = matched(None, parts=True)
    columns = np.arange(MASK1.shape[1])
    right = [(columns >= np.flatnonzero(m.any(0)).mean()) * m * 0.6 for m in (MASK1, MASK2)]
    right = [each + 0.4 * (each == 0) * m for each, m in zip(right, (MASK1, MASK2), strict=True)]
    with_prior = matched(tuple(right), parts=True)
    assert alone.part1.max() == pytest.approx(0.9, abs=1e-6)
    assert with_prior.part1.max() == pytest.approx((1 + 0.1) / 2, abs=1e-6)


@pytest.mark.parametrize(
    ("spoilt", "line"),
    [
        (np.zeros((3, 3)), "the prior is 3 x 3 pixels but its image is 110 x 70"),
        (np.full(MASK1.shape, np.nan), "holds NaN"),
        (np.full(MASK1.shape, 2.0), "do not tell what 1 is"),
    ],
)
def test_an_unusable_prior_is_a_line(spoilt, line):
    with pytest.raises(UserError, match=line):
        matched((spoilt, np.zeros(MASK2.shape)))
