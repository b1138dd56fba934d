"""Clubs: baseball bat, bowling pin, cricket bat, hockey stick. They lie along x."""

from __future__ import annotations

import numpy as np

from funcorr_forge.curves import ASIDE, UP, Rng, arc, columns, smooth
from funcorr_forge.registry import Blueprint, kind
from funcorr_forge.shapes import grip
from funcorr_forge.solids import Solid, block, lathe, skin, tube, union
from funcorr_forge.uses import Uses, roll_along, side_blow, use


@kind("baseball bat", family="sticks")
def baseball_bat(rng: Rng) -> Blueprint:
    """Bats: a knob, a thin handle, a long swelling barrel."""
    length = rng.uniform(60, 90)
    radius = length * rng.uniform(0.035, 0.055)
    thin, knob = radius * rng.uniform(0.36, 0.48), radius * rng.uniform(0.6, 0.85)
    s = np.linspace(0.03, 1, 60)
    shape = smooth(
        [(0, 1.1 * thin), (0.3, thin), (0.6, 0.62 * radius), (0.82, radius), (1, 0.96 * radius)], s
    )
    shape *= np.sqrt(np.clip((1.0 - s) / 0.03, 0, 1)).clip(0.1, 1)
    start = [(0, 0), (0.8 * knob, 0), (knob, 0.008 * length), (0.8 * knob, 0.018 * length)]
    profile = [*start, *columns(shape, s * length), (0, length)]
    grip = rng.uniform(0.3, 0.42)
    labels = ["knob"] * 4 + ["handle" if x < grip else "barrel" for x in s]
    uses = side_blow("barrel", 0.82 * length, radius)
    return Blueprint(lathe(profile, labels, 40).turned(y=90.0), uses)


@kind("bowling pin", family="sticks")
def bowling_pin(rng: Rng) -> Blueprint:
    """Bowling pins and juggling-club-like skittles: belly, neck and head."""
    length = rng.uniform(30, 40)
    radius = length * rng.uniform(0.13, 0.19)
    base, neck, head = (radius * rng.uniform(*r) for r in ((0.45, 0.65), (0.3, 0.48), (0.5, 0.62)))
    belly, waist = rng.uniform(0.28, 0.38), rng.uniform(0.66, 0.72)
    knots = [(0, base), (belly, radius), (waist, neck), (0.87, head), (0.96, 0.75 * head)]
    knots += [(1, 0.02)]
    s = np.linspace(0, 1, 60) ** 0.9
    profile = [(0, 0), *columns(smooth(knots, s), s * length), (0, length)]
    labels = ["base", *np.select([s[1:] < 0.56, s[1:] < 0.78], ["body", "neck"], "head"), "head"]
    uses = side_blow("body", belly * length, radius) | roll_along(0.0, 0.56 * length)
    return Blueprint(lathe(profile, labels).turned(y=90.0), uses)


@kind("cricket bat", family="sticks")
def cricket_bat(rng: Rng) -> Blueprint:
    """Cricket bats: modern with a thick spine, thin and flat for the beach, old and curved."""
    style = str(rng.choice(["modern", "flat", "old"]))
    long = rng.uniform(42, 60)
    wide = long * rng.uniform(*{"flat": (0.09, 0.15)}.get(style, (0.075, 0.115)))
    side = wide * rng.uniform(0.15, 0.45)
    ridge = {"modern": wide * rng.uniform(0.3, 0.75), "old": 0.35 * wide}.get(style, 0.0)
    s = np.linspace(0, 1, 36)
    shoulder, toe = rng.uniform(0.06, 0.16), rng.uniform(0.4, 0.9)
    half = wide * smooth([(0, 0.35), (shoulder, 0.95), (0.3, 1), (0.96, 1), (1, toe)], s)
    if style == "old":
        half = wide * smooth([(0, 0.35), (0.5, 0.6), (0.9, 1), (1, toe)], s)
    swell = ridge * smooth([(0, 0.3), (rng.uniform(0.5, 0.8), 1), (1, 0.3)], s)
    edge = side * smooth([(0, 0.8), (0.6, 1), (1, 0.7)], s)
    bow = long * (rng.uniform(0.04, 0.1) if style == "old" else rng.uniform(0.0, 0.03)) * s**3
    ring = [(0 * s, edge + swell), (0.55 * half, edge + 0.35 * swell), (0.94 * half, edge)]
    ring += [(half, 0.5 * edge), (0.95 * half, 0 * s)]
    ring += [(-y, z) for y, z in ring[:0:-1]]
    grid = np.stack([columns(long * s, y, z - bow) for y, z in ring], axis=1)
    names = ["back", "back", "edge", "edge", "face", "edge", "edge", "back", "back"]
    body = skin(grid, np.array([names]), ("edge", "edge"))
    hold = grip(rng, long * rng.uniform(0.4, 0.6), 0.3 * wide, flat=1.0)
    length = float(hold.manifold.bounding_box()[3])
    handle = hold.moved(x=-length + 0.1 * long, z=0.5 * float(edge[3]))
    spot = 24
    at = (long * s[spot], 0, -float(bow[spot]))
    return Blueprint(union(body, handle), use("pound press", "face", at, 2 * wide, "flip:x"))


@kind("hockey stick", family="sticks")
def hockey_stick(rng: Rng) -> Blueprint:
    """Hockey sticks: for the ice, for its goal keeper with a paddle, and the hooked field stick."""
    style = str(rng.choice(["ice", "ice", "goal", "field"]))
    return _field_stick(rng) if style == "field" else _ice_stick(rng, style == "goal")


def _blade_uses(
    out: np.ndarray, toe: np.ndarray, low: np.ndarray, middle: np.ndarray, long: float, high: float
) -> Uses:
    """Strike towards -y with the blade and slide over the ground with its lower border.

    Args:
        out: direction from the middle of the blade to the ground.
        toe: direction from heel to toe.
        low: middle of the lower border.
        middle: of the face.
        long: length of the blade.
        high: its height.
    """
    uses = use("pound", "blade", middle, high, "flip:x", x=(0, -1, 0), y=out)
    uses |= use("scrape", "edge", low, long, x=out, y=toe)
    return uses | use("sweep", "blade", low, long, z=out, y=ASIDE)


def _ice_stick(rng: Rng, goal: bool) -> Blueprint:
    long = rng.uniform(26, 36)
    high, thick = long * rng.uniform(0.19, 0.28), long * rng.uniform(0.035, 0.06)
    lie, curve = rng.uniform(38, 62), long * rng.uniform(0.0, 0.12)
    leaf = _stick_blade(rng, long, high, thick, curve).turned(y=-lie)
    out = np.array([np.sin(np.radians(lie)), 0, -np.cos(np.radians(lie))])
    toe = np.array([-out[2], 0, out[0]])
    length, wide = long * rng.uniform(2.6, 4.6), long * rng.uniform(0.045, 0.06)
    t = np.linspace(0, 1, 40)
    shaft = columns((t - 1) * length, 0, 0)
    path = np.concatenate([shaft, np.linspace(0.06, 0.16, 4)[:, None] * long * toe])
    paddle = 1.8 * rng.uniform(0.8, 1.0) if goal else 0.0
    tall = wide * np.append(1 + paddle * smooth([(0, 0), (0.55, 0), (0.62, 1), (1, 1)], t), [1] * 4)
    deep = np.append(np.full(40, 0.7 * wide), np.linspace(0.6, 0.4, 4) * wide)
    labels = np.where(t[1:] < rng.uniform(0.15, 0.4), "handle", "shaft").tolist() + ["shaft"] * 4
    rod = tube(path, columns(tall, deep), labels, exponent=6.0, round_ends=False)
    middle = 0.55 * long * toe - np.array([0, thick / 2 + 0.3 * curve, 0])
    low = 0.5 * long * toe + 0.5 * high * out + np.array([0, -0.25 * curve, 0])
    return Blueprint(union(leaf, rod), _blade_uses(out, toe, low, middle, long, high))


def _stick_blade(rng: Rng, long: float, high: float, thick: float, curve: float) -> Solid:
    """A blade along x, its lower border at -z; its hollow side looks to -y."""
    s = np.linspace(-0.1, 1, 30)
    toe = np.sqrt(np.clip(1 - np.clip((s - 0.85) / 0.155, 0, 1) ** 2, 0.05, 1))
    top = high * (toe * smooth([(-0.1, 0.6), (0.15, rng.uniform(0.8, 0.95)), (1, 1)], s) - 0.5)
    low = -0.5 * high + 0.12 * high * (1 - toe) + 0.3 * high * np.clip(-s / 0.1, 0, 1) ** 2
    half = 0.5 * thick * smooth([(-0.1, 1.2), (0.2, 1), (1, 0.75)], s)
    y = -curve * np.clip(s, 0, 1) ** 2
    band = np.minimum(0.14 * high, 0.4 * (top - low))
    ring = [(half, top), (half, low + band), (0.8 * half, low)]
    ring += [(-a, b) for a, b in ring[::-1]]
    grid = np.stack([columns(long * s, y + a, b) for a, b in ring], axis=1)
    return skin(grid, np.array([["blade", "edge", "edge", "edge", "blade", "blade"]]))


def _field_stick(rng: Rng) -> Blueprint:
    radius = rng.uniform(4.0, 6.5)
    wide, thick = radius * rng.uniform(0.34, 0.48), radius * rng.uniform(0.28, 0.4)
    length, turn = radius * rng.uniform(9, 15), rng.uniform(120, 190)
    t = np.linspace(0, 1, 40)
    shaft = columns((t - 1) * length, 0, 0)
    bend = arc((0.0, radius), radius, -90.0, turn - 90.0, 36)[1:]
    path = np.concatenate([shaft, bend])
    hold = rng.uniform(0.85, 1.05)
    grow = np.append(smooth([(0, hold), (0.4, 0.85 * hold), (0.75, 0.8), (1, 1)], t), [1.0] * 35)
    radii = columns(wide * grow, thick * np.minimum(grow, 1))
    labels = ["handle"] * int(40 * rng.uniform(0.25, 0.45))
    labels += ["shaft"] * (39 - len(labels)) + ["blade"] * 35
    stick = tube(path, radii, labels, exponent=2.6, round_ends=True)
    flat = block((9 * radius, radius, 9 * radius), 0.01, "blade")
    head = stick - flat.moved(x=4.3 * radius, y=-0.5 * radius - 0.6 * thick)
    line = [(0, -2 * radius, radius), (0, 0, radius), (0, 2 * radius, radius)]
    core = tube(line, radius + 0.55 * wide, "blade", up=UP, sides=64)
    band = block((4 * radius, 9, 4 * radius), 0.01, "edge").moved(x=2.05 * radius) - core
    rest = head - band
    whole = rest + Solid.of((head & band).manifold, "edge")
    way = np.radians(turn / 2 - 90)
    out = np.array([np.cos(way), 0, np.sin(way)])
    toe = np.array([-out[2], 0, out[0]])
    low = np.array([0, 0, radius]) + (radius + wide) * out
    middle = np.array([0, -0.6 * thick, radius]) + radius * out
    uses = _blade_uses(out, toe, low, middle, 2 * radius, 2 * wide)
    return Blueprint(whole, uses)
