"""Functional parts as regions: part is matched with part, rest with rest, parts rank first."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from funcorr.correspondence.descriptors import PointDescriptors
from funcorr.correspondence.result import PART_BONUS, PART_THRESHOLD

SMALLEST_REGION = 16
"""Regions with fewer pixels are not matched apart (released code: 16)."""

LEAST_PART = 1e-4
"""Probabilities of the functional part closer to 0 or 1 than this count as this."""

PointMask = Bool[np.ndarray, "_"]
"""Which points of an image take part."""


def regions(
    first: PointDescriptors, second: PointDescriptors
) -> list[tuple[PointMask, PointMask, float]]:
    """Rows of image 1, rows of image 2 and bonus, per pair of regions that are matched apart."""
    part1, part2 = _in_part(first), _in_part(second)
    if part1 is not None and part2 is not None:
        sizes = (part1.sum(), part2.sum(), (~part1).sum(), (~part2).sum())
        if min(sizes) >= SMALLEST_REGION:
            return [(part1, part2, PART_BONUS), (~part1, ~part2, 0.0)]
    whole1, whole2 = (np.ones(len(d.descriptors), dtype=bool) for d in (first, second))
    return [(whole1, whole2, 0.0)]


def part_rows(description: PointDescriptors) -> Int[np.ndarray, " n"] | None:
    """The numbers of the part's points; None where it is unknown or too small to be looked at."""
    part = _in_part(description)
    return None if part is None or part.sum() < SMALLEST_REGION else np.flatnonzero(part)


def part_at(points: Float[np.ndarray, "n 2"], mask: Bool[np.ndarray, "h w"]) -> Float[Tensor, " n"]:
    """The part of an image where it is known: 1 at points inside its mask, else 0."""
    limits = np.array(mask.shape[::-1]) - 1
    columns, rows = points.round().astype(int).clip(0, limits).T
    return torch.from_numpy(mask[rows, columns]).float()


def log_odds(part: Float[Tensor, " n"]) -> Float[np.ndarray, " n"]:
    """Of probabilities that stay away from 0 and 1."""
    return torch.logit(part.double(), LEAST_PART).cpu().numpy().astype(np.float32)


def _in_part(description: PointDescriptors) -> PointMask | None:
    if description.part is None:
        return None
    return (description.part > PART_THRESHOLD).cpu().numpy()
