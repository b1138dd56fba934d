"""Striking tools. The handle lies along +x, the head is at its +x end and strikes towards -z."""

from __future__ import annotations

import numpy as np

from funcorr_forge.blueprint import Blueprint
from funcorr_forge.solids import (
    ASIDE,
    Rng,
    Solid,
    bezier,
    block,
    columns,
    lathe,
    skin,
    smooth,
    tube,
    union,
)
from funcorr_forge.uses import ENDS_ALIKE, Uses, use


def grip(
    rng: Rng, length: float, thick: float, part: str = "handle", flat: float | None = None
) -> Solid:
    """A handle along x from 0 to ``length``: plain, swelling, or a thin shaft with a thick grip.

    Args:
        rng: source of the style.
        length: of the whole handle.
        thick: radius across z.
        part: its name.
        flat: radius along y over the one across z; at random where None.
    """
    s = np.linspace(0, 1, 40)
    style = str(rng.choice(["plain", "swell", "grip"]))
    shapes: dict[str, list[tuple[float, float]]] = {
        "plain": [(0, 1.0), (1, rng.uniform(0.8, 1.0))],
        "swell": [(0, 1.15), (0.12, 1.2), (0.35, 0.9), (0.5, 1.05), (0.75, 0.75), (1, 0.85)],
        "grip": [(0, 1.1), (0.2, 1.15), (0.42, 1.1), (0.45, 0.62), (1, 0.6)],
    }
    radius = thick * smooth(shapes[style], s)
    bow = length * rng.choice([0.0, rng.uniform(-0.04, 0.04)])
    path = columns(s * length, 0, bow * np.sin(np.pi * s))
    flat = rng.uniform(0.65, 1.0) if flat is None else flat
    radii = columns(radius, flat * radius)
    return tube(path, radii, part, exponent=rng.choice([2.0, 2.0, 2.6, 4.0]), round_ends=True)


def _blows(z: float, x: float, size: float, two_faced: bool) -> Uses:
    """Pound and press with a face at (x, 0, z) that looks to -z, or with it and its like at -z."""
    symmetry, pivot = (ENDS_ALIKE, (x, 0, 0)) if two_faced else ("axis:x", None)
    return use("pound press", "face", (x, 0, z), size, symmetry, pivot)


def hammer(rng: Rng) -> Blueprint:
    """Hammers: claw, ball peen, cross peen, sledge."""
    style = rng.choice(["claw", "claw", "claw", "ball", "cross", "sledge"])
    length = rng.uniform(22, 34) if style != "sledge" else rng.uniform(20, 55)
    size = rng.uniform(1.1, 1.7) if style != "sledge" else rng.uniform(2.2, 3.4)
    reach = size * rng.uniform(2.6, 3.8) if style != "sledge" else size * rng.uniform(1.5, 2.2)
    sides, exponent = (48, rng.choice([2.0, 2.0, 8.0]))
    front, face_z = _striker(rng, size, reach, sides, exponent)
    back = {"claw": _claw, "ball": _ball_peen, "cross": _cross_peen, "sledge": _second_face}[style](
        rng, size, reach, exponent
    )
    eye = block((2.1 * size, 1.7 * size, 2.0 * size), 0.3 * size, "head")
    head = union(front, back, eye).moved(x=length)
    handle = grip(rng, length + 0.9 * size, min(0.8 * size, 1.6), flat=0.75)
    uses = _blows(face_z, length, 2 * size, style == "sledge")
    if style == "claw":
        prongs = (length - 0.3 * reach, 0, 1.05 * reach)
        uses |= use("pry", "claw", prongs, 1.8 * size, x=(-0.4, 0, 1), y=ASIDE)
    return Blueprint(head + handle, uses)


def _striker(
    rng: Rng, size: float, reach: float, sides: int, exponent: float
) -> tuple[Solid, float]:
    """Neck and face below the eye, down to z = -reach."""
    neck = rng.uniform(0.65, 0.95)
    rim = rng.uniform(0.15, 0.3) * size
    band = rng.uniform(0.5, 0.9) * size
    profile = [
        (0, -reach),
        (size - 0.6 * rim, -reach + 0.02 * size),
        (size, -reach + rim),
        (size, -reach + band),
        (neck * size, -reach + band + 0.5 * size),
        (neck * size, -0.6 * size),
        (0.8 * size, 0),
        (0, 0),
    ]
    labels = ["face", "face", "face", "head", "head", "head", "head"]
    return lathe(profile, labels, sides, exponent), -reach


def _claw(rng: Rng, size: float, reach: float, exponent: float) -> Solid:
    """A curved fork above the eye, split in two prongs."""
    end = reach * rng.uniform(1.0, 1.35)
    curve = rng.uniform(0.15, 0.75) * reach
    path = bezier(
        [(0, 0, 0), (0, 0, 0.5 * end), (-0.3 * curve, 0, 0.85 * end), (-curve, 0, end)], 24
    )
    t = np.linspace(0, 1, 24)
    wide = size * smooth([(0, 0.75), (0.4, 0.85), (1, rng.uniform(0.85, 1.15))], t)
    thin = size * smooth([(0, 0.75), (0.5, 0.38), (1, 0.06)], t)
    blade = tube(path, columns(thin, wide), "claw", exponent=4.0)
    ahead = path[-1] + (path[-1] - path[-2]) * [[2], [6]]
    slot = np.concatenate([path[9:], ahead])
    across = size * np.linspace(0.03, 0.36, len(slot))
    notch = tube(slot, columns(size, across), "claw")
    return blade - notch


def _ball_peen(rng: Rng, size: float, reach: float, exponent: float) -> Solid:
    ball = size * rng.uniform(0.75, 1.0)
    top = reach * rng.uniform(0.85, 1.1)
    angle = np.linspace(-0.9, np.pi / 2, 14)
    dome = columns(ball * np.cos(angle), top - ball + ball * np.sin(angle))
    dome[-1, 0] = 0
    return lathe([(0.8 * size, 0), (0.6 * size, top - 1.8 * ball), *dome], "peen")


def _cross_peen(rng: Rng, size: float, reach: float, exponent: float) -> Solid:
    end = reach * rng.uniform(0.9, 1.3)
    t = np.linspace(0, 1, 12)
    path = columns(0, 0, end * t)
    thin, wide = size * (0.85 - 0.75 * t), size * (0.8 + 0.1 * t)
    across = np.stack([thin, wide] if rng.random() < 0.5 else [wide, thin], axis=1)
    return tube(path, across, "peen", exponent=6.0)


def _second_face(rng: Rng, size: float, reach: float, exponent: float) -> Solid:
    front, _ = _striker(rng, size, reach, 48, exponent)
    return front.turned(x=180.0)


def mallet(rng: Rng) -> Blueprint:
    """Mallets and gavels: a barrel or a block across the end of the handle, two equal faces."""
    radius = rng.uniform(2.4, 4.5)
    half = radius * rng.uniform(1.0, 1.9)
    length = radius * rng.uniform(5, 9)
    head = (_block_head if rng.random() < 0.4 else _barrel_head)(rng, radius, half)
    handle = grip(rng, length + 0.8 * radius, radius * rng.uniform(0.2, 0.4), flat=1.0)
    uses = _blows(-half, length, 2 * radius, two_faced=True)
    return Blueprint(head.moved(x=length) + handle, uses)


def _barrel_head(rng: Rng, radius: float, half: float) -> Solid:
    end = radius * rng.uniform(0.75, 1.1)
    ring = rng.uniform(0.0, 0.12) * radius
    cap = rng.uniform(0.12, 0.4) * half
    side = [
        (0.9 * end, -half),
        (end, -half + 0.1 * radius),
        (end, -half + cap),
        (radius - ring, -half + 1.1 * cap),
    ]
    middle = [(radius * rng.uniform(0.85, 1.1), 0.0)]
    profile = [(0, -half), *side, *middle, *[(r, -z) for r, z in side[::-1]], (0, half)]
    labels = ["face", "face", "face", "head", "head", "head", "head", "face", "face", "face"]
    return lathe(profile, labels)


def _block_head(rng: Rng, radius: float, half: float) -> Solid:
    """A wooden block, often slanted so that its faces meet the blow squarely."""
    slant = rng.uniform(0.0, 0.12)
    z = np.array([-half, -half, -0.85 * half, 0.85 * half, half, half])
    shrink = np.array([0.93, 0.97, 1.0, 1.0, 0.97, 0.93])
    ring = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], dtype=float) * [radius, 0.75 * radius]
    grid = np.empty((6, 4, 3))
    grid[..., :2] = ring[None] * shrink[:, None, None]
    grid[..., 2] = z[:, None] * (1 + slant * grid[..., 0] / radius)
    grid[[0, -1], :, 2] *= 1.004
    return skin(grid, np.array(["face", "face", "head", "face", "face"])[:, None])
