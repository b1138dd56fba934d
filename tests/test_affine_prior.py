"""Parts laid on each other as wholes: the map that is fitted, and what it does to matches."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from funcorr.correspondence.affine_prior import (
    AffinePrior,
    AffinePriorConfig,
    affine,
    fit_affine_prior,
    robust_affine,
)
from funcorr.correspondence.matching import mutual_nearest

seeds = st.integers(0, 10_000)


def some_map(rng):
    return np.eye(2) + rng.normal(0, 0.3, (2, 2)), rng.normal(0, 0.2, 2)


def unit(rng, n, d=16):
    return torch.nn.functional.normalize(torch.from_numpy(rng.normal(size=(n, d))).float(), dim=1)


@given(seeds)
def test_an_affine_map_is_found_again(seed):
    rng = np.random.default_rng(seed)
    source, (linear, shift) = rng.uniform(-0.5, 0.5, (40, 2)), some_map(rng)
    found = affine(source, source @ linear + shift, rng.uniform(0.1, 1, 40), ridge=0)
    np.testing.assert_allclose(found[0], linear, atol=1e-4)
    np.testing.assert_allclose(found[1], shift, atol=1e-4)


@given(seeds)
def test_the_ridge_is_least_squares_with_rows_that_ask_for_a_similarity(seed):
    """The slow form: numpy's lstsq on the stacked, weighted system."""
    rng = np.random.default_rng(seed)
    x, y, w, ridge = rng.normal(size=(9, 2)), rng.normal(size=(9, 2)), rng.uniform(0.1, 1, 9), 0.3
    w /= w.sum()
    x, y = x - w @ x, y - w @ y
    turn = np.concatenate([np.stack([x[:, 0], x[:, 1]], 1), np.stack([x[:, 1], -x[:, 0]], 1)])
    a, b = np.linalg.lstsq(
        turn * np.sqrt(np.tile(w, 2))[:, None], y.T.ravel() * np.sqrt(np.tile(w, 2)), rcond=None
    )[0]
    held = np.sqrt(ridge * (w @ np.square(x).sum(1)) / 2)
    rows = np.concatenate([x * np.sqrt(w)[:, None], held * np.eye(2)])
    asked = np.concatenate([y * np.sqrt(w)[:, None], held * np.array([[a, -b], [b, a]])])
    slow = np.linalg.lstsq(rows, asked, rcond=None)[0]
    np.testing.assert_allclose(affine(x, y, w, ridge)[0], slow, atol=1e-9)


@settings(max_examples=30)
@given(seeds)
def test_a_third_of_wrong_matches_does_not_move_it(seed):
    rng = np.random.default_rng(seed)
    source = rng.uniform(-0.4, 0.4, (300, 2))
    linear, shift = np.eye(2) + rng.normal(0, 0.15, (2, 2)), rng.normal(0, 0.1, 2)
    target = source @ linear + shift
    wrong = rng.random(300) < 0.33
    target[wrong] = rng.uniform(-0.5, 0.5, (wrong.sum(), 2))
    found = robust_affine(source, target, np.ones(300), AffinePriorConfig())
    off = np.linalg.norm(source @ found[0] + found[1] - (source @ linear + shift), axis=1)
    assert off.mean() < 0.03
    plain = affine(source, target, np.ones(300), AffinePriorConfig().ridge)
    assert (
        off.mean() < np.linalg.norm(source @ (plain[0] - linear) + plain[1] - shift, axis=1).mean()
    )


@given(seeds, st.floats(0, 50))
def test_extended_descriptors_multiply_to_similarity_minus_distance(seed, strength):
    rng = np.random.default_rng(seed)
    layout = AffinePrior(*some_map(rng), strength)
    a, b = unit(rng, 7), unit(rng, 9)
    x, y = rng.uniform(-0.5, 0.5, (7, 2)), rng.uniform(-0.5, 0.5, (9, 2))
    product = (layout.queries(a, x).double() @ layout.targets(b, y).double().T).numpy()
    square = ((layout.carry(x)[:, None] - y) ** 2).sum(-1)
    expected = (a.double() @ b.double().T).numpy() - strength * square
    np.testing.assert_allclose(product, expected, atol=1e-4)


def test_without_strength_matches_stay_what_they_are():
    rng = np.random.default_rng(0)
    a, b = unit(rng, 300), unit(rng, 200)
    x, y = rng.uniform(-0.5, 0.5, (300, 2)), rng.uniform(-0.5, 0.5, (200, 2))
    layout = fit_affine_prior(a, b, x, y, AffinePriorConfig(weight=0))
    assert layout.strength == 0
    found = mutual_nearest(layout.queries(a, x), layout.targets(b, y))
    assert found.forward.tolist() == mutual_nearest(a, b).forward.tolist()


def test_scattered_matches_come_to_lie_next_to_each_other():
    """A part moved and stretched; its descriptors say roughly where, with much noise."""
    rng = np.random.default_rng(1)
    grid = np.stack(np.meshgrid(*2 * [np.linspace(-0.4, 0.4, 20)]), -1).reshape(-1, 2)
    code = torch.from_numpy(np.concatenate([np.cos(3 * grid), np.sin(3 * grid)], 1)).float()
    a, b = (
        torch.nn.functional.normalize(
            code + 0.25 * torch.from_numpy(rng.normal(size=code.shape)).float()
        )
        for _ in range(2)
    )
    moved = grid @ np.array([[0.8, 0.1], [0.0, 1.1]]) + [0.05, -0.02]
    layout = fit_affine_prior(a, b, grid, moved, AffinePriorConfig())
    found = mutual_nearest(layout.queries(a, grid), layout.targets(b, moved)).forward.numpy()
    plain = mutual_nearest(a, b).forward.numpy()

    def error(matches):
        return np.linalg.norm(moved[matches] - moved, axis=1).mean()

    assert error(found) < 0.5 * error(plain)


@pytest.mark.parametrize("count", [1, 16])
def test_parts_of_a_point_or_on_one_spot_do_not_break_it(count):
    rng = np.random.default_rng(2)
    layout = fit_affine_prior(
        unit(rng, count), unit(rng, count), *2 * [np.zeros((count, 2))], AffinePriorConfig()
    )
    assert np.isfinite([*layout.linear.ravel(), *layout.shift, layout.strength]).all()


@settings(max_examples=20)
@given(seeds)
def test_the_prior_is_that_of_a_plain_loop_in_float64(seed):
    """Votes weighted by similarity and cycle error, one by one, as the docstring says."""
    rng = np.random.default_rng(seed)
    config = AffinePriorConfig()
    a, b = unit(rng, 30), unit(rng, 20)
    x, y = rng.uniform(-0.2, 0.2, (30, 2)), rng.uniform(-0.2, 0.2, (20, 2))
    cosine = (a.double() @ b.double().T).numpy()
    targets, weights = [], []
    for i in range(30):
        j = cosine[i].argmax()
        error = np.linalg.norm(x[i] - x[cosine[:, j].argmax()]) / config.spread
        targets.append(y[j])
        weights.append(max(cosine[i, j], 0) ** 2 * np.exp(-(error**2)) + 1e-3)
    targets, weights = np.array(targets), np.array(weights)
    linear, shift = robust_affine(x, targets, weights, config)
    agreeing = 0.0
    for i in range(30):
        off = np.linalg.norm(x[i] @ linear + shift - targets[i])
        agreeing += weights[i] / (1 + (off / config.trusted) ** 2) / weights.sum()
    found = fit_affine_prior(a, b, x, y, config)
    np.testing.assert_allclose(found.linear, linear, atol=1e-4)
    np.testing.assert_allclose(found.shift, shift, atol=1e-4)
    assert found.strength == pytest.approx(config.weight * agreeing / config.spread**2, rel=1e-4)
