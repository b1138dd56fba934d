"""InfoNCE: pick the partner out of a row."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Shaped
from torch import Tensor

from funcorr.affordance.information.weights import weighted_mean


def infonce(
    scores: Float[Tensor, "n m"], positives: Shaped[Tensor, "n m"], negatives: Bool[Tensor, "n m"]
) -> Float[Tensor, ""]:
    """Mean over positive pairs of ``log K + T+ - log(exp T+ + sum over negatives of exp T)``.

    K is the number of candidates, the positive and the negatives of its row; the estimate is a
    lower bound on the mutual information and never above ``log K``. Of several positives in a row
    each is compared with the negatives alone, so that they do not push one another away.

    Zero, without gradient, where there are no positives.

    Example:
        >>> scores = 50 * torch.eye(4)
        >>> same = torch.eye(4, dtype=torch.bool)
        >>> round(infonce(scores, same, ~same).exp().item(), 3)
        4.0
    """
    if not positives.any():
        return scores.sum() * 0
    against = scores.masked_fill(~negatives, torch.finfo(scores.dtype).min).logsumexp(
        1, keepdim=True
    )
    candidates = (1 + negatives.to(scores).sum(1, keepdim=True)).log()
    terms = candidates + scores - torch.logaddexp(scores, against)
    return weighted_mean(terms, positives)
