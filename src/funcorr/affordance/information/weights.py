"""What the estimators share."""

from __future__ import annotations

from jaxtyping import Float, Shaped
from torch import Tensor


def weighted_mean(
    values: Float[Tensor, "n m"], weights: Shaped[Tensor, "n m"]
) -> Float[Tensor, ""]:
    """Mean of values whose weights, numbers or truth values, are not all zero."""
    shares = weights.to(values)
    return (shares * values).sum() / shares.sum()
