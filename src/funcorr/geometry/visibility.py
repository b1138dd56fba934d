"""Which points does a camera see, and where do pixels of one view lie in another?"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int

from funcorr.geometry.cameras import Camera

FRONT = 3.0
"""How many pixel widths behind the front point of a pixel another one may be seen beside it."""


def points_in_front(
    points: Float[np.ndarray, "n 3"], camera: Camera
) -> tuple[Int[np.ndarray, " k"], Float[np.ndarray, "k 2"], Float[np.ndarray, " k"]]:
    """The points that may be seen: those near the front one of all that project into their pixel.

    Near is up to :data:`FRONT` pixel widths behind it; what lies deeper is hidden by the surface
    that the front one samples, unless that is a silhouette or steeper than this.

    Returns:
        Point indices, rising; the exact (not rounded) positions ``(x, y)``; the z-depths.
    """
    pixels, depth = camera.project(points)
    inside = np.flatnonzero(camera.contains(pixels) & (depth > 0))
    cells, depth = camera.cells(pixels[inside]), depth[inside]
    nearest = np.full(camera.height * camera.width, np.inf)
    np.minimum.at(nearest, cells, depth)
    near = depth <= nearest[cells] * (1 + FRONT / camera.intrinsics[0, 0])
    return inside[near], pixels[inside[near]], depth[near]


CORNERS = np.array([[0, 0], [1, 0], [0, 1], [1, 1]])[:, None]
"""From the upper left one of the four pixel centres around a position to each of them."""

STEEPEST = 5.0
"""Neighbouring pixels lie on one surface up to this slope, depth over width (79 degrees)."""


def sample_depth(
    depth: Float[np.ndarray, "h w"], pixels: Float[np.ndarray, "n 2"], focal: float
) -> Float[np.ndarray, " n"]:
    """Depth between pixel centres; 0 where no surface is near.

    Inverse depth is interpolated bilinearly, which is exact on planes, between those of the four
    neighbours that lie on the surface of the nearest one by :data:`STEEPEST`.

    Args:
        depth: z-depth map, 0 where there is no surface.
        pixels: positions ``(x, y)``.
        focal: focal length of the camera in pixels.
    """
    middle = _at(depth, np.floor(pixels + 0.5))
    values = _at(depth, np.floor(pixels) + CORNERS)
    x, y = (pixels - np.floor(pixels)).T
    weights = np.stack([(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y])
    weights[np.abs(values - middle) > STEEPEST / focal * middle] = 0
    total = (weights / np.where(values > 0, values, np.inf)).sum(axis=0)
    known = (middle > 0) & (total > 0)
    return np.where(known, weights.sum(axis=0) / np.where(known, total, 1), 0.0)


def _at(
    depth: Float[np.ndarray, "h w"], pixels: Float[np.ndarray, "*n 2"]
) -> Float[np.ndarray, "*n"]:
    """The depths at whole positions; those off the map have that of its border."""
    limit = depth.shape[1] - 1, depth.shape[0] - 1
    whole = np.clip(pixels.astype(int), 0, limit)
    return depth[whole[..., 1], whole[..., 0]].astype(np.float64)


def carry_pixels(
    pixels: Float[np.ndarray, "n 2"],
    depth_a: Float[np.ndarray, "h1 w1"],
    camera_a: Camera,
    depth_b: Float[np.ndarray, "h2 w2"],
    camera_b: Camera,
    tolerance: float = 0.005,
) -> tuple[Float[np.ndarray, "n 2"], Bool[np.ndarray, " n"]]:
    """Where the surface seen at pixels of view A lies in view B, and whether B sees it there.

    Beside the edge of a nearer surface, less than a pixel from it, it counts as hidden.

    Args:
        pixels: ``(x, y)`` in view A.
        depth_a: z-depth map of view A, 0 where there is no surface.
        camera_a: camera of view A.
        depth_b: the same of view B.
        camera_b: camera of view B.
        tolerance: largest difference between a point's depth and B's depth map, in world units.

    Returns:
        Positions in view B, and True where the pixel has a surface in A that B sees too.
    """
    depth = sample_depth(depth_a, pixels, camera_a.intrinsics[0, 0])
    carried, expected = camera_b.project(camera_a.unproject(pixels, np.where(depth > 0, depth, 1)))
    visible = (depth > 0) & (expected > 0) & camera_b.contains(carried)
    on_image = np.where(visible[:, None], carried, 0.0)
    focal = camera_b.intrinsics[0, 0]
    found = sample_depth(depth_b, on_image, focal)
    around = _at(depth_b, np.floor(on_image) + CORNERS)
    nearer = (around > 0) & (around < expected * (1 - STEEPEST / focal))
    same = (found > 0) & (np.abs(found - expected) <= tolerance) & ~nearer.any(axis=0)
    return carried, visible & same
