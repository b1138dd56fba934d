"""Tools for the ground: hoe, rake, pickaxe, trowel. Handle along x, working end at +x, down -z."""

from __future__ import annotations

import numpy as np

from funcorr_forge.blueprint import Blueprint
from funcorr_forge.cutters import slab
from funcorr_forge.hammers import grip
from funcorr_forge.points import turned_handle
from funcorr_forge.scoops import sheet
from funcorr_forge.solids import (
    ASIDE,
    BACK,
    DOWN,
    FORWARD,
    UP,
    Numbers,
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
from funcorr_forge.uses import Uses, use


def _stick(rng: Rng, length: float, thin: float) -> Solid:
    return grip(rng, length, thin, flat=1.0).moved(x=-length)


def hoe(rng: Rng) -> Blueprint:
    """Hoes: a blade that hangs from a goose neck or straight from a socket."""
    wide, deep = rng.uniform(5, 11), rng.uniform(8, 15)
    stick = deep * rng.uniform(6, 11)
    thin = rng.uniform(0.9, 1.4)
    lean = rng.uniform(-15, 20)
    s = np.linspace(0, 1, 16)
    shoulder = rng.uniform(0.35, 1.0)
    half = wide * smooth([(0, shoulder), (0.5, 0.5 + 0.5 * shoulder), (1, 1)], s)
    thick = rng.uniform(0.25, 0.5) * np.append(np.ones(15), 0.2)
    labels = np.where(s[1:] > 0.82, "edge", "blade")
    leaf = slab(deep * s, half, -thick, thick, labels).turned(y=90.0 + lean)
    reach = deep * rng.uniform(0.1, 0.9)
    rise = deep * rng.uniform(0.0, 0.5)
    curve = [
        (-reach - 2 * thin, 0, 0),
        (-0.4 * reach, 0, 0),
        (0.2 * reach, 0, rise),
        (0, 0, -0.15 * deep),
    ]
    neck = tube(bezier(curve, 26), 0.7 * thin, "shaft", round_ends=True)
    handle = _stick(rng, stick, thin).moved(x=-reach)
    down = np.array([-np.sin(np.radians(lean)), 0, -np.cos(np.radians(lean))])
    inner = np.array([down[2], 0, -down[0]])
    edge, middle = deep * down, 0.5 * deep * down + 0.3 * deep * inner
    uses = use("dig", "blade edge", edge, 2 * wide, x=down, z=inner)
    uses |= use("pull", "blade", middle, deep, z=-inner, x=down)
    uses |= use("scrape", "edge", edge, 2 * wide, x=down, y=ASIDE)
    uses |= use("sweep", "blade", edge, 2 * wide, z=down, x=ASIDE)
    return Blueprint(union(leaf, neck, handle), uses)


def rake(rng: Rng) -> Blueprint:
    """Rakes: a bar with short teeth, or a fan of springy tines."""
    return _bar_rake(rng) if rng.random() < 0.5 else _fan_rake(rng)


def _rake_uses(edge: Numbers, down: Numbers, width: float) -> Uses:
    uses = use("scrape", "teeth", edge, width, x=down, y=ASIDE)
    return uses | use("sweep", "teeth", edge, width, z=down, x=ASIDE)


def _bar_rake(rng: Rng) -> Blueprint:
    wide = rng.uniform(13, 22)
    count = int(rng.integers(9, 17))
    long, thin = wide * rng.uniform(0.25, 0.42), wide / count * rng.uniform(0.3, 0.45)
    bow = rng.uniform(-0.3, 0.2) * long
    path = bezier([(0, 0, 0.3 * thin), (0.1 * long, 0, -0.4 * long), (bow, 0, -long)], 10)
    taper = thin * np.linspace(1, 0.35, 10)
    tine = tube(path, columns(taper, 0.7 * taper), "teeth", sides=10, exponent=3.0)
    teeth = [tine.moved(y=y) for y in np.linspace(-wide + thin, wide - thin, count)]
    bar = block((2.6 * thin, 2 * wide, 2.2 * thin), 0.6 * thin, "head")
    stick, thick = wide * rng.uniform(5, 8), wide * rng.uniform(0.05, 0.075)
    pieces = [*teeth, bar, _stick(rng, stick, thick).moved(x=-0.5 * wide)]
    pieces.append(
        tube(
            [(-0.8 * wide, 0, 0), (-0.4 * wide, 0, 0), (0, 0, 0)],
            [(1.2 * thick,) * 2, (thick,) * 2, (0.8 * thin,) * 2],
            "shaft",
        )
    )
    if rng.random() < 0.6:
        arm = bezier(
            [
                (-0.55 * wide, 0, 0),
                (-0.4 * wide, 0.5 * wide, 0),
                (-0.3 * wide, wide, 0),
                (0, 0.9 * wide, 0),
            ],
            22,
        )
        brace = tube(arm, 0.7 * thin, "shaft", up=UP, sides=12)
        pieces += [brace, brace.scaled(y=-1.0)]
    return Blueprint(union(*pieces), _rake_uses((bow, 0, -long), DOWN, 2 * wide))


def _fan_rake(rng: Rng) -> Blueprint:
    long = rng.uniform(26, 42)
    half_angle = np.radians(rng.uniform(22, 42))
    count = int(rng.integers(11, 21))
    thin = long * rng.uniform(0.007, 0.011)
    drop, bend = long * rng.uniform(0.08, 0.16), long * rng.uniform(0.0, 0.06)
    curve = [
        (-0.02 * long, 0, 0),
        (0.5 * long, 0, bend),
        (0.9 * long, 0, 0.6 * bend),
        (1.06 * long, 0, bend),
        (long, 0, -drop),
    ]
    flat = thin * rng.uniform(1.0, 2.2)
    tine = tube(bezier(curve, 26), [(thin, flat)], "teeth", sides=10, exponent=3.0)
    angles = np.degrees(np.linspace(-half_angle, half_angle, count))
    pieces = [tine.turned(z=float(a)) for a in angles]
    for at in rng.uniform([0.3, 0.6], [0.4, 0.75])[: int(rng.integers(1, 3))]:
        turn = np.linspace(-1.04, 1.04, 30) * half_angle
        z = float(np.interp(at * long, *bezier(curve, 80)[:60, [0, 2]].T))
        arch = columns(at * long * np.cos(turn), at * long * np.sin(turn), z)
        pieces.append(tube(arch, 1.3 * thin, "head", up=UP, sides=10))
    hub = block((0.16 * long, 0.13 * long, 0.05 * long), 0.02 * long, "head")
    stick = _stick(rng, long * rng.uniform(2.2, 3.6), long * rng.uniform(0.026, 0.04))
    uses = _rake_uses((long, 0, -drop), (0.4, 0, -0.9), 2 * long * np.sin(half_angle))
    return Blueprint(union(*pieces, hub, stick), uses)


def pickaxe(rng: Rng) -> Blueprint:
    """Pickaxes and mattocks: a curved head across the handle, a point below, any end above."""
    reach = rng.uniform(18, 30)
    length = reach * rng.uniform(1.7, 3.0)
    thick = reach * rng.uniform(0.07, 0.1)
    sag = reach * rng.uniform(0.08, 0.32)
    curve = [
        (0, 0, 0),
        (0.05 * sag, 0, -0.4 * reach),
        (-0.3 * sag, 0, -0.75 * reach),
        (-sag, 0, -reach),
    ]
    path = bezier(curve, 30)
    s = np.linspace(0, 1, 30)
    point = thick * smooth([(0, 1), (0.6, 0.7), (1, 0.06)], s)
    labels = np.where(s[1:] > 0.72, "tip", "head")
    pick = tube(path, point, labels, exponent=5.0)
    style = rng.choice(["pick", "adze", "short"])
    short = {"short": rng.uniform(0.3, 0.5)}.get(style, rng.uniform(0.7, 1.0))
    across = point if style == "pick" else thick * smooth([(0, 1), (0.5, 0.9), (1, 2.2)], s)
    deep = point if style == "pick" else thick * smooth([(0, 1), (0.5, 0.55), (1, 0.06)], s)
    if style == "short":
        across = deep = thick * smooth([(0, 1), (0.4, 0.8), (1, 0.9)], s)
    names = np.where(s[1:] > 0.72, {"pick": "tip", "adze": "adze"}.get(style, "head"), "head")
    other = tube(path * [1, 1, -short], columns(deep, across), names, exponent=5.0)
    eye = block((2.6 * thick, 2.4 * thick, 3.4 * thick), 0.5 * thick, "head")
    handle = grip(rng, length + 1.5 * thick, 0.75 * thick, flat=0.8).moved(x=-length)
    thrust = path[-1] - path[-3]
    uses = use("dig pierce poke pry", "tip", path[-1], 0.3 * reach, x=thrust, z=BACK)
    if style == "short":
        face = path[-1] * [1, 1, -short]
        uses |= use("pound", "head", face, 2 * thick, x=thrust * [1, 1, -1])
    return Blueprint(union(pick, other, eye, handle), uses)


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
