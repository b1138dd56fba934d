"""Calibration of the background: a floor and a power for all maps, fitted on training pictures.

KLD and SIM hang on how high a map is where nothing is: a well-placed map over a haze of a tenth of
its peak scores like a poor one. One monotone curve, ``((m - floor) / (1 - floor)) ** power`` of the
min-maxed map, mends what is common to all maps. It must not see the test set.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

import numpy as np
from jaxtyping import Float

from funcorr.metrics import agd20k_map

FLOORS = (0.0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3)
POWERS = (0.5, 0.67, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0)
SIDE = 56
"""Maps are compared at this size while fitting."""


@dataclass(frozen=True)
class Calibration:
    """One curve for every map of a model.

    Attributes:
        floor: what counts as nothing, as a share of the map's peak.
        power: above 1 sharpens, below 1 softens.
    """

    floor: float = 0.0
    power: float = 1.0

    def apply(self, heatmap: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
        """The curve at values in [0, 1]; 0 stays 0 and 1 stays 1.

        Example:
            >>> Calibration(0.5, 2.0).apply(np.array([0.25, 0.75, 1.0])).tolist()
            [0.0, 0.25, 1.0]
        """
        return ((heatmap - self.floor).clip(0) / (1 - self.floor)) ** self.power


def fit_calibration(
    pairs: Iterable[tuple[Float[np.ndarray, "_ _"], Float[np.ndarray, "_ _"]]],
) -> Calibration:
    """The curve with the least mean KLD on a small grid; no curve where there are no pairs.

    Args:
        pairs: predictions and ground truth of training pictures, each H x W in [0, 1].
    """
    maps = [[agd20k_map(each, (SIDE, SIDE)) for each in pair] for pair in pairs]
    if not maps:
        return Calibration()
    pred, gt = (np.stack(each).reshape(len(maps), -1) for each in zip(*maps, strict=True))
    curves = [Calibration(*values) for values in product(FLOORS, POWERS)]
    return min(curves, key=lambda curve: _mean_kld(curve.apply(pred), gt))


def _mean_kld(pred: Float[np.ndarray, "n p"], gt: Float[np.ndarray, "n p"]) -> float:
    eps = 1e-12
    p, g = (each / (each.sum(axis=1, keepdims=True) + eps) for each in (pred, gt))
    return float((g * np.log(g / (p + eps) + eps)).sum(axis=1).mean())
