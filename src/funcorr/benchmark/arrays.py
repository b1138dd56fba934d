"""The npz files of benchmarks and runs: ground truth and predictions, never a pickle."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from funcorr.errors import UserError
from funcorr.metrics.checks import as_points, check_aligned
from funcorr.runs import atomic_path


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


def read_arrays(path: Path, names: Sequence[str], what: str) -> dict[str, np.ndarray]:
    """Read the named arrays of an npz; pickled objects are refused.

    Args:
        path: the file.
        names: the arrays it must hold.
        what: what the user would call it, for messages.

    Raises:
        UserError: the file is missing or damaged, holds pickled objects or lacks an array.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in names}
    except FileNotFoundError:
        raise UserError(f"no such file: {path}; the benchmark or run is not whole") from None
    except KeyError as error:
        raise UserError(f"{path} is not a file of {what}: it lacks {error}") from None
    except Exception as error:  # zipfile, zlib and numpy raise many kinds on a broken file
        raise UserError(
            f"cannot read {path} as {what}: it is damaged, pickled or of another kind "
            f"({type(error).__name__})"
        ) from None


def write_ground_truth(path: Path, points1: np.ndarray, points2: np.ndarray) -> None:
    """Write one ground-truth file, atomically."""
    write_arrays(path, points1=points1.astype(np.float32), points2=points2.astype(np.float32))


def write_arrays(path: Path, **arrays: np.ndarray) -> None:
    """Write named arrays as a compressed npz, atomically."""
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
