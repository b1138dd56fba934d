"""What is worn on the feet: shoe, boot. Upright on the ground, toe at +x."""

from __future__ import annotations

from typing import Any

import numpy as np

from funcorr_forge.blueprint import Blueprint
from funcorr_forge.solids import (
    BACK,
    UP,
    Numbers,
    Rng,
    Solid,
    block,
    circle,
    columns,
    skin,
    smooth,
    tube,
    union,
)
from funcorr_forge.uses import Uses, use

LAST = [(0, 0.6), (0.12, 0.68), (0.42, 0.66), (0.72, 1.0), (0.9, 0.9), (1, 0.75)]
"""Half width of a foot from the heel to the toe."""


def _foot(
    heights: Numbers,
    front: Numbers,
    half: Numbers,
    labels: Numbers,
    *,
    back: float = 0.0,
    lift: float = 0.0,
    tilt: float = 0.0,
    square: float = 2.3,
) -> Solid:
    """A solid through outlines of a foot, one per height.

    Args:
        heights: of the outlines.
        front: where each ends at the toe or instep.
        half: width factor of each.
        labels: part names of the sections between them.
        back: where they begin.
        lift: how much higher the heel stands than the toe.
        tilt: rise of the upper outlines towards the front.
        square: superellipse exponent of the outlines: low is a pointed toe.
    """
    ring = circle(48, square)
    levels, ends, widths = (np.asarray(a, dtype=float) for a in (heights, front, half))
    rows = [0, *range(len(levels)), -1]
    levels, ends, widths = (a[rows, None] for a in (levels, ends, widths))
    widths[[0, -1]] *= 0.02
    names = np.asarray(labels, dtype=object)[[0, *range(len(widths) - 3), -1]]
    x = back + (ends - back) * (1 + ring[:, 0]) / 2
    y = widths * ring[:, 1] * smooth(LAST, np.clip(x, 0, 1))
    z = levels * (1 + tilt * (x - 0.3) * levels / levels.max())
    grid = np.stack([x, y, z + _heel_rise(x, lift)], axis=2)
    return skin(grid, names[:, None])


def _heel_rise(x: Numbers, lift: float) -> Any:
    return lift * smooth([(0, 1), (0.12, 0.95), (0.6, 0.0), (1, 0.0)], np.clip(x, 0, 1))


def _shod(
    rng: Rng, knots: Numbers, wide: float, sole: float, lift: float, tilt: float
) -> tuple[Solid, Uses]:
    """Upper, sole and heel, and the uses of the opening, the sole and the heel.

    Args:
        rng: source of the heel's form.
        knots: (height above the sole, front end, width factor) up the upper.
        wide: half width of the ball of the foot.
        sole: thickness.
        lift: height of the heel.
        tilt: see :func:`_foot`.
    """
    knots = np.asarray(knots, dtype=np.float64)
    top, wall, square = float(knots[-1, 0]), 0.025, rng.uniform(2.1, 3.3)
    z = np.linspace(0, 1, 30) * top
    front, half = smooth(knots[:, :2], z), wide * smooth(knots[:, [0, 2]], z)
    names = np.where(z[1:] > top * (1 - rng.uniform(0.07, 0.12)), "opening", "upper")
    upper = _foot(z + sole, front, half, names, lift=lift, tilt=tilt, square=square)
    names = np.where(names == "opening", names, "inside")
    deep = np.append(z[3:], 1.2 * top)
    hollow = _foot(
        deep + sole,
        np.append(front[3:], front[-1]) - wall,
        np.append(half[3:], half[-1]) - wall,
        np.append(names[3:], "opening"),
        back=wall,
        lift=lift,
        tilt=tilt * 1.2,
        square=square,
    )
    welt = rng.uniform(1.0, 1.12) * wide * np.array([0.95, 1.0, 1.0])
    rows, ends = np.array([0, 0.2, 1.05]) * sole, np.array([1.0, 1.01, 1.01])
    under = _foot(rows, ends, welt, ["sole", "welt"], back=-0.01, lift=lift, square=square)
    end, slim = rng.uniform(0.24, 0.33), 1.0 if lift < 0.12 else rng.uniform(0.35, 0.95)
    size = slim + (1 - slim) * np.linspace(0, 1, 8) ** 2
    rise = np.linspace(0, lift + 0.5 * sole, 8)
    stack = _foot(rise, end * size, wide * size, ["heel"] * 7).moved(x=0.005)
    length = float(front[-1])
    level = sole + top + float(_heel_rise(length / 2, lift)) + tilt * (length / 2 - 0.3) * top
    uses = use("pour", "opening", (length / 2, 0, level), length, x=BACK)
    uses |= use("press", "sole", (0.66, 0, 0), 1.0)
    uses |= use("pound", "heel", (end * slim / 2, 0, 0), end * slim)
    return union(upper - hollow, under, stack - hollow), uses


def shoe(rng: Rng) -> Blueprint:
    """Shoes: trainer with laces, laced leather shoe, court shoe with a high heel, slip-on."""
    style = str(rng.choice(["trainer", "laced", "court", "slip-on"]))
    wide = rng.uniform(0.16, 0.21)
    sole, lift = {
        "trainer": (rng.uniform(0.05, 0.09), 0.015),
        "laced": (rng.uniform(0.02, 0.035), rng.uniform(0.05, 0.09)),
        "court": (0.02, rng.uniform(0.12, 0.34)),
        "slip-on": (rng.uniform(0.02, 0.05), rng.uniform(0.02, 0.08)),
    }[style]
    low = style in ("court", "slip-on")
    top = rng.uniform(0.15, 0.2) if low else rng.uniform(0.24, 0.34)
    gap = rng.uniform(0.58, 0.72) if low else rng.uniform(0.42, 0.5)
    toe = rng.uniform(0.92, 0.98)
    knots = [(0, 1.0, 1.0), (0.35 * top, toe, 1.0), (0.65 * top, 0.5 * (toe + gap), 0.88)]
    knots += [(0.88 * top, gap + 0.03, 0.78), (top, gap, 0.74)]
    tilt = rng.uniform(-0.8, -0.2) if low else rng.uniform(-0.2, 0.5)
    solid, uses = _shod(rng, knots, wide, sole, lift, tilt)
    if not low:
        solid = solid + _laces(rng, knots, wide, sole, lift, tilt)
    uses |= {"scoop-with": uses["pour-with"]}
    uses["pound-with"] = uses["pound-with"]._replace(parts=("heel", "sole"))
    return Blueprint(solid, uses)


def _laces(rng: Rng, knots: Numbers, wide: float, sole: float, lift: float, tilt: float) -> Solid:
    """Laces across the instep; arguments as for :func:`_shod`."""
    knots = np.asarray(knots, dtype=np.float64)
    top = float(knots[-1, 0])
    heights = np.linspace(top, 0, 100)
    front = smooth(knots[:, :2], heights)
    t = np.linspace(-1, 1, 12)
    rows = []
    for x in np.linspace(float(front[0]) + 0.05, 0.72, int(rng.integers(3, 6))):
        z = sole + float(np.interp(x, np.maximum.accumulate(front), heights))
        z = z * (1 + tilt * (x - 0.3) * z / (top + sole)) + float(_heel_rise(x, lift))
        path = columns(x, 0.4 * wide * t, z - 0.3 * wide * t**2)
        rows.append(tube(path, 0.015, "lace", up=UP, sides=10))
    return union(*rows)


def boot(rng: Rng) -> Blueprint:
    """Boots: rubber boot, ankle boot, riding boot with a heel, work boot with a ridged sole."""
    style = str(rng.choice(["rubber", "ankle", "riding", "work"]))
    wide = rng.uniform(0.17, 0.21)
    top = rng.uniform(0.4, 0.6) if style in ("ankle", "work") else rng.uniform(0.75, 1.3)
    sole = {"work": rng.uniform(0.06, 0.1)}.get(style, rng.uniform(0.025, 0.05))
    lift = {"riding": rng.uniform(0.08, 0.2), "ankle": rng.uniform(0.04, 0.18)}.get(style, 0.05)
    slim, leg = rng.uniform(0.42, 0.47), rng.uniform(0.42, 0.58)
    knots = [(0, 1.0, 1.0), (0.1, rng.uniform(0.94, 0.99), 1.0), (0.17, 0.8, 0.95)]
    knots += [(0.24, 0.6, 0.9), (0.33, slim, 0.95), (top, leg, rng.uniform(1.1, 1.5))]
    tilt = rng.uniform(-0.3, 0.3)
    solid, uses = _shod(rng, knots, wide, sole, lift, tilt)
    if style in ("work", "rubber"):
        count = int(rng.integers(6, 12))
        groove = block((0.35 / count, 1, 0.5 * sole), 0.01, "sole")
        rows = [groove.moved(x=x) for x in 0.66 + np.arange(-count, count + 1) / count]
        reach = block((0.66, 1, 1), 0.01, "sole").moved(x=0.71)
        solid = solid - (union(*rows).moved(x=0.5 / count) & reach)
    if style == "work":
        solid = solid + _laces(rng, knots, wide, sole, lift, tilt)
    return Blueprint(solid, uses)
