"""Tools that carry: spoon, ladle, shovel, spatula. Handle at -x, working end at +x, hollow up."""

from __future__ import annotations

from typing import Any

import numpy as np

from funcorr_forge.blueprint import Blueprint
from funcorr_forge.hammers import grip
from funcorr_forge.solids import (
    ASIDE,
    FORWARD,
    Numbers,
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
from funcorr_forge.uses import MIDDLE, use


def dish(length: float, width: float, depth: float, thick: float, egg: float, rim: str) -> Solid:
    """A hollow bowl with its opening in z = 0 about the origin, long side along x.

    Args:
        length: of the opening, along x.
        width: of the opening, along y.
        depth: of the hollow.
        thick: of the wall.
        egg: 0 is an ellipse; above 0 the front (+x) is more pointed.
        rim: name of the border of the opening; all else is called bowl.
    """
    r = np.linspace(0, 1, 14)
    under = columns(r, -thick)
    over = columns(r[::-1], np.zeros(14))

    def bend(grid: np.ndarray) -> np.ndarray:
        x, y, z = np.moveaxis(grid, -1, 0)
        radius2 = x**2 + y**2
        shape = [x * length / 2, y * (1 - egg * x) * width / 2, z - depth * (1 - radius2**1.2)]
        return np.stack(shape, axis=-1)

    labels = np.where(np.concatenate([r[1:], [1], r[:0:-1]]) > 0.9, rim, "bowl")
    return lathe(np.concatenate([under, over]), labels, warp=bend)


def sheet(x: Numbers, half: Numbers, z: Numbers, curl: Numbers, thick: float, labels: Any) -> Solid:
    """A bent sheet through stations along x.

    Args:
        x: k positions.
        half: half width at each.
        z: height of the middle line at each.
        curl: how far the sides rise above the middle, at each.
        thick: of the sheet.
        labels: part names of the k - 1 sections.
    """
    x, half, z, curl = np.broadcast_arrays(
        *(np.asarray(a, dtype=np.float64) for a in (x, half, z, curl))
    )
    across = np.concatenate([np.linspace(-1, 1, 17), np.linspace(1, -1, 17)])
    side = np.repeat([thick / 2, -thick / 2], 17)
    grid = np.stack(
        [
            np.repeat(x[:, None], 34, axis=1),
            half[:, None] * across,
            z[:, None] + curl[:, None] * across**2 + side,
        ],
        axis=2,
    )
    return skin(grid, np.asarray(labels, dtype=object)[:, None])


def spoon(rng: Rng) -> Blueprint:
    """Spoons: table, tea, soup, wooden, serving."""
    length = rng.uniform(4.5, 8.0)
    width = length * rng.choice([rng.uniform(0.58, 0.75), rng.uniform(0.8, 0.98)])
    depth = width * rng.uniform(0.14, 0.3)
    wooden = rng.random() < 0.3
    thick = width * (rng.uniform(0.06, 0.1) if wooden else rng.uniform(0.03, 0.05))
    bowl = dish(length, width, depth, thick, rng.uniform(0.0, 0.3), "bowl")
    handle = length * (rng.uniform(2.6, 4.5) if wooden else rng.uniform(1.8, 3.0))
    rod = _spoon_handle(rng, length / 2, handle, width, thick, depth, wooden)
    uses = use("scoop", "bowl", MIDDLE, length)
    uses |= use("mix lift", "bowl", (length / 2, 0, 0), width)
    return Blueprint(bowl + rod, uses)


def _spoon_handle(
    rng: Rng, start: float, length: float, width: float, thick: float, depth: float, wooden: bool
) -> Solid:
    s = np.linspace(0, 1, 40)
    arch = 0.0 if wooden else rng.uniform(0.0, 0.12) * length
    end = rng.uniform(-0.03, 0.08) * length
    bend = bezier(
        [
            (-start * 0.9, 0, -thick / 2),
            (-start - 0.15 * length, 0, arch),
            (-start - 0.55 * length, 0, arch + end),
            (-start - length, 0, end - 0.3 * arch),
        ],
        40,
    )
    if wooden:
        radius = (
            width
            * rng.uniform(0.1, 0.14)
            * smooth([(0, 1), (0.5, 0.9), (1, rng.uniform(0.9, 1.3))], s)
        )
        return tube(bend, np.maximum(radius, 1.1 * thick), "handle", round_ends=True)
    wide = width * smooth(
        [
            (0, 0.2),
            (0.1, 0.1),
            (0.5, rng.uniform(0.08, 0.12)),
            (0.85, rng.uniform(0.16, 0.3)),
            (1, 0.14),
        ],
        s,
    )
    thin = np.maximum(thick * rng.uniform(0.7, 1.2), 0.04 * width) * smooth(
        [(0, 0.8), (0.15, 1.5), (1, 0.9)], s
    )
    return tube(bend, columns(thin, wide), "handle", exponent=2.6, round_ends=True)


def ladle(rng: Rng) -> Blueprint:
    """Ladles: a deep round bowl on a long handle that rises from its rim."""
    width = rng.uniform(7, 11)
    depth = width * rng.uniform(0.35, 0.55)
    thick = 0.035 * width
    bowl = dish(width, width * rng.uniform(0.85, 1.0), depth, thick, 0.0, "rim")
    length = width * rng.uniform(2.2, 3.5)
    lean = rng.uniform(0.15, 0.8)
    path = bezier(
        [
            (-0.46 * width, 0, -0.16 * depth),
            (-0.56 * width, 0, 0.2 * length),
            (-0.55 * width - 0.2 * lean * length, 0, 0.3 * length),
            (-0.55 * width - lean * length, 0, length * rng.uniform(0.75, 1.0)),
        ],
        40,
    )
    s = np.linspace(0, 1, 40)
    wide = width * smooth([(0, 0.1), (0.4, 0.06), (1, rng.uniform(0.07, 0.13))], s)
    handle = tube(path, columns(0.03 * width, wide), "handle", exponent=3.0, round_ends=True)
    uses = use("scoop", "bowl rim", MIDDLE, width) | use("pour", "rim", MIDDLE, width)
    return Blueprint(bowl + handle, uses)


def shovel(rng: Rng) -> Blueprint:
    """Shovels, spades and trowels: pointed or square blade, plain, T or D grip."""
    length = rng.uniform(24, 36)
    wide = length * rng.uniform(0.32, 0.48)
    pointed = rng.random() < 0.6
    s = np.linspace(0, 1, 40)
    knots = [(0, rng.uniform(0.75, 1.0)), (0.35, 1.0), (0.7, 0.93), (0.9, 0.6), (1, 0.08)]
    if not pointed:
        knots = [(0, rng.uniform(0.8, 1.0)), (0.8, 1.0), (0.94, 0.97), (1, rng.uniform(0.6, 0.95))]
    half = wide * smooth(knots, s)
    thick = rng.uniform(0.3, 0.7)
    droop = length * rng.uniform(-0.12, 0.12) * s**2
    curl = wide * rng.uniform(0.08, 0.45) * smooth([(0, 1.0), (1, 0.35)], s) * (half / wide) ** 2
    labels = np.where(s[1:] > 0.86, "tip", "blade")
    leaf = sheet(length * s, half, droop, curl, thick, labels)
    shaft = length * (rng.uniform(0.5, 0.8) if rng.random() < 0.3 else rng.uniform(1.5, 3.6))
    thin = wide * rng.uniform(0.09, 0.14)
    rise = shaft * rng.uniform(0.0, 0.2)
    path = bezier(
        [
            (0.3 * length, 0, thin * 0.2),
            (0, 0, thin),
            (-0.25 * shaft, 0, thin + rise),
            (-shaft, 0, thin + rise),
        ],
        30,
    )
    taper = smooth([(0, 0.35), (0.25, 1), (1, 0.95)], np.linspace(0, 1, 30))
    rod = tube(path, thin * taper, "shaft", round_ends=True)
    top = _shovel_grip(rng, wide, thin).moved(*path[-1])
    front = (length, 0, droop[-1])
    uses = use("dig", "tip blade", front, 2 * wide) | use("lift", "blade tip", front, 2 * wide)
    uses |= use("scoop", "blade tip", (length / 2, 0, 0.5 * curl[10]), length)
    return Blueprint(union(leaf, rod, top), uses)


def _shovel_grip(rng: Rng, wide: float, thin: float) -> Solid:
    style = rng.choice(["plain", "tee", "dee"])
    span = wide * rng.uniform(0.45, 0.7)
    if style == "plain":
        return block((5 * thin, 2.3 * thin, 2.3 * thin), 0.9 * thin, "handle").moved(x=2 * thin)
    bar = tube(
        [(0, -span, 0), (0, 0, 0), (0, span, 0)], thin, "handle", up=(0, 0, 1), round_ends=True
    )
    if style == "tee":
        return bar
    bow = bezier(
        [(0, -span, 0), (0.5 * span, -span, 0), (1.2 * span, -0.5 * span, 0), (1.5 * span, 0, 0)],
        16,
    )
    arm = tube(bow, 0.8 * thin, "handle", up=(0, 0, 1))
    mirrored = tube(bow * [1, -1, 1], 0.8 * thin, "handle", up=(0, 0, 1))
    foot = block((thin * 5, 2.2 * thin, 2 * thin), 0.5 * thin, "handle").moved(x=1.5 * span)
    return union(bar, arm, mirrored, foot).moved(x=-1.5 * span)


def spatula(rng: Rng) -> Blueprint:
    """Spatulas: slotted turner with a cranked handle, wooden paddle, straight scraper."""
    style = rng.choice(["turner", "paddle", "scraper"])
    length = rng.uniform(7, 13)
    wide = length * (rng.uniform(0.38, 0.55) if style != "scraper" else rng.uniform(0.25, 0.36))
    thick = {
        "turner": rng.uniform(0.12, 0.25),
        "paddle": rng.uniform(0.35, 0.7),
        "scraper": rng.uniform(0.5, 1.0),
    }[style]
    s = np.linspace(0, 1, 36)
    front = rng.uniform(0.7, 1.0)
    half = wide * smooth(
        [
            (0, rng.uniform(0.25, 0.6)),
            (0.35, 0.9),
            (0.9, 1.0),
            (0.97, 0.5 + 0.5 * front),
            (1, 0.9 * front),
        ],
        s,
    )
    labels = np.where(s[1:] > 0.9, "edge", "blade")
    leaf = sheet(length * s, half, 0, wide * rng.uniform(0, 0.08), thick, labels)
    if style == "turner" and rng.random() < 0.75:
        leaf = leaf - _slots(rng, length, wide)
    crank = rng.uniform(0.15, 0.5) if style == "turner" else rng.uniform(0.0, 0.04)
    handle = _spatula_handle(rng, length, wide, thick, crank)
    end, broad = (length, 0, 0), 2 * wide * front
    uses = use("lift mix", "blade edge", end, broad)
    uses |= use("scrape", "edge", end, broad, x=FORWARD, y=ASIDE)
    return Blueprint(leaf + handle, uses)


def _slots(rng: Rng, length: float, wide: float) -> Solid:
    count = int(rng.integers(3, 6))
    pitch = 1.5 * wide / count
    slot = block((length * rng.uniform(0.35, 0.55), 0.42 * pitch, 4), 0.2 * pitch, "blade")
    middle = 0.58 * length
    return union(*[slot.moved(x=middle, y=(i - (count - 1) / 2) * pitch) for i in range(count)])


def _spatula_handle(rng: Rng, length: float, wide: float, thick: float, crank: float) -> Solid:
    reach = length * rng.uniform(1.6, 2.8)
    lift = crank * reach
    thin = wide * rng.uniform(0.11, 0.18)
    neck = bezier(
        [
            (0.12 * length, 0, 0),
            (-0.05 * length, 0, 0),
            (-0.12 * reach, 0, 0.55 * lift),
            (-0.5 * reach, 0, lift),
        ],
        22,
    )
    rod = tube(neck, np.array([[max(0.55 * thin, 0.4 * thick), thin]]), "shaft", exponent=2.6)
    direction = neck[-1] - neck[-2]
    tilt = float(np.degrees(np.arctan2(direction[2], -direction[0])))
    hold = grip(rng, 0.55 * reach, thin * rng.uniform(1.0, 1.5)).moved(x=-0.53 * reach)
    return rod + hold.turned(y=tilt).moved(
        *(neck[-1] - 0.02 * reach * direction / np.linalg.norm(direction))
    )
