"""The Donsker-Varadhan bound of MINE."""

from __future__ import annotations

import math

from jaxtyping import Bool, Float, Shaped
from torch import Tensor

from funcorr.affordance.information.weights import weighted_mean


def donsker_varadhan(
    scores: Float[Tensor, "n m"], positives: Shaped[Tensor, "n m"], negatives: Bool[Tensor, "n m"]
) -> Float[Tensor, ""]:
    """``mean+(T) - log mean-(exp T)``, reached by the critic ``log(joint / product)``.

    A lower bound in expectation; the logarithm of a small batch's mean makes value and gradients
    biased, and the value has no ceiling. MINE's moving average of the mean is left out: the
    negatives of a batch here are hundreds of pairs. Needs scores of moderate size: take a
    temperature of 0.5 or more.

    Zero, without gradient, where there are no positives or no negatives.
    """
    if not (positives.any() and negatives.any()):
        return scores.sum() * 0
    product = scores[negatives]
    return weighted_mean(scores, positives) - product.logsumexp(0) + math.log(len(product))
