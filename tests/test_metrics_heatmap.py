import dataclasses

import numpy as np
import pytest
import references
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from skimage.transform import resize

from funcorr import UserError
from funcorr.metrics import (
    HEATMAP_PROTOCOLS,
    HeatmapProtocol,
    agd20k_map,
    kld,
    nss,
    score_heatmap,
    separation,
    sim,
)

levels = st.integers(0, 255).map(lambda value: value / 255)
map_pairs = array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=7).flatmap(
    lambda shape: st.tuples(*[arrays(np.float64, shape, elements=levels)] * 2)
)


@given(map_pairs)
def test_equal_the_literal_definitions(maps):
    pred, gt = maps
    pred[0, 0], pred[1, 1] = 0.0, 1.0  # a constant prediction has no meaningful NSS
    expected = references.heatmap_scores(pred.tolist(), gt.tolist())
    assert (kld(pred, gt), sim(pred, gt), nss(pred, gt)) == pytest.approx(expected, abs=1e-9)


@given(map_pairs)
def test_the_ground_truth_itself_is_the_best_prediction(maps):
    pred, gt = maps
    gt[0, 0] = 1.0
    assert kld(gt, gt) == pytest.approx(0, abs=1e-9)
    assert sim(gt, gt) == pytest.approx(1, abs=1e-9)
    assert sim(pred, gt) == pytest.approx(sim(gt, pred))
    assert kld(pred, gt) >= -1e-9


@given(map_pairs)
def test_brightness_of_the_prediction_does_not_count(maps):
    pred, gt = maps
    pred[0, 0], pred[1, 1] = 0.0, 1.0
    for metric in (kld, sim, nss):
        assert metric(pred / 2, gt) == pytest.approx(metric(pred, gt), abs=1e-6)


def test_known_values():
    gt = np.zeros((4, 4))
    gt[0, 0] = 1
    uniform = np.full((4, 4), 0.5)
    assert kld(uniform, gt) == pytest.approx(np.log(16))
    assert sim(uniform, gt) == pytest.approx(1 / 16)
    assert nss(gt, gt) == pytest.approx((1 - 1 / 16) / np.sqrt(1 / 16 - 1 / 256))
    assert nss(uniform, gt) == 0
    assert (kld(uniform, 0 * gt), sim(uniform, 0 * gt), nss(gt, 0 * gt)) == (0, 0, 0)


def test_fixations_are_strictly_above_the_threshold_of_the_stretched_truth():
    pred = np.array([[0.0, 0.2], [0.6, 1.0]])
    gt = np.array([[0.0, 0.05], [0.051, 0.5]])  # stretched: 0, 0.1, 0.102, 1
    z = (pred - pred.mean()) / pred.std()
    assert nss(pred, gt) == pytest.approx(z[1].mean())
    assert nss(pred, gt, threshold=0.5) == pytest.approx(z[1, 1])


def test_agd20k_map_resizes_about_pixel_centres_and_stretches():
    resized = agd20k_map([[0.2, 0.4]], size=(2, 4))
    np.testing.assert_allclose(resized, [[0, 0.25, 0.75, 1]] * 2, atol=1e-9)
    assert not agd20k_map(np.full((3, 5), 0.7)).any()
    assert agd20k_map(np.eye(3)).shape == (224, 224)


@pytest.mark.parametrize("metric", [kld, sim, nss])
@pytest.mark.parametrize(
    ("pred", "gt", "message"),
    [
        (np.zeros((3, 4)), np.zeros((4, 3)), "one shape"),
        (np.zeros(4), np.zeros(4), "H x W"),
        (np.full((2, 2), np.nan), np.zeros((2, 2)), "pred holds NaN"),
        (np.zeros((2, 2)), np.full((2, 2), 255), "divide by 255"),
    ],
)
def test_bad_input_is_one_line(metric, pred, gt, message):
    with pytest.raises(UserError, match=message):
        metric(pred, gt)


inner_maps = array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=7).flatmap(
    lambda shape: st.tuples(
        *[arrays(np.float64, shape, elements=st.integers(1, 254).map(lambda v: v / 255))] * 2
    )
)


@given(inner_maps)
def test_the_softmax_protocol_equals_its_literal_definition(maps):
    pred, gt = maps
    pred[0, 0], pred[1, 1] = 0.9, 0.1
    rules = dataclasses.replace(HEATMAP_PROTOCOLS["wsag-plsp"], size=None)
    found = score_heatmap(pred, gt, rules)
    expected = references.plsp_scores(pred.tolist(), gt.tolist())
    assert (found["kld"], found["sim"]) == pytest.approx(expected[:2], abs=1e-7)
    if np.ptp(gt) > 0:  # a flat ground truth has no region
        assert found["nss"] == pytest.approx(expected[2], abs=1e-6)


def test_the_protocol_of_agd20k_squashes_both_maps_and_stretches_the_prediction():
    rng = np.random.default_rng(0)
    pred, gt = rng.random((40, 60)), rng.random((80, 30)) ** 4
    found = score_heatmap(pred, gt)
    truth = resize(gt, (224, 224), order=1, mode="edge", anti_aliasing=False)
    stretched = agd20k_map(pred)
    expected = references.heatmap_scores(stretched.tolist(), truth.tolist())
    assert tuple(found.values()) == pytest.approx(expected, abs=1e-9)
    at_native_size = score_heatmap(pred, gt, HEATMAP_PROTOCOLS["cross-view-ag-journal"])
    expected = references.heatmap_scores(agd20k_map(pred, (80, 30)).tolist(), gt.tolist())
    assert tuple(at_native_size.values()) == pytest.approx(expected, abs=1e-9)


def test_rules_for_a_ground_truth_without_any_mark():
    pred, nothing = np.eye(8), np.zeros((8, 8))
    assert score_heatmap(pred, nothing, HeatmapProtocol()) == {"kld": 0, "sim": 0, "nss": 0}
    assert score_heatmap(pred, nothing, HeatmapProtocol(zero_gt="skip")) is None
    uniform = score_heatmap(pred, nothing, HeatmapProtocol(zero_gt="uniform"))
    assert uniform["kld"] > 1
    assert 0 < uniform["sim"] < 0.5


def test_a_value_at_the_threshold_counts_only_where_asked():
    limit = 0.5 * (1 + 1e-12)
    gt, pred = np.array([[0.0, 0.25], [limit, 1.0]]), np.array([[0.0, 0.1], [0.9, 0.2]])
    above, at = (nss(pred, gt, 0.5, inclusive=each) for each in (False, True))
    z = (pred - pred.mean()) / pred.std()
    assert above == pytest.approx(z[1, 1], abs=1e-6)
    assert at == pytest.approx(z[1].mean(), abs=1e-6)


def test_separation_tells_apart_maps_that_differ():
    left, right = np.eye(4), np.fliplr(np.eye(4))
    assert separation([left, left]) == pytest.approx(0, abs=1e-9)
    assert separation([left, right]) == pytest.approx(1)
    assert separation([left, left, right]) == pytest.approx(2 / 3)
    with pytest.raises(UserError, match="at least two maps"):
        separation([left])
