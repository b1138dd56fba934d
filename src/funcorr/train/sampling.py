"""What a training step looks at: pairs of objects with one function, pairs of views of one object.

Everything is drawn from a generator seeded by (seed, step), so that a resumed run sees exactly
what an uninterrupted one would have seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.spatial.distance import cdist

from funcorr.errors import UserError
from funcorr.functions.frames import view_alignment
from funcorr.train.config import TrainConfig
from funcorr.train.views import TrainingAsset, TrainingView

ATTEMPTS = 1000
"""Draws before giving up on finding two views of one object that overlap."""


@dataclass(frozen=True)
class ImageRef:
    """An entry of the feature cache."""

    asset: str
    entry: int


@dataclass(frozen=True, eq=False)
class Batch:
    """One step's worth; image 2k and 2k + 1 of either list are a pair.

    Attributes:
        functional: images of the functional pairs.
        functional_points: per image, part points then as many rest points.
        functional_names: function per pair.
        distances: per functional pair, from each part point of the first image to each of the
            second, when the objects are aligned by their functional frames; in units of the
            smaller object's longest side, infinite where a frame is unknown.
        spatial: images of the spatial pairs.
        spatial_points: per image; row k of a pair's two images is one surface point.
        spatial_names: function per pair.
    """

    functional: list[ImageRef]
    functional_points: Float[np.ndarray, "f n 2"]
    functional_names: list[str]
    distances: Float[np.ndarray, "p k k"]
    spatial: list[ImageRef]
    spatial_points: Float[np.ndarray, "s m 2"]
    spatial_names: list[str]

    def share(self, rank: int, world: int) -> Batch:
        """The pairs of process ``rank`` of ``world``; their number must divide by ``world``."""
        pairs = slice(rank, None, world)
        images = [
            [2 * pair + side for pair in range(len(names))[pairs] for side in (0, 1)]
            for names in (self.functional_names, self.spatial_names)
        ]
        return Batch(
            functional=[self.functional[index] for index in images[0]],
            functional_points=self.functional_points[images[0]],
            functional_names=self.functional_names[pairs],
            distances=self.distances[pairs],
            spatial=[self.spatial[index] for index in images[1]],
            spatial_points=self.spatial_points[images[1]],
            spatial_names=self.spatial_names[pairs],
        )


@dataclass(frozen=True, eq=False)
class FunctionalPair:
    """Two objects with one function; see :class:`Batch`."""

    function: str
    images: list[ImageRef]
    points: list[Float[np.ndarray, "n 2"]]
    distances: Float[np.ndarray, "k k"]


class Sampler:
    """Draws batches from a dataset held as pixel lists.

    Functions are drawn uniformly, then categories, then assets, then views, so that no large
    category drowns the others (released code: uniform over all views of a function).

    Args:
        assets: from :func:`funcorr.train.views.load_training_assets`.
        backgrounds: versions per view in the feature cache.
        pairs: functional and spatial pairs per batch, each.
        points: points per image and kind.
        smallest_part: fewest part pixels, and rest pixels, for a view to count.
        spatial_points: see :class:`funcorr.train.config.LossConfig`.

    Raises:
        UserError: no function is shared by two objects.
    """

    def __init__(
        self,
        assets: Sequence[TrainingAsset],
        backgrounds: int,
        pairs: int,
        points: int,
        smallest_part: int = 32,
        spatial_points: Literal["object", "part", "mixed"] = "mixed",
    ) -> None:
        self.assets = assets
        self.backgrounds = backgrounds
        self.pairs = pairs
        self.points = points
        self.smallest_part = smallest_part
        self.spatial_points = spatial_points
        if not self.functions:
            raise UserError(
                "no function is served by two objects with a visible part; add assets or views"
            )

    @classmethod
    def of(cls, assets: Sequence[TrainingAsset], config: TrainConfig) -> Sampler:
        """The sampler of a run's configuration."""
        return cls(
            assets,
            config.cache.backgrounds,
            config.pairs,
            config.points,
            config.smallest_part,
            config.losses.spatial_points,
        )

    @cached_property
    def functions(self) -> list[str]:
        """Functions that at least two objects serve visibly, sorted."""
        return sorted(f for f, table in self._entries.items() if sum(map(len, table.values())) > 1)

    @cached_property
    def _entries(self) -> dict[str, dict[str, list[tuple[int, list[int]]]]]:
        """Function -> category -> (asset number, views that show enough of part and rest)."""
        table: dict[str, dict[str, list[tuple[int, list[int]]]]] = {}
        for number, asset in enumerate(self.assets):
            for function in asset.functions:
                views = [
                    index
                    for index, view in enumerate(asset.views)
                    if self.smallest_part
                    <= asset.serving_pixels(function, index).sum()
                    <= len(view.pixels) - self.smallest_part
                ]
                if views:
                    by_category = table.setdefault(function, {})
                    by_category.setdefault(asset.category, []).append((number, views))
        return table

    def batch(self, generator: np.random.Generator) -> Batch:
        """One batch."""
        functional = [self._functional_pair(generator) for _ in range(self.pairs)]
        spatial = [self._spatial_pair(generator) for _ in range(self.pairs)]
        return Batch(
            functional=[ref for pair in functional for ref in pair.images],
            functional_points=np.stack([p for pair in functional for p in pair.points]),
            functional_names=[pair.function for pair in functional],
            distances=np.stack([pair.distances for pair in functional]),
            spatial=[ref for _, refs, _ in spatial for ref in refs],
            spatial_points=np.stack([p for _, _, points in spatial for p in points]),
            spatial_names=[name for name, _, _ in spatial],
        )

    def _functional_pair(self, generator: np.random.Generator) -> FunctionalPair:
        function = self.functions[generator.integers(len(self.functions))]
        chosen: list[tuple[int, int]] = []
        while len(chosen) < 2:
            number, views = self._draw_entry(function, generator)
            if not any(number == other for other, _ in chosen):
                chosen.append((number, views[generator.integers(len(views))]))
        rows = [self._part_and_rest(*pair, function, generator) for pair in chosen]
        shown = [self.assets[number].views[view] for number, view in chosen]
        return FunctionalPair(
            function,
            [self._ref(number, view, generator) for number, view in chosen],
            [view.pixels[r] for view, r in zip(shown, rows, strict=True)],
            self._aligned_distances(
                function,
                [self.assets[number] for number, _ in chosen],
                shown,
                [r[: self.points] for r in rows],
            ),
        )

    def _aligned_distances(
        self,
        function: str,
        assets: list[TrainingAsset],
        views: list[TrainingView],
        rows: list[Int[np.ndarray, " k"]],
    ) -> Float[np.ndarray, "k k"]:
        if not all(function in asset.frames for asset in assets):
            return np.full((self.points, self.points), np.inf, dtype=np.float32)
        first, second = (asset.frames[function] for asset in assets)
        onto_first = view_alignment(first, second, *(view.world_to_camera for view in views))
        surfaces = [view.surface[r].astype(np.float64) for view, r in zip(views, rows, strict=True)]
        moved = surfaces[1] @ onto_first[:3, :3].T + onto_first[:3, 3]
        smaller_side = min(1.0, first.size / second.size)
        return (cdist(surfaces[0], moved) / smaller_side).astype(np.float32)

    def _draw_entry(self, function: str, generator: np.random.Generator) -> tuple[int, list[int]]:
        table = self._entries[function]
        entries = list(table.values())[generator.integers(len(table))]
        return entries[generator.integers(len(entries))]

    def _part_and_rest(
        self, number: int, view: int, function: str, generator: np.random.Generator
    ) -> Int[np.ndarray, " n"]:
        """Rows of the view's pixels: part points, then as many of the rest."""
        in_part = self.assets[number].serving_pixels(function, view)
        rows = [
            _draw(np.flatnonzero(region), self.points, generator) for region in (in_part, ~in_part)
        ]
        return np.concatenate(rows)

    def _spatial_pair(
        self, generator: np.random.Generator
    ) -> tuple[str, list[ImageRef], list[np.ndarray]]:
        for _ in range(ATTEMPTS):
            function = self.functions[generator.integers(len(self.functions))]
            number, views = self._draw_entry(function, generator)
            if len(views) < 2:
                continue
            chosen = generator.choice(views, size=2, replace=False).tolist()
            points = self._shared_points(self.assets[number], chosen, function, generator)
            if points is not None:
                return function, [self._ref(number, view, generator) for view in chosen], points
        raise UserError(
            f"found no two views of one object that share {self.points} visible points; "
            "render more views or surface points"
        )

    def _shared_points(
        self,
        asset: TrainingAsset,
        views: list[int],
        function: str,
        generator: np.random.Generator,
    ) -> list[Float[np.ndarray, "m 2"]] | None:
        first, second = (asset.views[index] for index in views)
        shared, in_first, in_second = np.intersect1d(
            first.point_ids, second.point_ids, assume_unique=True, return_indices=True
        )
        rows = self._spatial_rows(asset.serving_points(function, shared), generator)
        if rows is None:
            return None
        return [first.point_pixels[in_first[rows]], second.point_pixels[in_second[rows]]]

    def _spatial_rows(
        self, in_part: Bool[np.ndarray, " n"], generator: np.random.Generator
    ) -> Int[np.ndarray, " m"] | None:
        """Distinct shared points by the rule of ``spatial_points``, or None where too few."""
        part, everything = np.flatnonzero(in_part), np.arange(len(in_part))
        from_part = {"object": 0, "part": self.points, "mixed": self.points // 2}
        wanted = min(from_part[self.spatial_points], len(part))
        if self.spatial_points == "part" and wanted < self.points:
            return None
        chosen = generator.permutation(part)[:wanted]
        others = np.setdiff1d(everything, chosen, assume_unique=True)
        if len(others) < self.points - wanted:
            return None
        return np.concatenate([chosen, generator.permutation(others)[: self.points - wanted]])

    def _ref(self, number: int, view: int, generator: np.random.Generator) -> ImageRef:
        version = int(generator.integers(self.backgrounds))
        return ImageRef(self.assets[number].name, view * self.backgrounds + version)


def _draw(
    rows: Int[np.ndarray, " n"], count: int, generator: np.random.Generator
) -> Int[np.ndarray, " count"]:
    """Distinct rows where there are enough, else with repetition."""
    return generator.choice(rows, size=count, replace=len(rows) < count)
