"""Functional part contrastive loss, equation (1) of the paper."""

from __future__ import annotations

import math
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

FunctionalForm = Literal["paper", "text", "released"]
"""Which negatives a positive pair is set against, see :func:`functional_loss`."""


def functional_loss(
    part1: Float[Tensor, "b p d"],
    rest1: Float[Tensor, "b r d"],
    part2: Float[Tensor, "b p d"],
    rest2: Float[Tensor, "b r d"],
    temperature: float = 0.1,
    form: FunctionalForm = "paper",
) -> Float[Tensor, ""]:
    r"""InfoNCE between the functional parts of two images, against the rest of both objects.

    With the similarity s = x . y / t, the mean over pairs and over all positive pairs (a, b) of

    .. math::
        -\log \frac{e^{s(a, b)}}
        {e^{s(a, b)} + \sum_k e^{s(a, r_{2k})} + \sum_k e^{s(r_{1k}, b)}}

    where a runs over the part points of image 1, b over those of image 2, and r1, r2 are the
    sampled points of the rest. Written as ``softplus(log-sum-exp of the negatives - s(a, b))``;
    the negatives of a and of b are summed once each, so that nothing larger than
    B x P x max(P, R) is ever held.

    Args:
        part1: unit features of part points of image 1, per image pair.
        rest1: unit features of the rest of that object.
        part2: the same of image 2.
        rest2: the same of image 2.
        temperature: t; 0.1 in the released code, the paper names no value.
        form: ``"paper"`` is equation (1). ``"text"`` adds the term that section 4.2 asks for in
            words, which pushes the rests of both objects apart: the denominator also has
            :math:`\frac{1}{R} \sum_j \sum_k e^{s(r_{1j}, r_{2k})}`, so many negatives as each
            of the other two sums. ``"released"`` is what the released code computes: all three
            sums of row (a, b) belong to the b-th sample, so that the first one runs over part point
            b of image 1 instead of a, and the third one sets rest point b of image 1 against the
            rest of image 2. That form needs as many rest points as part points.

    Example:
        >>> x = torch.nn.functional.normalize(torch.ones(1, 2, 4), dim=-1)
        >>> round(float(functional_loss(x, -x, x, -x)), 6)
        0.0
    """
    scale = 1 / temperature
    positive = part1 @ part2.mT * scale
    from_part1 = torch.logsumexp(part1 @ rest2.mT * scale, dim=2)
    from_part2 = torch.logsumexp(part2 @ rest1.mT * scale, dim=2)
    if form == "released":
        from_rest = torch.logsumexp(rest1 @ rest2.mT * scale, dim=2)
        row = torch.stack([from_part1, from_part2, from_rest]).logsumexp(dim=0)
        return F.softplus(row[:, None, :] - positive).mean()
    negative = torch.logaddexp(from_part1[:, :, None], from_part2[:, None, :])
    if form == "text":
        from_rest = torch.logsumexp(rest1 @ rest2.mT * scale, dim=(1, 2), keepdim=True)
        negative = torch.logaddexp(negative, from_rest - math.log(rest1.shape[1]))
    return F.softplus(negative - positive).mean()
