import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from funcorr.transfer.ransac import FitConfig, search, votes
from funcorr.transfer.similarity import Matches, Similarities, fit, residuals

seeds = st.integers(0, 2**32 - 1)


def some_matches(seed, n=30, noise=0.0):
    """Random points and normals, moved by a random similarity: (matches, R, t, s)."""
    rng = np.random.default_rng(seed)
    rotation, shift, scale = Rotation.random(rng=rng).as_matrix(), rng.normal(size=3), 1.7
    x, normals = rng.normal(size=(2, n, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    y = scale * x @ rotation.T + shift + noise * rng.normal(size=x.shape)
    matches = Matches(x, y, normals, normals @ rotation.T, rng.uniform(0.1, 1, n))
    return matches, rotation, shift, scale


def slow_votes(found, matches, tolerance):
    """One similarity and one match at a time."""
    table = np.zeros((len(found.scale), len(matches.x)))
    for k, (rotation, shift, scale) in enumerate(zip(*found, strict=True)):
        for n in range(len(matches.x)):
            off = scale * rotation @ matches.x[n] + shift - matches.y[n]
            facing = matches.normals2[n] @ rotation @ matches.normals1[n]
            near = np.exp(-(off @ off) / (2 * tolerance[k] ** 2))
            table[k, n] = matches.weights[n] * near * (1 - 0.4 * (1 - facing) / 2)
    return table


@settings(max_examples=15)
@given(seeds)
def test_batched_votes_equal_the_slow_ones(seed):
    rng = np.random.default_rng(seed)
    found = Similarities(
        Rotation.random(4, rng=rng).as_matrix(), rng.normal(size=(4, 3)), rng.uniform(0.3, 3, 4)
    )
    matches, *_ = some_matches(seed, noise=0.3)
    tolerance = rng.uniform(0.1, 2, 4)
    slow = slow_votes(found, matches, tolerance)
    np.testing.assert_allclose(
        votes(found, matches, tolerance, FitConfig(normal_share=0.4)), slow, atol=1e-10
    )


@given(seeds)
def test_the_fit_of_exact_matches_is_exact_whatever_their_weights(seed):
    matches, rotation, shift, scale = some_matches(seed)
    found = fit(matches, matches.weights[None])
    np.testing.assert_allclose(found.rotation[0], rotation, atol=1e-9)
    np.testing.assert_allclose(found.translation[0], shift, atol=1e-9)
    np.testing.assert_allclose(found.scale[0], scale)
    assert residuals(found, matches)[0].max() < 1e-9


def test_a_batch_of_fits_equals_single_ones():
    matches, *_ = some_matches(3, noise=0.5)
    weights = np.random.default_rng(0).uniform(0, 1, (5, 30))
    together = fit(matches, weights)
    for k in range(5):
        alone = fit(matches, weights[k : k + 1])
        np.testing.assert_allclose(together.matrices[k], alone.matrices[0], atol=1e-12)


def test_noise_does_not_shrink_the_scale():
    matches, _, _, scale = some_matches(1, n=4000, noise=0.5)
    assert 1.0 <= fit(matches, np.ones((1, 4000))).scale[0] / scale < 1.1


@settings(max_examples=5)
@given(seeds)
def test_the_search_finds_what_most_matches_say(seed):
    matches, rotation, _, scale = some_matches(seed, n=400)
    rng = np.random.default_rng(seed)
    y, normals2 = matches.y.copy(), matches.normals2.copy()
    y[:200], normals2[:200] = rng.permutation(y[:200]), rng.permutation(normals2[:200])
    spoilt = Matches(matches.x, y, matches.normals1, normals2, matches.weights)
    found = search(spoilt, FitConfig()).similarity
    np.testing.assert_allclose(found.rotation[0], rotation, atol=0.02)
    np.testing.assert_allclose(found.scale[0], scale, rtol=0.02)
