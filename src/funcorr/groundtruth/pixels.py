"""Pictures and masks of a benchmark folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from funcorr.io import atomic_path


def save_pixels(path: Path, pixels: np.ndarray) -> None:
    """Write a picture (H x W x 3, ``uint8``) or a mask (H x W, bool) as PNG, atomically."""
    with atomic_path(path) as temporary:
        Image.fromarray(pixels if pixels.ndim == 3 else pixels * np.uint8(255)).save(temporary)
