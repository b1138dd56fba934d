"""Boxes in many pictures become votes on the surface, and votes become the points of a part."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float32, Int

from funcorr.errors import UserError
from funcorr.pseudolabel.boxes import Box
from funcorr.pseudolabel.surface_graph import SurfaceGraph

BINS = 256
"""Of the histogram that Otsu's threshold is found in; the paper's heatmaps have 8 bits."""


EVEN = 1e-9
"""Votes that differ by less, as a share of the highest, differ by rounding only."""


@dataclass(frozen=True)
class VoteConfig:
    """How votes are weighed.

    Attributes:
        view_votes: ``"agreed"`` gives a view one vote, for the box that most of its answers agree
            on or for none; ``"each"`` gives every answer its own, as the released code does.
        sums: ``"normalised"`` divides a point's votes by the answers of the views that see it;
            ``"released"`` takes plain sums, as the released code does, which favours points that
            are seen often.
        edge_weighting: multiply votes for thin parts (``edge`` in the taxonomy) by how much the
            surface turns (paper: by the edge probability of a network; off, as it gained nothing
            over 19 thin parts).
        smooth: rounds of smoothing on the surface (paper: none).
        pieces: pieces of the selected surface smaller than this share of the largest are dropped
            (paper: none; 1 keeps the largest alone).
        floor: lowest threshold, as a share of the highest vote (paper: 64 of 255).
    """

    view_votes: Literal["agreed", "each"] = "agreed"
    sums: Literal["normalised", "released"] = "normalised"
    edge_weighting: bool = False
    smooth: int = 4
    pieces: float = 0.1
    floor: float = 0.4

    def __post_init__(self) -> None:
        if self.smooth < 0:
            raise UserError(f"rounds of smoothing are at least 0, got {self.smooth}")
        if not (0 <= self.pieces <= 1 and 0 <= self.floor < 1):
            raise UserError(
                f"pieces and floor are shares from 0 to 1, got {self.pieces} and {self.floor}"
            )


@dataclass(frozen=True, eq=False)
class ViewAnswers:
    """What was answered about one part in one view.

    Attributes:
        ids: surface points that the view shows.
        pixels: where, (x, y).
        answers: the boxes of each answer, in pixels of the view; an answer without boxes says that
            the part is not there.
    """

    ids: Int[np.ndarray, " k"]
    pixels: Float32[np.ndarray, "k 2"]
    answers: tuple[tuple[Box, ...], ...]


@dataclass(frozen=True, eq=False)
class Votes:
    """Votes for one part.

    Attributes:
        inside: per surface point, the answers with a box around it, over all views that see it.
        answers: per surface point, all answers of the views that see it.
    """

    inside: Int[np.ndarray, " p"]
    answers: Int[np.ndarray, " p"]


def count_votes(points: int, views: Iterable[ViewAnswers]) -> Votes:
    """Add up the answers of all views on the surface.

    A point gets a vote from every answer that has a box around its pixel, one however many of the
    answer's boxes hold it.

    Args:
        points: number of surface samples.
        views: the answers.
    """
    inside, answers = np.zeros(points, np.int32), np.zeros(points, np.int32)
    for view in views:
        answers[view.ids] += len(view.answers)
        for boxes in view.answers:
            held = np.zeros(len(view.ids), dtype=bool)
            for box in boxes:
                held |= box.contains(view.pixels)
            inside[view.ids] += held
    return Votes(inside, answers)


def point_scores(
    votes: Votes, graph: SurfaceGraph, config: VoteConfig, thin: bool = False
) -> Float32[np.ndarray, " p"]:
    """How strongly each point belongs to the part: 0 at the least, 1 at the most voted point.

    Args:
        votes: from :func:`count_votes`.
        graph: of the same points.
        config: how to weigh them.
        thin: the part is thin.

    Returns:
        All zeros where no point has more votes than another.
    """
    scores = votes.inside.astype(np.float64)
    if config.sums == "normalised":
        scores = scores / np.maximum(votes.answers, 1)
    scores = graph.smoothed(scores, config.smooth)
    if thin and config.edge_weighting:
        scores = scores * graph.thinness
    low, high = scores.min(), scores.max()
    if high - low < EVEN * max(high, 1.0):
        return np.zeros(len(scores), dtype=np.float32)
    return ((scores - low) / (high - low)).astype(np.float32)


def select_points(
    scores: Float32[np.ndarray, " p"],
    votes: Votes,
    graph: SurfaceGraph,
    config: VoteConfig,
) -> Bool[np.ndarray, " p"]:
    """The points above Otsu's threshold among those that were asked about, in pieces that count.

    Args:
        scores: from :func:`point_scores`.
        votes: the votes behind them.
        graph: of the same points.
        config: floor of the threshold, and smallest piece.
    """
    asked = scores[votes.answers > 0]
    if len(asked) == 0 or asked.min() == asked.max():
        return np.zeros(len(scores), dtype=bool)
    selected = scores > max(otsu(asked), config.floor)
    return graph.large_pieces(selected, config.pieces)


def otsu(values: np.ndarray) -> float:
    """Otsu's threshold of values that are not all equal."""
    from skimage.filters import threshold_otsu

    return float(threshold_otsu(values, nbins=BINS))
