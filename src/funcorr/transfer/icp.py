"""Part-to-part ICP: the seen surfaces of both parts drawn onto each other, matches kept in mind."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy.spatial import cKDTree

from funcorr.transfer.ransac import FitConfig, agreement, tolerances, votes
from funcorr.transfer.similarity import Matches, Similarities, fit

FEWEST = 20
"""Surfaces of fewer points are left alone."""

KEPT = 0.7
"""Share of the matches' votes that must be left, else the surfaces have slid away from them."""


def align_surfaces(
    start: Similarities,
    matches: Matches,
    surface1: Float[np.ndarray, "n 6"],
    surface2: Float[np.ndarray, "m 6"],
    config: FitConfig,
) -> Similarities:
    """Refine one similarity: nearest neighbours in both directions, and the matches.

    Nearest is by place and normal; neighbours count by ``exp(-d^2 / 2 reach^2)``, and all matches
    together :attr:`FitConfig.match_share` of what all neighbours of one direction do.

    Args:
        start: a single similarity.
        matches: what it was fitted to.
        surface1: points and normals of part 1, in the units of ``matches.x``.
        surface2: the same of part 2, in those of ``matches.y``.
        config: see :class:`funcorr.transfer.ransac.FitConfig`.
    """
    found = start
    if min(len(surface1), len(surface2)) < FEWEST:
        return found
    tree2 = cKDTree(surface2)
    for _ in range(config.icp_rounds):
        moved1 = _moved(surface1, found)
        far, nearest2 = tree2.query(moved1)
        back, nearest1 = cKDTree(moved1).query(surface2)
        agreed = votes(found, matches, tolerances(found, matches, config))[0]
        neighbours = np.exp(-(np.concatenate([far, back]) ** 2) / (2 * config.icp_reach**2))
        together = _joined(
            np.vstack([surface1, surface1[nearest1]]),
            np.vstack([surface2[nearest2], surface2]),
            matches,
        )
        share = config.match_share / max(agreed.sum(), 1e-9)
        weights = np.concatenate([neighbours / len(surface1), agreed * share])
        found = fit(together, weights[None], config.normal_share)
    before, after = (agreement(each, matches, config)[0] for each in (start, found))
    return found if after >= KEPT * before else start


def _moved(surface: Float[np.ndarray, "n 6"], found: Similarities) -> Float[np.ndarray, "n 6"]:
    rotation, translation, scale = found.rotation[0], found.translation[0], found.scale[0]
    points, normals = surface[:, :3], surface[:, 3:]
    return np.hstack([scale * points @ rotation.T + translation, normals @ rotation.T])


def _joined(
    first: Float[np.ndarray, "k 6"], second: Float[np.ndarray, "k 6"], matches: Matches
) -> Matches:
    return Matches(
        np.vstack([first[:, :3], matches.x]),
        np.vstack([second[:, :3], matches.y]),
        np.vstack([first[:, 3:], matches.normals1]),
        np.vstack([second[:, 3:], matches.normals2]),
        np.concatenate([np.ones(len(first)), matches.weights]),
    )
