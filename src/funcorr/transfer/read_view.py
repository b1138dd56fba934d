"""Depth and cameras from files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from funcorr.errors import UserError
from funcorr.images.decode import Frame, check_frame, decode, read_frame
from funcorr.io import read_array, read_arrays
from funcorr.transfer.camera_file import read_camera
from funcorr.transfer.rgbd import FARTHEST, RGBDView


def read_view(
    depth: Path | str,
    camera: Path | str,
    depth_scale: float | None = None,
    image: Path | str | None = None,
) -> RGBDView:
    """A view from its files.

    Args:
        depth: 16-bit PNG or TIFF, npy, or npz with the array ``depth``.
        camera: JSON or YAML with ``intrinsics`` (3 x 3) or ``fx, fy, cx, cy``, and ``depth_scale``
            where depth is not in metres; also what ROS, RealSense and OpenCV write.
        depth_scale: metres of one unit of depth, before what the camera's file says.
        image: the picture that the depth lies on.

    Raises:
        UserError: a file cannot be read, does not say its scale, lies in another orientation than
            the picture, the camera is of another size or its lens bends the picture, or see
            :class:`RGBDView`.
    """
    known = read_camera(camera)
    values = _depth(depth)
    if image is not None:
        height, width = (*values.shape, 0, 0)[:2]
        check_frame(Frame(height, width), read_frame(image), str(depth), "depth maps")
    scale = known.depth_scale if depth_scale is None else depth_scale
    if scale is None and values.dtype.kind in "ui":
        raise UserError(
            f"{depth} holds whole numbers{_seems(values)}: say the metres of one unit, as "
            f'"depth_scale" in {camera} or by --depth-scale (0.001 for millimetres)'
        )
    if values.ndim == 2:
        known.check((values.shape[0], values.shape[1]))
    try:
        return RGBDView(values, known.intrinsics, 1.0 if scale is None else scale)
    except UserError as error:
        raise UserError(f"{depth} with {camera}: {error}") from None


def _seems(values: np.ndarray) -> str:
    """Which unit whole numbers seem to be of."""
    seen = values[values > 0]
    likely = len(seen) > 0 and FARTHEST < np.median(seen) < 1000 * FARTHEST
    return ", which seem to be millimetres" if likely else ""


def _depth(path: Path | str) -> np.ndarray:
    suffix = Path(path).suffix.lower()
    if suffix == ".npy":
        return read_array(path, "depth")
    if suffix == ".npz":
        return read_arrays(path, ("depth",), "depth")["depth"]
    decoded = decode(path, "a depth map", "the depth map")
    values = decoded.values
    if decoded.orientation != 1:
        raise UserError(
            f"{path} has the EXIF orientation {decoded.orientation}, and intrinsics do not say "
            "whether they are of the turned picture; save image and depth upright, without one"
        )
    if values.ndim != 2 or values.dtype == np.uint8 or values.dtype == bool:
        raise UserError(
            f"{path} is a picture of 8 bits, which holds no depth; expected a 16-bit PNG, npy or "
            "npz"
        )
    return values
