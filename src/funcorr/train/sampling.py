"""What a training step looks at: pairs of objects with one function, pairs of views of one object.

Everything is drawn from a generator seeded by (seed, step), so that a resumed run sees exactly
what an uninterrupted one would have seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from funcorr.errors import UserError
from funcorr.train.config import TrainConfig
from funcorr.train.point_sampling import (
    SampledView,
    aligned_distances,
    part_and_rest,
    shared_points,
)
from funcorr.train.training_views import TrainingAsset

ATTEMPTS = 1000
"""Draws before giving up on finding two views of one object that overlap."""


@dataclass(frozen=True)
class ImageRef:
    """An entry of the feature cache."""

    asset: str
    entry: int


@dataclass(frozen=True, eq=False)
class ImagePair:
    """Two images and the points that a step looks at in them.

    Attributes:
        function: of both.
        images: entries of the feature cache.
        points: of each image, in the pixels of the backbone's input; row k of two views of one
            object is one surface point.
    """

    function: str
    images: list[ImageRef]
    points: Float[np.ndarray, "2 n 2"]


@dataclass(frozen=True, eq=False)
class FunctionalPair(ImagePair):
    """Two objects with one function; their points are part points, then as many of the rest.

    Attributes:
        distances: from each part point of the first image to each of the second, when the objects
            are aligned by their functional frames; in units of the smaller object's longest side,
            infinite where a frame is unknown.
    """

    distances: Float[np.ndarray, "k k"]


class Batch(NamedTuple):
    """One step's worth: pairs of objects with one function, pairs of views of one object."""

    functional: list[FunctionalPair]
    spatial: list[ImagePair]

    def share(self, rank: int, world: int) -> Batch:
        """The pairs of process ``rank`` of ``world``; their number must divide by ``world``."""
        return Batch(self.functional[rank::world], self.spatial[rank::world])


class Sampler:
    """Draws batches from a dataset held as pixel lists.

    Functions are drawn uniformly, then categories, then assets, then views, so that no large
    category drowns the others (released code: uniform over all views of a function).

    Args:
        assets: from :func:`funcorr.train.training_views.load_training_assets`.
        config: the run; what it says about pairs, points and functions counts.

    Raises:
        UserError: no function is shared by two objects.
    """

    def __init__(self, assets: Sequence[TrainingAsset], config: TrainConfig) -> None:
        self.assets = assets
        self.config = config
        if not self.functions:
            raise UserError(
                "no function is served by two objects with a visible part; add assets or views"
            )

    @cached_property
    def functions(self) -> list[str]:
        """Functions that at least two objects serve visibly, but those held out; sorted."""
        served = {name: sum(map(len, table.values())) for name, table in self._entries.items()}
        return sorted(
            name
            for name, objects in served.items()
            if objects > 1 and name not in self.config.without_functions
        )

    @cached_property
    def _entries(self) -> dict[str, dict[str, list[tuple[int, list[int]]]]]:
        """Function -> category -> (asset number, views that show enough of part and rest)."""
        table: dict[str, dict[str, list[tuple[int, list[int]]]]] = {}
        smallest = self.config.smallest_part
        for number, asset in enumerate(self.assets):
            for function in asset.functions:
                views = [
                    index
                    for index, view in enumerate(asset.views)
                    if smallest
                    <= asset.serving_pixels(function, index).sum()
                    <= len(view.pixels) - smallest
                ]
                if views:
                    by_category = table.setdefault(function, {})
                    by_category.setdefault(asset.category, []).append((number, views))
        return table

    def batch(self, generator: np.random.Generator) -> Batch:
        """One batch."""
        pairs = range(self.config.pairs)
        functional = [self._functional_pair(generator) for _ in pairs]
        return Batch(functional, [self._spatial_pair(generator) for _ in pairs])

    def _functional_pair(self, generator: np.random.Generator) -> FunctionalPair:
        function = self.functions[generator.integers(len(self.functions))]
        chosen: list[tuple[int, int]] = []
        while len(chosen) < 2:
            number, views = self._draw_entry(function, generator)
            if not any(number == other for other, _ in chosen):
                chosen.append((number, views[generator.integers(len(views))]))
        pair = [SampledView(self.assets[number], view) for number, view in chosen]
        rows = [part_and_rest(each, function, self.config, generator) for each in pair]
        return FunctionalPair(
            function,
            [self._ref(number, view, generator) for number, view in chosen],
            np.stack([each.view.pixels[r] for each, r in zip(pair, rows, strict=True)]),
            aligned_distances(function, pair, [each[: self.config.points] for each in rows]),
        )

    def _draw_entry(self, function: str, generator: np.random.Generator) -> tuple[int, list[int]]:
        table = self._entries[function]
        entries = list(table.values())[generator.integers(len(table))]
        return entries[generator.integers(len(entries))]

    def _spatial_pair(self, generator: np.random.Generator) -> ImagePair:
        for _ in range(ATTEMPTS):
            function = self.functions[generator.integers(len(self.functions))]
            number, views = self._draw_entry(function, generator)
            if len(views) < 2:
                continue
            chosen = generator.choice(views, size=2, replace=False).tolist()
            asset = self.assets[number]
            points = shared_points(asset, chosen, function, self.config, generator)
            if points is not None:
                images = [self._ref(number, view, generator) for view in chosen]
                return ImagePair(function, images, np.stack(points))
        raise UserError(
            f"found no two views of one object that share {self.config.points} visible points; "
            "render more views or surface points"
        )

    def _ref(self, number: int, view: int, generator: np.random.Generator) -> ImageRef:
        versions = self.config.cache.backgrounds
        version = int(generator.integers(versions))
        return ImageRef(self.assets[number].name, view * versions + version)
