"""From aligned objects in 3D to corresponding pixels of two views (section 3.2 of the paper)."""

from __future__ import annotations

from dataclasses import dataclass

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
    """How pixels are paired.

    Attributes:
        max_points: pixels that are given a partner, spread evenly over the visible part in the view
            that shows fewer of it.
        max_candidates: pixels of the other view that they choose among; a larger part is thinned to
            an even grid. Candidates must be denser than the points: sampling both views alike costs
            2.5 pixels of precision (median; 400 points on a part 80 pixels wide), this way 0.4.
        max_distance: pairs farther apart in 3D are dropped. The unit is the longest side of the
            smaller of the two aligned objects, which makes the ground truth independent of which
            of the two is called the first.
        min_points: with fewer pairs left, the two views have no ground truth.
        min_share: with a smaller share of the kept pixels paired, the two views show different
            sides of the part and have no ground truth.
    """

    max_points: int = 400  # released code: 10,000 in both views; the paper gives no number
    max_candidates: int = 10_000
    max_distance: float = 0.1  # paper: "spatially close", no number; released code: no limit
    min_points: int = 20  # neither has a lower limit: a person looked at every pair
    min_share: float = 0.25  # neither has one, for the same reason

    def __post_init__(self) -> None:
        if not 1 <= self.min_points <= self.max_points <= self.max_candidates:
            raise UserError(
                "ground truth needs 1 <= min_points <= max_points <= max_candidates, got "
                f"{self.min_points}, {self.max_points} and {self.max_candidates}"
            )
        if not self.max_distance > 0 or not 0 <= self.min_share <= 1:
            raise UserError(
                f"ground truth needs max_distance > 0 and min_share in [0, 1], "
                f"got {self.max_distance} and {self.min_share}"
            )


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
        points1: N x 2 pixels (x, y) of the first view.
        points2: N x 2 their partners on the second view.
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
    rest along. The released code instead re-centres the second object, reduces both views to one
    number of pixels, minimises plain distance and keeps every pair.

    Args:
        first: part in the view of the first object.
        second: part in the view of the second object.
        config: limits and numbers of points; the defaults where None.

    Returns:
        The pairs, or None where too few are left.
    """
    config = config or GroundTruthConfig()
    pixels1, pixels2 = (view.pixels(config.max_candidates) for view in (first, second))
    count = min(config.max_points, len(pixels1), len(pixels2))
    if count < config.min_points:
        return None
    if len(pixels1) <= len(pixels2):
        pixels1 = spread(pixels1, count)
    else:
        pixels2 = spread(pixels2, count)
    distance, limit = _distances(first, second, pixels1, pixels2, config.max_distance)
    rows, columns = linear_sum_assignment(np.minimum(distance, limit) ** 2)
    close = distance[rows, columns] < limit
    if close.sum() < max(config.min_points, config.min_share * count):
        return None
    rows, columns = rows[close], columns[close]
    unit = limit / config.max_distance
    return GroundTruth(pixels1[rows], pixels2[columns], distance[rows, columns] / unit)


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
    max_distance: float,
) -> tuple[Float[np.ndarray, "n m"], float]:
    """Distances in the first object's coordinates, and the limit in the same unit."""
    cameras = first.camera.world_to_camera, second.camera.world_to_camera
    onto_first = view_alignment(first.frame, second.frame, *cameras)
    surface2 = second.surface(pixels2) @ onto_first[:3, :3].T + onto_first[:3, 3]
    smaller_side = min(1.0, first.frame.size / second.frame.size)
    return cdist(first.surface(pixels1), surface2), max_distance * smaller_side
