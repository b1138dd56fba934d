"""The bound of Nguyen, Wainwright and Jordan."""

from __future__ import annotations

from jaxtyping import Bool, Float, Shaped
from torch import Tensor

from funcorr.affordance.information.weights import weighted_mean


def nwj(
    scores: Float[Tensor, "n m"], positives: Shaped[Tensor, "n m"], negatives: Bool[Tensor, "n m"]
) -> Float[Tensor, ""]:
    """``mean+(T) - mean-(exp(T - 1))``, reached by the critic ``1 + log(joint / product)``.

    An unbiased lower bound whose variance grows with the exponential of the information. Needs
    scores of moderate size: take a temperature of 0.5 or more.

    Zero, without gradient, where there are no positives or no negatives.
    """
    if not (positives.any() and negatives.any()):
        return scores.sum() * 0
    return weighted_mean(scores, positives) - (scores[negatives] - 1).exp().mean()
