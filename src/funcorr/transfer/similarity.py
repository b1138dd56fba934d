"""Similarity transforms fitted to weighted matches of points and normals, many at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from funcorr.geometry.rotations import nearest_rotations


class Similarities(NamedTuple):
    """``y = scale * rotation @ x + translation``, K of them.

    Attributes:
        rotation: K x 3 x 3.
        translation: K x 3.
        scale: K.
    """

    rotation: Float[np.ndarray, "k 3 3"]
    translation: Float[np.ndarray, "k 3"]
    scale: Float[np.ndarray, " k"]

    def rows(self, chosen: np.ndarray) -> Similarities:
        """Some of them."""
        return Similarities(*(each[chosen] for each in self))

    @property
    def matrices(self) -> Float[np.ndarray, "k 4 4"]:
        """K x 4 x 4."""
        matrices = np.tile(np.eye(4), (len(self.scale), 1, 1))
        matrices[:, :3, :3] = self.rotation * self.scale[:, None, None]
        matrices[:, :3, 3] = self.translation
        return matrices


@dataclass(frozen=True, eq=False)
class Matches:
    """N matched points with normals, in units in which the points of object 2 spread by about 1.

    Attributes:
        x: N x 3 points of object 1.
        y: N x 3 points of object 2.
        normals1: N x 3.
        normals2: N x 3.
        weights: N, above 0.
    """

    x: Float[np.ndarray, "n 3"]
    y: Float[np.ndarray, "n 3"]
    normals1: Float[np.ndarray, "n 3"]
    normals2: Float[np.ndarray, "n 3"]
    weights: Float[np.ndarray, " n"]

    def rows(self, chosen: np.ndarray) -> Matches:
        """Some of them."""
        names = ("x", "y", "normals1", "normals2", "weights")
        return Matches(*(getattr(self, name)[chosen] for name in names))

    @property
    def products(self) -> Float[np.ndarray, "n 9"]:
        """N outer products of y and x."""
        return (self.y[:, :, None] * self.x[:, None]).reshape(-1, 9)

    @property
    def normal_products(self) -> Float[np.ndarray, "n 9"]:
        """N outer products of the normals of 2 and 1."""
        return (self.normals2[:, :, None] * self.normals1[:, None]).reshape(-1, 9)


def fit(
    matches: Matches,
    weights: Float[np.ndarray, "k n"],
    pull: Float[np.ndarray, "k 3 3"] | None = None,
) -> Similarities:
    r"""The weighted least-squares similarities of the points.

    With centred points divided by their weighted root mean square distance, it maximises
    :math:`\sum_i w_i\, y_i^T R x_i + \operatorname{tr}(P^T R)` over rotations R; the scale is the
    ratio of the two distances (Horn's symmetric form, which noise does not shrink). Normals have no
    say: those of two shapes differ where their points do the same job.

    Args:
        matches: points.
        weights: K x N, for K fits; at least one of a row above 0, divided by their sum.
        pull: P, what else is known of the rotations.
    """
    total = weights.sum(axis=1, keepdims=True)
    w = weights / total
    mean_x, mean_y = w @ matches.x, w @ matches.y
    spread_x = np.sqrt((w @ (matches.x**2).sum(1) - (mean_x**2).sum(1)).clip(1e-18))
    spread_y = np.sqrt((w @ (matches.y**2).sum(1) - (mean_y**2).sum(1)).clip(1e-18))
    covariance = (w @ matches.products).reshape(-1, 3, 3) - mean_y[:, :, None] * mean_x[:, None]
    turning = covariance / (spread_x * spread_y)[:, None, None]
    rotation = nearest_rotations(turning if pull is None else turning + pull)
    scale = spread_y / spread_x
    translation = mean_y - scale[:, None] * (rotation @ mean_x[:, :, None])[..., 0]
    return Similarities(rotation, translation, scale)


def residuals(
    found: Similarities, matches: Matches
) -> tuple[Float[np.ndarray, "k n"], Float[np.ndarray, "k n"]]:
    """Squared distances of the moved points of 1 from those of 2, and cosines of the normals.

    ``|s R x + t - y|^2`` is linear in ``|x|^2, |y|^2, x, y, y x^T``, so that all K x N of them are
    one product of matrices.
    """
    rotation, t, s = found
    flat = rotation.reshape(-1, 9)
    moved = (t[:, None] @ rotation)[:, 0]
    squares = (
        np.outer(s**2, (matches.x**2).sum(1))
        + (matches.y**2).sum(1)
        + (t**2).sum(1)[:, None]
        + 2 * (s[:, None] * moved) @ matches.x.T
        - 2 * t @ matches.y.T
        - 2 * (s[:, None] * flat) @ matches.products.T
    )
    return squares.clip(0), flat @ matches.normal_products.T
