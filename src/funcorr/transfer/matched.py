"""The matches that a pose is fitted to, lifted to both cameras."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from funcorr.correspondence.ranking import PART_THRESHOLD
from funcorr.correspondence.result import Correspondence
from funcorr.errors import UserError
from funcorr.transfer.directions import Direction, object_directions
from funcorr.transfer.free_axis import RoundPart, find_round_part
from funcorr.transfer.rgbd import Lifted, RGBDView
from funcorr.transfer.similarity import Matches

MOST = 2500
"""Matches between parts, and others, that are lifted at the most, evenly from best to worst."""

SURFACE = 400
"""Points of a part's surface."""

LEAST = 0.05
"""Confidence that every match has at the least."""

FEWEST = 8
"""Lifted matches, and inliers, below which there is no pose."""

LINE = 0.01
"""Points whose second extent is a smaller share of the first lie on a line."""


@dataclass(frozen=True, eq=False)
class MatchedPoints:
    """Matches of surfaces that both cameras measured, and what the two objects look like.

    Attributes:
        rows: of the correspondence, rising.
        lifted1: their points and normals in camera 1.
        lifted2: the same in camera 2.
        confidence: of the matches.
        between: which are between the parts.
        directions: of the two objects as wholes.
        round_parts: the two parts as surfaces of revolution, or None.
    """

    rows: Int[np.ndarray, " n"]
    lifted1: Lifted
    lifted2: Lifted
    confidence: Float[np.ndarray, " n"]
    between: Bool[np.ndarray, " n"]
    directions: tuple[Direction, ...]
    round_parts: tuple[RoundPart | None, RoundPart | None]

    def normalised(self, rest_share: float) -> Normalised:
        """Both sides moved to the middle of the part and scaled to its spread."""
        into1, into2 = (
            _unit(lifted.points[self.between]) for lifted in (self.lifted1, self.lifted2)
        )
        matches = Matches(
            _at(self.lifted1.points, into1),
            _at(self.lifted2.points, into2),
            self.lifted1.normals,
            self.lifted2.normals,
            self._weights(rest_share),
        )
        return Normalised(matches, into1, into2)

    def _weights(self, rest_share: float) -> Float[np.ndarray, " n"]:
        """By confidence; those off the parts weigh ``rest_share`` of those between them."""
        weights = self.confidence.clip(LEAST)
        rest = ~self.between
        if rest.any():
            weights[rest] *= rest_share * weights[self.between].sum() / weights[rest].sum()
        return weights


class Normalised(NamedTuple):
    """What the fit works on, in spreads of the parts.

    Attributes:
        matches: of both sides.
        into1: 4 x 4, from camera 1 to these units.
        into2: 4 x 4, from camera 2.
    """

    matches: Matches
    into1: Float[np.ndarray, "4 4"]
    into2: Float[np.ndarray, "4 4"]


def lift_matches(result: Correspondence, view1: RGBDView, view2: RGBDView) -> MatchedPoints:
    """Lift the matches, half of them between the parts where the model knows these.

    Raises:
        UserError: a depth is not of its image's size, or too few matches have depth in both views,
            or a part is seen as a line only.
    """
    for number, view in ((1, view1), (2, view2)):
        _check_size(result, number, view)
    between = result.between_parts if result.between_parts.any() else np.ones(len(result), bool)
    rows = np.union1d(_evenly(np.flatnonzero(between)), _evenly(np.flatnonzero(~between)))
    lifted1, lifted2 = view1.lift(result.points1[rows]), view2.lift(result.points2[rows])
    both = lifted1.valid & lifted2.valid
    on_part = between[rows]
    if (both & on_part).sum() < FEWEST:
        _refuse_holes(lifted1.valid[on_part], lifted2.valid[on_part])
    parts = (
        _surface(result.part1, result.mask1, result.points1[between], view1),
        _surface(result.part2, result.mask2, result.points2[between], view2),
    )
    wholes = (
        _whole(result.mask1, result.points1, view1),
        _whole(result.mask2, result.points2, view2),
    )
    found = MatchedPoints(
        rows[both],
        lifted1.rows(both),
        lifted2.rows(both),
        result.confidence[rows[both]].astype(np.float64),
        on_part[both],
        object_directions([each.points for each in parts], [each.points for each in wholes]),
        (
            find_round_part(parts[0], wholes[0], view1, result.mask1),
            find_round_part(parts[1], wholes[1], view2, result.mask2),
        ),
    )
    for number, lifted in ((1, found.lifted1), (2, found.lifted2)):
        _check_extent(lifted.points[found.between], number)
    return found


def _evenly(rows: np.ndarray, most: int = MOST) -> np.ndarray:
    """At the most so many of them, from the first to the last."""
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).round().astype(int)]


def _surface(
    part: Float[np.ndarray, "h w"] | None,
    mask: Bool[np.ndarray, "h w"] | None,
    matched: Float[np.ndarray, "n 2"],
    view: RGBDView,
) -> Lifted:
    """The part where it is known, else what is matched, at the pixels that have depth."""
    pixels = np.unique(matched, axis=0).astype(np.float64)
    if part is not None:
        rows, columns = np.nonzero((part > PART_THRESHOLD) & (True if mask is None else mask))
        pixels = np.stack([columns, rows], axis=1).astype(np.float64) if len(rows) else pixels
    lifted = view.lift(pixels[_evenly(np.arange(len(pixels)), SURFACE)])
    return lifted.rows(lifted.valid)


def _whole(
    mask: Bool[np.ndarray, "h w"] | None, matched: Float[np.ndarray, "n 2"], view: RGBDView
) -> Lifted:
    """The object where it is known, else what is matched."""
    return _surface(None if mask is None else mask.astype(np.float32), mask, matched, view)


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


def _at(
    points: Float[np.ndarray, "n 3"], into: Float[np.ndarray, "4 4"]
) -> Float[np.ndarray, "n 3"]:
    return points * into[0, 0] + into[:3, 3]


def _unit(points: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "4 4"]:
    middle = np.median(points, axis=0)
    spread = np.sqrt(((points - middle) ** 2).sum(axis=1).mean())
    into = np.eye(4)
    into[:3, :3] /= spread
    into[:3, 3] = -middle / spread
    return into
