"""Dense matches refined by a fitted pose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float
from scipy.spatial import cKDTree

from funcorr.correspondence.ranking import PART_THRESHOLD
from funcorr.correspondence.result import Correspondence
from funcorr.transfer.matched import FEWEST
from funcorr.transfer.rgbd import RGBDView

NORMAL_WEIGHT = 0.5
"""How far apart normals that differ by one count, in spreads of the part."""

REACH = 0.5
"""Spreads of the part beyond which a moved point has no match of its own and keeps the old one."""

DENSEST = 20_000
"""Pixels of part 2 among which new matches are found."""


def refined(
    result: Correspondence,
    matrix: Float[np.ndarray, "4 4"],
    views: tuple[RGBDView, RGBDView],
) -> Correspondence:
    """The matches between parts, moved to where the pose takes their points.

    A part's pixel with depth goes, by the pose, to the surface point of part 2 that is nearest in
    place and normal, and so does its label. Pixels without depth, off the part, or taken further
    than :data:`REACH` keep their match; scores and order stay.
    """
    targets = _part_pixels(result)
    surface = views[1].lift(targets)
    rows = np.flatnonzero(result.between_parts if result.between_parts.any() else result.scores)
    starts = views[0].lift(result.points1[rows])
    if min(surface.valid.sum(), starts.valid.sum()) < FEWEST:
        return result
    targets, surface, rows = targets[surface.valid], surface.rows(surface.valid), rows[starts.valid]
    starts = starts.rows(starts.valid)
    linear = matrix[:3, :3]
    scale = np.cbrt(np.linalg.det(linear))
    unit = np.sqrt(((surface.points - surface.points.mean(axis=0)) ** 2).sum(axis=1).mean())
    tree = cKDTree(np.hstack([surface.points / unit, NORMAL_WEIGHT * surface.normals]))
    moved = (starts.points @ linear.T + matrix[:3, 3]) / unit
    turned = NORMAL_WEIGHT * starts.normals @ linear.T / scale
    far, nearest = tree.query(np.hstack([moved, turned]), distance_upper_bound=REACH)
    near = np.isfinite(far)
    moved, to = rows[near], targets[nearest[near]]
    points2 = _with(result.points2, moved, to)
    carried = result.transferred
    carried = None if carried is None else _with(carried, moved, to)
    return replace(result, points2=points2, transferred=carried)


def _with(
    points: Float[np.ndarray, "n 2"], rows: np.ndarray, values: Float[np.ndarray, "k 2"]
) -> Float[np.ndarray, "n 2"]:
    """A copy with other values in some rows."""
    changed = points.copy()
    changed[rows] = values
    return changed


def _part_pixels(result: Correspondence) -> Float[np.ndarray, "n 2"]:
    """Pixels of part 2, or of all matches where it is not known."""
    pixels = np.unique(result.points2, axis=0).astype(np.float64)
    if result.part2 is not None:
        inside = result.part2 > PART_THRESHOLD
        if result.mask2 is not None:
            inside &= result.mask2
        rows, columns = np.nonzero(inside)
        pixels = np.stack([columns, rows], axis=1).astype(np.float64) if len(rows) else pixels
    step = max(1, -(-len(pixels) // DENSEST))
    return pixels[::step]
