"""The ground-truth files of a benchmark."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import Float

from funcorr.errors import UserError
from funcorr.io import read_arrays, write_arrays
from funcorr.metrics.checks import as_points, check_aligned


def read_ground_truth(
    path: Path, image_size: tuple[int, int]
) -> tuple[Float[np.ndarray, "n 2"], Float[np.ndarray, "n 2"]]:
    """Read ``points1`` and ``points2`` of one npz and check them against the image.

    Raises:
        UserError: see :meth:`Benchmark.ground_truth`.
    """
    arrays = read_arrays(path, ("points1", "points2"), "ground truth")
    points1, points2 = (as_points(array, f"{name} of {path}") for name, array in arrays.items())
    check_aligned(points1, points2, f"points1 and points2 of {path}")
    height, width = image_size
    for points in (points1, points2):
        if (points < -0.5).any() or (points > [width - 0.5, height - 0.5]).any():
            raise UserError(
                f"{path} has points outside the image of {width} x {height} pixels; "
                "expected (x, y) with 0 at the centre of the first pixel"
            )
    return points1, points2


def write_ground_truth(path: Path, points1: np.ndarray, points2: np.ndarray) -> None:
    """Write one ground-truth file, atomically."""
    write_arrays(path, points1=points1.astype(np.float32), points2=points2.astype(np.float32))
