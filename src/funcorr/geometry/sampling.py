"""Points drawn from surfaces and directions drawn from the sphere, with an explicit generator."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from funcorr.errors import UserError


def sample_surface(
    triangles: Float[np.ndarray, "f 3 3"], count: int, generator: np.random.Generator
) -> tuple[Float[np.ndarray, "n 3"], Int[np.ndarray, " n"]]:
    """Points spread evenly by area over a triangle surface.

    Args:
        triangles: corner positions.
        count: how many points.
        generator: source of randomness.

    Returns:
        The points, and for each the index of its triangle.

    Raises:
        UserError: the surface has no area.

    Example:
        >>> square = np.array([[[0, 0, 0], [1, 0, 0], [0, 1, 0.0]]])
        >>> sample_surface(square, 5, np.random.default_rng(0))[0].shape
        (5, 3)
    """
    edges1, edges2 = triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    cumulative = np.cumsum(np.linalg.norm(np.cross(edges1, edges2), axis=1))
    if cumulative[-1] <= 0:
        raise UserError("the surface has no area, so no points can be drawn from it")
    drawn = generator.random((count, 3))
    faces = np.searchsorted(cumulative, drawn[:, 0] * cumulative[-1], side="right")
    faces = np.minimum(faces, len(triangles) - 1)
    root = np.sqrt(drawn[:, 1:2])
    weights = np.concatenate([1 - root, root * (1 - drawn[:, 2:]), root * drawn[:, 2:]], axis=1)
    return np.einsum("nc,ncd->nd", weights, triangles[faces]), faces


def sphere_band(
    count: int,
    elevation: tuple[float, float],
    generator: np.random.Generator,
    uniform_in: str = "area",
) -> Float[np.ndarray, "n 3"]:
    """Random unit directions whose elevation above the horizon lies within a band.

    Args:
        count: how many.
        elevation: lowest and highest elevation in degrees.
        generator: source of randomness.
        uniform_in: ``"area"`` (every patch of the band equally likely) or ``"angle"`` (every
            elevation equally likely, denser near the poles, as in the paper).
    """
    low, high = np.radians(elevation)
    drawn = generator.random((count, 2))
    if uniform_in == "area":
        height = np.sin(low) + (np.sin(high) - np.sin(low)) * drawn[:, 0]
    else:
        height = np.sin(low + (high - low) * drawn[:, 0])
    azimuth, radius = 2 * np.pi * drawn[:, 1], np.sqrt(1 - height**2)
    return np.stack([radius * np.cos(azimuth), radius * np.sin(azimuth), height], axis=1)
