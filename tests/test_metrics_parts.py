import numpy as np
import pytest
import references
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from funcorr import UserError
from funcorr.metrics import part_iou

SHAPE = (5, 7)
PROBABILITIES = arrays(np.float64, SHAPE, elements=st.floats(0, 1))
MASKS = arrays(bool, SHAPE)


@given(PROBABILITIES, MASKS, st.sampled_from([0.5, 0.25]))
def test_equals_the_literal_definition(predicted, exact, threshold):
    expected = references.part_iou(predicted.tolist(), exact.tolist(), threshold)
    assert part_iou(predicted, exact, threshold) == pytest.approx(expected, abs=1e-9)


@given(MASKS, MASKS)
def test_swapped_and_turned_masks_score_the_same_and_equal_ones_score_one(first, second):
    value = part_iou(first, second)
    assert 0 <= value <= 1
    assert part_iou(second, first) == part_iou(first.T, second.T) == value
    assert part_iou(first, first) == 1
    assert (value == 1) == (first == second).all()


def test_an_empty_prediction_scores_zero_and_the_threshold_is_open():
    exact = np.eye(3, dtype=bool)
    assert part_iou(np.full((3, 3), 0.5), exact) == 0
    assert part_iou(np.zeros((3, 3)), np.zeros((3, 3))) == 1


def test_maps_of_two_sizes_are_refused():
    with pytest.raises(UserError, match="predicted and exact must have one shape"):
        part_iou(np.zeros((3, 3)), np.zeros((3, 4)))
    with pytest.raises(UserError, match=r"predicted must lie in \[0, 1\]"):
        part_iou(np.full((3, 3), 2.0), np.zeros((3, 3)))
