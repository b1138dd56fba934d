"""Multi-view contrastive loss, equation (2) of the paper."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def spatial_loss(
    view1: Float[Tensor, "b n d"],
    view2: Float[Tensor, "b n d"],
    temperature: float = 0.1,
    symmetric: bool = False,
) -> Float[Tensor, ""]:
    r"""InfoNCE between the same surface points seen in two views of one object.

    Row k of both tensors is one surface point (joined by point id). The mean over pairs and rows
    of

    .. math::
        -\log \frac{e^{q_k \cdot q'_k / t}}{\sum_j e^{q_k \cdot q'_j / t}}

    Args:
        view1: unit features in the first view.
        view2: unit features of the same points in the second view.
        temperature: t; 0.1 in the released code, the paper names no value.
        symmetric: average with the loss of the other direction; published: one direction.

    Example:
        >>> x = torch.eye(3)[None]
        >>> round(float(spatial_loss(x, x)), 4)
        0.0001
    """
    similarity = view1 @ view2.mT / temperature
    target = torch.arange(similarity.shape[1], device=similarity.device)
    target = target.expand(similarity.shape[:2])
    forward = F.cross_entropy(similarity.mT, target)
    if not symmetric:
        return forward
    return (forward + F.cross_entropy(similarity, target)) / 2
