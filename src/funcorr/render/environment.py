"""Light from all around as one picture: a high-dynamic-range photograph, or a drawn sky.

An environment is an ``h x 2h x 3`` array of linear RGB radiance by direction (equirectangular): row
0 is straight up, and the azimuth, counted from x towards y, falls with the column, as one sees the
world from inside. :func:`directions` says it in numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32

from funcorr.errors import UserError
from funcorr.geometry.cameras import Camera
from funcorr.render.lighting import Lighting, random_lighting
from funcorr.render.variant import load_mitsuba

HEIGHT = 256
"""Rows of an environment; larger photographs are averaged down to it."""

BRIGHTEST = 200.0
"""Photographs are cut off here (their mean is 1): a bare sun would only add noise."""

SUFFIXES = (".exr", ".hdr")


def find_photographs(folder: Path | str) -> tuple[Path, ...]:
    """The HDR photographs in a folder, by name.

    Raises:
        UserError: no such folder, or none in it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(f"no such folder of HDR photographs: {folder}")
    found = tuple(sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES))
    if not found:
        raise UserError(f"{folder} holds no HDR photographs; expected {' or '.join(SUFFIXES)}")
    return found


def random_environment(
    generator: np.random.Generator, photographs: Sequence[Path] = ()
) -> Float32[np.ndarray, "h w 3"]:
    """One of the photographs turned at random about the vertical, or a drawn sky with lamps.

    Raises:
        UserError: the photograph cannot be read.
    """
    if not photographs:
        return drawn_environment(random_lighting(generator))
    photograph = read_photograph(photographs[int(generator.integers(len(photographs)))])
    turn = int(generator.integers(photograph.shape[1]))
    strength = np.float32(generator.uniform(0.5, 1.1))
    return np.roll(photograph, turn, axis=1) * strength


def drawn_environment(lighting: Lighting, height: int = HEIGHT) -> Float32[np.ndarray, "h w 3"]:
    """What the raster renderer's light looks like from the object.

    Args:
        lighting: sky, lamps and key light.
        height: rows.
    """
    around = directions(height)
    rays = around.reshape(-1, 3)
    mirror = np.zeros(len(rays))
    return lighting.reflected(rays, mirror).reshape(around.shape).astype(np.float32)


class TracedView(NamedTuple):
    """What a path tracer needs to know of one view.

    Attributes:
        camera: its pixels are square and without skew.
        environment: the light.
        seed: of the paths.
    """

    camera: Camera
    environment: Float32[np.ndarray, "h w 3"]
    seed: int


def directions(height: int) -> Float[np.ndarray, "h w 3"]:
    """The unit direction of every pixel centre of an environment.

    Example:
        >>> directions(2)[0, 0].round(3).tolist()  # between x and -y, 45 degrees up
        [0.5, -0.5, 0.707]
    """
    up = np.pi / 2 - np.pi * (np.arange(height) + 0.5) / height
    around = -np.pi * (np.arange(2 * height) + 0.5) / height
    level = np.cos(up)[:, None]
    rise = np.broadcast_to(np.sin(up)[:, None], (height, 2 * height))
    return np.stack([level * np.cos(around), level * np.sin(around), rise], axis=-1)


@lru_cache(maxsize=16)
def read_photograph(path: Path) -> Float32[np.ndarray, "h w 3"]:
    """An HDR photograph of at most :data:`HEIGHT` rows whose mean over the sphere is 1.

    Raises:
        UserError: it cannot be read, is not twice as wide as high, or is black.
    """
    mitsuba = load_mitsuba()
    try:
        pixels = np.array(mitsuba.Bitmap(str(path)), dtype=np.float32)[..., :3]
    except (RuntimeError, OSError) as error:
        reason = str(error).splitlines()[-1] if str(error) else type(error).__name__
        raise UserError(f"cannot read the HDR photograph {path}: {reason}") from None
    height, width = pixels.shape[:2]
    if width != 2 * height or pixels.shape[2] != 3:
        raise UserError(f"{path} is {width} x {height}; an HDR photograph is twice as wide as high")
    pixels = _shrunk(np.nan_to_num(np.clip(pixels, 0, None), posinf=0.0))
    mean = _sphere_mean(pixels)
    if mean <= 0:
        raise UserError(f"the HDR photograph {path} is black")
    return np.minimum(pixels / np.float32(mean), np.float32(BRIGHTEST))


def _shrunk(pixels: Float32[np.ndarray, "h w 3"]) -> Float32[np.ndarray, "h2 w2 3"]:
    factor = max(1, pixels.shape[0] // HEIGHT)
    height = pixels.shape[0] // factor
    whole = pixels[: height * factor, : 2 * height * factor]
    return whole.reshape(height, factor, 2 * height, factor, 3).mean(axis=(1, 3))


def _sphere_mean(pixels: Float32[np.ndarray, "h w 3"]) -> float:
    height = pixels.shape[0]
    weight = np.cos(np.pi / 2 - np.pi * (np.arange(height) + 0.5) / height)
    return float((pixels.mean(axis=(1, 2)) * weight).sum() / weight.sum())
