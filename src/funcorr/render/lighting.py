"""Where the light comes from: a sky gradient, soft lamps, and one key light that casts shadows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from funcorr.geometry.sampling import sphere_band

DAYLIGHT = np.array([0.86, 0.96, 1.16])
CANDLE = np.array([1.22, 0.98, 0.72])


@dataclass(frozen=True, eq=False)
class Lighting:
    """Light from far away, as linear RGB radiance by direction.

    Attributes:
        sky: 3 x 3 linear RGB rows: straight up, the horizon, straight down.
        lamps: L x 3 unit directions of soft lamps, which give wide highlights and no shadows.
        lamp_colors: L x 3 linear RGB.
        lamp_sharpness: L, the exponent k of exp(k (cos - 1)).
        key: unit direction towards the key light.
        key_color: what a white surface that faces the key returns of it, linear RGB.
        key_spread: radius of the key light as seen from the object, in radians.
    """

    sky: Float[np.ndarray, "3 3"]
    lamps: Float[np.ndarray, "l 3"]
    lamp_colors: Float[np.ndarray, "l 3"]
    lamp_sharpness: Float[np.ndarray, " l"]
    key: Float[np.ndarray, "3"]
    key_color: Float[np.ndarray, "3"]
    key_spread: float

    def sky_radiance(self, height: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n 3"]:
        """The sky gradient by the z component of a unit direction."""
        up, level, down = self.sky.astype(height.dtype)
        rise = np.sqrt(np.clip(height, 0, 1))[..., None]
        fall = np.sqrt(np.clip(-height, 0, 1))[..., None]
        return level + rise * (up - level) + fall * (down - level)

    def reflected(
        self, directions: Float[np.ndarray, "n 3"], roughness: Float[np.ndarray, " n"]
    ) -> Float[np.ndarray, "n 3"]:
        """Sky and lamps as a surface of given roughness mirrors them: blurred and dimmed."""
        spread = roughness**2
        radiance = self.sky_radiance(directions[:, 2] * (1 - 0.7 * spread))
        for lamp, color, sharpness in self._lobes():
            blurred = sharpness / (1 + sharpness * spread)
            lobe = np.exp(blurred * (directions @ lamp - 1)) * (blurred / sharpness)
            radiance = radiance + lobe[:, None] * color
        return radiance.astype(directions.dtype)

    def _lobes(self) -> Iterator[tuple[np.ndarray, np.ndarray, float]]:
        """Direction, radiance and sharpness of everything that makes a highlight."""
        yield from zip(self.lamps, self.lamp_colors, self.lamp_sharpness.tolist(), strict=True)
        sharpness = 2 / self.key_spread**2
        yield self.key, self.key_color * sharpness / 2, sharpness

    def lamp_light(self, normals: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
        """What a white, unshadowed surface returns of the soft lamps."""
        facing = np.clip(normals @ self.lamps.T * 0.8 + 0.2, 0, None)
        return (facing @ (self.lamp_colors * 2 / self.lamp_sharpness[:, None])).astype(
            normals.dtype
        )


def random_lighting(generator: np.random.Generator) -> Lighting:
    """A plausible studio or window light: tint, contrast, direction and softness vary."""
    uniform = generator.uniform
    tint = _tint(generator)
    ambient = uniform(0.25, 0.75)
    above = ambient * uniform(0.9, 1.5) * _tint(generator)
    below = ambient * uniform(0.15, 0.6) * _tint(generator)
    count = int(generator.integers(2, 6))
    sharpness = np.exp(uniform(np.log(6), np.log(80), count))
    strength = uniform(0.03, 0.25, count) * sharpness / 2
    return Lighting(
        sky=np.stack([above, ambient * uniform(0.6, 1.0) * tint, below]),
        lamps=sphere_band(count, (-10.0, 75.0), generator),
        lamp_colors=strength[:, None] * tint,
        lamp_sharpness=sharpness,
        key=sphere_band(1, (15.0, 80.0), generator)[0],
        key_color=uniform(0.3, 1.0) * _tint(generator),
        key_spread=float(uniform(0.03, 0.25)),
    )


def _tint(generator: np.random.Generator) -> Float[np.ndarray, "3"]:
    """A colour near white, between daylight and candle light."""
    warmth = generator.beta(3, 3)
    return (1 - warmth) * DAYLIGHT + warmth * CANDLE
