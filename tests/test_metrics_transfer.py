import numpy as np
import pytest
import references
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from funcorr import UserError
from funcorr.metrics import label_transfer

pixels = st.integers(1, 40).flatmap(
    lambda n: arrays(np.int64, (2, n, 2), elements=st.integers(0, 60))
)


@given(pixels, st.sampled_from(["paper", "released-code"]))
def test_equals_the_literal_definition(points, protocol):
    pred2, gt2 = points
    result = label_transfer(pred2, gt2, (48, 61), (23, 10, 5), protocol)
    distance, pck = references.label_transfer(pred2, gt2, (48, 61), (23, 10, 5), protocol)
    assert result["normalized_distance"] == pytest.approx(distance, abs=1e-9)
    assert result["pck"] == pytest.approx(pck, abs=1e-9)


@given(pixels)
def test_perfect_points_and_swapped_roles(points):
    pred2, gt2 = points
    assert label_transfer(gt2, gt2) == {"normalized_distance": 0.0, "pck": {23: 1.0, 10: 1.0}}
    assert label_transfer(pred2, gt2) == label_transfer(gt2, pred2)


@given(pixels, st.integers(2, 5))
def test_a_larger_image_with_larger_thresholds_scores_the_same(points, factor):
    small = label_transfer(*points, (224, 200), (10,))
    large = label_transfer(*(points * factor), (224 * factor, 200 * factor), (10 * factor,))
    assert large["normalized_distance"] == pytest.approx(small["normalized_distance"], abs=1e-12)
    assert large["pck"][10 * factor] == small["pck"][10]


def test_protocols_differ_on_the_border_and_in_the_unit():
    paper = label_transfer([[10, 0]], [[0, 0]], (224, 224), (10,))
    released = label_transfer([[10, 0]], [[0, 0]], (224, 224), (10,), "released-code")
    assert paper == {"normalized_distance": 10 / 224, "pck": {10: 0.0}}
    assert released == {"normalized_distance": 10 / 223, "pck": {10: 1.0}}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[0, 0]], [[0, 0], [1, 1]]), "one shape"),
        (([], []), "N x 2"),
        (([[0, 0, 0]], [[0, 0, 0]]), "N x 2"),
        (([[0, np.nan]], [[0, 0]]), "NaN"),
        ((["a"], ["b"]), "numbers"),
        (([[0, 0]], [[0, 0]], (224, 224), (0,)), "positive"),
        (([[0, 0]], [[0, 0]], (224, 224), ()), "positive"),
        (([[0, 0]], [[0, 0]], (224,)), "height, width"),
        (([[0, 0]], [[0, 0]], (1, 1), (10,), "released-code"), "one pixel"),
        (([[0, 0]], [[0, 0]], (224, 224), (10,), "mine"), "unknown protocol 'mine'"),
    ],
)
def test_bad_input_is_one_line(arguments, message):
    with pytest.raises(UserError, match=message) as error:
        label_transfer(*arguments)
    assert "\n" not in str(error.value)
