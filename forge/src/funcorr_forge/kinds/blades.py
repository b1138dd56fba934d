"""Long blades: knife, cleaver, machete, saw, dagger, sword, razor blade. Tip at +x, edge to -z."""

from __future__ import annotations

import numpy as np

from funcorr_forge.curves import ASIDE, Rng, bezier, columns, smooth
from funcorr_forge.registry import Blueprint, kind
from funcorr_forge.shapes import blade, disc, grip
from funcorr_forge.solids import Solid, block, lathe, plate, skin, tube, union
from funcorr_forge.uses import BOTH_SIDES, MIDDLE, point_uses, use


@kind("knife", family="blades")
def knife(rng: Rng) -> Blueprint:
    """Knives: chef's, paring, bread, table, santoku, dagger."""
    style = rng.choice(["chef", "paring", "bread", "table", "santoku", "dagger"])
    length, height = {
        "chef": (rng.uniform(15, 27), rng.uniform(3.6, 5.4)),
        "paring": (rng.uniform(7, 11), rng.uniform(1.6, 2.4)),
        "bread": (rng.uniform(19, 27), rng.uniform(2.4, 3.6)),
        "table": (rng.uniform(9, 13), rng.uniform(1.6, 2.3)),
        "santoku": (rng.uniform(14, 19), rng.uniform(3.8, 5.2)),
        "dagger": (rng.uniform(14, 26), rng.uniform(2.4, 4.0)),
    }[style]
    s = np.linspace(0, 1, 48)
    back, edge = _knife_outline(rng, style, s)
    thick, bevel = rng.uniform(0.2, 0.45), height * rng.uniform(0.12, 0.3)
    metal = blade(length * s, height * back, height * edge, thick, bevel, 0.88)
    handle = _knife_handle(rng, style, height)
    metal = metal + block((3.0, 0.3, 0.6 * height), 0.05, "blade").moved(x=0.0, z=0.45 * height)
    middle = (length / 2, 0, height / 2)
    uses = use("cut", "blade edge tip", middle, length) | use("spread", "blade tip", middle, length)
    uses |= use("scrape", "edge", (length / 2, 0, 0), length)
    if style != "table":
        end = (length, 0, height * float(back[-1] + edge[-1]) / 2)
        uses |= use("pierce", "tip", end, 0.12 * length, z=ASIDE)
    return Blueprint(union(metal, handle), uses)


def _knife_outline(rng: Rng, style: str, s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Heights of spine and edge over the length, in units of the blade's height."""
    if style == "chef":
        rise = rng.uniform(0.2, 0.6)
        return smooth([(0, 1), (0.5, 1), (1, rise + 0.03)], s), rise * s ** rng.uniform(2.2, 3.5)
    if style == "paring":
        return smooth([(0, 1), (0.6, 0.95), (1, 0.4)], s), 0.38 * s**3
    if style == "bread":
        waves = 0.05 * np.abs(np.sin(s * np.pi * rng.integers(10, 16)))
        return smooth([(0, 1), (0.85, 1), (0.96, 0.8), (1, 0.3)], s), waves + 0.1 * s**6
    if style == "table":
        back = 0.62 + 0.38 * np.sqrt(np.clip(1 - s**6, 0, 1)) - 0.2 * s**12
        return back, 0.4 - 0.4 * np.sqrt(np.clip(1 - s**8, 0, 1))
    if style == "santoku":
        return smooth([(0, 1), (0.7, 1), (0.92, 0.72), (1, 0.1)], s), 0.08 * s**3
    half = smooth([(0, 0.5), (0.5, rng.uniform(0.38, 0.5)), (0.75, 0.36), (1, 0.01)], s)
    return 0.5 + half, 0.5 - half


def _knife_handle(rng: Rng, style: str, height: float) -> Solid:
    length = rng.uniform(9, 13)
    thick = min(rng.uniform(0.9, 1.5), 0.6 * height)
    s = np.linspace(0, 1, 34)
    knots = [(0, rng.uniform(0.9, 1.35)), (0.15, 1.1), (0.5, 0.9), (0.8, 1.0)]
    knots += [(1, rng.uniform(0.7, 0.95))]
    radius = thick * smooth(knots, s)
    drop = rng.uniform(-0.1, 0.35) * height
    lift = rng.uniform(0, 0.25) * height - drop * (1 - s) ** 2
    path = columns((s - 1) * length, 0, 0.5 * height + lift)
    flat = rng.uniform(0.45, 0.75)
    radii, square = columns(radius, flat * radius), rng.choice([2.0, 3.0, 5.0])
    handle = tube(path, radii, "handle", exponent=square, round_ends=True)
    if style == "dagger" or rng.random() < 0.3:
        wide = height * (rng.uniform(1.3, 2.2) if style == "dagger" else 1.0)
        guard = block((0.7, 1.7 * thick * flat + 0.3, wide), 0.25, "guard")
        handle = handle + guard.moved(x=-0.1, z=0.5 * height)
    return handle


@kind("cleaver", family="blades")
def cleaver(rng: Rng) -> Blueprint:
    """Cleavers: a tall rectangular blade, mostly with a hanging hole."""
    length, height = rng.uniform(14, 21), rng.uniform(7, 10.5)
    s = np.linspace(0, 1, 40)
    corner = rng.uniform(0.02, 0.12)
    round_off = np.clip((s - 1 + corner) / corner, 0, 1)
    back = 1 + rng.uniform(-0.12, 0.06) * s - 0.35 * corner * round_off**3
    edge = rng.uniform(0.0, 0.1) * s**2 + 0.35 * corner * round_off**3
    thick, bevel = rng.uniform(0.3, 0.6), height * rng.uniform(0.08, 0.16)
    metal = blade(length * s, height * back, height * edge, thick, bevel)
    if rng.random() < 0.7:
        hole = block((1.4, 3, 1.4), 0.6, "blade").moved(x=0.9 * length, z=0.82 * height)
        metal = metal - hole
    handle = grip(rng, rng.uniform(10, 14) + 2, rng.uniform(1.1, 1.6))
    handle = handle.moved(x=-11.5, z=height * rng.uniform(0.66, 0.82))
    tang = block((4.0, 0.5, 1.6), 0.1, "blade").moved(z=0.75 * height)
    uses = use("cut", "blade edge", (length / 2, 0, height / 2), length)
    uses |= use("scrape", "edge", (length / 2, 0, 0), length)
    return Blueprint(union(metal, handle, tang), uses)


@kind("machete", family="blades")
def machete(rng: Rng) -> Blueprint:
    """Machetes: straight with a belly, bolo, bent kukri, panga with a swept-up tip, parang."""
    style = str(rng.choice(["latin", "bolo", "kukri", "panga", "parang"]))
    length = rng.uniform(28, 48) * (0.75 if style == "kukri" else 1.0)
    height = length * rng.uniform(*{"latin": (0.1, 0.15)}.get(style, (0.13, 0.2)))
    s = np.linspace(0, 1, 56)
    back, edge = (height * np.asarray(o) for o in _machete_outline(rng, style, s))
    thick, bevel = rng.uniform(0.3, 0.6), height * rng.uniform(0.1, 0.25)
    metal = blade(length * s, back, edge, thick, bevel, 0.86)
    middle = float(back[0] + edge[0]) / 2
    tang = block((4.0, 0.4, 0.7 * float(back[0] - edge[0])), 0.1, "blade").moved(z=middle)
    handle = _machete_handle(rng, 0.45 * float(back[0] - edge[0])).moved(z=middle)
    whole = union(metal, tang, handle)
    foremost = (length, 0, float(back[-1] + edge[-1]) / 2)
    half, low = (float(edge.min()) + float(back.max())) / 2, float(np.mean(edge[10:46]))
    uses = use("cut", "blade edge tip", (length / 2, 0, half), length)
    uses |= use("pierce", "tip", foremost, 0.14 * length, z=ASIDE)
    uses |= use("scrape", "edge", (length / 2, 0, low), length)
    return Blueprint(whole, uses)


def _machete_outline(rng: Rng, style: str, s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Heights of spine and edge over the length, in units of the blade's height."""
    root = rng.uniform(0.5, 0.7)
    if style == "latin":
        sweep = rng.uniform(0.5, 0.95)
        rise = sweep * np.clip((s - 0.78) / 0.22, 0, 1) ** 2.2
        return smooth([(0, 1), (0.8, 1.0), (1, sweep + 0.02)], s), 0.3 * (1 - s) ** 3 + rise
    if style == "bolo":
        belly = rng.uniform(0.72, 0.82)
        low = smooth([(0, 1 - root), (0.3, 0.3), (belly, 0), (0.93, 0.25), (1, 0.75)], s)
        return smooth([(0, 1), (0.7, 0.95), (1, 0.78)], s), low
    if style == "kukri":
        drop = rng.uniform(0.7, 1.3)
        spine = smooth([(0, 1.0), (0.35, 1.15), (0.7, 0.9), (1, -0.6 * drop)], s)
        tall = smooth([(0, 0.55), (0.25, 0.6), (0.65, 1.0), (0.88, 0.62), (1, 0.02)], s)
        return spine, spine - tall
    if style == "panga":
        hook = rng.uniform(1.05, 1.4)
        spine = smooth([(0, 1), (0.6, 0.95), (0.82, 0.9), (1, hook)], s)
        return spine, smooth([(0, 1 - root), (0.5, 0.05), (0.75, 0), (0.92, 0.4), (1, hook)], s)
    fall = rng.uniform(0.1, 0.4)
    bow = fall * np.sin(np.pi * s)
    tall = smooth([(0, root), (0.75, 1), (0.84, 1.0), (1, 0.02)], s)
    return 1 - bow + 0.2 * s, 1 - bow + 0.2 * s - tall


def _machete_handle(rng: Rng, half: float) -> Solid:
    """A grip with a beak at its end, mostly; some with a knuckle guard."""
    length = max(rng.uniform(11, 15), 3.2 * half)
    s = np.linspace(0, 1, 34)
    beak = rng.uniform(1.1, 1.9)
    knots = [(0, 0.75 * beak), (0.12, beak), (0.3, 0.9), (0.55, 1.1), (0.85, 0.95), (1, 1.1)]
    radius = max(0.8 * half, 1.0) * smooth(knots, s)
    sag = -rng.uniform(0.0, 1.4) * half * (1 - s) ** 3
    path = columns((s - 1) * length + 0.8, 0, sag)
    flat = rng.uniform(0.45, 0.7)
    radii, square = columns(radius, flat * radius), rng.choice([2.0, 3.0, 5.0])
    hold = tube(path, radii, "handle", exponent=square, round_ends=True)
    if rng.random() < 0.3:
        low = 3.0 * float(radius.mean())
        bow = [(0.5, 0), (0.3, -1.2 * low), (-0.7 * length, -1.2 * low)]
        guard = bezier([*bow, (0.6 - length, sag[0] - 0.4)], 26)
        hold = hold + tube(guard, [(0.22, 0.5)], "guard", exponent=3.0)
    return hold


@kind("saw", family="blades")
def saw(rng: Rng) -> Blueprint:
    """Hand saws: a long tapering plate with teeth and a closed or pistol handle."""
    length, heel, toe = rng.uniform(30, 55), rng.uniform(8, 13), rng.uniform(2.5, 6)
    teeth = int(rng.integers(24, 44))
    pitch = length / teeth
    deep = pitch * rng.uniform(0.35, 0.6)
    xs = np.arange(teeth + 1) * pitch
    band = deep * 2.2
    upper = plate([(0, band), (length, band), (length, toe), (0, heel)], 0.25, "blade")
    zigzag = [p for x in xs[:-1] for p in ((x, deep), (x + 0.75 * pitch, 0.0))]
    lower = plate([(0, band + 0.01), *zigzag, (length, deep), (length, band + 0.01)], 0.3, "edge")
    size = heel * rng.uniform(0.95, 1.25)
    outer = block((0.95 * size, 2.0, 1.25 * size), 0.9, "handle")
    hole = block((0.42 * size, 4, 0.72 * size), 0.2 * size, "handle").moved(x=-0.06 * size)
    handle = (outer - hole).turned(y=rng.uniform(-25, 5)).moved(x=-0.36 * size, z=0.55 * heel)
    return Blueprint(union(upper, lower, handle), use("cut", "edge", (length / 2, 0, band), length))


@kind("dagger", family="blades")
def dagger(rng: Rng) -> Blueprint:
    """Daggers: a two-edged tapering blade, a guard and a pommel."""
    return _two_edged(rng, rng.uniform(16, 26), rng.uniform(1.3, 2.2), "dagger")


def _two_edged(rng: Rng, length: float, half: float, kind: str) -> Blueprint:
    s = np.linspace(0, 1, 50)
    leaf = rng.uniform(0.8, 1.12)
    point = rng.uniform(0.78, 0.9) if kind == "dagger" else rng.uniform(0.88, 0.95)
    tall = half * smooth([(0, 1), (0.45, leaf), (point, 0.75 * leaf), (1, 0.015)], s)
    thick = half * rng.uniform(0.14, 0.26) * np.clip((1 - s) / 0.15, 0.1, 1)
    inner = rng.uniform(0.35, 0.65)
    fuller = rng.choice([1.0, rng.uniform(0.35, 0.7)])
    ring_ = [(0.03, 1.0), (0.8, inner), (fuller, 0.0), (0.8, -inner), (0.03, -1.0)]
    ring_ += [(-y, z) for y, z in ring_[::-1]]
    grid = np.stack([columns(length * s, y * thick, z * tall) for y, z in ring_], axis=1)
    names = ["edge", "blade", "blade", "edge", "edge", "edge", "blade", "blade", "edge", "edge"]
    labels = np.array([names] * 49, dtype=object)
    labels[s[:-1] > point] = "tip"
    blade = skin(grid, labels)
    hilt = _hilt(rng, half, rng.uniform(8, 11) if kind == "dagger" else rng.uniform(12, 24))
    dagger = kind == "dagger"
    parts, reach = "edge" if dagger else "edge blade", (1 - point) * length
    uses = use("cut peel" if dagger else "cut", parts, (length / 2, 0, 0), length, "flip:x")
    uses |= point_uses("pierce pry" if dagger else "pierce", length, reach, flat=True)
    return Blueprint(union(blade, hilt), uses)


def _hilt(rng: Rng, half: float, length: float) -> Solid:
    thin = half * rng.uniform(0.4, 0.6)
    s = np.linspace(0, 1, 60)
    rings = 1 + rng.uniform(0, 0.07) * np.sin(s * 2 * np.pi * rng.integers(8, 16))
    radius = thin * smooth([(0, 0.85), (0.5, rng.uniform(0.95, 1.25)), (1, 0.9)], s) * rings
    path = columns(-s * length, 0, 0)
    hold = tube(path, columns(radius, 0.75 * radius), "handle")
    wide = half * rng.uniform(1.6, 3.6)
    bend = wide * rng.uniform(-0.3, 0.5)
    bar = bezier([(bend, wide), (0, 0.5 * wide), (0, -0.5 * wide), (bend, -wide)], 26)
    guard = tube(bar, half * rng.uniform(0.25, 0.4), "guard", round_ends=True)
    knob = thin * rng.uniform(1.3, 2.0)
    angle = np.linspace(-np.pi / 2, np.pi / 2, 12)
    ball = knob * columns(np.cos(angle), np.sin(angle))
    ball[[0, -1], 0] = 0
    pommel = lathe(ball, "pommel", int(rng.choice([8, 28])))
    pommel = pommel.scaled(y=rng.uniform(0.6, 1.0), z=rng.uniform(0.7, 1.2))
    return union(hold, guard, pommel.turned(x=90.0).moved(x=-length - 0.4 * knob))


@kind("sword", family="blades")
def sword(rng: Rng) -> Blueprint:
    """Swords: a long two-edged blade, a cross guard and a pommel."""
    return _two_edged(rng, rng.uniform(55, 90), rng.uniform(1.8, 3.4), "sword")


@kind("razor blade", family="blades")
def razor_blade(rng: Rng) -> Blueprint:
    """Razor blades: two-edged plates, backed and trapezoid ones with one edge, cut-throats."""
    style = str(rng.choice(["double", "backed", "trapezoid", "throat", "throat"]))
    if style == "double":
        return _double_edged(rng)
    return _cut_throat(rng) if style == "throat" else _one_edged(rng, style == "backed")


def _double_edged(rng: Rng) -> Blueprint:
    long = rng.uniform(3.8, 4.6)
    high, thick = long * rng.uniform(0.22, 0.32), long * rng.uniform(0.008, 0.02)
    inner = high * rng.uniform(0.72, 0.86)
    x = np.linspace(-long / 2, long / 2, 12)
    ring_ = [(thick, inner), (0.1 * thick, high), (-0.1 * thick, high), (-thick, inner)]
    ring_ += [(-y, -z) for y, z in ring_]
    grid = np.array([[(a, y, z) for y, z in ring_] for a in x])
    names = ["edge", "edge", "edge", "blade"] * 2
    body = skin(grid, np.array([names]), ("blade", "blade"))
    slot = block((0.78 * long, 9, 0.16 * high), 0.07 * high, "blade")
    size = high * rng.uniform(0.16, 0.3)
    holes = [disc(size, 9.0, "blade", 28).moved(x=a * long) for a in (-0.26, 0.0, 0.26)]
    bites = [disc(0.6 * size, 9.0, "blade", 20).moved(x=a * 0.39 * long) for a in (-1, 1)]
    notch = block((0.14 * long, 9, 0.5 * high), 0.05, "blade")
    corners = [notch.moved(x=a * 0.5 * long, z=b * high) for a in (-1, 1) for b in (-1, 1)]
    cuts = [slot, *(holes if rng.random() < 0.6 else bites)]
    cuts += corners if rng.random() < 0.6 else [disc(0.5 * size, 9.0, "blade", 24)]
    uses = use("cut", "edge", MIDDLE, long, BOTH_SIDES)
    uses |= use("scrape", "edge", (0, 0, -high), long, BOTH_SIDES, MIDDLE)
    return Blueprint(body - union(*cuts), uses)


def _one_edged(rng: Rng, backed: bool) -> Blueprint:
    long = rng.uniform(3.6, 6.0)
    high, thick = long * rng.uniform(0.3, 0.5), long * rng.uniform(0.02, 0.035)
    s = np.linspace(0, 1, 40)
    slant = 0.02 if backed else rng.uniform(0.15, 0.3)
    back = high * np.clip(np.minimum(s, 1 - s) / slant, 0.03, 1)
    body = blade(long * s, back, 0 * s, thick, high * rng.uniform(0.15, 0.3))
    if backed:
        spine = block((long, 4.5 * thick, 0.2 * high), 1.2 * thick, "spine")
        body = body + spine.moved(x=long / 2, z=0.94 * high)
    hole = disc(high * rng.uniform(0.08, 0.14), 9.0, "blade", 28)
    spots = (0.5,) if rng.random() < 0.5 else (0.4, 0.6)
    cuts = [hole.moved(x=a * long, z=0.55 * high) for a in spots]
    if not backed:
        bite = block((0.05 * long, 9, 0.3 * high), 0.02 * long, "blade")
        cuts += [bite.moved(x=a * long, z=high) for a in (0.42, 0.58)]
    uses = use("cut", "blade edge", (long / 2, 0, high / 2), long, "flip:y")
    uses |= use("scrape", "edge", (long / 2, 0, 0), long, "flip:x")
    return Blueprint(body - union(*cuts), uses)


def _cut_throat(rng: Rng) -> Blueprint:
    """A blade with a tang and tail on a pivot, the handle opened at some angle."""
    long = rng.uniform(6, 8.5)
    high, thick = long * rng.uniform(0.2, 0.34), long * rng.uniform(0.05, 0.08)
    s = np.linspace(0, 1, 40)
    nose = rng.choice([0.03, 0.12, 0.3])
    belly = high * np.sqrt(1 - 0.85 * np.clip((s - 1 + nose) / nose, 0, 1) ** 2)
    front = blade(long * s, np.full(40, high), high - belly, thick, high * rng.uniform(0.25, 0.4))
    tang = long * rng.uniform(0.45, 0.7)
    bend = [(-1.25 * tang, 1.15 * high), (-0.9 * tang, 0.8 * high)]
    path = bezier([*bend, (-0.4 * tang, 0.75 * high), (0.2, 0.7 * high)], 20)
    tall = high * smooth([(0, 0.12), (0.3, 0.16), (1, 0.26)], np.linspace(0, 1, 20))
    shank = tube(path, columns(tall, 0.42 * thick), "tang", exponent=4.0)
    opened, t = rng.uniform(-140, -10), np.linspace(0, 1, 30)
    hold = (long + tang) * rng.uniform(0.95, 1.1)
    bow = rng.uniform(-0.08, 0.08) * hold
    line = columns(-hold * (t - 0.06), 0, bow * np.sin(np.pi * t))
    wide = high * smooth([(0, 0.26), (0.5, rng.uniform(0.3, 0.4)), (1, 0.25)], t)
    scale = tube(line, columns(wide, 0.8 * thick), "handle", exponent=4.0, round_ends=True)
    pivot = {"x": -0.75 * tang, "z": 0.78 * high}
    handle = scale.turned(y=opened).moved(**pivot)
    pin = disc(0.12 * high, 2.2 * thick, "pivot", 20).moved(**pivot)
    uses = use("cut", "blade edge", (long / 2, 0, high / 2), long)
    uses |= use("scrape", "edge", (long / 2, 0, 0), long)
    return Blueprint(union(front, shank, handle, pin), uses)
