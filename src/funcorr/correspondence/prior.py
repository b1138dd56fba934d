"""An affordance prior: maps of where the action takes place, as a guide to the matching."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from funcorr.correspondence.part_matching import DescribedObject
from funcorr.images import HeatmapLike, read_heatmap


def with_prior(described: DescribedObject, heatmap: HeatmapLike) -> DescribedObject:
    """Let a heatmap tell the functional part.

    The map is stretched to its range on the object, because heatmaps of rare actions stay low
    everywhere; one without a range says nothing. Where the model has a part head of its own, the
    part is the mean of both. A part that the caller gave stays.

    Args:
        described: an image and its object's points.
        heatmap: what :func:`funcorr.images.read_heatmap` takes.

    Raises:
        UserError: the map cannot be read, or is of another size than the image.
    """
    heat = read_heatmap(heatmap, described.image.picture.frame, "the prior")
    columns, rows = described.sample.points.round().astype(int).T
    found = heat[rows, columns].astype(np.float32)
    if described.given or np.ptp(found) == 0:
        return described
    part = (found - found.min()) / np.ptp(found)
    if described.part is not None:
        part = (part + described.part) / 2
    return replace(described, image=replace(described.image, part=None), part=part)
