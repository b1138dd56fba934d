"""Pointed tools: screwdriver, fork, awl. They lie along +x and thrust towards +x."""

from __future__ import annotations

import numpy as np

from funcorr_forge.blueprint import Blueprint
from funcorr_forge.scoops import sheet
from funcorr_forge.solids import (
    ASIDE,
    FORWARD,
    Rng,
    Solid,
    bezier,
    block,
    columns,
    lathe,
    smooth,
    tube,
    union,
)
from funcorr_forge.uses import point_uses, use


def turned_handle(rng: Rng, length: float, radius: float) -> Solid:
    """A handle along x, from -length to 0: fluted, waisted, ball-ended or plain."""
    s = np.linspace(0, 1, 40)
    style = rng.choice(["fluted", "waist", "ball", "plain"])
    knots = {
        "fluted": [(0, 0.75), (0.06, 1.0), (0.6, 1.0), (0.78, 0.72), (0.9, 0.8), (1, 0.6)],
        "waist": [(0, 0.6), (0.1, 1.0), (0.35, 0.85), (0.6, 1.0), (0.85, 0.6), (1, 0.7)],
        "ball": [(0, 0.35), (0.1, 0.95), (0.3, 1.1), (0.6, 0.8), (1, 0.5)],
        "plain": [(0, 0.85), (0.05, 1.0), (0.9, 0.95), (1, 0.75)],
    }[style]
    flutes = int(rng.integers(5, 9))
    deep = rng.uniform(0.04, 0.1) if style in ("fluted", "plain") else 0.0
    profile = columns(radius * smooth(knots, s), (s - 1) * length)
    profile = np.concatenate([[(0, -length)], profile, [(0, 0)]])

    def flute(grid: np.ndarray) -> np.ndarray:
        angle = np.arctan2(grid[..., 1], grid[..., 0])
        middle = smooth(
            [(0, 0), (0.1, 1), (0.6, 1), (0.75, 0), (1, 0)],
            1 + grid[..., 2].clip(-length, 0) / length,
        )
        shrink = 1 - deep * middle * (1 + np.cos(flutes * angle))
        return grid * np.stack([shrink, shrink, np.ones_like(shrink)], axis=-1)

    return lathe(profile, ["handle"] * (len(profile) - 1), 64, warp=flute).turned(y=90.0)


def screwdriver(rng: Rng) -> Blueprint:
    """Screwdrivers: flat or cross tip, stubby to long."""
    length = rng.uniform(7.5, 12)
    radius = length * rng.uniform(0.12, 0.19)
    thin = radius * rng.uniform(0.16, 0.34)
    shaft = length * rng.choice([rng.uniform(0.45, 0.8), rng.uniform(0.9, 2.0)])
    flat = rng.random() < 0.65
    reach = thin * rng.uniform(2.5, 6)
    tip, size = _flat_tip(rng, thin, reach) if flat else _cross_tip(thin, reach)
    rod = tube(
        [(-0.5, 0, 0), (shaft / 2, 0, 0), (shaft, 0, 0)],
        thin,
        "shaft",
        exponent=rng.choice([2.0, 2.0, 6.0]),
    )
    pieces = [turned_handle(rng, length, radius), rod, tip.moved(x=shaft)]
    if rng.random() < 0.35:
        collar = lathe([(2 * thin, -0.1), (1.5 * thin, 0.8)], "shaft", 32)
        pieces.append(collar.turned(y=90.0))
    end = shaft + reach
    at = (end, 0, 0)
    uses = use("pierce poke", "tip", at, reach, "flip:x" if flat else "axis:x")
    if flat:
        uses |= use("pry", "tip", at, reach, "flip:x")
        uses |= use("scrape", "tip", at, size, "flip:x", x=FORWARD, y=ASIDE)
    return Blueprint(union(*pieces), uses)


def _flat_tip(rng: Rng, thin: float, reach: float) -> tuple[Solid, float]:
    """From the round shaft to a flat wedge, wide along y."""
    t = np.linspace(0, 1, 14)
    flare = rng.uniform(0.9, 1.5)
    wide = thin * smooth([(0, 1), (0.45, flare), (1, rng.uniform(0.9, 1.05) * flare)], t)
    high = thin * smooth([(0, 1), (0.5, 0.6), (1, 0.14)], t)
    path = columns(-0.1 * thin + t * (reach + 0.1 * thin), 0, 0)
    tip = tube(path, columns(high, wide), "tip", exponent=3.0)
    return tip, 2 * float(wide[-1])


def _cross_tip(thin: float, reach: float) -> tuple[Solid, float]:
    profile = [
        (0, -0.1 * thin),
        (thin, -0.1 * thin),
        (thin, 0.55 * reach),
        (0.25 * thin, reach),
        (0, reach),
    ]
    cone = lathe(profile, ["tip"] * 4, 32)
    groove = block((1.6 * thin, 1.6 * thin, reach), 0.01 * thin, "tip").turned(x=9.0, y=-9.0)
    at = 0.98 * thin
    cuts = [groove.moved(x=at, y=at, z=0.85 * reach).turned(z=90.0 * k) for k in range(4)]
    return (cone - union(*cuts)).turned(y=90.0), 2 * thin


def fork(rng: Rng) -> Blueprint:
    """Forks: two to four tines, table, serving or carving."""
    wide = rng.uniform(1.0, 1.4)
    reach = wide * rng.uniform(2.6, 4.2)
    root = wide * rng.uniform(1.2, 2.4)
    dip = wide * rng.uniform(0.15, 0.5)
    thick = rng.uniform(0.14, 0.22)
    s = np.linspace(0, 1, 24)
    half = wide * smooth([(0, 0.22), (0.45, 0.85), (0.8, 1.0), (1, 1.0)], s)
    drop = -dip * smooth([(0, 0), (1, 1)], s)
    palm = sheet((s - 1) * root, half, drop, 0.04 * wide, thick, ["palm"] * 23)
    handle = _fork_handle(rng, root, wide, thick)
    uses = use("pierce poke mix", "tines", (reach, 0, 0.1 * dip), reach)
    return Blueprint(union(palm, *_tines(rng, wide, reach, dip, thick), handle), uses)


def _tines(rng: Rng, wide: float, reach: float, dip: float, thick: float) -> list[Solid]:
    count = int(rng.choice([2, 3, 4, 4, 4]))
    width = wide / count * rng.uniform(0.5, 0.62)
    taper = smooth([(0, 1.0), (0.7, 0.85), (1, 0.3)], np.linspace(0, 1, 20))[:, None]
    bend = [(-0.2, -1.0), (0.4 * reach, -1.2), (0.75 * reach, -0.8), (reach, 0.1)]
    return [
        tube(
            bezier([(x, y, z * dip) for x, z in bend], 20),
            np.array([[0.55 * thick, width]]) * taper,
            "tines",
            sides=14,
            exponent=3.0,
        )
        for y in np.linspace(-wide + width, wide - width, count)
    ]


def _fork_handle(rng: Rng, root: float, wide: float, thick: float) -> Solid:
    length = wide * rng.uniform(7, 11)
    bow = [(0.3, 0.0), (-0.2 * length, 0.1), (-0.6 * length, 0.06), (-length, 0.0)]
    path = bezier([(x - root, 0, z * length) for x, z in bow], 34)
    knots = [(0, 0.22), (0.5, 0.2), (0.85, rng.uniform(0.3, 0.55)), (1, 0.3)]
    flare = wide * smooth(knots, np.linspace(0, 1, 34))
    radii = columns(0.7 * thick, flare)
    return tube(path, radii, "handle", exponent=3.0, round_ends=True)


def awl(rng: Rng) -> Blueprint:
    """Awls and ice picks: a round spike in a turned handle."""
    length = rng.uniform(6, 11)
    radius = length * rng.uniform(0.14, 0.24)
    thin = radius * rng.uniform(0.12, 0.26)
    spike = length * rng.uniform(0.7, 1.7)
    reach = spike * rng.uniform(0.15, 0.3)
    profile = [
        (0, -0.5),
        (thin, -0.5),
        (0.9 * thin, spike - reach),
        (0.04 * thin, spike),
        (0, spike),
    ]
    rod = lathe(profile, ["shaft", "shaft", "tip", "tip"], 24).turned(y=90.0)
    handle = turned_handle(rng, length, radius)
    return Blueprint(handle + rod, point_uses("pierce poke", spike, reach))
