"""The Jensen-Shannon estimate of Deep InfoMax."""

from __future__ import annotations

import math

import torch.nn.functional as F
from jaxtyping import Bool, Float, Shaped
from torch import Tensor

from funcorr.affordance.information.weights import weighted_mean


def jensen_shannon(
    scores: Float[Tensor, "n m"], positives: Shaped[Tensor, "n m"], negatives: Bool[Tensor, "n m"]
) -> Float[Tensor, ""]:
    """``log 4 + mean+(-softplus(-T)) - mean-(softplus(T))``.

    A lower bound on twice the Jensen-Shannon divergence between joint and product, reached by the
    critic ``log(joint / product)``. It is not the mutual information but rises with it, from 0 to
    ``log 4``; its gradients are bounded, whatever the batch.

    Zero, without gradient, where there are no positives or no negatives.
    """
    if not (positives.any() and negatives.any()):
        return scores.sum() * 0
    joint = weighted_mean(F.softplus(-scores), positives)
    return math.log(4) - joint - F.softplus(scores[negatives]).mean()
