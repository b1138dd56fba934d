"""How object A is believed to lie on B: the truth, chance, boxes, or a model's matches."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from funcorr.assets.store import Asset
from funcorr.benchmark.poses import POSE, POSE_CONFIDENCE, predicted_pose, rgbd_views
from funcorr.functions.frames import alignment
from funcorr.geometry.sampling import sample_surface
from funcorr.groundtruth.pairs import Benchmark, ImagePair
from funcorr.transfer.rgbd import RGBDView

Similarity = Float[np.ndarray, "4 4"]
"""From the normalised coordinates of object A to those of object B."""


def oracle(a: Asset, b: Asset, function: str) -> Similarity:
    """The functional frame of A brought onto that of B."""
    return alignment(b.frames[function], a.frames[function])


def chance(a: Asset, b: Asset, function: str, generator: np.random.Generator) -> Similarity:
    """The frame of A, in its own size, turned at random and put anywhere on the surface of B."""
    [target], _ = sample_surface(b.mesh.triangles, 1, generator)
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.random(rng=generator).as_matrix()
    matrix[:3, 3] = target - matrix[:3, :3] @ a.frames[function].origin
    return matrix


def predicted(
    benchmark: Benchmark, pair: ImagePair, match: Any, backward: bool = False
) -> tuple[Similarity, float]:
    """What the matches of a pair give by depth, and how sure that is; NaN where refused.

    Args:
        benchmark: with depth, cameras and functional frames.
        pair: its images show A and B.
        match: from the image of A to that of B.
        backward: A is in image 2.
    """
    views, (first, second) = rgbd_views(benchmark, pair), objects_in_cameras(benchmark, pair)
    if backward:
        views, first, second = views[::-1], second, first
    found = predicted_pose(match, views)
    return between_objects(found[POSE], first, second), float(found[POSE_CONFIDENCE])


def boxed(benchmark: Benchmark, pair: ImagePair, backward: bool = False) -> Similarity:
    """The box around what is seen of A brought onto that of B, without a turn.

    The boxes are along the axes of each camera; middle goes to middle, and the scale is the ratio
    of their diagonals.

    Args:
        benchmark: with depth, cameras and functional frames.
        pair: its images show A and B.
        backward: A is in image 2.
    """
    boxes = [_seen_box(view) for view in rgbd_views(benchmark, pair)]
    first, second = objects_in_cameras(benchmark, pair)
    if backward:
        boxes, first, second = boxes[::-1], second, first
    (middle1, diagonal1), (middle2, diagonal2) = boxes
    scale = diagonal2 / diagonal1
    matrix = np.diag([scale, scale, scale, 1.0])
    matrix[:3, 3] = middle2 - scale * middle1
    return between_objects(matrix, first, second)


def _seen_box(view: RGBDView) -> tuple[Float[np.ndarray, "3"], float]:
    """Middle and diagonal of the box around all that has depth, in metres."""
    rows, columns = np.nonzero(view.depth)
    lifted = view.lift(np.stack([columns, rows], axis=1))
    points = lifted.points[lifted.valid]
    low, high = points.min(axis=0), points.max(axis=0)
    return (low + high) / 2, float(np.linalg.norm(high - low))


def objects_in_cameras(benchmark: Benchmark, pair: ImagePair) -> tuple[Similarity, Similarity]:
    """Normalised coordinates of both objects to their cameras' coordinates in metres."""
    sizes = (frame.object_size for frame in benchmark.frames(pair))
    first, second = (
        camera.world_to_camera @ np.diag([size, size, size, 1.0])
        for camera, size in zip(benchmark.cameras(pair), sizes, strict=True)
    )
    return first, second


def between_objects(
    between_cameras: Similarity, first: Similarity, second: Similarity
) -> Similarity:
    """A similarity from camera 1 to camera 2 as one between the objects that they look at.

    Args:
        between_cameras: metres to metres.
        first: object 1 to camera 1, see :func:`objects_in_cameras`.
        second: object 2 to camera 2.
    """
    return np.linalg.inv(second) @ between_cameras @ first
