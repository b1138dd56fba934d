"""The robust fit: RANSAC over triples of matches, then the best few refined by reweighting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from funcorr.transfer.similarity import Matches, Similarities, fit, residuals

SCALES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)
"""Tolerances at which poses are compared, as shares of the widest."""


@dataclass(frozen=True)
class FitConfig:
    """How the similarity is searched for.

    Lengths are in spreads of the part of object 2: root mean square distances from its middle.

    Attributes:
        hypotheses: triples of matches that are tried.
        scored: matches, drawn by their weight, on which the triples are judged.
        kept: best triples that are refined.
        rounds: of reweighting.
        tolerance: largest distance at which a match's vote falls to 0.61; smaller where matches
            agree better, see :func:`tolerances`.
        normal_share: weight of a pair of normals beside a pair of points one spread off the middle.
        max_scale: scales beyond this factor, or below its inverse, of the ratio of the parts'
            spreads are not tried.
        rest_share: weight of all matches off the parts beside all those between them: they tell
            which way the part points.
        icp_rounds: of part-to-part ICP.
        icp_reach: distance at which the weight of a neighbour falls to 0.61.
        match_share: weight of all matches beside all neighbours of one direction.
        seed: of the drawing.
    """

    hypotheses: int = 768
    scored: int = 384
    kept: int = 32
    rounds: int = 6
    tolerance: float = 1.5
    normal_share: float = 0.3
    max_scale: float = 3.0
    rest_share: float = 0.5
    icp_rounds: int = 15
    icp_reach: float = 0.5
    match_share: float = 0.1
    seed: int = 0


def search(matches: Matches, config: FitConfig) -> Similarities:
    """The similarity with the most votes (a single one)."""
    rng = np.random.default_rng(config.seed)
    drawn = _draw(matches, config.scored, rng)
    judged = matches.rows(drawn)
    tried = fit(judged, _triples(len(drawn), config.hypotheses, rng), config.normal_share)
    sane = np.abs(np.log(tried.scale)) <= np.log(config.max_scale)
    best = _best(tried.rows(sane) if sane.any() else tried, judged, config, config.kept)
    for _ in range(config.rounds):
        best = _refit(best, judged, config)
    best = _best(best, matches, config, 1)
    for _ in range(config.rounds):
        best = _refit(best, matches, config)
    return best


def votes(
    found: Similarities, matches: Matches, tolerance: Float[np.ndarray, " k"]
) -> Float[np.ndarray, "k n"]:
    r"""What each match says for each similarity, weight included.

    :math:`w_i\, e^{-r_i^2 / 2 \tau^2}\, (1 + n_{2i}^T R n_{1i}) / 2`
    """
    squares, cosines = residuals(found, matches)
    near = np.exp(-squares / (2 * tolerance[:, None] ** 2))
    return matches.weights * near * (1 + cosines) / 2


def tolerances(found: Similarities, matches: Matches, config: FitConfig) -> Float[np.ndarray, " k"]:
    """Three times the distance that 30 percent of the matches keep, within [0.1, tolerance]."""
    squares, _ = residuals(found, matches)
    nearest = int(0.3 * squares.shape[1])
    close = np.sqrt(np.partition(squares, nearest, axis=1)[:, nearest])
    return (3 * close).clip(min(0.1, config.tolerance), config.tolerance)


def agreement(found: Similarities, matches: Matches, config: FitConfig) -> Float[np.ndarray, " k"]:
    """All votes together, averaged over tolerances from tight to the widest.

    At the widest alone, a pose that brings every match half-way would beat one that brings most of
    them home.
    """
    steps = config.tolerance * np.array(SCALES)
    each = [votes(found, matches, np.full(len(found.scale), step)).sum(axis=1) for step in steps]
    return np.mean(each, axis=0)


def _refit(found: Similarities, matches: Matches, config: FitConfig) -> Similarities:
    weights = votes(found, matches, tolerances(found, matches, config))
    return fit(matches, weights.clip(1e-12), config.normal_share)


def _best(tried: Similarities, matches: Matches, config: FitConfig, count: int) -> Similarities:
    score = agreement(tried, matches, config)
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
