"""What is worn: hat, hard hat, shoe, boot. Upright as worn, front at +x."""

from __future__ import annotations

from typing import Any

import numpy as np

from funcorr_forge.curves import BACK, DOWN, FORWARD, UP, Numbers, Rng, circle, columns, smooth
from funcorr_forge.registry import Blueprint, kind
from funcorr_forge.solids import Solid, block, lathe, skin, tube, union
from funcorr_forge.uses import MIDDLE, Uses, use

LAST = [(0, 0.6), (0.12, 0.68), (0.42, 0.66), (0.72, 1.0), (0.9, 0.9), (1, 0.75)]
"""Half width of a foot from the heel to the toe."""


@kind("hat", family="worn")
def hat(rng: Rng) -> Blueprint:
    """Hats: bowler, top hat, boater, pinched felt hat, sun hat, bucket hat, cap, woolly hat."""
    style = str(rng.choice(["bowler", "top", "boater", "felt", "sun", "bucket", "cap", "woolly"]))
    wide = rng.uniform(7, 9)
    tall = wide * {"top": rng.uniform(1.5, 2.2), "boater": rng.uniform(0.7, 0.95)}.get(
        style, rng.uniform(1.0, 1.5)
    )
    top, square = {
        "top": (rng.uniform(0.95, 1.15), 10.0),
        "boater": (0.98, 12.0),
        "felt": (0.85, 4.0),
        "bucket": (0.75, 5.0),
    }.get(style, (0.97, rng.uniform(2.0, 2.6)))
    turn = np.linspace(np.pi / 2, 0, 28)
    arch = np.sin(turn) ** (2 / square)
    crown = columns(np.cos(turn) ** (2 / square), arch) * [wide, tall]
    crown[:, 0] *= 1 + (top - 1) * crown[:, 1] / tall
    reach = wide * {
        "bowler": rng.uniform(0.3, 0.45),
        "sun": rng.uniform(0.8, 1.4),
        "cap": 0.08,
        "woolly": 0.02,
    }.get(style, rng.uniform(0.35, 0.7))
    drop = {"bucket": -rng.uniform(0.5, 1.0), "sun": -rng.uniform(0, 0.35)}.get(style, -0.02)
    s = np.linspace(0, 1, 10)[1:, None]
    edge = np.array([wide, 0]) + s * np.array([reach, drop * reach])
    if style == "woolly":
        edge = np.array([wide, 0]) - s * np.array([0, 0.05 * wide])
    line = np.concatenate([crown, edge])
    curl = rng.uniform(0.2, 0.6) * reach if style in ("bowler", "felt") else 0.0
    visor = wide * rng.uniform(0.6, 0.9) if style == "cap" else 0.0
    oval = rng.uniform(0.78, 0.95) if style in ("bowler", "felt", "cap") else 1.0
    front = rng.uniform(-0.3, 0.1) * reach if style == "felt" else -0.15 * visor
    crease = tall * rng.uniform(0.12, 0.3) if style == "felt" else 0.0
    thick = wide * rng.uniform(0.03, 0.06)
    solid = _dome(line, len(crown) - 1, thick, (oval, curl, front, visor, crease))
    solid = _trim(rng, solid, style, wide, tall, oval)
    return Blueprint(solid, _hat_uses(2 * wide, "none" if oval < 1 else "axis:z"))


def _dome(
    line: Numbers,
    brim: int,
    thick: float,
    warp: tuple[float, float, float, float, float] = (1.0, 0.0, 0.0, 0.0, 0.0),
    inside: str = "crown",
) -> Solid:
    """A shell of revolution, open below: outside, hollow and the brim around the opening.

    Args:
        line: (radius, z) of its middle, from the top to the edge of the brim.
        brim: from which point of the line on it is brim.
        thick: of the shell.
        warp: oval (y over x), curl of the sides and of the front, visor (reach at the front),
            crease (depth of a dent along the top).
        inside: name of the hollow.
    """
    line = np.asarray(line, dtype=np.float64)
    along = np.gradient(line, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    out = columns(-along[:, 1], along[:, 0]) * thick / 2
    outer, inner = line + out, line - out
    outer[0, 0] = inner[0, 0] = 0
    on_brim = np.arange(1, len(line)) > brim
    labels = [*np.where(on_brim, "brim", "outside"), "brim"]
    labels += list(np.where(on_brim, "brim", inside)[::-1])
    start, end = float(line[brim, 0]), float(line[-1, 0])
    oval, side, front, visor, crease = warp

    def bend(grid: np.ndarray) -> np.ndarray:
        x, y, z = np.moveaxis(grid, -1, 0)
        radius = np.hypot(x, y)
        share = np.clip((radius - start) / max(end - start, 1e-9), 0, None) ** 1.4
        flat = radius > start
        forward = np.clip(x / np.maximum(radius, 1e-9), 0, 1) ** 2
        aside = (y / np.maximum(radius, 1e-9)) ** 2
        rise = np.where(flat, share * (side * aside + front * (1 - aside)), 0)
        reach = np.where(flat, 1 + visor * share * forward / end, 1)
        dent = crease * np.exp(-((3.5 * y / start) ** 2)) * np.clip(z / line[0, 1], 0, 1) ** 4
        return np.stack([x * reach, oval * y, z + rise - dent], axis=-1)

    return lathe(np.concatenate([outer, inner[::-1]]), labels, 64, warp=bend)


def _hat_uses(size: float, symmetry: str, inside: str = "crown") -> Uses:
    """Turned over, the opening pours and scoops: out of it is downwards as worn."""
    uses = use("pour", "brim", MIDDLE, size, symmetry, z=DOWN)
    return uses | use("scoop", f"brim {inside}", MIDDLE, size, symmetry, z=DOWN, x=FORWARD)


def _trim(rng: Rng, solid: Solid, style: str, wide: float, tall: float, oval: float) -> Solid:
    """A ribbon around the crown, a turned-up cuff and bobble, or a button and seams."""
    if style == "woolly":
        cuff_top = tall * rng.uniform(0.22, 0.35)
        side = [(0, -0.05 * wide), (1.08 * wide, -0.05 * wide), (1.08 * wide, cuff_top)]
        side += [(0, 1.1 * cuff_top)]
        cuff = lathe(side, "brim", 64)
        hole = lathe([(0.97 * wide, -wide), (0.97 * wide, wide)], "brim", 64)
        bobble = wide * rng.uniform(0.18, 0.34)
        ball = block((2 * bobble,) * 3, bobble, "bobble").moved(z=tall + 0.7 * bobble)
        return union(solid, cuff - hole, ball)
    if style == "cap":
        button = block((0.2 * wide, 0.2 * wide, 0.14 * wide), 0.06 * wide, "button")
        return solid + button.moved(z=tall + 0.03 * wide)
    high = tall * rng.uniform(0.12, 0.3)
    band = Solid.of(solid.scaled(1.03, 1.03, 1.0).manifold, "band")
    slab = block((9 * wide, 9 * wide, high), 0.01, "band").moved(z=0.06 * wide + 0.5 * high)
    inner = lathe([(0.99 * wide, -wide), (0.99 * wide, tall)], "band", 64)
    around = block((2.2 * wide, 2.2 * oval * wide, 9 * tall), 0.01, "band")
    ring = (band & slab & around) - inner.scaled(y=oval)
    return solid + ring


@kind("hard hat", family="worn")
def hard_hat(rng: Rng) -> Blueprint:
    """Hard hats: with a peak, with a full brim, with ridges or a crest, with or without straps."""
    wide = rng.uniform(8, 10)
    tall = wide * rng.uniform(0.9, 1.25)
    square = rng.uniform(2.0, 3.2)
    turn = np.linspace(np.pi / 2, 0, 28)
    crown = columns(np.cos(turn), np.sin(turn)) ** (2 / square) * [wide, tall]
    full = rng.random() < 0.4
    reach = wide * (rng.uniform(0.25, 0.4) if full else rng.uniform(0.05, 0.12))
    fall = reach * rng.uniform(0.0, 0.4)
    s = np.linspace(0, 1, 8)[1:, None]
    line = np.concatenate([crown, np.array([wide, 0]) + s * np.array([reach, -fall])])
    visor = wide * (rng.uniform(0.05, 0.2) if full else rng.uniform(0.25, 0.55))
    oval = rng.uniform(0.78, 0.92)
    warp = (oval, 0.0, -visor * rng.uniform(0.1, 0.4), visor, 0.0)
    thick = wide * rng.uniform(0.035, 0.06)
    solid = _dome(line, len(crown) - 1, thick, warp, "shell")
    if rng.random() < 0.8:
        solid = solid + _ridges(rng, wide, tall, oval, square)
    if rng.random() < 0.4:
        span = 0.99 * oval * wide
        t = np.linspace(0, np.pi, 30)
        drop = wide * rng.uniform(0.5, 1.1)
        path = columns(0, span * np.cos(t), 0.05 * wide - drop * np.sin(t))
        solid = solid + tube(path, [(0.06 * wide, 0.02 * wide)], "strap", up=UP)
    return Blueprint(solid, _hat_uses(2 * wide, "none", "shell"))


def _ridges(rng: Rng, wide: float, tall: float, oval: float, square: float) -> Solid:
    """One crest or some ridges over the crown from front to back."""
    count = int(rng.choice([1, 1, 3, 3, 5]))
    thick = wide * (rng.uniform(0.06, 0.14) if count == 1 else rng.uniform(0.03, 0.06))
    ridges = []
    for side in np.linspace(-0.5, 0.5, count) if count > 1 else [0.0]:
        x = np.cos(np.linspace(0.3, np.pi - 0.3, 30)) * np.sqrt(1 - side**2)
        z = (1 - np.hypot(x, side) ** square) ** (1 / square)
        path = columns(wide * x, side * oval * wide, tall * z)
        ridges.append(tube(path, thick, "ridge", sides=14, round_ends=True))
    hollow = lathe([(1, 0), (0.9, 0.5), (0.6, 0.84), (0, 1)], "shell", 48)
    return union(*ridges) - hollow.scaled(0.94 * wide, 0.94 * oval * wide, 0.94 * tall)


@kind("shoe", family="worn")
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
    front_in, half_in = (np.append(v[3:], v[-1]) - wall for v in (front, half))
    names, lean = np.append(names[3:], "opening"), {"lift": lift, "tilt": tilt * 1.2}
    hollow = _foot(deep + sole, front_in, half_in, names, back=wall, square=square, **lean)
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


@kind("boot", family="worn")
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
