"""From aligned objects in 3D to corresponding pixels of two views (section 3.2 of the paper)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from funcorr.errors import UserError
from funcorr.functions.frames import FunctionalFrame, view_alignment
from funcorr.geometry.cameras import Camera
from funcorr.images import mask_pixels


@dataclass(frozen=True)
class GroundTruthConfig:
    """How pixels are paired; :meth:`named` has the paper's way and that of its released code.

    Attributes:
        max_points: pixels that are given a partner, spread evenly over the visible part in the view
            that shows fewer of it.
        max_candidates: pixels of the other view that they choose among; a larger part is thinned to
            an even grid. Candidates must be denser than the points: sampling both views alike costs
            2.5 pixels of precision (median; 400 points on a part 80 pixels wide), this way 0.4.
        max_distance: pairs farther apart in 3D are dropped. The unit is the longest side of the
            smaller of the two aligned objects, which makes the ground truth independent of which
            of the two is called the first. None drops nothing.
        min_points: with fewer pairs left, the two views have no ground truth.
        min_share: with a smaller share of the kept pixels paired, the two views show different
            sides of the part and have no ground truth.
        cost: what the assignment minimises the sum of: ``"bounded"`` is ``min(d, limit)^2`` with
            the limit ``max_distance``, ``"distance"`` is d, the distance in 3D.
        thin_both: reduce both views to one number of pixels before they are paired.
        recentre: after the alignment, move the second object's centre onto the first's.
    """

    max_points: int = 400  # released code: 10,000 in both views; the paper gives no number
    max_candidates: int = 10_000
    max_distance: float | None = 0.1  # paper: "spatially close", no number; released code: no limit
    min_points: int = 20  # neither has a lower limit: a person looked at every pair
    min_share: float = 0.25  # neither has one, for the same reason
    cost: Literal["bounded", "distance"] = "bounded"  # paper and released code: distance
    thin_both: bool = False  # released code: True
    recentre: bool = False  # released code: True, undoing the annotated shift

    def __post_init__(self) -> None:
        if not 1 <= self.min_points <= self.max_points <= self.max_candidates:
            raise UserError(
                "ground truth needs 1 <= min_points <= max_points <= max_candidates, got "
                f"{self.min_points}, {self.max_points} and {self.max_candidates}"
            )
        if not self.limit > 0 or not 0 <= self.min_share <= 1:
            raise UserError(
                f"ground truth needs max_distance > 0 and min_share in [0, 1], "
                f"got {self.max_distance} and {self.min_share}"
            )

    @property
    def limit(self) -> float:
        """``max_distance`` as a number."""
        return math.inf if self.max_distance is None else self.max_distance

    @classmethod
    def named(cls, protocol: str) -> GroundTruthConfig:
        """The settings that go by a name.

        Args:
            protocol: ``"funcorr"``, the defaults; ``"paper"``, what sections 3.1 and 3.2 say: the
                summed distance is minimised over the matching, pairs that are not close are
                dropped; ``"released-code"``, which re-centres the second object, reduces both
                views to one number of pixels (at most 10,000: slow, and 800 MB for parts that
                large) and keeps every pair. It re-centres by an oriented box, we by the asset's
                own, axis-aligned one.

        Raises:
            UserError: there is no such protocol.
        """
        if protocol not in _PROTOCOLS:
            raise UserError(f"unknown protocol {protocol!r}; expected {', '.join(_PROTOCOLS)}")
        return cls(**_PROTOCOLS[protocol])


_PAPER: dict[str, Any] = {"cost": "distance", "min_points": 1, "min_share": 0.0}
_PROTOCOLS: dict[str, dict[str, Any]] = {
    "funcorr": {},
    "paper": _PAPER,
    "released-code": {
        **_PAPER,
        "max_points": 10_000,
        "max_distance": None,
        "thin_both": True,
        "recentre": True,
    },
}


@dataclass(frozen=True, eq=False)
class PartView:
    """What one view shows of the part that serves a function.

    Attributes:
        part: H x W, the visible pixels of the functional part.
        depth: H x W z-depth, 0 where there is no surface.
        camera: camera of the view, in normalised object coordinates.
        frame: functional frame of the object.
    """

    part: Bool[np.ndarray, "h w"]
    depth: Float[np.ndarray, "h w"]
    camera: Camera
    frame: FunctionalFrame

    def pixels(self, at_most: int) -> Int[np.ndarray, "n 2"]:
        """The part's pixels (x, y) that have a depth, row by row; an even grid if too many."""
        return mask_pixels(self.part & (self.depth > 0), at_most).astype(np.int64)

    def surface(self, pixels: Int[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 3"]:
        """Where the pixels lie on the object."""
        depth = self.depth[pixels[:, 1], pixels[:, 0]].astype(np.float64)
        return self.camera.unproject(pixels.astype(np.float64), depth)


@dataclass(frozen=True, eq=False)
class GroundTruth:
    """Corresponding pixels of two views.

    Attributes:
        points1, points2: N x 2 pixels (x, y) of the two views, row by row.
        distance: N, how far apart they are in 3D, in units of ``max_distance``'s unit.
    """

    points1: Int[np.ndarray, "n 2"]
    points2: Int[np.ndarray, "n 2"]
    distance: Float[np.ndarray, " n"]


def ground_truth(
    first: PartView, second: PartView, config: GroundTruthConfig | None = None
) -> GroundTruth | None:
    """Pair the visible part pixels of two views that meet in 3D when the objects are aligned.

    The second object is brought onto the first by the similarity of their functional frames, free
    symmetries fixed by the two cameras (:func:`funcorr.functions.frames.view_alignment`). The
    assignment minimises ``sum min(d^2, limit^2)`` over one-to-one pairs, d the distance in 3D;
    pairs at or beyond the limit stay unmatched. Squared distances make the optimum insensitive to
    a common shift of whole parts, and the bound keeps what only one view shows from pulling the
    rest along. What the paper and its released code do instead: :meth:`GroundTruthConfig.named`.

    Args:
        first: the part in a view of the first object.
        second: the part in a view of the second object.
        config: limits and numbers of points; the defaults where None.

    Returns:
        The pairs, or None where too few are left.
    """
    config = config or GroundTruthConfig()
    pixels1, pixels2 = (view.pixels(config.max_candidates) for view in (first, second))
    count = min(config.max_points, len(pixels1), len(pixels2))
    if count < config.min_points:
        return None
    if config.thin_both or len(pixels1) <= len(pixels2):
        pixels1 = spread(pixels1, count)
    if config.thin_both or len(pixels1) > len(pixels2):
        pixels2 = spread(pixels2, count)
    distance = _distances(first, second, pixels1, pixels2, config.recentre)
    bounded = np.minimum(distance, config.limit) ** 2
    rows, columns = linear_sum_assignment(bounded if config.cost == "bounded" else distance)
    close = distance[rows, columns] < config.limit
    if close.sum() < max(config.min_points, config.min_share * count):
        return None
    rows, columns = rows[close], columns[close]
    return GroundTruth(pixels1[rows], pixels2[columns], distance[rows, columns])


def overlap(
    first: PartView, second: PartView, max_distance: float = 0.1, samples: int = 256
) -> float:
    """How much of the part the two views show in common when the objects are aligned.

    Args:
        first: the part in a view of the first object.
        second: the part in a view of the second object.
        max_distance: how close points must come, in the unit of :class:`GroundTruthConfig`.
        samples: pixels of each view that are looked at.

    Returns:
        The share of the two views' pixels whose surface comes that close to a pixel of the other
        view; 0 where a view does not show the part.
    """
    pixels1, pixels2 = (view.pixels(samples) for view in (first, second))
    if not (len(pixels1) and len(pixels2)):
        return 0.0
    close = _distances(first, second, pixels1, pixels2) < max_distance
    return float(np.concatenate([close.any(axis=0), close.any(axis=1)]).mean())


def spread(pixels: Int[np.ndarray, "n 2"], count: int) -> Int[np.ndarray, "k 2"]:
    """Farthest-point subsample: ``count`` pixels that cover the region evenly.

    Starts at the pixel nearest to the centroid; ties go to the lowest row. All pixels come back
    where there are not more.

    Example:
        >>> spread(np.array([[0, 0], [1, 0], [2, 0], [3, 0], [4, 0]]), 3).tolist()
        [[2, 0], [0, 0], [4, 0]]
    """
    if len(pixels) <= count:
        return pixels
    positions = pixels.astype(np.float64)
    chosen = [int(np.square(positions - positions.mean(axis=0)).sum(axis=1).argmin())]
    gap = np.full(len(pixels), np.inf)
    while len(chosen) < count:
        np.minimum(gap, np.square(positions - positions[chosen[-1]]).sum(axis=1), out=gap)
        chosen.append(int(gap.argmax()))
    return pixels[chosen]


def _distances(
    first: PartView,
    second: PartView,
    pixels1: Int[np.ndarray, "n 2"],
    pixels2: Int[np.ndarray, "m 2"],
    recentre: bool = False,
) -> Float[np.ndarray, "n m"]:
    """Distances in 3D when the objects are aligned; the smaller object's longest side is 1."""
    cameras = first.camera.world_to_camera, second.camera.world_to_camera
    onto_first = view_alignment(first.frame, second.frame, *cameras)
    shift = np.zeros(3) if recentre else onto_first[:3, 3]
    surface2 = second.surface(pixels2) @ onto_first[:3, :3].T + shift
    smaller_side = min(1.0, first.frame.size / second.frame.size)
    return cdist(first.surface(pixels1), surface2) / smaller_side
