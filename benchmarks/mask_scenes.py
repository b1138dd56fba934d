"""Objects of renders in front of something else: pictures that packages carry, made textures."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image
from scipy import ndimage

from funcorr.images import Picture

SKIMAGE = ("brick", "grass", "gravel", "coffee", "chelsea", "motorcycle_left")
"""Pictures of scikit-image."""

PANORAMAS = "viser/_assets/hdri/*_1k.jpg"
"""Panoramas of Poly Haven (CC0) that viser carries: rooms, streets, woods."""

SHARES = (0.4, 0.75)
"""Side of the object's picture in sides of the scene, drawn evenly."""


class Case(NamedTuple):
    """A picture, its object, and a functional part of it."""

    picture: Picture
    mask: np.ndarray
    part: np.ndarray | None
    asset: str


def on_scene(case: Case, number: int) -> Case:
    """The object in front of the scene of that number, its edge softened."""
    generator = np.random.default_rng(number)
    height, width = case.picture.size
    side = round(max(height, width) / generator.uniform(*SHARES))
    makers = scenes()
    canvas = makers[number % len(makers)](side, generator)
    top, left = (int(generator.integers(0, side - n + 1)) for n in (height, width))
    place = slice(top, top + height), slice(left, left + width)
    soft = ndimage.gaussian_filter(case.mask.astype(float), 0.6)[..., None]
    canvas[place] = canvas[place] * (1 - soft) + case.picture.rgb * soft
    moved = [None if m is None else np.zeros((side, side), bool) for m in case[1:3]]
    for target, given in zip(moved, case[1:3], strict=True):
        if target is not None:
            target[place] = given
    assert moved[0] is not None
    return Case(Picture(canvas), moved[0], moved[1], case.asset)


Scene = Callable[[int, np.random.Generator], np.ndarray]
"""Side and generator in, side x side x 3 out."""


def scenes() -> list[Scene]:
    """Photographs, a made texture after every fourth; the same on every machine with viser."""
    files = [_root("skimage") / "data" / f"{name}.png" for name in SKIMAGE]
    panoramas = sorted(_root("viser").parent.glob(PANORAMAS)) if find_spec("viser") else []
    mixed = [path for pair in zip_longest(files, panoramas) for path in pair if path is not None]
    found: list[Scene] = [_photograph(path) for path in mixed]
    for place, texture in zip((4, 9, 14), (_clouds, _stripes, _checks), strict=True):
        found.insert(place, texture)
    return found


def _root(package: str) -> Path:
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def _photograph(path: Path) -> Scene:
    """A square of the picture; of a panorama one about its horizon."""

    def cut(side: int, generator: np.random.Generator) -> np.ndarray:
        picture = Image.open(path).convert("RGB")
        width, height = picture.size
        short = height // 2 if width >= 2 * height else min(width, height)
        left = int(generator.integers(0, width - short + 1))
        top = int(0.6 * (height - short))
        square = picture.crop((left, top, left + short, top + short))
        return np.array(square.resize((side, side), Image.Resampling.BICUBIC))

    return cut


def _clouds(side: int, generator: np.random.Generator) -> np.ndarray:
    """Coloured noise of several scales."""
    total = np.zeros((side, side, 3))
    for width in (side / 6, side / 20, side / 60):
        noise = ndimage.gaussian_filter(generator.normal(size=(side, side, 3)), (width, width, 0))
        total += noise / noise.std()
    total = 0.7 * total.mean(axis=2, keepdims=True) + 0.3 * total
    return (128 + 40 * total).clip(0, 255).astype(np.uint8)


def _stripes(side: int, generator: np.random.Generator) -> np.ndarray:
    """Boards: stripes of two colours with a grain along them."""
    colors = generator.integers(30, 226, (2, 3))
    y, x = np.indices((side, side))
    angle = generator.uniform(0, np.pi)
    phase = (x * np.cos(angle) + y * np.sin(angle)) / (side / generator.uniform(5, 15))
    grain = ndimage.gaussian_filter(generator.normal(size=(side, side)), (1, 8))[..., None]
    return (colors[phase.astype(int) % 2] + 60 * grain).clip(0, 255).astype(np.uint8)


def _checks(side: int, generator: np.random.Generator) -> np.ndarray:
    """Tiles of random colours."""
    count = int(generator.integers(4, 12))
    tiles = generator.integers(60, 200, (count, count, 1))
    tiles = (tiles + generator.integers(-30, 31, (count, count, 3))).astype(np.uint8)
    return np.array(Image.fromarray(tiles).resize((side, side), Image.Resampling.NEAREST))
