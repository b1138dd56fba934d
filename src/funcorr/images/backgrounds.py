"""Random backgrounds as in the released training code: colour, gradient, and noise on either."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, UInt8


def random_background(size: int, generator: np.random.Generator) -> UInt8[np.ndarray, "s s 3"]:
    """Half one colour, half a two-colour linear gradient (horizontal or vertical).

    Half of all get uniform noise of +-50 grey levels (clipped here; the released code lets it wrap
    around).

    Args:
        size: side in pixels.
        generator: source of all randomness.
    """
    first, second = generator.integers(0, 256, size=(2, 3)).astype(np.float64)
    if generator.random() < 0.5:
        second = first
    ramp = np.linspace(0, 1, size)[:, None, None]
    picture = np.broadcast_to(first + ramp * (second - first), (size, size, 3))
    if generator.random() < 0.5:
        picture = picture.swapaxes(0, 1)
    if generator.random() < 0.5:
        picture = picture + generator.uniform(-50, 50, size=picture.shape)
    return picture.clip(0, 255).astype(np.uint8)


def composite(
    rgb: UInt8[np.ndarray, "h w 3"],
    mask: Bool[np.ndarray, "h w"],
    background: UInt8[np.ndarray, "h w 3"],
) -> UInt8[np.ndarray, "h w 3"]:
    """The object on another background."""
    return np.where(mask[..., None], rgb, background)
