"""Levers with a tooth: bottle opener, can opener, key. Working end at +x, teeth at -z."""

from __future__ import annotations

import numpy as np

from funcorr_forge.curves import ASIDE, Rng, bezier, columns, smooth
from funcorr_forge.registry import Blueprint, kind
from funcorr_forge.shapes import disc, grip, ring, sheet, turned_handle
from funcorr_forge.solids import Solid, block, plate, spun, tube, union
from funcorr_forge.uses import Uses, point_uses, use


@kind("bottle opener", family="levers")
def bottle_opener(rng: Rng) -> Blueprint:
    """Bottle openers: flat bars, a loop on a handle, church keys with a point at the other end."""
    style = str(rng.choice(["bar", "loop", "key"]))
    return {"bar": _bar_opener, "loop": _loop_opener, "key": _key_opener}[style](rng)


def _flat(x: np.ndarray, half: np.ndarray, thick: float, part: str) -> Solid:
    """A lying plate of half width ``half`` at each x."""
    border = columns(x, half)
    return plate(np.concatenate([border, border[::-1] * [1, -1]]), thick, part).turned(x=-90.0)


def _lip(rng: Rng, left: float, hole: float, thick: float) -> tuple[Solid, Uses]:
    """A tooth from the near border of the opening at ``left``, ``hole`` wide, towards +x."""
    long, wide = hole * rng.uniform(0.25, 0.42), hole * rng.uniform(0.35, 0.6)
    tall = thick * rng.uniform(0.5, 0.9)
    tooth = block((1.5 * long, wide, tall), 0.3 * tall, "lip").turned(y=-rng.uniform(0, 14))
    return tooth.moved(x=left + 0.25 * long), use("pry", "lip", (left + long, 0, 0), long, "flip:x")


def _bar_opener(rng: Rng) -> Blueprint:
    long = rng.uniform(9, 18)
    head, waist = rng.uniform(1.5, 2.3), rng.uniform(0.45, 1.0)
    thick, tail = rng.uniform(0.2, 0.5), rng.uniform(0.6, 1.0)
    s = np.linspace(0, 1, 60)
    knots = [(0, tail), (0.35, waist), (0.65, waist), (0.88, 1), (1, 0.95)]
    ends = np.clip(np.minimum(s / 0.06, (1 - s) / rng.uniform(0.05, 0.12)), 0, 1)
    half = head * smooth(knots, s) * np.sqrt(1 - 0.97 * (1 - ends) ** 2)
    body = _flat((s - 1) * long, half, thick, "body")
    hole = head * rng.uniform(1.0, 1.3)
    deep = hole * rng.uniform(0.7, 1.0)
    centre = -0.3 * hole - 0.55 * deep
    cut = disc(1.0, 9.0, "head").turned(x=-90.0)
    opening = cut.scaled(0.5 * deep, 0.55 * hole)
    if rng.random() < 0.5:
        opening = block((deep, 1.1 * hole, 9), 0.3 * deep, "head")
    body = body - opening.moved(x=centre)
    if rng.random() < 0.6:
        size = head * tail * rng.uniform(0.3, 0.5)
        body = body - cut.scaled(size, size).moved(x=-long + 2.2 * size)
    lip, uses = _lip(rng, centre - 0.5 * deep, hole, thick)
    return Blueprint(union(body, lip), uses)


def _loop_opener(rng: Rng) -> Blueprint:
    radius = rng.uniform(1.5, 2.2)
    wire = radius * rng.uniform(0.14, 0.24)
    squash = rng.uniform(0.75, 1.15)
    loop = ring(radius, wire, "head", 18).turned(x=90.0).scaled(x=squash, z=rng.uniform(0.7, 1.4))
    long = radius * rng.uniform(2.5, 5.0)
    neck = radius * rng.uniform(0.2, 1.0)
    back = -squash * radius
    shank = np.linspace([back - neck - 0.4, 0, 0], [back + 0.3 * wire, 0, 0], 5)
    rod = tube(shank, wire * np.array([1.3, 1.2, 1.1, 1.1, 1.1]), "shaft")
    thick = radius * rng.uniform(0.16, 0.3)
    if rng.random() < 0.6:
        hold = turned_handle(rng, long, thick * rng.uniform(1.4, 2.2)).moved(x=back - neck)
    else:
        hold = grip(rng, long, 1.6 * thick).moved(x=back - neck - long)
    lip, uses = _lip(rng, back + 0.8 * wire, 1.6 * radius, wire)
    return Blueprint(union(loop, rod, hold, lip), uses)


def _key_opener(rng: Rng) -> Blueprint:
    """A pressed steel strip: the opening at +x, a triangular point bent down at -x."""
    long, wide = rng.uniform(9, 13), rng.uniform(0.8, 1.3)
    thick, drop = rng.uniform(0.14, 0.24), rng.uniform(0.3, 1.1)
    s = np.linspace(0, 1, 60)
    point = 0.2
    half = wide * smooth([(0, 0.03), (point, 0.95), (0.5, 0.8), (0.8, 1.1), (0.96, 1.1)], s)
    half *= np.sqrt(1 - 0.96 * np.clip((s - 0.94) / 0.06, 0, 1) ** 2)
    fall = -drop * np.clip(1 - s / (point + 0.08), 0, 1) ** 1.5
    labels = np.where(s[1:] < 0.7 * point, "tip", "body")
    body = sheet((s - 1) * long, half, fall, rng.uniform(-0.25, 0.05) * half, thick, labels)
    hole, deep = 1.5 * wide, wide * rng.uniform(1.0, 1.5)
    centre = -0.3 * wide - 0.5 * deep
    body = body - block((deep, hole, 9), 0.3 * deep, "head").moved(x=centre)
    lip, uses = _lip(rng, centre - 0.5 * deep, hole, 1.2 * thick)
    down = (-(s[3] - s[0]) * long, 0, fall[0] - fall[3])
    end = (-long, 0, float(fall[0]))
    uses |= use("pierce", "tip", end, 0.7 * point * long, "flip:x", x=down)
    return Blueprint(union(body, lip), uses)


@kind("can opener", family="levers")
def can_opener(rng: Rng) -> Blueprint:
    """Can openers: a claw on a handle, a small folding one of the army, a pressed steel punch."""
    style = str(rng.choice(["claw", "army", "punch"]))
    return {"claw": _claw_opener, "army": _army_opener, "punch": _punch_opener}[style](rng)


def _claw_opener(rng: Rng) -> Blueprint:
    long = rng.uniform(8, 11)
    reach, drop = long * rng.uniform(0.3, 0.6), long * rng.uniform(0.2, 0.36)
    tall, thin = long * rng.uniform(0.04, 0.065), long * rng.uniform(0.014, 0.022)
    lean = rng.uniform(-0.2, 0.25) * reach
    curve = [(-0.5, 0), (0.8 * reach, 0.1 * drop), (1.15 * reach, 0.2 * drop)]
    path = bezier([*curve, (reach + lean, -drop)], 40)
    s = np.linspace(0, 1, 40)
    high = tall * smooth([(0, 1), (0.55, 1.3), (0.8, 0.95), (1, 0.05)], s)
    labels = np.where(s[1:] > 0.76, "tip", "blade")
    claw = tube(path, columns(high, thin), labels, exponent=5.0)
    pieces = [claw, turned_handle(rng, long, long * rng.uniform(0.1, 0.15))]
    stop = rng.uniform(0.3, 0.5) * reach
    prong = bezier([(stop, 0), (stop, -0.4 * drop), (1.1 * stop, -0.6 * drop)], 12)
    pieces.append(tube(prong, [(0.8 * tall, 2.2 * thin)], "stop", exponent=4.0))
    if rng.random() < 0.5:
        collar = block((0.12 * long, 0.12 * long, 0.12 * long), 0.03 * long, "stop")
        pieces.append(collar)
    size = 0.24 * (reach + drop)
    uses = use("pierce pry", "tip", path[-1], size, x=path[-1] - path[-4], z=ASIDE)
    return Blueprint(union(*pieces), uses)


def _army_opener(rng: Rng) -> Blueprint:
    """A stamped plate and, hinged to its front end, a hooked blade folded out downwards."""
    long, high = rng.uniform(3.4, 5.2), rng.uniform(1.1, 1.6)
    thick = rng.uniform(0.14, 0.24)
    corner = rng.uniform(0.1, 0.45) * high
    top, low = high / 2, -high / 2
    outline = [(-long, low + corner), (-long + corner, low), (-0.3 * high, low), (0, 0.4 * low)]
    outline += [(0.1 * high, top), (-long + corner, top), (-long, top - corner)]
    body = plate(outline, thick, "body")
    hole = disc(0.14 * high, 9.0, "body", 24).moved(x=-long + 0.35 * high)
    body = body - hole
    folds = [(-0.2 * high, 0.42 * high), (-0.2 * high, -0.42 * high)]
    roll = np.array([(x, 0.6 * thick, z) for x, z in folds])
    hinge = tube(np.linspace(roll[0], roll[1], 5), 0.11 * high, "hinge", up=ASIDE)
    claw = rng.uniform(0.8, 1.3) * high
    bend = [(-0.3 * high, 0, 0), (0.9 * claw, 0, 0.1 * high), (claw, 0, -0.2 * claw)]
    bend.append((rng.uniform(0.75, 1.1) * claw, 0, -rng.uniform(0.9, 1.2) * claw))
    path = bezier(bend, 30)
    s = np.linspace(0, 1, 30)
    tall = high * smooth([(0, 0.3), (0.5, 0.34), (0.75, 0.24), (1, 0.01)], s)
    labels = np.where(s[1:] > 0.68, "tip", "blade")
    hook = tube(path, columns(tall, 0.55 * thick), labels, exponent=6.0)
    uses = use("pierce pry", "tip", path[-1], 0.6 * claw, x=path[-1] - path[-4], z=ASIDE)
    return Blueprint(union(body, hinge, hook.moved(y=0.6 * thick)), uses)


def _punch_opener(rng: Rng) -> Blueprint:
    """A steel handle whose front is a triangle bent down, and a lug that grips the rim."""
    long, wide = rng.uniform(8, 13), rng.uniform(0.8, 1.4)
    thick, drop = rng.uniform(0.16, 0.28), rng.uniform(0.8, 2.0)
    point = rng.uniform(0.16, 0.26)
    s = np.linspace(0, 1, 60)
    waist = rng.uniform(0.5, 0.9)
    half = wide * smooth([(0, 0.7), (0.5, waist), (1 - point, 1.1), (1, 0.03)], s)
    half *= np.sqrt(1 - 0.95 * np.clip(1 - s / 0.06, 0, 1) ** 2)
    fall = -drop * np.clip((s - 0.95 + point) / (point + 0.05), 0, 1) ** 1.6
    labels = np.where(s[1:] > 1 - 0.75 * point, "tip", "body")
    body = sheet(s * long, half, fall, rng.uniform(-0.4, -0.05) * half, thick, labels)
    lug = block((0.2 * wide, 0.9 * wide, 0.9 * wide), 0.08 * wide, "stop")
    lug = lug.turned(y=25.0).moved(x=(1 - 1.3 * point) * long, z=-0.4 * wide)
    if rng.random() < 0.5:
        body = body - disc(0.35 * wide, 9.0, "body", 28).turned(x=90.0).moved(x=0.09 * long)
    end = np.array([long, 0, fall[-1]])
    before = np.array([s[-4] * long, 0, fall[-4]])
    uses = use("pierce pry", "tip", end, 0.75 * point * long, x=end - before)
    return Blueprint(union(body, lug), uses)


@kind("key", family="levers")
def key(rng: Rng) -> Blueprint:
    """Keys: flat cylinder keys, car keys cut on both sides, old keys with a bit."""
    style = str(rng.choice(["flat", "flat", "car", "old"]))
    return _bit_key(rng) if style == "old" else _flat_key(rng, both=style == "car")


def _flat_key(rng: Rng, both: bool) -> Blueprint:
    length, high = rng.uniform(9, 14), rng.uniform(1.0, 1.5)
    thick, tip = high * rng.uniform(0.3, 0.5), rng.uniform(0.9, 1.3)
    count = int(rng.integers(4, 8))
    stop = length - tip
    x = np.linspace(0.15 * length, stop, 2 * count + 1)
    z = -high + high * np.append(
        rng.uniform(0.1, 0.4 if both else 0.6, 2 * count) * ([0, 1] * count), 0.1
    )
    low = -(0.5 if both else 0.3) * high
    core = [(-1, low), (stop, low), (stop, -low if both else high), (-1, -low if both else high)]
    row = [(-1, -high), *zip(x, z, strict=True), (stop, low + 0.01), (-1, low + 0.01)]
    teeth = plate(row, 0.8 * thick, "teeth")
    end = [(stop - 0.01, 0.95 * low), (stop - 0.01, -low), (length, 0.1), (length, -0.1)]
    end[1] = (stop - 0.01, -low if both else 0.95 * high)
    pieces = [plate(core, thick, "blade"), teeth, plate(end, 0.9 * thick, "tip")]
    if both:
        pieces.append(teeth.scaled(z=-1.0))
    else:
        groove = block((0.9 * length, thick, 0.3 * high), 0.02, "blade")
        pieces[0] -= groove.moved(x=0.6 * length, y=0.75 * thick, z=0.2 * high)
    pieces.append(_bow(rng, high, thick * (rng.uniform(1.6, 2.6) if both else 1.15)))
    at, size = (x[0] + stop) / 2, stop - x[0]
    symmetry, pivot = ("flip:y", (at, 0, 0)) if both else ("none", None)
    uses = point_uses("poke dig", length, tip, flat=True)
    uses |= point_uses("pry", length, tip, "tip blade", flat=True)
    uses |= use("scrape", "teeth tip", (at, 0, -0.8 * high), size, symmetry, pivot)
    uses |= use("cut", "teeth", (at, 0, 0), size, "flip:x" if both else "none")
    return Blueprint(union(*pieces), uses)


def _bow(rng: Rng, high: float, thick: float) -> Solid:
    """The head that is held: round, hexagonal, oval or square, with a hole for the ring."""
    size = high * rng.uniform(2.2, 3.2)
    sides = int(rng.choice([6, 8, 40, 40]))
    if rng.random() < 0.3:
        bow = block((2 * size, thick, 1.7 * size), 0.45 * thick, "bow")
    else:
        bow = disc(size, thick, "bow", sides)
        bow = bow.scaled(x=rng.uniform(0.8, 1.1), z=rng.uniform(0.9, 1.15))
    hole = disc(size * rng.uniform(0.16, 0.5), 9 * thick, "bow", 24)
    return (bow - hole.moved(x=-0.35 * size)).moved(x=-0.75 * size)


def _bit_key(rng: Rng) -> Blueprint:
    length, radius = rng.uniform(10, 18), rng.uniform(0.45, 0.7)
    wide, drop = rng.uniform(1.8, 3.2), rng.uniform(2.2, 3.6)
    tip = rng.uniform(0.6, 1.4)
    start = length - tip - wide
    s = np.linspace(0, start, 21)
    collar = 1 + 0.5 * np.isin(np.arange(21), rng.choice([[1, 2], [1, 3], [16, 17]]))
    stem = [(0, -0.8), (radius, -0.8), *columns(radius * collar, s), (radius, length - tip)]
    nose = [(0.9 * radius, length - 0.1), (0.7 * radius, length), (0, length)]
    pieces = [spun([*stem, *nose], [*["blade"] * 23, *["tip"] * 3])]
    bit = block((wide, 0.8 * radius, drop), 0.05, "teeth").moved(x=start + wide / 2, z=-drop / 2)
    notches = [
        block((0.2 * wide, 9, rng.uniform(0.5, 1.1) * drop), 0.02, "teeth").moved(x=x, z=-drop)
        for x in start + wide * np.array([0.25, 0.6])[: int(rng.integers(1, 3))]
    ]
    pieces.append(bit - union(*notches))
    size, wire = rng.uniform(1.6, 2.6), radius * rng.uniform(0.7, 1.0)
    loop = ring(size, wire, "bow").scaled(x=rng.uniform(0.7, 1.2), z=rng.uniform(0.9, 1.3))
    reach = wire - 0.6
    if rng.random() < 0.4:
        reach = 0.25 * size
        loops = [loop.scaled(0.6, 1.0, 0.6).moved(z=side * 0.5 * size) for side in (-1, 1)]
        loop = union(*loops, loop.scaled(0.6, 1.0, 0.6).moved(x=-0.8 * size))
    right = loop.manifold.bounding_box()[3]
    pieces.append(loop.moved(x=reach - right))

    uses = point_uses("poke dig", length, tip)
    uses |= use("scrape", "teeth", (start + wide / 2, 0, -drop), wide)
    return Blueprint(union(*pieces), uses)
