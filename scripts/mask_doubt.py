"""How often the hint about an automatic mask comes, for good and for poor masks.

python scripts/mask_doubt.py DATASET

Objects of a multi-view dataset are laid on plain backgrounds of ten kinds: of several colours, with
a shadow, and with the object bleached, down to white on nearly white; with a colour gradient,
noise and JPEG. A mask is good when at most a tenth of the object's area is wrong by more than three
pixels, poor from a fifth on.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro
from PIL import Image, ImageFilter
from scipy import ndimage

from funcorr.errors import UserError
from funcorr.images import Picture, read_image
from funcorr.segmentation import find_object, mask_doubt

KINDS = (
    ((255, 255, 255), 1.0, 0.0),
    ((244, 243, 240), 1.0, 0.0),
    ((190, 192, 195), 1.0, 0.0),
    ((240, 240, 238), 1.0, 0.25),
    ((120, 150, 190), 1.0, 0.0),
    ((250, 250, 250), 0.25, 0.0),
    ((238, 238, 235), 0.2, 0.0),
    ((240, 240, 238), 0.2, 0.15),
    ((200, 200, 200), 0.2, 0.0),
    ((244, 244, 242), 0.12, 0.0),
)
"""Background, what is left of the object's darkness, strength of the shadow."""

GOOD, POOR, SLACK = 0.1, 0.2, 3


def compose(
    rgb: np.ndarray,
    mask: np.ndarray,
    kind: tuple[tuple[int, int, int], float, float],
    generator: np.random.Generator,
) -> np.ndarray:
    """An object on a plain background, as a camera would give it."""
    background, darkness, shadow = kind
    height, width = mask.shape
    y, x = np.mgrid[0:height, 0:width] / max(height, width)
    tilt = y * generator.uniform(-12, 12) + x * generator.uniform(-8, 8)
    paper = np.array(background, float) + tilt[..., None]
    paper *= 1 - shadow * np.roll(_blurred(mask, 12), (14, 10), (0, 1))
    cover = _blurred(mask, 0.6)
    mixed = paper * (1 - cover) + (255 - (255.0 - rgb) * darkness) * cover
    mixed += generator.normal(0, 1.2, (height, width, 1))
    file = io.BytesIO()
    Image.fromarray(mixed.clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=88)
    return np.asarray(Image.open(file).convert("RGB"))


def wrong_share(found: np.ndarray, mask: np.ndarray) -> float:
    """Area that is wrong by more than a few pixels, in shares of the object."""
    wide = [ndimage.binary_dilation(each, iterations=SLACK) for each in (found, mask)]
    return float(((mask & ~wide[0]).sum() + (found & ~wide[1]).sum()) / mask.sum())


def main(dataset: Annotated[Path, tyro.conf.Positional], views: int = 4, seed: int = 0) -> None:
    """Print the table.

    Args:
        dataset: of ``funcorr render``.
        views: of each object.
        seed: of gradients and noise.
    """
    generator = np.random.default_rng(seed)
    outcomes, refused = [], 0
    for path in sorted(p for n in range(views) for p in dataset.glob(f"*/rgb/{n:04}.png")):
        view = read_image(path)
        assert view.alpha_mask is not None
        for kind in KINDS:
            picture = Picture(compose(view.rgb, view.alpha_mask, kind, generator))
            try:
                found = find_object(picture).mask
            except UserError:
                refused += 1
                continue
            outcomes.append(
                (wrong_share(found, view.alpha_mask), mask_doubt(picture, found) is not None)
            )
    print(f"{len(outcomes) + refused} pictures, no object found on {refused}")
    for name, hinted in (
        ("good", [hint for wrong, hint in outcomes if wrong < GOOD]),
        ("poor", [hint for wrong, hint in outcomes if wrong > POOR]),
    ):
        print(f"{name} masks: {len(hinted)}, hint for {np.mean(hinted):.0%}")


def _blurred(mask: np.ndarray, radius: float) -> np.ndarray:
    soft = Image.fromarray((mask * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(radius))
    return np.asarray(soft, float)[..., None] / 255


if __name__ == "__main__":
    tyro.cli(main)
