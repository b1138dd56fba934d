"""Loss on dense matches between different objects; ours, the paper had no labels for it."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def aligned_loss(
    part1: Float[Tensor, "b p d"],
    rest1: Float[Tensor, "b r d"],
    part2: Float[Tensor, "b p d"],
    rest2: Float[Tensor, "b r d"],
    distances: Float[Tensor, "b p p"],
    temperature: float = 0.1,
    width: float = 0.03,
    limit: float = 0.1,
) -> Float[Tensor, ""]:
    r"""Cross-entropy towards the points that coincide when the objects are aligned by function.

    With the similarity s = x . y / t and the distance :math:`d_{ab}` of two part points in the
    common functional frame, the target of point a is

    .. math::
        w_{ab} = \frac{e^{-d_{ab}^2 / 2 \sigma^2}}{\sum_j e^{-d_{aj}^2 / 2 \sigma^2}}

    over the part points b of the other image; the prediction is the softmax of s over these and
    the rest of the other object. The mean over pairs, over both directions, and over the points
    that have a partner closer than ``limit``; a pair without any counts as 0.

    Args:
        part1: unit features of part points of image 1, per image pair.
        rest1: unit features of the rest of that object.
        part2: the same of image 2.
        rest2: the same of image 2.
        distances: between the part points, in units of the smaller object's longest side;
            infinite where unknown.
        temperature: t.
        width: sigma.
        limit: points without a nearer partner do not count.

    Returns:
        0 where no point has a partner.
    """
    scale = 1 / temperature
    similarity = part1 @ part2.mT * scale
    forward = _direction(similarity, part1 @ rest2.mT * scale, distances, width, limit)
    backward = _direction(similarity.mT, part2 @ rest1.mT * scale, distances.mT, width, limit)
    return (forward + backward) / 2


def _direction(
    positives: Float[Tensor, "b p p"],
    negatives: Float[Tensor, "b p r"],
    distances: Float[Tensor, "b p p"],
    width: float,
    limit: float,
) -> Float[Tensor, ""]:
    counts = distances.amin(dim=2) < limit
    near = torch.where(counts[:, :, None], distances, 0)
    target = (-near.square() / (2 * width**2)).softmax(dim=2)
    predicted = torch.cat([positives, negatives], dim=2).log_softmax(dim=2)
    entropy = -(target * predicted[:, :, : positives.shape[2]]).sum(dim=2)
    per_pair = (entropy * counts).sum(dim=1) / counts.sum(dim=1).clamp(min=1)
    return per_pair.mean()
