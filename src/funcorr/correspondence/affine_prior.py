"""Matches that agree with each other: one part goes onto the other as a whole.

Nearest neighbours are found point by point, so that neighbours may land far apart. But two parts
that do the same job, seen in two pictures, lie on each other up to a turn, a stretch and a shear
that hold for the whole part. So an affine map is fitted to the matches of a sample, robustly, and
matches that leave it pay for it:

    similarity(i, j) - strength |A(x_i) - x_j|^2

The square is a product of two extended descriptors, so that the search for nearest neighbours stays
what it is. The paper has no such term. It serves label transfer, where it helps much; for finding
matches, where most points of a part have no partner in the other picture, it was worse
(docs/experiments.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from funcorr.correspondence.matching import mutual_nearest

Points = Float[np.ndarray, "_ 2"]


@dataclass(frozen=True)
class AffinePriorConfig:
    """How strongly matches are held together; lengths are in sides of the crop around the object.

    Chosen on objects of kinds that were never trained on (``forge-unseen-dev``).

    Attributes:
        weight: of the term, times the share of the sample that agrees with the map (paper: 0).
        spread: a match this far off the map loses ``weight`` of its similarity.
        ridge: how stiffly the affine map is held to a similarity, as a share of the part's extent:
            thin parts say nothing about how they stretch across.
        reaches: a sampled match that is this far off the map counts a quarter; from coarse to fine.
        trusted: a sampled match this far off the map half agrees with it.
        samples: points of each part that the map is fitted to, at most.
    """

    weight: float = 0.6
    spread: float = 0.09
    ridge: float = 0.1
    reaches: tuple[float, ...] = (0.27, 0.18, 0.13)
    trusted: float = 0.067
    samples: int = 1000


@dataclass(frozen=True, eq=False)
class AffinePrior:
    """Where one part lies on the other.

    Attributes:
        linear: 2 x 2, rows times it are carried over.
        shift: 2, added to them.
        strength: what the square of a unit of distance costs.
    """

    linear: Float[np.ndarray, "2 2"]
    shift: Float[np.ndarray, "2"]
    strength: float

    def carry(self, points: Points) -> Points:
        """Points of the first picture on the second."""
        return points @ self.linear + self.shift

    def queries(self, descriptors: Float[Tensor, "n d"], points: Points) -> Float[Tensor, "n e"]:
        """Descriptors of the first part, with where they should land."""
        landing = self.carry(points)
        cost = self.strength * np.square(landing).sum(1, keepdims=True)
        return _joined(descriptors, 2 * self.strength * landing, -cost, np.ones_like(cost))

    def targets(self, descriptors: Float[Tensor, "m d"], points: Points) -> Float[Tensor, "m e"]:
        """Descriptors of the second part, with where they are."""
        cost = self.strength * np.square(points).sum(1, keepdims=True)
        return _joined(descriptors, points, np.ones_like(cost), -cost)


def fit_affine_prior(
    first: Float[Tensor, "n d"],
    second: Float[Tensor, "m d"],
    points1: Points,
    points2: Points,
    config: AffinePriorConfig,
) -> AffinePrior:
    """The affine map that most matches of a sample agree with.

    Each sampled point of the first part votes for its nearest neighbour in a sample of the second,
    with the weight ``similarity^2 exp(-(cycle error / spread)^2)``. Least squares is repeated with
    weights that fall with the distance from the last map (Geman-McClure), each time more strictly.

    Args:
        first: unit descriptors of the first part.
        second: of the second part.
        points1: where the first are.
        points2: where the second are.
        config: see the class.
    """
    rows1, rows2 = _sample(len(first), config.samples), _sample(len(second), config.samples)
    source, candidates = points1[rows1], points2[rows2]
    found = mutual_nearest(first[rows1], second[rows2])
    forward, backward = found.forward.cpu().numpy(), found.backward.cpu().numpy()
    cycle = np.linalg.norm(source - source[backward[forward]], axis=1) / config.spread
    similarity = found.similarity.clamp(0, 1).cpu().numpy().astype(np.float64)
    weights = similarity**2 * np.exp(-(cycle**2)) + 1e-3
    linear, shift = robust_affine(source, candidates[forward], weights, config)
    off = np.square(source @ linear + shift - candidates[forward]).sum(1)
    agreeing = (weights / (1 + off / config.trusted**2)).sum() / weights.sum()
    return AffinePrior(linear, shift, float(config.weight * agreeing / config.spread**2))


def robust_affine(
    source: Points, target: Points, weights: Float[np.ndarray, " n"], config: AffinePriorConfig
) -> tuple[Float[np.ndarray, "2 2"], Float[np.ndarray, "2"]]:
    """Least squares, then again with those that are far off counting less.

    Args:
        source: N x 2.
        target: N x 2.
        weights: of the rows, above 0.
        config: ridge and reaches.

    Returns:
        Linear part and shift: ``source @ linear + shift`` is close to ``target``.
    """
    linear, shift = affine(source, target, weights, config.ridge)
    for reach in config.reaches:
        off = np.square(source @ linear + shift - target).sum(1)
        linear, shift = affine(source, target, weights / (1 + off / reach**2) ** 2, config.ridge)
    return linear, shift


def affine(
    source: Points, target: Points, weights: Float[np.ndarray, " n"], ridge: float
) -> tuple[Float[np.ndarray, "2 2"], Float[np.ndarray, "2"]]:
    """Weighted least squares for an affine map, held to the best similarity by a ridge.

    Minimises ``sum w |x A + t - y|^2 + ridge trace(S) / 2 |A - R|^2``, with S the weighted scatter
    of the source and R the similarity (turn and scale) of least squares.

    Args:
        source: N x 2.
        target: N x 2.
        weights: of the rows, above 0.
        ridge: see above.
    """
    weights = weights[:, None] / weights.sum()
    mean1, mean2 = (weights * source).sum(0), (weights * target).sum(0)
    x, y = source - mean1, target - mean2
    scatter, cross = (weights * x).T @ x, (weights * x).T @ y
    extent = max(float(np.trace(scatter)), 1e-12)
    a, b = np.trace(cross) / extent, (cross[0, 1] - cross[1, 0]) / extent
    hold = max(ridge, 1e-6) * extent / 2
    turned = np.array([[a, b], [-b, a]])
    linear = np.linalg.solve(scatter + hold * np.eye(2), cross + hold * turned)
    return linear, mean2 - mean1 @ linear


def _sample(count: int, most: int) -> Int[np.ndarray, " n"]:
    return np.linspace(0, count - 1, min(count, most)).round().astype(np.int64)


def _joined(descriptors: Float[Tensor, "n d"], *columns: np.ndarray) -> Float[Tensor, "n e"]:
    more = torch.from_numpy(np.concatenate(columns, axis=1)).to(descriptors)
    return torch.cat([descriptors, more], dim=1)
