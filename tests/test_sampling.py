"""A sample of an object's points, and the way back to all of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

import funcorr
from funcorr.correspondence.sampling import (
    AGREEMENT,
    NEIGHBOURS,
    Landing,
    every_point,
    sample_points,
    weighted_mean,
)
from funcorr.errors import UserError


def blob(seed, size=60):
    """Pixels of a few random rectangles and one line, one pixel thin."""
    rng = np.random.default_rng(seed)
    mask = np.zeros((size, size), bool)
    for _ in range(3):
        top, left = rng.integers(0, size - 10, 2)
        mask[top : top + rng.integers(3, 30), left : left + rng.integers(3, 30)] = True
    mask[rng.integers(0, size)] = True
    return np.argwhere(mask)[:, ::-1].astype(np.float32)


@settings(deadline=None)
@given(seed=st.integers(0, 99), at_most=st.integers(20, 400), known=st.booleans())
def test_a_sample_is_small_and_leaves_no_place_out(seed, at_most, known):
    points = blob(seed)
    part = points[:, 0] == points[0, 0] if known else None
    sample = sample_points(points, at_most, part)
    assert len(sample.points) <= at_most
    assert (points[sample.rows] == sample.points).all()
    own = sample.near[0]
    apart = np.linalg.norm(points - sample.points[own], axis=1)
    assert apart.max() <= np.sqrt(2) * sample.cell
    assert (sample.weights[0] > 0).all()
    if known:
        assert (part[sample.rows][own] == part).all()


def test_all_points_are_their_own_sample_where_they_are_few():
    points = blob(0)
    sample = sample_points(points, len(points))
    assert (sample.rows == np.arange(len(points))).all()
    values = np.random.rand(len(points)).astype(np.float32)
    np.testing.assert_array_equal(sample.spread(values), values)


def test_a_smooth_map_survives_the_sample():
    points = blob(3)
    sample = sample_points(points, 300)
    smooth = (points @ np.array([[0.8, 0.3], [-0.2, 1.1]]) + 7).astype(np.float32)
    nothing = np.zeros(len(sample.rows), np.float32)
    spread, _ = Landing(smooth[sample.rows], nothing, nothing).spread(sample, sample.cell)
    assert np.linalg.norm(spread.points - smooth, axis=1).max() < sample.cell


def slow_spread(points, sample, landing, cell2):
    """Point by point in float64: own sample and the nearest, those that agree with the best."""
    distance = cdist(points.astype(float), sample.points.astype(float))
    own = sample.near[0]
    result = []
    for n, row in enumerate(distance):
        weights = {}
        for s in (own[n], *np.argsort(row, kind="stable")[:NEIGHBOURS]):
            weights[s] = 1 / ((row[s] / sample.cell) ** 2 + 0.05)
        best = max(weights, key=weights.get)
        near = landing.points[best].astype(float)
        kept = {
            s: w
            for s, w in weights.items()
            if np.linalg.norm(landing.points[s] - near) <= AGREEMENT * cell2
        }
        total = sum(kept.values())
        result.append(sum(w * landing.points[s].astype(float) for s, w in kept.items()) / total)
    return np.array(result)


@pytest.mark.parametrize("seed", range(3))
def test_spreading_equals_a_slow_reference(seed):
    points = blob(seed)
    rng = np.random.default_rng(seed)
    points = (points + rng.uniform(-0.3, 0.3, points.shape)).astype(np.float32)  # no ties
    sample = sample_points(points, 150)
    count = len(sample.rows)
    landed = (sample.points * 1.3 + rng.normal(0, 4, (count, 2))).astype(np.float32)
    landing = Landing(landed, rng.random(count, np.float32), rng.random(count, np.float32))
    spread, _ = landing.spread(sample, 2.0)
    np.testing.assert_allclose(spread.points, slow_spread(points, sample, landing, 2.0), atol=1e-3)


def test_a_point_listens_only_to_whom_it_may():
    points = blob(1)
    sample = sample_points(points, 100)
    side = sample.points[:, 0] < 30
    landed = np.where(side[:, None], 0, 50).repeat(2, 1).astype(np.float32)
    nothing = np.zeros(len(side), np.float32)
    landing = Landing(landed, nothing, nothing)
    allowed = side[sample.near]
    rows = allowed.any(0)
    spread, anchor = landing.spread(sample.of(rows), 1e6, allowed[:, rows])
    assert not spread.points.any()
    assert not anchor.any()


def test_the_mean_of_one_value_is_that_value():
    values = np.random.rand(50).astype(np.float32)
    itself = np.arange(50)[None]
    np.testing.assert_array_equal(weighted_mean(values, itself, values[None] + 0.3), values)
    assert every_point(blob(0)).weights.all()


def test_the_sample_tells_what_all_points_tell():
    """The shipped model on the demo pictures: the fast way beside the exact one."""
    model = funcorr.load_model()
    images = [model.encode(f"samples/{name}.png") for name in ("coffee-mug", "wine-bottle")]
    exact, fast = (model.match(*images, "pour-with", exact=each) for each in (True, False))
    rows = [np.lexsort(result.points1.T) for result in (exact, fast)]
    for name, share in (("points2", 0.85), ("transferred", 0.75)):
        a, b = (getattr(r, name)[row] for r, row in zip((exact, fast), rows, strict=True))
        assert (np.linalg.norm(a - b, axis=1) < 8).mean() > share
    assert np.abs(exact.part1 - fast.part1).mean() < 0.01
    iou = (exact.part2 > 0.5) & (fast.part2 > 0.5), (exact.part2 > 0.5) | (fast.part2 > 0.5)
    assert iou[0].sum() / iou[1].sum() > 0.97
    columns, matched = fast.points2.astype(int).T
    assert images[1].mask[matched, columns].all()


def test_fewer_points_are_an_even_grid_of_the_same_matches():
    model = funcorr.load_model("features:fused")
    images = [model.encode(f"samples/{name}.png") for name in ("coffee-mug", "wine-bottle")]
    whole = model.match(*images, "pour-with")
    fewer = model.match(*images, "pour-with", max_points=500)
    assert 300 < len(fewer) <= 500
    kept = dict(zip(map(tuple, whole.points1), whole.points2.tolist(), strict=True))
    assert [kept[tuple(point)] for point in fewer.points1] == fewer.points2.tolist()
    with pytest.raises(UserError, match="max_points must be at least 1"):
        model.match(*images, "pour-with", max_points=0)


def test_what_functions_share_is_made_once_per_image(monkeypatch):
    """The image half of the head, the nearest points: a second function repeats neither."""
    model = funcorr.load_model()
    images = [model.encode(f"samples/{name}.png") for name in ("coffee-mug", "wine-bottle")]
    first = model.match(*images, "pour-with")

    def again(*_):
        raise AssertionError("made again")

    monkeypatch.setattr(model.extractor, "halves", again)
    monkeypatch.setattr("funcorr.images.nearest.NearestPoints.of", again)
    other = model.match(*images, "hang-onto")
    assert not np.array_equal(first.part1, other.part1)
    monkeypatch.undo()
    alone = funcorr.load_model().match(*images, "hang-onto")
    for name in ("points1", "points2", "scores", "part1", "part2", "transferred"):
        np.testing.assert_array_equal(getattr(other, name), getattr(alone, name))
