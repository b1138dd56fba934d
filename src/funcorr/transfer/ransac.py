"""The robust fit: RANSAC over triples of matches, then the best few refined by reweighting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from funcorr.transfer.similarity import Matches, Similarities, fit, residuals


@dataclass(frozen=True)
class FitConfig:
    """How the similarity is searched for.

    Attributes:
        hypotheses: triples of matches that are tried.
        scored: matches, drawn by their weight, on which the triples are judged.
        kept: best triples that are refined.
        rounds: of reweighting.
        tolerance: distance at which a match's vote falls to 0.61, in spreads (root mean square
            distance from the middle) of the part of object 2.
        normal_share: weight of a pair of normals beside a pair of points one spread off the middle.
        max_scale: scales beyond this factor, or below its inverse, of the ratio of the parts'
            spreads are not tried.
        seed: of the drawing.
    """

    hypotheses: int = 1024
    scored: int = 512
    kept: int = 48
    rounds: int = 8
    tolerance: float = 0.3
    normal_share: float = 0.3
    max_scale: float = 3.0
    seed: int = 0


def search(matches: Matches, config: FitConfig) -> Similarities:
    """The similarity with the most votes (a single one)."""
    rng = np.random.default_rng(config.seed)
    drawn = _draw(matches, config.scored, rng)
    judged = matches.rows(drawn)
    tried = fit(judged, _triples(len(drawn), config.hypotheses, rng), config.normal_share)
    tried = tried.rows(np.abs(np.log(tried.scale)) <= np.log(config.max_scale))
    best = _best(tried, judged, config, config.kept)
    for _ in range(config.rounds):
        best = fit(judged, votes(best, judged, config), config.normal_share)
    best = _best(best, matches, config, 1)
    for _ in range(config.rounds):
        best = fit(matches, votes(best, matches, config), config.normal_share)
    return best


def votes(found: Similarities, matches: Matches, config: FitConfig) -> Float[np.ndarray, "k n"]:
    r"""What each match says for each similarity, weight included.

    :math:`w_i\, e^{-r_i^2 / 2 \tau^2}\, (1 + n_{2i}^T R n_{1i}) / 2`
    """
    squares, cosines = residuals(found, matches)
    near = np.exp(-squares / (2 * config.tolerance**2))
    return matches.weights * near * (1 + cosines) / 2


def _best(tried: Similarities, matches: Matches, config: FitConfig, count: int) -> Similarities:
    score = votes(tried, matches, config).sum(axis=1)
    return tried.rows(np.argsort(-score, kind="stable")[:count])


def _draw(matches: Matches, count: int, rng: np.random.Generator) -> np.ndarray:
    n = len(matches.x)
    if n <= count:
        return np.arange(n)
    return rng.choice(n, count, replace=False, p=matches.weights / matches.weights.sum())


def _triples(n: int, count: int, rng: np.random.Generator) -> Float[np.ndarray, "k n"]:
    weights = np.zeros((count, n))
    np.put_along_axis(weights, rng.integers(0, n, (count, 3)), 1.0, axis=1)
    return weights
