"""An affordance prior: maps of where the action takes place, as a guide to the matching."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float

from funcorr.correspondence.descriptors import PointDescriptors
from funcorr.images import Frame, HeatmapLike, read_heatmap


def with_prior(
    description: PointDescriptors,
    points: Float[np.ndarray, "n 2"],
    size: Frame | tuple[int, int],
    heatmap: HeatmapLike,
) -> PointDescriptors:
    """Let a heatmap tell the functional part.

    The map is stretched to its range on the object, because heatmaps of rare actions stay low
    everywhere. Where the model has a part head of its own, the part is the mean of both.

    Args:
        description: of the object's points.
        points: N x 2 (x, y) pixels.
        size: (height, width) of the image, or its frame.
        heatmap: what :func:`funcorr.images.read_heatmap` takes.

    Raises:
        UserError: the map cannot be read, or is of another size than the image.
    """
    heat = read_heatmap(heatmap, size, "the prior")
    columns, rows = points.round().astype(int).T
    found = heat[rows, columns].astype(np.float32)
    found = (found - found.min()) / max(float(np.ptp(found)), 1e-6)
    part = torch.from_numpy(found).to(description.descriptors.device)
    if description.part is not None:
        part = (part + description.part.to(part)) / 2
    return PointDescriptors(description.descriptors, part)
