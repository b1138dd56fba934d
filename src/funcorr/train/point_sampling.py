"""Which points of a pair of views a training step looks at."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.spatial.distance import cdist

from funcorr.functions.frames import view_alignment
from funcorr.train.config import TrainConfig
from funcorr.train.training_views import TrainingAsset, TrainingView

POOL = 4
"""Draws for each hard negative, of which the nearest to the part is taken."""


class SampledView(NamedTuple):
    """One view of one object."""

    asset: TrainingAsset
    number: int

    @property
    def view(self) -> TrainingView:
        """Its pixels and points."""
        return self.asset.views[self.number]


def part_and_rest(
    sampled: SampledView, function: str, config: TrainConfig, generator: np.random.Generator
) -> Int[np.ndarray, " n"]:
    """Rows of a view's pixels: points of the functional part, then as many of the rest.

    Args:
        sampled: a view with pixels of both.
        function: whose part.
        config: how many points, which parts count, and which negatives.
        generator: source of all randomness.
    """
    part, rest = _regions(sampled, function, config, generator)
    positives = _draw(np.flatnonzero(part), config.points, generator)
    others, hard = np.flatnonzero(rest), round(config.hard_negatives * config.points)
    negatives = _draw(others, config.points - hard, generator)
    if hard:
        pixels, pool = sampled.view.pixels, _draw(others, POOL * hard, generator)
        apart = cdist(pixels[pool], pixels[positives]).min(axis=1)
        negatives = np.concatenate([negatives, pool[np.argsort(apart, kind="stable")[:hard]]])
    return np.concatenate([positives, negatives])


def _regions(
    sampled: SampledView, function: str, config: TrainConfig, generator: np.random.Generator
) -> tuple[Bool[np.ndarray, " n"], Bool[np.ndarray, " n"]]:
    """What is part and what is rest; a part to be drawn shows enough pixels, where one does."""
    asset, view = sampled
    serving = asset.serving_pixels(function, view)
    if config.parts == "all":
        return serving, ~serving
    each = (asset.part_pixels((name,), view) for name in asset.parts[function])
    large = [part for part in each if part.sum() >= config.smallest_part]
    part = large[generator.integers(len(large))] if large else serving
    return part, ~part if config.parts == "released" else ~serving


def aligned_distances(
    function: str, pair: list[SampledView], rows: list[Int[np.ndarray, " k"]]
) -> Float[np.ndarray, "k k"]:
    """Between part points of two objects that are aligned by their functional frames.

    Args:
        function: whose frames.
        pair: the two views.
        rows: of the pixels of each.

    Returns:
        In units of the smaller object's longest side; infinite where a frame is unknown.
    """
    if not all(function in asset.frames for asset, _ in pair):
        return np.full(tuple(map(len, rows)), np.inf, dtype=np.float32)
    first, second = (asset.frames[function] for asset, _ in pair)
    views = [sampled.view for sampled in pair]
    onto_first = view_alignment(first, second, *(view.world_to_camera for view in views))
    surfaces = [view.surface[r].astype(np.float64) for view, r in zip(views, rows, strict=True)]
    moved = surfaces[1] @ onto_first[:3, :3].T + onto_first[:3, 3]
    smaller_side = min(1.0, first.size / second.size)
    return (cdist(surfaces[0], moved) / smaller_side).astype(np.float32)


def shared_points(
    asset: TrainingAsset,
    views: list[int],
    function: str,
    config: TrainConfig,
    generator: np.random.Generator,
) -> list[Float[np.ndarray, "m 2"]] | None:
    """Where two views show the same surface points, joined by point id; None where too few.

    Args:
        asset: the object.
        views: two of its views.
        function: whose part counts for ``config.losses.spatial_points``.
        config: how many points, and where.
        generator: source of all randomness.
    """
    first, second = (asset.views[index] for index in views)
    shared, in_first, in_second = np.intersect1d(
        first.point_ids, second.point_ids, assume_unique=True, return_indices=True
    )
    rows = _spatial_rows(asset.serving_points(function, shared), config, generator)
    if rows is None:
        return None
    return [first.point_pixels[in_first[rows]], second.point_pixels[in_second[rows]]]


def _spatial_rows(
    in_part: Bool[np.ndarray, " n"], config: TrainConfig, generator: np.random.Generator
) -> Int[np.ndarray, " m"] | None:
    """Distinct rows by the rule of ``spatial_points``, or None where too few."""
    part, everything, points = np.flatnonzero(in_part), np.arange(len(in_part)), config.points
    from_part = {"object": 0, "part": points, "mixed": points // 2}
    rule = config.losses.spatial_points
    wanted = min(from_part[rule], len(part))
    if rule == "part" and wanted < points:
        return None
    chosen = generator.permutation(part)[:wanted]
    others = np.setdiff1d(everything, chosen, assume_unique=True)
    if len(others) < points - wanted:
        return None
    return np.concatenate([chosen, generator.permutation(others)[: points - wanted]])


def _draw(
    rows: Int[np.ndarray, " n"], count: int, generator: np.random.Generator
) -> Int[np.ndarray, " count"]:
    """Distinct rows where there are enough, else with repetition."""
    return generator.choice(rows, size=count, replace=len(rows) < count)
