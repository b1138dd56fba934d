"""Which two views of two aligned objects make an image pair: the part is seen, and in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from funcorr.functions.frames import FunctionalFrame
from funcorr.groundtruth.alignments import whole_object
from funcorr.groundtruth.dense import PartView, overlap
from funcorr.groundtruth.part_regions import PartRegion
from funcorr.render.dataset import AssetViews

ViewPair = tuple[int, int]


class PartViews:
    """Views of assets as the ground truth sees them, each read once.

    They are kept as long as this object lives: half a megabyte for a view of 320 pixels. Views that
    show fewer than ``min_points`` pixels of the part are not used.
    """

    def __init__(self, min_points: int = 1) -> None:
        self.min_points = min_points
        self._views: dict[tuple[object, ...], list[PartView]] = {}

    def of(
        self, asset: AssetViews, region: PartRegion, frame: FunctionalFrame | None = None
    ) -> list[PartView]:
        """All views of an asset's part, in the frame of an alignment."""
        key = asset.id, *region.key
        if key not in self._views:
            views = [asset.view(index) for index in range(asset.n_views)]
            self._views[key] = [
                PartView(region.mask(view), view.depth, view.camera, whole_object())
                for view in views
            ]
        return [replace(view, frame=frame or view.frame) for view in self._views[key]]

    def most_visible(self, views: Sequence[PartView]) -> list[int]:
        """The views that show enough of the part, those that show most of it first."""
        sizes = [int(view.part.sum()) for view in views]
        usable = [i for i, size in enumerate(sizes) if size >= self.min_points]
        return sorted(usable, key=lambda i: -sizes[i])


def choose_view_pairs(
    first: Sequence[PartView],
    second: Sequence[PartView],
    visible: tuple[Sequence[int], Sequence[int]],
    best_views: int,
    overlap_weight: float,
    max_distance: float,
    rng: np.random.Generator,
) -> list[ViewPair]:
    """Pairs of views worth a try, in an order that repeats a view as late as possible.

    Sources are the ``best_views`` views of the first object that show most of the part. The
    partners of each are the ``best_views`` views of the second object with the largest weighted
    mean of :func:`overlap` and of visible part (its share of the largest visible part).

    Args:
        first: views of the first object.
        second: views of the second object.
        visible: usable views of both, those that show most first.
        best_views: how many views of each object are considered.
        overlap_weight: weight of the overlap, the rest is that of the visible part.
        max_distance: what counts as overlap.
        rng: of the order.
    """
    sizes = [int(view.part.sum()) for view in second]
    largest = max((sizes[j] for j in visible[1]), default=1)
    pairs: list[ViewPair] = []
    for i in visible[0][:best_views]:
        score = {
            j: overlap_weight * overlap(first[i], second[j], max_distance)
            + (1 - overlap_weight) * sizes[j] / largest
            for j in visible[1]
        }
        pairs += [(i, j) for j in sorted(score, key=lambda j: -score[j])[:best_views]]
    return list(_least_used_first([pairs[k] for k in rng.permutation(len(pairs))]))


def _least_used_first(pairs: Sequence[ViewPair]) -> Iterator[ViewPair]:
    """Of the pairs that are left, always the first whose two views were used least."""
    left, used = list(pairs), Counter[tuple[int, int]]()
    while left:
        pair = min(left, key=lambda p: used[0, p[0]] + used[1, p[1]])
        left.remove(pair)
        used.update(enumerate(pair))
        yield pair
