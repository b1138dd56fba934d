"""The robust fit: hypotheses from triples of matches and from long axes, the best few refined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from funcorr.transfer.directions import Direction, aligned_rotations
from funcorr.transfer.similarity import Matches, Similarities, fit, residuals

SCALES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)
"""Tolerances at which poses are compared, as shares of the widest."""

FINALISTS = 8
"""Refined hypotheses that are judged on all matches."""

THIRD = 1 / 3
"""Of all weights: half of those between the parts, where the rest weighs half as much."""

RIVAL = 0.5
"""Share of the largest distance between rotations beyond which a pose is another one: 30 degrees
are 0.26, 60 degrees 0.5."""


@dataclass(frozen=True)
class FitConfig:
    """How the similarity is searched for.

    Lengths are in spreads of the part of object 2: root mean square distances from its middle.

    Attributes:
        hypotheses: triples of matches that are tried.
        turns: about the objects' long axes, laid onto each other both ways, that are tried.
        scored: matches, drawn by their weight, on which the hypotheses are judged.
        kept: best hypotheses that are refined.
        rounds: of reweighting.
        tolerance: largest distance at which a match's vote falls to 0.61; smaller where matches
            agree better, see :func:`tolerances`.
        max_scale: scales beyond this factor, or below its inverse, of the ratio of the parts'
            spreads are not tried.
        normal_share: of its vote that a match loses where its normals are opposite: two views may
            show the two sides of a blade.
        rest_share: weight of all matches off the parts beside all those between them: they tell
            which way the part points.
        direction_share: votes of a trusted direction, as a share of those of all matches.
        independent: matches that err independently of one another: neighbours err together. By it
            the directions are weighed against the matches.
        seed: of the drawing.
    """

    hypotheses: int = 512
    turns: int = 12
    scored: int = 384
    kept: int = 32
    rounds: int = 6
    tolerance: float = 1.5
    max_scale: float = 3.0
    normal_share: float = 0.5
    rest_share: float = 0.5
    direction_share: float = 0.1
    independent: float = 5.0
    seed: int = 0


class Found(NamedTuple):
    """What a search brings back.

    Attributes:
        similarity: a single one.
        agreement: its votes as a share of those of matches that agree perfectly.
        rival: those of the best hypothesis that is turned otherwise, as a share of the best of all.
    """

    similarity: Similarities
    agreement: float
    rival: float


def search(matches: Matches, config: FitConfig, directions: Sequence[Direction] = ()) -> Found:
    """The similarity that matches and directions support most, evened out over all matches.

    Hypotheses are judged by :func:`support` on some of the matches; the best are refitted as long
    as that raises it, the very best on all matches. Its last rounds weigh the matches by
    :math:`1 / (1 + r^2 / m^2)`, m the distance that a third of the weights keep: parts of two
    shapes agree nowhere exactly, so that all of them, not the few that fit best, are brought
    together.
    """
    rng = np.random.default_rng(config.seed)
    judged = _draw(matches, config.scored, rng)
    tried = _hypotheses(judged, config, directions, rng)
    scores = support(tried, judged, directions, config)
    best, _ = _best(tried, scores, config.kept)
    best = _climbed(best, judged, directions, config)
    best, _ = _best(best, support(best, judged, directions, config), FINALISTS)
    best, _ = _best(best, support(best, matches, directions, config), 1)
    found = _climbed(best, matches, directions, config)
    return Found(
        _evened(found, matches, directions, config),
        float(support(found, matches, (), config)[0] / matches.weights.sum()),
        _rival(tried, scores, found),
    )


def votes(
    found: Similarities,
    matches: Matches,
    tolerance: Float[np.ndarray, " k"],
    config: FitConfig,
) -> Float[np.ndarray, "k n"]:
    r"""What each match says for each similarity, weight included.

    :math:`w_i\, e^{-r_i^2 / 2 \tau^2}\, (1 - \lambda (1 - n_{2i}^T R n_{1i}) / 2)`, lambda being
    :attr:`FitConfig.normal_share`.
    """
    squares, cosines = residuals(found, matches)
    near = np.exp(-squares / (2 * tolerance[:, None] ** 2))
    return _facing(cosines, matches, config) * near


def tolerances(found: Similarities, matches: Matches, config: FitConfig) -> Float[np.ndarray, " k"]:
    """Three times the distance that 30 percent of the matches keep, within [0.1, tolerance]."""
    squares, _ = residuals(found, matches)
    nearest = int(0.3 * squares.shape[1])
    close = np.sqrt(np.partition(squares, nearest, axis=1)[:, nearest])
    return (3 * close).clip(min(0.1, config.tolerance), config.tolerance)


def support(
    found: Similarities, matches: Matches, directions: Sequence[Direction], config: FitConfig
) -> Float[np.ndarray, " k"]:
    """All votes together: of the matches, averaged over tolerances, and of the directions.

    At the widest tolerance alone, a pose that brings every match half-way would beat one that
    brings most of them home.
    """
    squares, cosines = residuals(found, matches)
    facing = _facing(cosines, matches, config)
    widths = 2 * (config.tolerance * np.array(SCALES)) ** 2
    near = np.mean([(facing * np.exp(-squares / width)).sum(axis=1) for width in widths], axis=0)
    share = config.direction_share * matches.weights.sum()
    for each in directions:
        near += share * each.votes(found.rotation)
    return near


def _hypotheses(
    judged: Matches, config: FitConfig, directions: Sequence[Direction], rng: np.random.Generator
) -> Similarities:
    tried = fit(judged, _triples(len(judged.x), config.hypotheses, rng))
    sane = _sane(tried, config)
    tried = tried.rows(sane) if sane.any() else tried
    if not directions:
        return tried
    laid = aligned_rotations(directions[-1], config.turns)
    shift, scale = np.zeros((len(laid), 3)), np.ones(len(laid))
    return Similarities(*map(np.concatenate, zip(tried, (laid, shift, scale), strict=True)))


def _climbed(
    found: Similarities, matches: Matches, directions: Sequence[Direction], config: FitConfig
) -> Similarities:
    """Refitted by the votes as often as the support grows."""
    reached = support(found, matches, directions, config)
    for _ in range(config.rounds):
        weights = votes(found, matches, tolerances(found, matches, config), config).clip(1e-12)
        refitted = fit(matches, weights, _pull(found, matches, weights, directions, config))
        now = support(refitted, matches, directions, config)
        better = (now > reached) & _sane(refitted, config)
        reached = np.where(better, now, reached)
        found = Similarities(
            *(
                np.where(better.reshape(-1, *[1] * (new.ndim - 1)), new, old)
                for new, old in zip(refitted, found, strict=True)
            )
        )
    return found


def _evened(
    found: Similarities, matches: Matches, directions: Sequence[Direction], config: FitConfig
) -> Similarities:
    for _ in range(config.rounds):
        squares, _ = residuals(found, matches)
        order = np.argsort(squares[0])
        nearest = np.searchsorted(np.cumsum(matches.weights[order]), THIRD * matches.weights.sum())
        weights = matches.weights / (1 + squares / max(squares[0, order[nearest]], 1e-12))
        found = fit(matches, weights, _pull(found, matches, weights, directions, config))
    return found


def _pull(
    found: Similarities,
    matches: Matches,
    weights: Float[np.ndarray, "k n"],
    directions: Sequence[Direction],
    config: FitConfig,
) -> Float[np.ndarray, "k 3 3"] | None:
    """Of the directions, beside matches whose mean square error is that of the fit so far."""
    if not directions:
        return None
    squares, _ = residuals(found, matches)
    w = weights / weights.sum(axis=1, keepdims=True)
    spread = w @ (matches.y**2).sum(axis=1) - ((w @ matches.y) ** 2).sum(axis=1)
    error = (w * squares).sum(axis=1) / spread.clip(1e-18) / config.independent
    pulls = np.sum([each.pull(found.rotation) for each in directions], axis=0)
    return np.asarray(error[:, None, None] * pulls)


def _facing(
    cosines: Float[np.ndarray, "k n"], matches: Matches, config: FitConfig
) -> Float[np.ndarray, "k n"]:
    """What the normals leave of the weights."""
    return matches.weights * (1 - config.normal_share * (1 - cosines) / 2)


def _rival(tried: Similarities, scores: Float[np.ndarray, " k"], found: Similarities) -> float:
    """The best score of another rotation than the one found, as a share of the best of all."""
    apart = np.linalg.norm(tried.rotation - found.rotation, axis=(1, 2)) / np.sqrt(8)
    return float(scores.max(initial=0.0, where=apart > RIVAL) / max(scores.max(), 1e-12))


def _sane(found: Similarities, config: FitConfig) -> Bool[np.ndarray, " k"]:
    return np.abs(np.log(found.scale)) <= np.log(config.max_scale)


def _best(
    tried: Similarities, scores: Float[np.ndarray, " k"], count: int
) -> tuple[Similarities, Float[np.ndarray, " best"]]:
    order = np.argsort(-scores, kind="stable")[:count]
    return tried.rows(order), scores[order]


def _draw(matches: Matches, count: int, rng: np.random.Generator) -> Matches:
    """So many of them, by their weight, which then is the same for each."""
    n = len(matches.x)
    if n <= count:
        return matches
    total = matches.weights.sum()
    drawn = rng.choice(n, count, replace=False, p=matches.weights / total)
    return replace(matches.rows(drawn), weights=np.full(count, total / count))


def _triples(n: int, count: int, rng: np.random.Generator) -> Float[np.ndarray, "k n"]:
    weights = np.zeros((count, n))
    np.put_along_axis(weights, rng.integers(0, n, (count, 3)), 1.0, axis=1)
    return weights
