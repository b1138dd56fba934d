"""The matches that a pose is fitted to, lifted to both cameras."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from funcorr.correspondence.result import Correspondence
from funcorr.errors import UserError
from funcorr.transfer.rgbd import Lifted, RGBDView
from funcorr.transfer.similarity import Matches

MOST = 5000
"""Matches that are lifted at the most, evenly from the best to the worst."""

FEWEST = 12
"""Lifted matches, and inliers, below which there is no pose."""

LINE = 0.01
"""Points whose second extent is a smaller share of the first lie on a line."""


@dataclass(frozen=True, eq=False)
class MatchedPoints:
    """Matches of surfaces that both cameras measured.

    Attributes:
        rows: of the correspondence, rising.
        lifted1: their points and normals in camera 1.
        lifted2: the same in camera 2.
        confidence: of the matches.
    """

    rows: Int[np.ndarray, " n"]
    lifted1: Lifted
    lifted2: Lifted
    confidence: Float[np.ndarray, " n"]

    def normalised(self) -> tuple[Matches, Float[np.ndarray, "4 4"], Float[np.ndarray, "4 4"]]:
        """Both sides moved to their middle and scaled to spread 1, and the moves that did it."""
        into1, into2 = (_unit(lifted.points) for lifted in (self.lifted1, self.lifted2))
        x, y = (
            lifted.points * into[0, 0] + into[:3, 3]
            for lifted, into in ((self.lifted1, into1), (self.lifted2, into2))
        )
        weights = self.confidence.clip(0.05)
        return Matches(x, y, self.lifted1.normals, self.lifted2.normals, weights), into1, into2


def lift_matches(result: Correspondence, view1: RGBDView, view2: RGBDView) -> MatchedPoints:
    """Lift the matches between parts; all matches where the model knows no parts.

    Raises:
        UserError: a depth is not of its image's size, or too few matches have depth in both views,
            or a part is seen as a line only.
    """
    for number, view in ((1, view1), (2, view2)):
        _check_size(result, number, view)
    between = result.between_parts if result.between_parts.any() else np.ones(len(result), bool)
    rows = np.flatnonzero(between)
    if len(rows) > MOST:
        rows = rows[np.linspace(0, len(rows) - 1, MOST).round().astype(int)]
    lifted1, lifted2 = view1.lift(result.points1[rows]), view2.lift(result.points2[rows])
    both = lifted1.valid & lifted2.valid
    if both.sum() < FEWEST:
        _refuse_holes(lifted1.valid, lifted2.valid)
    found = MatchedPoints(
        rows[both],
        lifted1.rows(both),
        lifted2.rows(both),
        result.confidence[rows[both]].astype(np.float64),
    )
    for number, lifted in ((1, found.lifted1), (2, found.lifted2)):
        _check_extent(lifted.points, number)
    return found


def _check_size(result: Correspondence, number: int, view: RGBDView) -> None:
    kept = (getattr(result, f"{name}{number}") for name in ("mask", "part", "image"))
    sizes = [each.shape[:2] for each in kept if each is not None]
    if sizes and sizes[0] != view.size:
        (height, width), (found_height, found_width) = sizes[0], view.size
        raise UserError(
            f"depth {number} is {found_width} x {found_height} pixels but its image is "
            f"{width} x {height}; align the depth to the image"
        )


def _refuse_holes(valid1: Bool[np.ndarray, " n"], valid2: Bool[np.ndarray, " n"]) -> None:
    shares = f"{valid1.mean():.0%} in view 1, {valid2.mean():.0%} in view 2"
    raise UserError(
        f"only {(valid1 & valid2).sum()} of {len(valid1)} matches of the part have depth "
        f"({shares}); expected at least {FEWEST}: the rest are holes or flying pixels"
    )


def _check_extent(points: Float[np.ndarray, "n 3"], number: int) -> None:
    extents = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    if extents[1] <= LINE * extents[0]:
        raise UserError(
            f"the matches on object {number} lie on a single line, about which any turn fits; "
            "expected a part that is seen as a surface"
        )


def _unit(points: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "4 4"]:
    middle = np.median(points, axis=0)
    spread = np.sqrt(((points - middle) ** 2).sum(axis=1).mean())
    into = np.eye(4)
    into[:3, :3] /= spread
    into[:3, 3] = -middle / spread
    return into
