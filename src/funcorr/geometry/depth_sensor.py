"""What a depth camera makes of exact depth: noise, steps, flying pixels, holes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Int
from scipy.ndimage import binary_dilation

from funcorr.errors import UserError
from funcorr.geometry.visibility import STEEPEST

_BESIDE = ((-1, 0), (1, 0), (0, -1), (0, 1))
"""Rows and columns to the four neighbours."""


@dataclass(frozen=True)
class DepthSensor:
    """A structured-light sensor; the defaults are the first Kinect's.

    Attributes:
        focal: pixels of its own image.
        baseline: metres between projector and camera.
        disparity_step: pixels; depth comes in steps of ``z^2 disparity_step / (focal baseline)``.
        grazing: degrees between ray and normal beyond which nothing comes back.
        flying: share of the pixels at an edge whose depth lies between the two sides.
        behind: metres to what is taken to stand behind an outline where nothing is known.
        holes: share of the pixels in whose place nothing is measured, in patches of 3 x 3.

    Raises:
        UserError: a length is not positive or a share lies outside [0, 1].
    """

    focal: float = 580.0  # Khoshelham and Elberink 2012: 5.453 mm, about 580 pixels
    baseline: float = 0.075  # the same: 74.97 mm
    disparity_step: float = 1 / 8  # the same
    grazing: float = 80.0  # Nguyen et al. 2012: measured up to there
    flying: float = 0.5  # ours: none of the sources counts them
    behind: float = 0.3  # ours
    holes: float = 0.01  # ours

    def __post_init__(self) -> None:
        for name in ("focal", "baseline", "disparity_step", "behind"):
            if not getattr(self, name) > 0:
                raise UserError(f"{name} of a depth sensor is above 0, got {getattr(self, name)}")
        if not 0 < self.grazing <= 90:
            raise UserError(f"grazing of a depth sensor is in (0, 90] degrees, got {self.grazing}")
        for name in ("flying", "holes"):
            if not 0 <= getattr(self, name) <= 1:
                raise UserError(f"{name} of a depth sensor is a share, got {getattr(self, name)}")


def sensed_depth(
    depth: Float[np.ndarray, "h w"],
    intrinsics: Float[np.ndarray, "3 3"],
    generator: np.random.Generator,
    sensor: DepthSensor | None = None,
) -> Float32[np.ndarray, "h w"]:
    """Exact depth as a sensor would measure it; a pure function of the generator's state.

    In this order, with the angle ``a`` between ray and surface normal and the depth ``z``:

    1. *Flying pixels*: at an edge, depth anywhere between the two sides (Sarbolandi, Lefloch and
       Kolb, "Kinect range sensing", CVIU 2015, describe them).
    2. *Lateral*: a pixel reads the depth at a place off by a normal deviate of ``0.8 + 0.035 a /
       (pi/2 - a)`` sensor pixels in x and in y (Nguyen, Izadi and Lovell, "Modeling Kinect sensor
       noise for improved 3D reconstruction and tracking", 3DIMPVT 2012).
    3. *Axial*: normal with deviation ``0.0012 + 0.0019 (z - 0.4)^2 + 0.0001 / sqrt(z) (a / (pi/2 -
       a))^2`` metres (Nguyen et al.).
    4. *Steps*: disparity is rounded, so that steps grow with z squared (Khoshelham and Elberink,
       "Accuracy and resolution of Kinect depth data", Sensors 2012): 0.7 mm at 0.5 m.
    5. *Holes*: at grazing angles, and in random patches.

    Every pixel is measured by itself: the noise of neighbours is independent.

    Args:
        depth: z-depth in metres, 0 where there is no surface.
        intrinsics: 3 x 3 of the picture, pixels; lateral noise is scaled from the sensor's.
        generator: of every draw.
        sensor: its constants.

    Returns:
        z-depth in metres, 0 where nothing was measured.

    Example:
        >>> K = np.array([[580.0, 0, 31.5], [0, 580.0, 31.5], [0, 0, 1]])
        >>> sensed = sensed_depth(np.full((64, 64), 0.5), K, np.random.default_rng(0))
        >>> bool(abs(np.median(sensed) - 0.5) < 0.001)
        True
    """
    sensor = sensor or DepthSensor()
    exact = np.asarray(depth, np.float64)
    angle = incidence(exact, intrinsics)
    limited = np.minimum(angle, np.radians(89))
    oblique = limited / (np.pi / 2 - limited)
    pixels = (0.8 + 0.035 * oblique) * intrinsics[0, 0] / sensor.focal
    measured = _with_flying(exact, intrinsics[0, 0], generator, sensor)
    read = _read_places(pixels, generator)
    measured, oblique, angle = measured[read], oblique[read], angle[read]
    there = measured > 0
    z = np.where(there, measured, 1.0)
    axial = 0.0012 + 0.0019 * (z - 0.4) ** 2 + 0.0001 / np.sqrt(z) * oblique**2
    z = np.maximum(z + axial * generator.normal(size=z.shape), 1e-3)
    steps = np.maximum(np.round(sensor.focal * sensor.baseline / z / sensor.disparity_step), 1)
    z = sensor.focal * sensor.baseline / (steps * sensor.disparity_step)
    there &= (angle <= np.radians(sensor.grazing)) & ~_patches(z.shape, generator, sensor.holes)
    return np.where(there, z, 0).astype(np.float32)


def incidence(
    depth: Float[np.ndarray, "h w"], intrinsics: Float[np.ndarray, "3 3"]
) -> Float[np.ndarray, "h w"]:
    """Angle in radians between each pixel's ray and the surface normal; 0 where nothing is seen.

    The inverse depth of a plane is linear in the pixels; its slope is the smaller of those to the
    two neighbours, so that edges do not count.
    """
    inverse = np.where(depth > 0, 1 / np.where(depth > 0, depth, 1), np.nan)
    slope_y, slope_x = (_slope(inverse, axis) for axis in (0, 1))
    rows, columns = np.indices(depth.shape)
    (fx, _, cx), (_, fy, cy) = intrinsics[0], intrinsics[1]
    ray = np.stack([(columns - cx) / fx, (rows - cy) / fy, np.ones(depth.shape)])
    a, b = fx * slope_x, fy * slope_y
    normal = np.stack([a, b, np.nan_to_num(inverse) - a * ray[0] - b * ray[1]])
    length = np.linalg.norm(normal, axis=0) * np.linalg.norm(ray, axis=0)
    cosine = np.abs((normal * ray).sum(axis=0)) / np.where(length > 0, length, 1)
    return np.where(depth > 0, np.arccos(np.clip(cosine, 0, 1)), 0.0)


def _slope(values: Float[np.ndarray, "h w"], axis: int) -> Float[np.ndarray, "h w"]:
    """Change per pixel to the neighbour before or after, whichever is less; 0 without either."""
    step, edge = np.diff(values, axis=axis), np.full_like(values.take([0], axis), np.nan)
    before, after = np.concatenate([edge, step], axis), np.concatenate([step, edge], axis)
    less = np.nan_to_num(np.abs(before), nan=np.inf) <= np.nan_to_num(np.abs(after), nan=np.inf)
    return np.nan_to_num(np.where(less, before, after))


def _read_places(
    deviation: Float[np.ndarray, "h w"], generator: np.random.Generator
) -> tuple[Int[np.ndarray, "h w"], Int[np.ndarray, "h w"]]:
    """Rows and columns of the pixel that each pixel reads."""
    rows, columns = (
        np.rint(place + deviation * generator.normal(size=deviation.shape)).astype(int)
        for place in np.indices(deviation.shape)
    )
    height, width = deviation.shape
    return rows.clip(0, height - 1), columns.clip(0, width - 1)


def _with_flying(
    depth: Float[np.ndarray, "h w"],
    focal: float,
    generator: np.random.Generator,
    sensor: DepthSensor,
) -> Float[np.ndarray, "h w"]:
    """Some pixels in front of an edge end between its two sides."""
    height, width = depth.shape
    padded = np.pad(depth, 1, mode="edge")
    beside = np.stack([padded[1 + i : 1 + i + height, 1 + j : 1 + j + width] for i, j in _BESIDE])
    outline = (beside == 0).any(axis=0)
    far = np.where(outline, depth + sensor.behind, beside.max(axis=0))
    edge = (depth > 0) & (far > depth * (1 + STEEPEST / focal))
    flies = edge & (generator.random(depth.shape) < sensor.flying)
    return np.where(flies, depth + generator.random(depth.shape) * (far - depth), depth)


def _patches(
    shape: tuple[int, ...], generator: np.random.Generator, share: float
) -> Bool[np.ndarray, "h w"]:
    """Random 3 x 3 patches that cover about that share."""
    seeds = generator.random(shape) < 1 - (1 - share) ** (1 / 9)
    return binary_dilation(seeds, np.ones((3, 3), bool))
