"""What a benchmark knows in 3D of one picture of a pair: depth, camera, functional frame."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Float32
from PIL import Image

from funcorr.errors import UserError
from funcorr.functions.frames import FunctionalFrame, closest_frames
from funcorr.geometry.depth_sensor import DepthSensor, sensed_depth
from funcorr.geometry.visibility import sample_depth
from funcorr.images import Crop
from funcorr.images.decode import decode
from funcorr.io import atomic_path
from funcorr.render.dataset import View

_STEPS = 65535
"""Of a 16-bit depth picture; 0 means that there is no surface."""


@dataclass(frozen=True, eq=False)
class PairCamera:
    """The camera of a picture; OpenCV axes, pixel centres at integers.

    Attributes:
        intrinsics: 3 x 3, of the picture as it lies in the benchmark, pixels.
        world_to_camera: 4 x 4 rigid, metres; the world's z points up.
        depth_scale: metres per step of the picture's depth file.

    Raises:
        UserError: a matrix of another form, transposed or not finite, or a scale that is not
            positive.
    """

    intrinsics: Float[np.ndarray, "3 3"]
    world_to_camera: Float[np.ndarray, "4 4"]
    depth_scale: float

    def __post_init__(self) -> None:
        matrix, pose = self.intrinsics, self.world_to_camera
        if not (np.isfinite(matrix).all() and np.array_equal(matrix[2], [0, 0, 1])):
            raise UserError(f"intrinsics end with the row 0 0 1 (transposed?), got {matrix[2]}")
        if not (matrix[0, 0] > 0 and matrix[1, 1] > 0):
            raise UserError("intrinsics need focal lengths above 0 on their diagonal")
        rigid = np.isfinite(pose).all() and np.allclose(pose[:3, :3] @ pose[:3, :3].T, np.eye(3))
        if not (rigid and np.array_equal(pose[3], [0, 0, 0, 1])):
            raise UserError("world_to_camera is no 4 x 4 rigid motion with the last row 0 0 0 1")
        if not (np.isfinite(self.depth_scale) and self.depth_scale > 0):
            raise UserError(f"depth_scale is metres per step, above 0; got {self.depth_scale}")

    def to_json(self) -> dict[str, Any]:
        """Plain lists and numbers."""
        lists = {name: getattr(self, name).tolist() for name in ("intrinsics", "world_to_camera")}
        return {**lists, "depth_scale": self.depth_scale}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> PairCamera:
        """Read what :meth:`to_json` wrote.

        Raises:
            UserError: a key is missing or a value is of another form.
        """
        try:
            intrinsics = np.array(content["intrinsics"], dtype=np.float64).reshape(3, 3)
            pose = np.array(content["world_to_camera"], dtype=np.float64).reshape(4, 4)
            scale = float(content["depth_scale"])
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(
                "a camera needs intrinsics (3 x 3), world_to_camera (4 x 4) and depth_scale: "
                f"{type(error).__name__} {error}"
            ) from None
        return cls(intrinsics, pose, scale)


@dataclass(frozen=True, eq=False)
class ObjectFrame:
    """The functional frame of the object in a picture, in its camera's coordinates, metres.

    Attributes:
        frame: origin, axes, size of the functional part, symmetry; a free symmetry is turned to
            where the pair's two cameras come closest.
        object_size: the object's longest side, the unit of translation errors.

    Raises:
        UserError: the size is not positive.
    """

    frame: FunctionalFrame
    object_size: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.object_size) and self.object_size > 0):
            raise UserError(f"object_size is a length above 0 in metres; got {self.object_size}")

    def to_json(self) -> dict[str, Any]:
        """Plain lists and numbers."""
        return {**self.frame.to_json(), "object_size": self.object_size}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> ObjectFrame:
        """Read what :meth:`to_json` wrote.

        Raises:
            UserError: a key is missing or a value is of another form.
        """
        frame = FunctionalFrame.from_json(content)
        try:
            return cls(frame, float(content["object_size"]))
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(
                f"a functional frame in a camera needs object_size, metres: {error}"
            ) from None


Shown = tuple[str, View, Crop | None]
"""A picture of a benchmark: its file's name, the view it shows, and how that was cropped."""


@dataclass(frozen=True)
class GeometryConfig:
    """How depth, cameras and frames are written.

    Attributes:
        meters: how long the longest side of the objects is taken to be.
        sensor: the depth camera whose noise is added, or None for exact depth.
        seed: of the noise.

    Raises:
        UserError: the length is not positive.
    """

    meters: float = 0.2
    sensor: DepthSensor | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.meters < math.inf:
            raise UserError(f"objects of a length of {self.meters:g} m; expected more than 0")


def write_geometry(
    out: Path, shown: Sequence[Shown], frames: Sequence[FunctionalFrame], config: GeometryConfig
) -> dict[str, Any]:
    """Write the depth pictures of a pair.

    Args:
        out: the benchmark folder.
        shown: the two pictures.
        frames: of the pair's two objects, in normalised object coordinates.
        config: lengths and noise.

    Returns:
        The keys that they add to the pair's line.
    """
    keys: dict[str, Any] = {}
    scale = np.diag([config.meters, config.meters, config.meters, 1.0])
    first, second = (
        frame.transformed(scale @ view.camera.world_to_camera)
        for frame, (_, view, _) in zip(frames, shown, strict=True)
    )
    placed = closest_frames(first, second)
    for i, ((name, view, crop), frame) in enumerate(zip(shown, placed, strict=True), 1):
        keys[f"depth{i}"] = f"depth/{name}"
        camera = _write_depth(out / keys[f"depth{i}"], view, crop, config)
        keys[f"camera{i}"] = camera.to_json()
        keys[f"frame{i}"] = ObjectFrame(frame, config.meters).to_json()
    return keys


def _write_depth(path: Path, view: View, crop: Crop | None, config: GeometryConfig) -> PairCamera:
    """A 16-bit picture whose last step is its largest depth, and its camera."""
    intrinsics, pose = view.camera.intrinsics, view.camera.world_to_camera.copy()
    intrinsics = intrinsics if crop is None else crop.intrinsics(intrinsics)
    pose[:3, 3] *= config.meters
    depth = _cropped_depth(view, crop) * config.meters
    if config.sensor is not None:  # the same noise wherever the picture occurs
        generator = np.random.default_rng([config.seed, zlib.crc32(path.name.encode())])
        depth = sensed_depth(depth, intrinsics, generator, config.sensor).astype(np.float64)
    scale = float(depth.max()) / _STEPS
    with atomic_path(path) as temporary:
        Image.fromarray(np.round(depth / scale).astype(np.uint16)).save(temporary)
    return PairCamera(intrinsics, pose, scale)


def _cropped_depth(view: View, crop: Crop | None) -> Float[np.ndarray, "h w"]:
    """Depth between the pixel centres of the view, on the surface that is nearest."""
    depth = view.depth.astype(np.float64)
    if crop is None:
        return depth
    rows, columns = np.indices((crop.size, crop.size))
    pixels = crop.to_image(np.stack([columns.ravel(), rows.ravel()], axis=1).astype(float))
    inside = view.camera.contains(pixels)
    focal = float(view.camera.intrinsics[0, 0])
    found = sample_depth(depth, np.where(inside[:, None], pixels, 0), focal)
    return np.where(inside, found, 0).reshape(crop.size, crop.size)


def read_depth(path: Path, depth_scale: float) -> Float32[np.ndarray, "h w"]:
    """z-depth in metres, 0 where there is no surface.

    Raises:
        UserError: the file is missing or damaged, or holds no whole numbers in one channel.
    """
    steps = decode(path, "a depth picture", "the depth").values
    if steps.ndim != 2 or steps.dtype.kind not in "ui":
        raise UserError(f"{path} is no depth picture; expected one channel of whole numbers")
    return (steps * depth_scale).astype(np.float32)
