"""Pictures for the affordance set: rendered cutouts put before plain or busy backgrounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, Int16, UInt8
from PIL import Image

from funcorr.images.backgrounds import random_background

MAIN_SHARE, OTHER_SHARE = (0.62, 0.92), (0.25, 0.45)
"""Longest side of the object, and of objects around it, as a share of the picture's side."""


@dataclass(frozen=True, eq=False)
class Cutout:
    """One rendered object, cropped to its outline.

    Attributes:
        object: its category.
        number: which one of the category.
        rgba: straight alpha.
        parts: index into ``part_names``, -1 off the object.
        part_names: names by index.
        actions: action -> names of the parts that serve it.
    """

    object: str
    number: int
    rgba: UInt8[np.ndarray, "h w 4"]
    parts: Int16[np.ndarray, "h w"]
    part_names: tuple[str, ...]
    actions: dict[str, tuple[str, ...]]

    def serving(self, action: str) -> list[int]:
        """Indices of the parts that serve an action; none where the object lacks it."""
        return [i for i, name in enumerate(self.part_names) if name in self.actions.get(action, ())]


@dataclass(frozen=True, eq=False)
class Scene:
    """A composed picture that still knows what each pixel shows.

    Attributes:
        rgb: the picture.
        owner: index of the cutout per pixel, -1 for background.
        parts: index of the part within its cutout, -1 for background.
        cutouts: back to front; the last one is the object that the picture is about.
    """

    rgb: UInt8[np.ndarray, "h w 3"]
    owner: Int[np.ndarray, "h w"]
    parts: Int16[np.ndarray, "h w"]
    cutouts: tuple[Cutout, ...]

    def region(self, action: str) -> Bool[np.ndarray, "h w"]:
        """The visible pixels where the action takes place, on whatever object has it."""
        found = np.zeros(self.owner.shape, dtype=bool)
        for index, cutout in enumerate(self.cutouts):
            found |= (self.owner == index) & np.isin(self.parts, cutout.serving(action))
        return found


def compose(
    main: Cutout,
    others: Sequence[Cutout],
    background: UInt8[np.ndarray, "s s 3"],
    generator: np.random.Generator,
) -> Scene:
    """Put objects of random sizes and places before a background, the main one last and whole."""
    size = len(background)
    rgb = background.astype(np.float64)
    owner, parts = np.full((size, size), -1), np.full((size, size), -1, dtype=np.int16)
    cutouts = (*others, main)
    for index, cutout in enumerate(cutouts):
        share = generator.uniform(*(MAIN_SHARE if cutout is main else OTHER_SHARE))
        rgba, labels = _scaled(cutout, max(4, round(share * size)))
        height, width = labels.shape
        top, left = (int(generator.integers(0, size - side + 1)) for side in (height, width))
        window = np.s_[top : top + height, left : left + width]
        alpha = rgba[..., 3:] / 255
        rgb[window] = rgb[window] * (1 - alpha) + rgba[..., :3] * alpha
        solid = (alpha[..., 0] > 0.5) & (labels >= 0)
        owner[window][solid], parts[window][solid] = index, labels[solid]
    return Scene(np.round(rgb).astype(np.uint8), owner, parts, cutouts)


def _scaled(
    cutout: Cutout, longest: int
) -> tuple[UInt8[np.ndarray, "h w 4"], Int16[np.ndarray, "h w"]]:
    height, width = cutout.parts.shape
    scale = longest / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    picture = Image.fromarray(cutout.rgba).convert("RGBa")  # colours weighted by alpha
    picture = picture.resize(size, Image.Resampling.BILINEAR).convert("RGBA")
    labels = Image.fromarray((cutout.parts + 1).astype(np.uint8)).resize(
        size, Image.Resampling.NEAREST
    )
    return np.asarray(picture), np.asarray(labels).astype(np.int16) - np.int16(1)


def plain_background(size: int, generator: np.random.Generator) -> UInt8[np.ndarray, "s s 3"]:
    """A bright or dark colour that fades a little from top to bottom."""
    color = generator.uniform(40, 255) * generator.uniform(0.85, 1.0, 3)
    fade = np.linspace(1, generator.uniform(0.8, 1.0), size)[:, None, None]
    return np.clip(np.broadcast_to(color * fade, (size, size, 3)), 0, 255).astype(np.uint8)


def busy_background(size: int, generator: np.random.Generator) -> UInt8[np.ndarray, "s s 3"]:
    """Cloudy stone, planks, tiles, or the gradients and noise that training uses."""
    kind = generator.choice(["stone", "planks", "tiles", "training"])
    if kind == "training":
        return random_background(size, generator)
    grey, tint = generator.uniform(30, 225, (2, 1)), generator.uniform(-40, 40, (2, 3))
    first, second = grey + tint
    mixed = _clouds(size, generator)[..., None]
    picture = first * (1 - mixed) + second * mixed
    if kind != "stone":
        picture = picture * _joints(size, kind == "tiles", generator)
    return np.clip(picture, 0, 255).astype(np.uint8)


def _clouds(size: int, generator: np.random.Generator) -> Float[np.ndarray, "s s"]:
    """Noise of five octaves in [0, 1]."""
    total = np.zeros((size, size))
    for octave in range(1, 6):
        grid = generator.random((2**octave + 1, 2**octave + 1)).astype(np.float32)
        smooth = Image.fromarray(grid).resize((size, size), Image.Resampling.BICUBIC)
        total += np.asarray(smooth) / 1.6**octave
    return (total - total.min()) / (total.max() - total.min())


def _joints(size: int, crossed: bool, generator: np.random.Generator) -> Float[np.ndarray, "s s 1"]:
    """Brightness of boards side by side, or of tiles, with dark joints between them."""
    width = int(generator.integers(size // 8, size // 3))
    shade = np.ones((size, size, 1))
    for axis in (0, 1) if crossed else (int(generator.integers(2)),):
        place = np.arange(size) + int(generator.integers(width))
        board = generator.uniform(0.75, 1.15, size // width + 2)[place // width]
        line = np.where(place % width < 2, 0.5, board)
        shade = shade * np.expand_dims(line, (1 - axis, 2))
    return shade
