"""From the score of a match to the probability that it is right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from funcorr.errors import UserError


@dataclass(frozen=True)
class Calibration:
    r"""A logistic curve, :math:`p = 1 / (1 + e^{-(a s + b)})` of the plain score s.

    Attributes:
        slope: a, above 0, so that the order of matches stays.
        offset: b.
        within: what "right" means: the share of the image's longer side within which the match
            lies from the true one.

    Raises:
        UserError: a value is not finite or the slope not positive.

    Example:
        >>> Calibration(2.0, -1.0, 0.1)(np.array([0.5], np.float32)).tolist()
        [0.5]
    """

    slope: float
    offset: float
    within: float

    def __post_init__(self) -> None:
        if not (np.isfinite([self.slope, self.offset]).all() and self.slope > 0 < self.within):
            raise UserError(f"a calibration needs finite numbers and a rising slope, got {self}")

    def __call__(self, scores: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """Probabilities of plain scores."""
        return 1 / (1 + np.exp(-(self.slope * scores + self.offset)))
