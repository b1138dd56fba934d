"""Functional parts as regions: part is matched with part, rest with rest, parts rank first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from funcorr.correspondence.affine_prior import AffinePriorConfig, fit_affine_prior
from funcorr.correspondence.encoded_image import EncodedImage
from funcorr.correspondence.matching import MutualNearest
from funcorr.correspondence.ranking import PART_BONUS, PART_THRESHOLD, plain_scores
from funcorr.correspondence.sampling import Landing, PointSample
from funcorr.images.crop import values_at

SMALLEST_REGION = 16
"""Predicted regions with fewer pixels of the model's input are not matched apart (released code:
16). A part that the caller gave is, however small."""

LEAST_PART = 1e-4
"""Probabilities of the functional part closer to 0 or 1 than this count as this."""

Rows = Bool[np.ndarray, "_"]
Search = Callable[[Tensor, Tensor], MutualNearest]


@dataclass(frozen=True, eq=False)
class DescribedObject:
    """An encoded image and what a model says of its object under one function.

    Attributes:
        image: the image.
        sample: the points that were described.
        descriptors: S x D unit vectors of the sample.
        part: S probabilities of belonging to the functional part, or None.
        given: whether the caller told the part; then it is used however small it is.
    """

    image: EncodedImage
    sample: PointSample
    descriptors: Float[Tensor, "s d"]
    part: Float[np.ndarray, " s"] | None = None
    given: bool = False

    @cached_property
    def in_part(self) -> Rows | None:
        """S, which samples belong to the part."""
        return None if self.part is None else self.part > PART_THRESHOLD

    @cached_property
    def part_of_all(self) -> Float[np.ndarray, " n"] | None:
        """N, the probability of every matched point."""
        if self.part is None:
            return None
        if self.image.part is not None:
            return part_at(self.image.points, self.image.part)
        return self.sample.spread(self.part)

    @cached_property
    def part_map(self) -> Float[np.ndarray, "h w"] | None:
        """H x W, the same as a map of the image."""
        return None if self.part_of_all is None else self.image.map_of(self.part_of_all)

    @property
    def lacks_part(self) -> bool:
        """Whether there is no part, or one too small to be looked at."""
        if self.in_part is None or not self.in_part.any():
            return True
        return not self.given and self.window_pixels(self.in_part) < SMALLEST_REGION

    def contains(
        self, points: Float[np.ndarray, "n 2"], inside: bool | None
    ) -> Bool[np.ndarray, " n"]:
        """Which pixels lie in the part (True), in the rest (False), on the object (None)."""
        found = values_at(points, self.image.mask)
        if inside is None or self.part_map is None:
            return found
        return found & ((values_at(points, self.part_map) > PART_THRESHOLD) == inside)

    def window_pixels(self, rows: Rows) -> float:
        """How many pixels of the model's input a region of the sample covers, about."""
        return float(rows.mean() * self.image.window_area)


class Region(NamedTuple):
    """What is matched with what.

    Attributes:
        rows1: S1, samples of image 1.
        rows2: S2, samples of image 2.
        inside1: whether these are the functional part of image 1; None for the whole object.
        inside2: the same for image 2.
        bonus: added to the scores.
    """

    rows1: Rows
    rows2: Rows
    inside1: bool | None = None
    inside2: bool | None = None
    bonus: float = 0.0


class RegionMatches(NamedTuple):
    """Matches of one region.

    Attributes:
        rows: which of the matched points of image 1 they belong to.
        points2: their matches, pixels of image 2.
        similarity: cosines.
        cycle_error: in pixels of image 1.
        scores: as :class:`funcorr.correspondence.result.Correspondence` has them.
    """

    rows: np.ndarray
    points2: np.ndarray
    similarity: np.ndarray
    cycle_error: np.ndarray
    scores: np.ndarray


def regions(first: DescribedObject, second: DescribedObject) -> list[Region]:
    """The pairs of regions that are matched apart: part and rest, or the objects as wholes."""
    part1, part2 = first.in_part, second.in_part
    whole1, whole2 = (np.ones(len(d.descriptors), dtype=bool) for d in (first, second))
    if part1 is None or part2 is None or not (part1.any() and part2.any()):
        return [Region(whole1, whole2)]
    given = first.given or second.given
    sizes = [d.window_pixels(r) for d, p in ((first, part1), (second, part2)) for r in (p, ~p)]
    if not given and min(sizes) < SMALLEST_REGION:
        return [Region(whole1, whole2)]
    found = [Region(part1, part2, True, True, PART_BONUS)]
    if not part1.all():
        rest2 = (~part2, False) if not part2.all() else (whole2, None)
        found.append(Region(~part1, rest2[0], False, rest2[1]))
    return found


def match_region(
    first: DescribedObject,
    second: DescribedObject,
    region: Region,
    search: Search,
    part_odds: float = 0.0,
) -> RegionMatches:
    """Every point of a region of image 1 with its match.

    Args:
        first: image 1.
        second: image 2.
        region: which region goes with which.
        search: finds nearest neighbours.
        part_odds: how much the log-odds of the part, summed over both ends, weigh in the scores.
    """
    landing = _land(first, second, region, search)
    rows, spread, anchor = _spread(first, second, landing, region)
    on_target = second.contains(spread.points, region.inside2)
    points2 = np.where(on_target[:, None], spread.points.round(), anchor)
    similarity, cycle = spread.similarity, spread.cycle_error
    scores = plain_scores(similarity, cycle, first.image.picture.size) + region.bonus
    if part_odds and first.part_of_all is not None and second.part_map is not None:
        odds = log_odds(first.part_of_all[rows]) + log_odds(values_at(points2, second.part_map))
        scores += part_odds * (odds if region.bonus else odds.clip(max=0))
    return RegionMatches(rows, points2, similarity, cycle, scores.astype(np.float32))


def carry_to_part(
    first: DescribedObject,
    second: DescribedObject,
    layout: AffinePriorConfig | None,
    search: Search,
) -> Landing | None:
    """Where each point of image 1 lands in the functional part of image 2 (label transfer).

    With a layout, parts are laid on each other as wholes, see
    :mod:`funcorr.correspondence.affine_prior`. None where image 2 has no part that is large enough
    to be looked at: there a point's match is the answer.

    Args:
        first: image 1.
        second: image 2.
        layout: of the model.
        search: finds nearest neighbours.
    """
    part2 = second.in_part
    if part2 is None or second.lacks_part or (first.image.part is not None and first.lacks_part):
        return None
    queries, options = first.descriptors, second.descriptors[torch.from_numpy(part2)]
    places1, places2 = first.sample.points, second.sample.points[part2]
    extended1, extended2 = queries, options
    part1 = first.in_part
    if layout is not None and part1 is not None and part1.any():
        placed1, placed2 = first.image.placed(places1), second.image.placed(places2)
        known = queries[torch.from_numpy(part1)]
        prior = fit_affine_prior(known, options, placed1[part1], placed2, layout)
        extended1, extended2 = prior.queries(queries, placed1), prior.targets(options, placed2)
    nearest = search(extended1, extended2)
    forward, backward = nearest.forward.cpu().numpy(), nearest.backward.cpu().numpy()
    similarity = (queries * options[nearest.forward]).sum(1).clamp(-1, 1).cpu().numpy()
    cycle = np.linalg.norm(places1 - places1[backward[forward]], axis=1)
    landing = Landing(places2[forward], similarity, cycle)
    spread, anchor = landing.spread(first.sample, second.sample.cell)
    inside = second.contains(spread.points, True)
    return replace(spread, points=np.where(inside[:, None], spread.points, anchor))


def part_at(
    points: Float[np.ndarray, "n 2"], mask: Bool[np.ndarray, "h w"]
) -> Float[np.ndarray, " n"]:
    """The part of an image where it is known: 1 at points inside its mask, else 0."""
    return values_at(points, mask).astype(np.float32)


def log_odds(part: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Of probabilities that stay away from 0 and 1."""
    p = part.astype(np.float64).clip(LEAST_PART, 1 - LEAST_PART)
    return np.log(p / (1 - p)).astype(np.float32)


def _land(
    first: DescribedObject, second: DescribedObject, region: Region, search: Search
) -> Landing:
    """Of the samples of a region; what is said of the others is never asked for."""
    rows1, rows2 = np.flatnonzero(region.rows1), np.flatnonzero(region.rows2)
    nearest = search(
        first.descriptors[torch.from_numpy(rows1)], second.descriptors[torch.from_numpy(rows2)]
    )
    forward, backward = nearest.forward.cpu().numpy(), nearest.backward.cpu().numpy()
    points1, count = first.sample.points[rows1], len(first.descriptors)
    landed = np.tile(second.sample.points[rows2[0]], (count, 1))
    similarity, cycle = np.zeros(count, np.float32), np.zeros(count, np.float32)
    landed[rows1] = second.sample.points[rows2][forward]
    similarity[rows1] = nearest.similarity.clamp(-1, 1).cpu().numpy()
    cycle[rows1] = np.linalg.norm(points1 - points1[backward[forward]], axis=1)
    return Landing(landed, similarity, cycle)


def _spread(
    first: DescribedObject, second: DescribedObject, landing: Landing, region: Region
) -> tuple[np.ndarray, Landing, np.ndarray]:
    """The points of image 1 in a region, where they land, and what that is based on."""
    sample, rows = first.sample, np.arange(len(first.image.points))
    if region.inside1 is not None and first.part_of_all is not None:
        rows = np.flatnonzero((first.part_of_all > PART_THRESHOLD) == region.inside1)
    part = sample.of(rows)
    allowed = region.rows1[part.near]
    allowed |= ~allowed.any(0)
    return rows, *landing.spread(part, second.sample.cell, allowed)
