"""Directions, curves and profiles that solids are made from."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy.interpolate import BPoly, PchipInterpolator

Rng = np.random.Generator
FORWARD, BACK, ASIDE, UP, DOWN = (1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, -1)
"""Directions: tools lie along x with the end that works forward, vessels stand upright."""

Numbers = ArrayLike | tuple[Any, ...] | float | int
"""Whatever ``np.asarray`` takes; named one by one for run-time checkers."""


def circle(sides: int, exponent: float = 2.0) -> Float[np.ndarray, "n 2"]:
    """Unit superellipse: exponent 2 is round, 8 nearly square."""
    angle = np.arange(sides) * (2 * np.pi / sides)
    c, s = np.cos(angle), np.sin(angle)
    radius = (np.abs(c) ** exponent + np.abs(s) ** exponent) ** (-1 / exponent)
    return np.stack([c * radius, s * radius], axis=1)


def columns(*values: Numbers) -> Float[np.ndarray, "n k"]:
    """Values, one or one per row, side by side: a path, a profile or a tube's two radii.

    Example:
        >>> columns([1, 2], 0).tolist()
        [[1.0, 0.0], [2.0, 0.0]]
    """
    return np.stack(np.broadcast_arrays(*values), axis=1, dtype=np.float64)


def bezier(control: Numbers, n: int = 24) -> Float[np.ndarray, "n 3"]:
    """``n`` points of the Bezier curve with control points (x, y, z), or (x, z) where y is 0."""
    control = np.asarray(control, dtype=np.float64)
    if control.shape[1] == 2:
        control = columns(control[:, 0], 0, control[:, 1])
    return BPoly(control[:, None], [0, 1])(np.linspace(0, 1, n))


def smooth(knots: Numbers, x: Numbers) -> Float[np.ndarray, "..."]:
    """Values at ``x`` of the curve through (x, value) knots that never overshoots them."""
    knots = np.asarray(knots, dtype=np.float64)
    return PchipInterpolator(knots[:, 0], knots[:, 1])(np.asarray(x, dtype=np.float64))


def arc(
    center: tuple[float, float], radius: float, start: float, stop: float, n: int = 32
) -> Float[np.ndarray, "n 3"]:
    """Points of an arc in the xz plane, from ``start`` to ``stop`` degrees (x towards z)."""
    angle = np.radians(np.linspace(start, stop, n))
    x, z = center[0] + radius * np.cos(angle), center[1] + radius * np.sin(angle)
    return columns(x, 0, z)


def line(start: tuple[float, float], stop: tuple[float, float], n: int = 6) -> np.ndarray:
    """``n`` points of a straight line in the xz plane between two points (x, z)."""
    ends = np.array([[start[0], 0, start[1]], [stop[0], 0, stop[1]]])
    return ends[0] + np.linspace(0, 1, n)[:, None] * (ends[1] - ends[0])


def joined(*pieces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Join runs of points; also the index of the run that each section belongs to."""
    points = [pieces[0]] + [
        p[1:] if np.allclose(q[-1], p[0], atol=1e-6) else p for q, p in pairwise(pieces)
    ]
    run = np.repeat(np.arange(len(points)), [len(p) for p in points])
    return np.concatenate(points), run[1:]
