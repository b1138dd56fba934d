"""Points that turn: screw, screwdriver, drill, corkscrew. They lie along x, the point at +x."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from funcorr_forge.curves import ASIDE, FORWARD, UP, Rng, bezier, columns, smooth
from funcorr_forge.registry import Blueprint, kind
from funcorr_forge.shapes import disc, grip, ridged, turned_handle
from funcorr_forge.solids import Solid, block, lathe, spun, tube, union
from funcorr_forge.uses import Uses, point_uses, use


@kind("screw", family="points")
def screw(rng: Rng) -> Blueprint:
    """Screws: countersunk, round-headed, hexagonal lag and wing screws."""
    style = str(rng.choice(["sunk", "sunk", "round", "hex", "wing"]))
    length = rng.uniform(10, 26)
    pitch, deep = rng.uniform(0.9, 1.7), rng.uniform(0.3, 0.55)
    reach = min(rng.uniform(2.5, 5.0), 0.28 * length)
    smooth_part = length * rng.choice([0.04, rng.uniform(0.2, 0.45)])
    x = np.linspace(0, length, int(12 * length / pitch))
    taper = smooth([(0, 1), (length - reach, 0.9), (length, 0.03)], x)
    ridge = smooth([(0, deep), (length - 0.6 * reach, deep), (length, 0.04)], x)
    winding = np.clip((x - smooth_part) / 0.5, 0, 1) * ridge
    rod = ridged(x, taper, winding, pitch, ("thread", "shank", "tip"), length - reach)
    uses = point_uses("pierce", length, reach, "tip thread")
    uses |= point_uses("scrape poke", length, reach)
    return Blueprint(rod + _screw_head(rng, style), uses)


def _screw_head(rng: Rng, style: str) -> Solid:
    wide = rng.uniform(1.9, 2.7)
    tall = wide * rng.uniform(0.5, 0.8)
    if style == "wing":
        ear = disc(wide, 0.6, "head").scaled(z=rng.uniform(0.6, 0.9))
        ears = [ear.turned(y=side * 35.0).moved(x=-0.6 * wide, z=side * wide) for side in (-1, 1)]
        return union(*ears, spun([(1.1, -wide), (1.4, 0.1)], "head"))
    if style == "hex":
        nut = spun([(0.9 * wide, -tall), (wide, -0.85 * tall), (wide, 0.1)], "head", 6)
        rim = 1.25 * wide if rng.random() < 0.5 else 0.7 * wide
        return nut + spun([(rim, -0.1), (rim, 0.15)], "head")
    top = [(0, -0.1), (wide, -0.1), (0.9, tall), (0, tall)]
    if style == "round":
        angle = np.linspace(0, np.pi / 2, 8)
        top = [*columns(wide * np.sin(angle), -tall * np.cos(angle)), (0.9, 0.1), (0, 0.1)]
    slot = block((0.8, 0.36 * wide, 1.4 * wide), 0.02, "head")
    if rng.random() < 0.4:
        slot = block((0.8, 0.3 * wide, 9), 0.02, "head")
    else:
        slot = slot + slot.turned(x=90.0)
    return spun(top, "head") - slot.moved(x=-tall if style == "round" else -0.1)


@kind("screwdriver", family="points")
def screwdriver(rng: Rng) -> Blueprint:
    """Screwdrivers: flat or cross tip, stubby to long."""
    length = rng.uniform(7.5, 12)
    radius = length * rng.uniform(0.12, 0.19)
    thin = radius * rng.uniform(0.16, 0.34)
    shaft = length * rng.choice([rng.uniform(0.45, 0.8), rng.uniform(0.9, 2.0)])
    flat = rng.random() < 0.65
    reach = thin * rng.uniform(2.5, 6)
    tip, size = _flat_tip(rng, thin, reach) if flat else _cross_tip(thin, reach)
    line = [(-0.5, 0, 0), (shaft / 2, 0, 0), (shaft, 0, 0)]
    rod = tube(line, thin, "shaft", exponent=rng.choice([2.0, 2.0, 6.0]))
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
    cone = lathe([(thin, -0.1 * thin), (thin, 0.55 * reach), (0.25 * thin, reach)], "tip", 32)
    groove = block((1.6 * thin, 1.6 * thin, reach), 0.01 * thin, "tip").turned(x=9.0, y=-9.0)
    at = 0.98 * thin
    cuts = [groove.moved(x=at, y=at, z=0.85 * reach).turned(z=90.0 * k) for k in range(4)]
    return (cone - union(*cuts)).turned(y=90.0), 2 * thin


@kind("drill", family="points")
def drill(rng: Rng) -> Blueprint:
    """Drills: electric with a pistol grip, carpenter's brace, hand drill with a wheel, gimlet."""
    style = str(rng.choice(["pistol", "pistol", "brace", "wheel", "gimlet"]))
    length, radius = rng.uniform(7, 15), rng.uniform(0.35, 0.8)
    reach = radius * rng.uniform(2.0, 4.0)
    pitch = radius * rng.uniform(5, 9)
    x = np.linspace(-1, length, int(12 * (length + 1) / pitch) + 24)
    shrink = smooth([(-1, 1), (length - 0.8 * reach, 1), (length, 0.04)], x)
    plain = 0.4 * np.clip(1 - x / (0.2 * length), 0, 1)
    core = radius * shrink * (0.55 + plain)
    deep = radius * shrink * (0.45 - plain)
    names = ("bit", "bit", "tip")
    bit = ridged(x, core, deep, pitch, names, length - reach, starts=2, band=(0.2, 0.5))
    bodies = {"pistol": _pistol_drill, "brace": _brace, "wheel": _wheel_drill, "gimlet": _gimlet}
    body = bodies[style](rng)
    uses = point_uses("pierce", length, reach, "tip bit") | point_uses("poke", length, reach)
    return Blueprint(bit + body, uses)


def _chuck(rng: Rng, wide: float, long: float) -> Solid:
    """The clamp around the root of the bit, from -long to 0."""
    nose = rng.uniform(0.4, 0.65) * wide
    profile = [(0, -long - 0.3), (wide, -long - 0.3), (wide, -0.5 * long), (nose, 0), (0, 0)]
    return spun(profile, "chuck", int(rng.choice([12, 32])))


def _pistol_drill(rng: Rng) -> Solid:
    size = rng.uniform(2.2, 3.2)
    long, chuck = size * rng.uniform(3.0, 4.6), size * rng.uniform(0.9, 1.4)
    s = np.linspace(0, 1, 20)
    wide = size * smooth([(0, 0.75), (0.12, 1), (0.7, 1), (1, 0.62)], s)
    path = columns(-chuck - long * (1 - s), 0, 0)
    body = tube(path, columns(wide, 0.8 * wide), "body", exponent=rng.choice([2.0, 3.0, 5.0]))
    back, low = -chuck - long * rng.uniform(0.6, 0.85), -size * rng.uniform(3.2, 4.4)
    lean = rng.uniform(0.0, 0.5) * size
    hold = np.array([(back, 0, 0), (back - 0.4 * lean, 0, 0.5 * low), (back - lean, 0, low)])
    palm = size * rng.uniform(0.5, 0.65)
    pieces = [body, tube(hold, [(palm, 0.6 * size)], "handle", exponent=3.0, round_ends=True)]
    if rng.random() < 0.65:
        foot = block((2.4 * size, 1.7 * size, 0.9 * size), 0.2 * size, "battery")
        pieces.append(foot.moved(x=back - lean + 0.4 * size, z=low - 0.2 * size))
    trigger = block((0.7 * size, 0.5 * size, 0.9 * size), 0.15 * size, "trigger")
    pieces.append(trigger.moved(x=back + palm, z=-1.5 * size))
    return union(*pieces, _chuck(rng, 0.6 * size, chuck))


def _brace(rng: Rng) -> Solid:
    arm, throw = rng.uniform(6, 9), rng.uniform(4.5, 7.5)
    wire, half = rng.uniform(0.4, 0.6), rng.uniform(1.6, 2.4)
    slant = rng.uniform(0.5, 2.0)
    middle = -2.4 - arm
    run = [(-2.4, 0), (middle + half + slant + 1, 0), (middle + half, -throw)]
    run += [(middle - half, -throw), (middle - half - slant - 1, 0), (middle - arm, 0)]
    turns = np.array([(x, 0, z) for x, z in run])
    legs = [tube(np.linspace(a, b, 4), wire, "crank", round_ends=True) for a, b in pairwise(turns)]
    end = middle - arm
    barrel = [(0, -half), (0.9, -0.9 * half), (1.2, 0), (0.9, 0.9 * half), (0, half)]
    knob = [(0, end - 1.6), (1.8, end - 1.3), (2.3, end - 0.6), (1.2, end + 0.3), (0, end + 0.6)]
    grip_ = spun(barrel, "handle").moved(x=middle, z=-throw)
    return union(*legs, grip_, spun(knob, "knob"), _chuck(rng, rng.uniform(0.9, 1.3), 2.6))


def _wheel_drill(rng: Rng) -> Solid:
    frame, wheel = rng.uniform(7, 11), rng.uniform(2.5, 4.0)
    bar = spun([(0.5, -2 - frame), (0.5, -2)], "body")
    at = -2.6 - wheel
    rim = disc(wheel, 0.5, "wheel", 40) - disc(0.78 * wheel, 9.0, "wheel", 32)
    spoke = block((1.9 * wheel, 0.4, 0.5), 0.1, "wheel")
    spokes = [spoke.turned(y=45.0 + 90.0 * k) for k in range(2)]
    out = union(rim, *spokes, disc(0.7, 0.7, "wheel")).moved(y=-0.75)
    crank = tube([(0.0, -1, 0), (0, -2, 0), (0, -3.2, 0)], 0.55, "crank", up=UP)
    turn = rng.uniform(0, 360)
    drive = (out + crank.moved(z=0.85 * wheel) + disc(0.5, 2.0, "wheel")).turned(y=turn)
    hold = grip(rng, rng.uniform(5, 8), rng.uniform(0.9, 1.3), flat=1.0).turned(z=180.0)
    return union(bar, drive.moved(x=at), hold.moved(x=-1.5 - frame), _chuck(rng, 1.0, 2.2))


def _gimlet(rng: Rng) -> Solid:
    span, thick = rng.uniform(3, 6), rng.uniform(0.7, 1.1)
    s = np.linspace(-1, 1, 25)
    stem = rng.uniform(1, 4)
    bow = rng.uniform(-0.1, 0.25) * span * s**2
    path = columns(-stem - bow, 0, span * s)
    belly = thick * (1 - rng.uniform(0.0, 0.45) * s**2)
    bar = tube(path, belly, "handle", round_ends=True)
    return bar + spun([(0.6, -stem), (0.5, 0)], "shaft")


@kind("corkscrew", family="points")
def corkscrew(rng: Rng) -> Blueprint:
    """Corkscrews: a plain cross bar, two wings on a bell, the waiter's friend with its lever."""
    style = str(rng.choice(["bar", "bar", "wings", "wings", "waiter"]))
    length, wire = rng.uniform(5, 8), rng.uniform(0.16, 0.26)
    radius = rng.uniform(0.4, 0.55) if style == "wings" else rng.uniform(0.5, 0.9)
    turns = int(rng.integers(4, 7))
    s = np.linspace(0, 1, 20 * turns)
    coil = radius * smooth([(0, 0), (0.1, 1), (0.85, 1), (1, 0.35)], s)
    angle = 2 * np.pi * turns * s
    path = columns(s * length, coil * np.cos(angle), coil * np.sin(angle))
    taper = wire * smooth([(0, 1.2), (0.1, 1), (0.88, 1), (1, 0.06)], s)
    worm = tube(path, taper, np.where(s[1:] > 0.9, "tip", "spiral"), sides=12)
    reach = 0.1 * length + 0.5 * radius
    uses = point_uses("pierce", length, reach, "tip spiral")
    uses |= point_uses("scrape poke", length, reach)
    if style == "bar":
        span, thick = rng.uniform(2.5, 5), rng.uniform(0.5, 0.9)
        t = np.linspace(-1, 1, 25)
        belly = thick * smooth([(0, 1), (0.5, rng.uniform(0.7, 1.1)), (1, 0.8)], np.abs(t))
        stem = rng.uniform(0.5, 2.5)
        bar = tube(columns(-stem, 0, span * t), belly, "handle", round_ends=True)
        rod = spun([(1.4 * wire, -stem), (1.2 * wire, 0.1)], "shaft")
        return Blueprint(union(worm, bar, rod), uses)
    body, lever = (_wings if style == "wings" else _waiter)(rng, length, wire)
    return Blueprint(worm + body, uses | lever)


def _wings(rng: Rng, length: float, wire: float) -> tuple[Solid, Uses]:
    """A slotted bell around the spiral, a rack above it and a lever at each side."""
    wide, tall = rng.uniform(1.35, 1.8), length * rng.uniform(0.55, 0.8)
    bell = [(0, 0), (0.7, 0), (0.8, 0.3 * tall), (wide, 0.6 * tall), (1.05 * wide, tall)]
    inner = [(0.9 * wide, tall), (0.85 * wide, 0.6 * tall), (0.55, 0.4 * tall), (0, 0.4 * tall)]
    cage = spun([*bell, *inner], "bell", 40)
    slot = block((0.5 * tall, 9, 0.85 * wide), 0.2, "bell").moved(x=0.64 * tall)
    rack = rng.uniform(2.5, 4.5)
    rod = spun([(0.35, -rack), (0.35, 0.6 * tall)], "shaft")
    bar = tube([(-rack, 0, -1.2), (-rack, 0, 0), (-rack, 0, 1.2)], 0.4, "handle")
    reach, lift = rng.uniform(4, 6), rng.uniform(-20, 20)
    arm = [(0, 0.2), (0, 0.5 * reach), (0.1 * reach, reach)]
    radii = columns(np.linspace(0.3, 0.45, 12), np.linspace(0.35, 0.8, 12))
    wing = tube(bezier(arm, 12), radii, "lever", exponent=4.0, round_ends=True)
    wing = (wing + disc(0.7, 0.6, "lever")).turned(y=lift).moved(x=0.3, z=0.6)
    end = 0.3 + reach * np.sin(np.radians(lift))
    solid = union(cage - slot, rod, bar, wing, wing.turned(x=180.0))
    at, pivot = (end, 0, 0.6 + reach), (end, 0, 0)
    return solid, use("pry", "lever", at, 0.5 * reach, "flip:z", pivot, x=UP, z=FORWARD)


def _waiter(rng: Rng, length: float, wire: float) -> tuple[Solid, Uses]:
    """A flat knife-like handle across the spiral; the lever folds out at its end."""
    half, tall = length * rng.uniform(0.65, 0.9), rng.uniform(0.5, 0.75)
    bow = rng.uniform(-0.2, 0.4)
    t = np.linspace(-1, 1, 25)
    path = columns(-0.8 * tall - bow * t**2, 0, half * t)
    radii = columns(tall * (1 - 0.2 * t**2), 0.75 * tall)
    handle = tube(path, radii, "handle", up=(0, 1, 0), exponent=4.0, round_ends=True)
    reach, out = rng.uniform(3.5, 5.5), rng.uniform(0.0, 0.35)
    root = np.array([-0.8 * tall - bow, 0, half])
    way = np.array([np.cos(out), 0, np.sin(out)])
    s = np.linspace(0, 1, 16)
    arm = root + s[:, None] * reach * way
    flat = columns(0.3 - 0.1 * s, 0.4 + 0.1 * s)
    lever = tube(arm, flat, "lever", exponent=4.0)
    boot = block((0.35, 0.9, 0.9), 0.1, "lever").turned(y=-np.degrees(out)).moved(*arm[-1])
    side = (-way[2], 0, way[0])
    return union(handle, lever, boot), use("pry", "lever", arm[-1], 0.4 * reach, x=way, z=side)
