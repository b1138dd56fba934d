"""Tools that carry: spoon, ladle, shovel, spatula, trowel, dustpan, seashell. Hollow side up."""

from __future__ import annotations

import numpy as np

from funcorr_forge.curves import ASIDE, FORWARD, Rng, bezier, columns, smooth
from funcorr_forge.registry import Blueprint, kind
from funcorr_forge.shapes import dish, grip, sheet, slab, turned_handle
from funcorr_forge.solids import Solid, block, lathe, plate, tube, union
from funcorr_forge.uses import MIDDLE, use


@kind("spoon", family="scoops")
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
    control = [(-start * 0.9, -thick / 2), (-start - 0.15 * length, arch)]
    control += [(-start - 0.55 * length, arch + end), (-start - length, end - 0.3 * arch)]
    bend = bezier(control, 40)
    if wooden:
        thin = width * rng.uniform(0.1, 0.14)
        radius = thin * smooth([(0, 1), (0.5, 0.9), (1, rng.uniform(0.9, 1.3))], s)
        return tube(bend, np.maximum(radius, 1.1 * thick), "handle", round_ends=True)
    knots = [(0, 0.2), (0.1, 0.1), (0.5, rng.uniform(0.08, 0.12)), (0.85, rng.uniform(0.16, 0.3))]
    wide = width * smooth([*knots, (1, 0.14)], s)
    flat = np.maximum(thick * rng.uniform(0.7, 1.2), 0.04 * width)
    flat = flat * smooth([(0, 0.8), (0.15, 1.5), (1, 0.9)], s)
    return tube(bend, columns(flat, wide), "handle", exponent=2.6, round_ends=True)


@kind("ladle", family="scoops")
def ladle(rng: Rng) -> Blueprint:
    """Ladles: a deep round bowl on a long handle that rises from its rim."""
    width = rng.uniform(7, 11)
    depth = width * rng.uniform(0.35, 0.55)
    thick = 0.035 * width
    bowl = dish(width, width * rng.uniform(0.85, 1.0), depth, thick, 0.0, "rim")
    length = width * rng.uniform(2.2, 3.5)
    lean = rng.uniform(0.15, 0.8)
    control = [(-0.46 * width, -0.16 * depth), (-0.56 * width, 0.2 * length)]
    control += [(-0.55 * width - 0.2 * lean * length, 0.3 * length)]
    control += [(-0.55 * width - lean * length, length * rng.uniform(0.75, 1.0))]
    path = bezier(control, 40)
    s = np.linspace(0, 1, 40)
    wide = width * smooth([(0, 0.1), (0.4, 0.06), (1, rng.uniform(0.07, 0.13))], s)
    handle = tube(path, columns(0.03 * width, wide), "handle", exponent=3.0, round_ends=True)
    uses = use("scoop", "bowl rim", MIDDLE, width) | use("pour", "rim", MIDDLE, width)
    return Blueprint(bowl + handle, uses)


@kind("shovel", family="scoops")
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
    control = [(0.3 * length, thin * 0.2), (0, thin)]
    path = bezier([*control, (-0.25 * shaft, thin + rise), (-shaft, thin + rise)], 30)
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
    control = [(0, -span, 0), (0.5 * span, -span, 0), (1.2 * span, -0.5 * span, 0)]
    bow = bezier([*control, (1.5 * span, 0, 0)], 16)
    arm = tube(bow, 0.8 * thin, "handle", up=(0, 0, 1))
    mirrored = tube(bow * [1, -1, 1], 0.8 * thin, "handle", up=(0, 0, 1))
    foot = block((thin * 5, 2.2 * thin, 2 * thin), 0.5 * thin, "handle").moved(x=1.5 * span)
    return union(bar, arm, mirrored, foot).moved(x=-1.5 * span)


@kind("spatula", family="scoops")
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
    knots = [(0, rng.uniform(0.25, 0.6)), (0.35, 0.9), (0.9, 1.0), (0.97, 0.5 + 0.5 * front)]
    half = wide * smooth([*knots, (1, 0.9 * front)], s)
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
    control = [(0.12 * length, 0), (-0.05 * length, 0), (-0.12 * reach, 0.55 * lift)]
    neck = bezier([*control, (-0.5 * reach, lift)], 22)
    rod = tube(neck, np.array([[max(0.55 * thin, 0.4 * thick), thin]]), "shaft", exponent=2.6)
    direction = neck[-1] - neck[-2]
    tilt = float(np.degrees(np.arctan2(direction[2], -direction[0])))
    hold = grip(rng, 0.55 * reach, thin * rng.uniform(1.0, 1.5)).moved(x=-0.53 * reach)
    return rod + hold.turned(y=tilt).moved(
        *(neck[-1] - 0.02 * reach * direction / np.linalg.norm(direction))
    )


@kind("trowel", family="scoops")
def trowel(rng: Rng) -> Blueprint:
    """Trowels: hollow ones for planting, flat cranked ones for mortar."""
    return _planting_trowel(rng) if rng.random() < 0.5 else _mortar_trowel(rng)


def _planting_trowel(rng: Rng) -> Blueprint:
    length = rng.uniform(12, 17)
    wide = length * rng.uniform(0.2, 0.32)
    s = np.linspace(0, 1, 36)
    nose = rng.uniform(0.05, 0.4)
    half = wide * smooth([(0, rng.uniform(0.6, 0.95)), (0.4, 1), (0.75, 0.88), (1, nose)], s)
    curl = 2.2 * rng.uniform(0.3, 0.6) * half**2 / wide
    labels = np.where(s[1:] > 0.85, "edge", "blade")
    leaf = sheet(length * s, half, 0.03 * length * s**2, curl, rng.uniform(0.2, 0.35), labels)
    handle = _cranked_handle(rng, length, 0.08 * wide, rise=rng.uniform(0.0, 0.25))
    front = (length, 0, 0.03 * length)
    uses = use("dig", "edge blade", front, 2 * wide) | use("lift", "blade", front, 2 * wide)
    uses |= use("scoop", "blade edge", (length / 2, 0, 0.5 * curl[12]), length)
    return Blueprint(union(leaf, handle), uses)


def _mortar_trowel(rng: Rng) -> Blueprint:
    length = rng.uniform(13, 24)
    wide = length * rng.uniform(0.22, 0.42)
    shape = rng.choice(["diamond", "leaf", "square"])
    knots = {
        "diamond": [(0, 0.25), (0.25, 1.0), (0.6, 0.6), (1, 0.04)],
        "leaf": [(0, 0.5), (0.2, 1.0), (0.55, 0.86), (0.85, 0.4), (1, 0.05)],
        "square": [(0, 0.85), (0.05, 1.0), (0.95, 1.0), (1, 0.85)],
    }[shape]
    s = np.linspace(0, 1, 36)
    labels = np.where(s[1:] > 0.85, "edge", "blade")
    thick = rng.uniform(0.12, 0.25)
    leaf = sheet(length * s, wide * smooth(knots, s), 0.0, 0.0, thick, labels)
    handle = _cranked_handle(rng, length, 0.0, rise=rng.uniform(0.3, 0.5))
    front = (length, 0, 0)
    uses = use("lift", "blade", front, wide)
    uses |= use("spread", "blade edge", (length / 2, 0, 0), length, y=ASIDE)
    if shape == "square":
        uses |= use("scrape", "edge", front, 2 * wide, x=FORWARD, y=ASIDE)
    else:
        uses |= use("dig", "edge blade", front, wide)
    return Blueprint(union(leaf, handle), uses)


def _cranked_handle(rng: Rng, length: float, sink: float, rise: float) -> Solid:
    """A steel neck that rises from the blade to a wooden grip behind and above it."""
    thin = length * rng.uniform(0.022, 0.03)
    up = rise * length * 0.5
    back = length * rng.uniform(0.12, 0.25)
    curve = [(0.14 * length, 0, 0), (-0.2 * length, 0, 0), (0.05 * length, 0, up), (-back, 0, up)]
    neck = bezier([(x, y, z - sink) for x, y, z in curve], 26)
    rod = tube(neck, thin, "shaft", round_ends=True)
    hold = turned_handle(rng, length * rng.uniform(0.6, 0.95), length * rng.uniform(0.06, 0.08))
    collar = lathe([(1.7 * thin, -0.1), (1.3 * thin, 2.2 * thin)], "shaft", 24).turned(y=90.0)
    end = neck[-1] + [0.4 * thin, 0, 0]
    return union(rod, hold.moved(*end), collar.moved(*end))


@kind("dustpan", family="scoops")
def dustpan(rng: Rng) -> Blueprint:
    """Dustpans: a shallow pan open at the front, a handle behind."""
    length = rng.uniform(8, 12)
    front, back = length * rng.uniform(0.45, 0.7), length * rng.uniform(0.35, 0.6)
    height, wall = length * rng.uniform(0.2, 0.45), length * rng.uniform(0.015, 0.03)
    s = np.linspace(0, 1, 14)
    half = smooth([(0, back), (1, front)], s)
    rise = height * smooth([(0, 1), (0.3, rng.uniform(0.8, 1.0)), (1, rng.uniform(0.15, 0.5))], s)
    outer = slab(length * s, half, 0 * s, rise, "wall")
    lip = 0.5 * wall
    floor = smooth([(0, 2.5 * wall), (0.4, wall), (1, lip)], s)
    xs = length * s + np.where(s > 0.99, wall, 0) + np.where(s < 0.01, 1.5 * wall, 0)
    hollow = slab(xs, half - wall, floor, rise + height, "pan")
    body = outer - hollow
    edge_box = block((0.16 * length, 3 * length, 0.6 * wall), 0.05 * wall, "edge")
    edge = edge_box.moved(x=0.94 * length, z=0.35 * wall)
    side = block((0.16 * length, 2 * front - 2.2 * wall, 9), 0.01, "edge").moved(x=0.94 * length)
    hold = length * rng.uniform(0.6, 1.1)
    handle = grip(rng, hold, length * rng.uniform(0.05, 0.08)).moved(x=-hold + 0.5 * wall)
    handle = handle.turned(y=rng.uniform(0, 25)).moved(z=rng.uniform(0.25, 0.6) * height)
    lead = (length, 0, 0)
    uses = use("lift", "pan edge", lead, 2 * front) | use("dig", "edge", lead, 2 * front)
    uses |= use("scoop", "pan edge", (length / 2, 0, 0.4 * height), length)
    return Blueprint(union(body, edge & side, handle - hollow), uses)


@kind("seashell", family="scoops")
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
