"""Part mask loss, the third term of equation (3) of the paper."""

from __future__ import annotations

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def mask_loss(
    part_logits: Float[Tensor, "*p"], rest_logits: Float[Tensor, "*r"]
) -> Float[Tensor, ""]:
    """Binary cross-entropy of the predicted part mask at sampled points.

    Part points and rest points weigh one half each, whatever their numbers.

    Args:
        part_logits: log-odds at points of the functional part (target 1).
        rest_logits: log-odds at points of the rest of the object (target 0).

    Example:
        >>> import torch
        >>> round(float(mask_loss(torch.zeros(3), torch.zeros(5))), 4)
        0.6931
    """
    return (F.softplus(-part_logits).mean() + F.softplus(rest_logits).mean()) / 2
