"""An affordance prior: maps of where the action takes place, as a guide to the matching."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import ArrayLike

from funcorr.correspondence.descriptors import PointDescriptors
from funcorr.errors import UserError


def with_prior(
    description: PointDescriptors,
    points: Float[np.ndarray, "n 2"],
    size: tuple[int, int],
    heatmap: ArrayLike,
) -> PointDescriptors:
    """Let a heatmap tell the functional part.

    The map is stretched to its range on the object, because heatmaps of rare actions stay low
    everywhere. Where the model has a part head of its own, the part is the mean of both.

    Args:
        description: of the object's points.
        points: N x 2 (x, y) pixels.
        size: (height, width) of the image.
        heatmap: H x W in [0, 1].

    Raises:
        UserError: the map is of another size than the image or leaves [0, 1].
    """
    heat = np.asarray(heatmap)
    if heat.shape != size:
        raise UserError(f"the prior must be H x W = {size} like its image, got {heat.shape}")
    if not (np.isfinite(heat).all() and heat.min() >= 0 and heat.max() <= 1):
        raise UserError("the prior must lie in [0, 1], without NaN")
    columns, rows = points.round().astype(int).T
    found = heat[rows, columns].astype(np.float32)
    found = (found - found.min()) / max(float(np.ptp(found)), 1e-6)
    part = torch.from_numpy(found).to(description.descriptors.device)
    if description.part is not None:
        part = (part + description.part.to(part)) / 2
    return PointDescriptors(description.descriptors, part)
