"""Cameras from files: our own JSON, and what ROS, RealSense, OpenCV, Open3D and BOP write."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from jaxtyping import Float

from funcorr.errors import UserError
from funcorr.io import read_json

ROW_BY_ROW = ("intrinsics", "K", "k", "camera_matrix", "cam_K")
"""Keys of a 3 x 3, or of its nine numbers row by row."""

COLUMN_BY_COLUMN = "intrinsic_matrix"
"""Open3D's key: nine numbers column by column."""

NUMBERS = (("fx",), ("fy",), ("cx", "ppx"), ("cy", "ppy"))

WIDTH, HEIGHT = ("width", "image_width"), ("height", "image_height")

DISTORTION = ("d", "D", "coeffs", "distortion_coefficients", "dist_coeffs", "distortion")

MODELS = ("distortion_model", "model")

FISHEYE = ("equidistant", "fisheye", "kannala")
"""In the names of lens models that are no pinhole even where all their coefficients are 0."""

LARGEST_SHIFT = 1.0
"""Pixels by which a lens may move a corner of the picture and still count as a pinhole."""

MOST_NUMBERS = 32
"""In a row of a camera; more are not read, whatever a hostile file repeats."""

MOST_BYTES = 100_000
"""Of a camera's file."""

OPENCV_HEAD = "%YAML:1.0"
"""How OpenCV begins its YAML, which is no directive of YAML."""


@dataclass(frozen=True, eq=False)
class CameraFile:
    """What a camera's file says.

    Attributes:
        intrinsics: 3 x 3.
        size: (height, width) of its pictures, where it says so.
        depth_scale: metres of one unit of depth, where it says so.
        distortion: coefficients k1, k2, p1, p2, k3, k4, k5, k6, as many as it has.
        lens: its lens model, in lower case.
        name: of the file.
    """

    intrinsics: Float[np.ndarray, "3 3"]
    size: tuple[int, int] | None
    depth_scale: float | None
    distortion: Float[np.ndarray, " n"]
    lens: str
    name: str

    def check(self, size: tuple[int, int]) -> None:
        """See that it is the pinhole camera of pictures of this size.

        Args:
            size: (height, width).

        Raises:
            UserError: it says another size, or its lens bends the picture.
        """
        if self.size is not None and self.size != size:
            (height, width), (found_height, found_width) = size, self.size
            raise UserError(
                f"the camera {self.name} is of {found_width} x {found_height} pixels but its depth "
                f"is {width} x {height}; give the camera of the pictures, to which the depth is "
                "aligned"
            )
        shift = np.inf if any(word in self.lens for word in FISHEYE) else self._shift(size)
        if shift > LARGEST_SHIFT:
            bends = f"a lens that moves corners by {shift:.0f} pixels"
            raise UserError(
                f"the camera {self.name} has {'a fisheye lens' if np.isinf(shift) else bends}: "
                "rectify picture and depth first (cv2.undistort, image_proc) and give the "
                "intrinsics of the rectified picture, without distortion"
            )

    def _shift(self, size: tuple[int, int]) -> float:
        """How far a lens by Brown and Conrady moves the corners, in pixels."""
        k1, k2, p1, p2, k3, k4, k5, k6 = np.pad(self.distortion, (0, 8))[:8]
        corners = np.array([(x, y) for x in (0, size[1] - 1) for y in (0, size[0] - 1)], float)
        focal, middle = self.intrinsics[[0, 1], [0, 1]], self.intrinsics[:2, 2]
        if not (focal > 0).all():
            return 0.0  # no camera; the view refuses it
        with np.errstate(all="ignore"):  # what becomes NaN moves the corners beyond all measure
            x, y = ((corners - middle) / focal).T
            r = x**2 + y**2
            radial = (1 + r * (k1 + r * (k2 + r * k3))) / (1 + r * (k4 + r * (k5 + r * k6)))
            dx = x * (radial - 1) + 2 * p1 * x * y + p2 * (r + 2 * x**2)
            dy = y * (radial - 1) + p1 * (r + 2 * y**2) + 2 * p2 * x * y
            moved = np.hypot(dx * focal[0], dy * focal[1])
        return float(np.nan_to_num(moved, nan=np.inf, posinf=np.inf).max())


def read_camera(path: Path | str) -> CameraFile:
    """Read a camera's JSON or YAML.

    Raises:
        UserError: the file cannot be read or lacks the intrinsics, or what it says are no numbers.
    """
    with suppress(OSError):  # said by the reader
        if Path(path).stat().st_size > MOST_BYTES:
            raise UserError(f"{path} is larger than {MOST_BYTES:,} bytes: no file of a camera is")
    is_yaml = Path(path).suffix.lower() in (".yaml", ".yml")
    content = _read_yaml(path) if is_yaml else read_json(path, "camera")
    if not isinstance(content, dict):
        raise UserError(f'the camera {path} must be a JSON object with "intrinsics"')
    scale = content.get("depth_scale")
    if scale is not None and (isinstance(scale, bool) or not isinstance(scale, int | float)):
        raise UserError(f'"depth_scale" of {path} must be a number; got {scale!r}')
    size = _first(content, HEIGHT), _first(content, WIDTH)
    return CameraFile(
        _intrinsics(content, path),
        (int(size[0]), int(size[1])) if all(isinstance(side, int) for side in size) else None,
        scale,
        _distortion(content, path),
        str(_first(content, MODELS) or "").lower(),
        str(path),
    )


class _Loader(yaml.SafeLoader):
    """Plain YAML, in which the tags of OpenCV and Python say nothing."""


_Loader.add_multi_constructor(
    "",
    lambda loader, _tag, node: (
        loader.construct_mapping(node, deep=True) if isinstance(node, yaml.MappingNode) else None
    ),
)


def _read_yaml(path: Path | str) -> Any:
    """The first document, as ``ros2 topic echo`` ends each with a line of its own."""
    try:
        text = Path(path).read_text(encoding="utf-8").removeprefix(OPENCV_HEAD)
        return next(yaml.load_all(text, _Loader), None)  # a safe loader
    except OSError as error:
        raise UserError(f"cannot read the camera {path}: {error.strerror}") from None
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise UserError(f"the camera {path} is not valid YAML: {error}") from None


def _intrinsics(content: Mapping[str, Any], path: Path | str) -> Float[np.ndarray, "3 3"]:
    given, columns = _first(content, ROW_BY_ROW), content.get(COLUMN_BY_COLUMN)
    try:
        if given is not None:
            return _numbers(given).reshape(3, 3)
        if columns is not None:
            return _numbers(columns).reshape(3, 3).T
        fx, fy, cx, cy = (float(_first(content, names)) for names in NUMBERS)  # type: ignore[arg-type]
    except (KeyError, TypeError, ValueError):
        raise UserError(
            f'the camera {path} needs "intrinsics", 3 x 3, or the numbers fx, fy, cx and cy'
        ) from None
    return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1.0]])


def _distortion(content: Mapping[str, Any], path: Path | str) -> Float[np.ndarray, " n"]:
    try:
        return _numbers(_first(content, DISTORTION) or [])
    except (KeyError, TypeError, ValueError):
        raise UserError(f"the distortion of the camera {path} must be a list of numbers") from None


def _first(content: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((content[name] for name in names if name in content), None)


def _numbers(given: Any) -> Float[np.ndarray, " n"]:
    """Numbers in a row, of a list of at most two levels or of what OpenCV and ROS put around it."""
    rows = given["data"] if isinstance(given, Mapping) else given
    flat = (each for row in rows for each in (row if isinstance(row, list) else [row]))
    return np.array([float(each) for each in islice(flat, MOST_NUMBERS)])
