"""Small things of house and beach: candle holder, stamp (upright), seashell (hollow side up)."""

from __future__ import annotations

import numpy as np

from funcorr_forge.blueprint import Blueprint
from funcorr_forge.points import turned_handle
from funcorr_forge.solids import (
    Rng,
    Solid,
    arc,
    bezier,
    block,
    columns,
    lathe,
    plate,
    smooth,
    tube,
    union,
)
from funcorr_forge.uses import MIDDLE, use


def candle_holder(rng: Rng) -> Blueprint:
    """Candle holders: saucer with a finger ring, turned stick, branched, low cup; some lit."""
    style = str(rng.choice(["saucer", "stick", "branched", "low"]))
    bore = rng.uniform(0.9, 1.3)
    foot, height = {
        "saucer": (rng.uniform(4, 7), rng.uniform(2, 4)),
        "stick": (rng.uniform(3, 5.5), rng.uniform(9, 24)),
        "branched": (rng.uniform(4, 6), rng.uniform(12, 20)),
        "low": (rng.uniform(2.5, 6), rng.uniform(1.6, 3.5)),
    }[style]
    bore *= rng.uniform(1.3, 1.8) if style == "low" else 1.0
    pieces, sockets = [], [(0.0, height)]
    if style == "saucer":
        wide = foot * rng.uniform(1.1, 1.5)
        pieces += [_saucer(rng, foot, wide, height, bore), _finger_hold(rng, wide)]
    else:
        pieces.append(_stem(rng, foot, height, bore))
    if style == "branched":
        arms, ends = _arms(rng, height, bore)
        pieces, sockets = [*pieces, *arms], [*sockets, *ends]
    solid = union(*pieces)
    lit = rng.random() < 0.45
    for x, z in sockets:
        low = z - min(bore, 0.6 * height)
        hole = lathe([(bore, low), (bore, z + 9)], "socket", 32)
        solid = solid - hole.moved(x=x)
        solid = solid + _candle(rng, bore).moved(x=x, z=low) if lit else solid
    return Blueprint(solid, use("press pound", "base", MIDDLE, 2 * foot, "axis:x"))


def _saucer(rng: Rng, foot: float, wide: float, height: float, bore: float) -> Solid:
    rise = foot * rng.uniform(0.12, 0.35)
    thick, out = 0.06 * foot, bore * rng.uniform(1.2, 1.5)
    under = [(0, 0), (foot, 0), (wide, rise), (wide - thick, rise + 0.5 * thick)]
    over = [(foot - thick, 1.5 * thick), (out, 1.5 * thick), (out, 0.85 * height)]
    top = [(out * rng.uniform(1.0, 1.5), 0.9 * height), (1.15 * bore, height), (0, height)]
    labels = ["base", *["saucer"] * 4, *["socket"] * 4]
    return lathe([*under, *over, *top], labels)


def _stem(rng: Rng, foot: float, height: float, bore: float) -> Solid:
    """A turned stem with rings and swellings between foot and socket."""
    s = np.linspace(0, 1, 70)
    cup, thin = bore * rng.uniform(1.25, 1.8), bore * rng.uniform(0.5, 1.0)
    spots = np.sort(rng.uniform(0.25, 0.8, int(rng.integers(2, 6))))
    spots = spots[np.concatenate([[True], np.diff(spots) > 0.06])]
    beads = [(at, thin * rng.uniform(0.9, 2.0)) for at in spots]
    knots = [(0, foot), (0.04, foot), (rng.uniform(0.1, 0.2), thin), *beads, (0.88, cup), (1, cup)]
    if height < foot:
        knots = [(0, foot), (0.5, foot * rng.uniform(0.8, 1.05)), (1, max(cup, 0.8 * foot))]
    profile = columns(smooth(knots, s), s * height)
    labels = ["base", *np.where(s[1:] < 0.85, "stem", "socket"), "socket"]
    sides = int(rng.choice([48, 48, 6, 8]))
    return lathe([(0, 0), *profile, (0, height)], labels, sides)


def _finger_hold(rng: Rng, wide: float) -> Solid:
    """Behind the edge of a saucer: a ring, a flat tongue or a stick."""
    style, size = str(rng.choice(["ring", "tongue", "stick"])), wide * rng.uniform(0.22, 0.36)
    root = (-0.88 * wide, 0, 0.1 * wide)
    if style == "ring":
        path = arc((-0.96 * wide - size, 1.3 * size), size, -20, 330, 40)
        thick = size * rng.uniform(0.12, 0.3)
        link = tube(np.linspace(root, path[0], 4), thick, "handle", sides=14)
        return link + tube(path, thick, "handle", sides=14)
    out = wide * (rng.uniform(0.4, 0.7) if style == "tongue" else rng.uniform(0.8, 1.6))
    rise = out * rng.uniform(0.1, 0.5)
    path = bezier([root, (-wide - 0.3 * out, 0, rise), (-wide - out, 0, 0.1 * wide + rise)], 20)
    radii = (0.04 * wide, size) if style == "tongue" else (0.06 * wide, 0.08 * wide)
    return tube(path, [radii] * 20, "handle", round_ends=True)


def _arms(rng: Rng, height: float, bore: float) -> tuple[list[Solid], list[tuple[float, float]]]:
    """Two like arms with a socket each, and where their sockets end."""
    out, low = bore * rng.uniform(3.5, 6), height * rng.uniform(0.45, 0.7)
    top = height * rng.uniform(0.75, 1.0)
    sag = low - height * rng.uniform(0.0, 0.25)
    path = bezier([(0, 0, low), (0.8 * out, 0, sag), (out, 0, sag), (out, 0, top - bore)], 30)
    arm = tube(path, bore * rng.uniform(0.3, 0.5), "arm", sides=16)
    wide = bore * rng.uniform(1.25, 1.6)
    side = [(0, -1.5), (0.8, -1.4), (wide / bore, -0.9), (wide / bore, 0), (0, 0)]
    cup = lathe([(r * bore, z * bore) for r, z in side], "socket", 32).moved(x=out, z=top)
    arm = arm + cup
    return [arm, arm.turned(z=180.0)], [(out, top), (-out, top)]


def _candle(rng: Rng, bore: float) -> Solid:
    tall = bore * rng.uniform(3, 11)
    wax = [(0, -0.1), (1.02 * bore, -0.1), (0.9 * bore, tall), (0.2 * bore, 1.02 * tall)]
    wick = [(0.12 * bore, 1.02 * tall), (0.1 * bore, tall + 0.7 * bore), (0, tall + 0.7 * bore)]
    return lathe([*wax, *wick], "candle", 32)


def stamp(rng: Rng) -> Blueprint:
    """Stamps: turned knob on a block, plain wooden block, self-inking frame, slim seal."""
    style = str(rng.choice(["knob", "block", "inker", "seal"]))
    half = rng.uniform(1.2, 2.2)
    round_face = style == "seal" or (style == "knob" and rng.random() < 0.5)
    deep = 1.0 if round_face else rng.uniform(0.35, 1.0)
    square = 2.0 if round_face else rng.uniform(8, 16)
    thick = half * {"block": rng.uniform(0.9, 2.0)}.get(style, rng.uniform(0.15, 0.5))
    die = [(0, 0), (0.96, 0), (0.96, 0.1 * half), (1, 0.1 * half), (1, thick), (0, thick)]
    if style == "block":
        waist = [(1, 0.3 * thick), (rng.uniform(0.6, 0.85), 0.6 * thick), (0.85, thick)]
        die[4:5] = waist
    pad = lathe(die, ["face", "face", *["die"] * (len(die) - 3)], 64, square).scaled(
        half, half * deep
    )
    solid = pad + _relief(rng, half, deep)
    if style == "inker":
        solid = solid + _inker(rng, half, deep, thick)
    elif style != "block":
        tall = half * rng.uniform(2.0, 4.0)
        radius = half * min(deep, 0.7) * rng.uniform(0.6, 0.95)
        handle = turned_handle(rng, tall, radius * (0.5 if style == "seal" else 1.0))
        solid = solid + handle.turned(y=90.0).moved(z=thick - 0.05 * half)
    symmetry = "axis:x" if round_face else "flip:x"
    return Blueprint(solid, use("press", "face", (0, 0, -0.08 * half), 2 * half, symmetry))


def _relief(rng: Rng, half: float, deep: float) -> Solid:
    """A raised frame and some bars or dots below the face."""
    high = 0.16 * half
    mark = block((0.5 * half, 0.5 * half * deep, high), 0.01 * half, "face")
    marks = [mark]
    for _ in range(int(rng.integers(3, 7))):
        size = half * rng.uniform(0.08, 0.3, 2) * [1, deep]
        x, y = half * rng.uniform(-0.55, 0.55, 2) * [1, deep]
        marks.append(block((*size, high), 0.01 * half, "face").moved(x=x, y=y))
    return union(*marks)


def _inker(rng: Rng, half: float, deep: float, thick: float) -> Solid:
    """An open frame around the die, a housing above it and a broad push button."""
    tall, wall = half * rng.uniform(1.4, 2.2), 0.16 * half
    x, y = 1.12 * half, 1.12 * half * deep
    leg = block((wall, 2 * y, tall), 0.05 * half, "frame").moved(z=0.12 * half + tall / 2)
    legs = [leg.moved(x=x), leg.moved(x=-x)]
    bridge = block((2 * x + wall, 2 * y, 0.5 * tall), 0.1 * half, "frame")
    stem = block((0.5 * half, 0.6 * y, tall), 0.1 * half, "frame").moved(z=1.3 * tall)
    core = block((1.2 * half, 1.2 * y, tall), 0.1 * half, "frame").moved(z=thick + 0.45 * tall)
    wide = rng.uniform(1.2, 2.0)
    button = block((wide * half, 1.8 * y, 0.35 * half), 0.15 * half, "handle")
    return union(*legs, bridge.moved(z=0.9 * tall), stem, core, button.moved(z=1.8 * tall))


def seashell(rng: Rng) -> Blueprint:
    """Seashells: scallop fan with ears, deep ribbed cockle, smooth clam, long mussel."""
    style = str(rng.choice(["scallop", "scallop", "cockle", "clam", "mussel"]))
    long = rng.uniform(4, 8)
    wide, depth, egg = {
        "scallop": (rng.uniform(0.8, 0.98), rng.uniform(0.1, 0.2), rng.uniform(0.32, 0.48)),
        "cockle": (rng.uniform(0.9, 1.1), rng.uniform(0.26, 0.38), rng.uniform(0.05, 0.25)),
        "clam": (rng.uniform(1.1, 1.5), rng.uniform(0.16, 0.28), rng.uniform(-0.05, 0.15)),
        "mussel": (rng.uniform(0.42, 0.6), rng.uniform(0.14, 0.22), rng.uniform(0.1, 0.35)),
    }[style]
    ribs = int(rng.integers(9, 22))
    ridge = {"scallop": 0.022, "cockle": 0.018}.get(style, 0.0) * rng.uniform(0.6, 1.3)
    rings, ripple = rng.uniform(5, 14), 0.006 * rng.uniform(0.3, 1.0)
    thick, skew = rng.uniform(0.025, 0.05), rng.uniform(0.1, 0.5)

    def bend(grid: np.ndarray) -> np.ndarray:
        x, y, side = np.moveaxis(grid, -1, 0)
        r2 = x**2 + y**2
        x, y = 0.5 * x, 0.5 * wide * y * (1 + egg * np.clip(x, -1, 1) * 1.6)
        away = np.hypot(x + 0.5, y)
        wave = ridge * np.cos(2 * ribs * np.arctan2(y, x + 0.55)) * np.clip(away, 0, 1)
        grow = 1 + wave * r2**2
        hollow = -depth * (1 - r2**1.1) * (1 - skew * 2 * x) + wave + side
        outer = np.where(side < 0, ripple * np.cos(2 * np.pi * rings * away), 0)
        return long * np.stack([x * grow, y * grow, hollow + outer], axis=-1)

    r = np.linspace(0, 1, 26)
    under = columns(r, np.full(26, -thick) * (1 - 0.6 * r**2))
    over = columns(r[::-1], np.zeros(26))
    labels = [*np.where(r[1:] > 0.92, "edge", "back"), "edge"]
    labels += list(np.where(r[:0:-1] > 0.92, "edge", "hollow"))
    solid = lathe(np.concatenate([under, over]), labels, 180, warp=bend)
    if style == "scallop":
        solid = solid + _ears(rng, long, wide, thick)
    x = np.linspace(-1, 1, 101)
    broad = wide * long * float((np.sqrt(1 - x**2) * (1 + 1.6 * egg * x)).max())
    uses = use("lift", "edge hollow", (0.5 * long, 0, 0), broad)
    return Blueprint(solid, uses | use("scoop", "edge hollow", MIDDLE, long))


def _ears(rng: Rng, long: float, wide: float, thick: float) -> Solid:
    """The two flat wings beside the hinge."""
    out = wide * rng.uniform(0.2, 0.32)
    back, front = -0.53, -0.53 + rng.uniform(0.16, 0.26)
    outline = [(back, -out), (back, out), (front, 0.85 * out), (front, -0.85 * out)]
    ears = plate([(x * long, y * long) for x, y in outline], 1.2 * thick * long, "ear")
    return ears.turned(x=-90.0).moved(z=-0.6 * thick * long)
