"""Depth and cameras from files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from funcorr.errors import UserError
from funcorr.images.decode import decode
from funcorr.io import read_array, read_arrays, read_json
from funcorr.transfer.rgbd import RGBDView

MATRICES = ("intrinsics", "K", "k")
"""Keys under which a camera's 3 x 3, or its nine numbers row by row, may stand."""


def read_view(depth: Path | str, camera: Path | str, depth_scale: float | None = None) -> RGBDView:
    """A view from its files.

    Args:
        depth: 16-bit PNG or TIFF, npy, or npz with the array ``depth``.
        camera: JSON with ``intrinsics`` (3 x 3) or ``fx, fy, cx, cy``, and ``depth_scale`` where
            depth is not in metres.
        depth_scale: metres of one unit of depth, before what the camera's file says.

    Raises:
        UserError: a file cannot be read, does not say its scale, or see :class:`RGBDView`.
    """
    content = read_json(camera, "camera")
    if not isinstance(content, dict):
        raise UserError(f'the camera {camera} must be a JSON object with "intrinsics"')
    values = _depth(depth)
    scale = content.get("depth_scale") if depth_scale is None else depth_scale
    if scale is None and values.dtype.kind in "ui":
        raise UserError(
            f'{depth} holds whole numbers: say the metres of one unit, as "depth_scale" in '
            f"{camera} or by --depth-scale (0.001 for millimetres)"
        )
    if scale is not None and not isinstance(scale, int | float):
        raise UserError(f'"depth_scale" of {camera} must be a number; got {scale!r}')
    try:
        return RGBDView(values, _intrinsics(content, camera), 1.0 if scale is None else scale)
    except UserError as error:
        raise UserError(f"{depth} with {camera}: {error}") from None


def _depth(path: Path | str) -> np.ndarray:
    suffix = Path(path).suffix.lower()
    if suffix == ".npy":
        return read_array(path, "depth")
    if suffix == ".npz":
        return read_arrays(path, ("depth",), "depth")["depth"]
    values = decode(path, "a depth map", "the depth map").values
    if values.ndim != 2 or values.dtype == np.uint8 or values.dtype == bool:
        raise UserError(
            f"{path} is a picture of 8 bits, which holds no depth; expected a 16-bit PNG, npy or "
            "npz"
        )
    return values


def _intrinsics(content: dict[str, Any], path: Path | str) -> Float[np.ndarray, "3 3"]:
    given = next((content[key] for key in MATRICES if key in content), None)
    try:
        if given is not None:
            return np.array(given, dtype=np.float64).reshape(3, 3)
        fx, fy, cx, cy = (float(content[key]) for key in ("fx", "fy", "cx", "cy"))
    except (KeyError, TypeError, ValueError):
        raise UserError(
            f'the camera {path} needs "intrinsics", 3 x 3, or the numbers fx, fy, cx and cy'
        ) from None
    return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1.0]])
