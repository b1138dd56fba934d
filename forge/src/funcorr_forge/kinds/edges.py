"""Short edges: chisel, wedge, peeler, box cutter, scissors. They lie along x."""

from __future__ import annotations

import numpy as np

from funcorr_forge.curves import ASIDE, BACK, FORWARD, UP, Rng, bezier, columns, smooth
from funcorr_forge.registry import Blueprint, kind
from funcorr_forge.shapes import grip, ring, sheet, slab, turned_handle
from funcorr_forge.solids import Solid, block, lathe, plate, tube, union
from funcorr_forge.uses import use


@kind("chisel", family="blades")
def chisel(rng: Rng) -> Blueprint:
    """Chisels: bevel-edged ones in a turned handle, cold chisels of one bar."""
    length = rng.uniform(8, 16)
    wide = length * rng.uniform(0.035, 0.11)
    cold = rng.random() < 0.3
    thick = wide * rng.uniform(0.3, 0.5) + 0.1
    bevel = thick * rng.uniform(2.5, 5.0)
    root = wide * (rng.uniform(0.35, 0.6) if not cold else rng.uniform(0.75, 1.0))
    s = np.linspace(0, 1, 14)
    xs = np.concatenate([s * (length - bevel), [length]])
    half = np.append(smooth([(0, root), (0.25, 0.9 * wide), (0.4, wide), (1, wide)], s), wide)
    low = np.append(np.full(14, -thick / 2), 0.44 * thick)
    if cold:
        low = np.append(-0.5 * thick * (1.6 - 0.6 * s), -0.03 * thick)
    high = np.append(-low[:-1] if cold else np.full(14, thick / 2), -low[-1] if cold else thick / 2)
    blade = slab(xs, half, low, high, ["blade"] * 13 + ["edge"])
    if cold:
        profile = [(0.8, -length), (1, 0.12 * length - length), (1, 0.3)]
        bar = lathe(profile, "handle", int(rng.choice([6, 8, 32])))
        pieces = [bar.scaled(1.3 * root, 1.1 * root).turned(y=90.0)]
    else:
        line = [(-1.0, 0, 0), (0.06 * length, 0, 0), (0.13 * length, 0, 0)]
        neck = tube(line, [(0.9 * thick, 0.9 * root)], "blade")
        handle = turned_handle(rng, length * rng.uniform(0.7, 1.1), max(0.75, 1.3 * root))
        pieces = [neck, handle]
    end = (length, 0, float(high[-1] + low[-1]) / 2)
    uses = use("cut peel", "edge", end, 2 * wide, x=ASIDE, y=BACK)
    uses |= use("pry scrape wedge", "edge", end, 2 * wide, x=FORWARD, y=ASIDE)
    return Blueprint(union(blade, *pieces), uses)


@kind("wedge", family="blades")
def wedge(rng: Rng) -> Blueprint:
    """Wedges: steel splitting wedges, wooden ones, door stops."""
    length = rng.uniform(8, 24)
    wide, thick = length * rng.uniform(0.12, 0.3), length * rng.uniform(0.1, 0.22)
    style = rng.choice(["split", "plain", "stop"])
    s = np.linspace(0, 1, 20)
    taper = thick * np.maximum(1 - s ** rng.uniform(0.85, 1.1), 0.03)
    if style == "split":
        taper = thick * smooth([(0, 0.85), (0.12, 1), (0.3, 0.95), (1, 0.03)], s)
    flare = 1 + {"split": rng.uniform(0, 0.4)}.get(style, rng.uniform(-0.25, 0.1)) * s
    low = np.zeros(20) if style == "stop" else -taper
    high = 2 * taper if style == "stop" else taper
    labels = np.select([s[1:] < 0.12, s[1:] < 0.68], ["poll", "body"], "edge")
    body = slab(length * s, wide * flare, low, high, labels)
    if style == "stop" and rng.random() < 0.6:
        hole = lathe([(0.4 * wide, -9), (0.4 * wide, 9 * thick)], "body")
        body = body - hole.moved(x=rng.uniform(0.2, 0.35) * length)
    width = 2 * wide * float(flare[-1])
    return Blueprint(body, use("wedge", "edge", (length, 0, 0), width, x=FORWARD, y=ASIDE))


@kind("peeler", family="blades")
def peeler(rng: Rng) -> Blueprint:
    """Peelers: a blade across a fork, or along the handle."""
    return _fork_peeler(rng) if rng.random() < 0.55 else _straight_peeler(rng)


def _slotted_blade(rng: Rng, length: float, wide: float) -> Solid:
    """A bent strip along x about the origin with a slot between its two edges."""
    s = np.linspace(-1, 1, 24)
    half = wide * np.clip(1 - 0.3 * np.abs(s) ** 4, 0.1, 1)
    lift = -0.1 * length * (1 - s**2) * rng.uniform(0, 1)
    thick = 0.1 * wide
    strip = sheet(0.5 * length * s, half, lift, -0.4 * wide, thick, ["edge"] * 23)
    slot = block((0.8 * length, 0.55 * wide, 9 * wide), 0.2 * wide, "edge")
    return strip - slot


def _fork_peeler(rng: Rng) -> Blueprint:
    blade, wide = rng.uniform(4, 6), rng.uniform(0.45, 0.75)
    reach, length = blade * rng.uniform(0.55, 0.9), blade * rng.uniform(1.4, 2.2)
    thick, deep = blade * rng.uniform(0.06, 0.09), blade * rng.uniform(0.05, 0.08)
    bow = rng.uniform(0.5, 0.75) * blade
    arm = bezier(
        [(-0.3, 0, 0), (0.35 * reach, 0, 0), (0.2 * reach, bow, 0), (reach, 0.52 * blade, 0)], 26
    )
    fork = tube(arm, [(thick, deep)], "frame", up=UP, exponent=3.0, round_ends=True)
    mirrored = fork.scaled(y=-1.0)
    strip = _slotted_blade(rng, 1.08 * blade, wide).turned(z=90.0).moved(x=reach)
    handle = grip(rng, length, 1.7 * thick, flat=1.3).moved(x=-length)
    uses = use("peel", "edge", (reach, 0, 0), blade, x=ASIDE, y=FORWARD)
    return Blueprint(union(fork, mirrored, strip, handle), uses)


def _straight_peeler(rng: Rng) -> Blueprint:
    blade, wide = rng.uniform(5, 8), rng.uniform(0.6, 0.9)
    strip = _slotted_blade(rng, blade, wide).moved(x=blade / 2)
    length = rng.uniform(8, 11)
    hold = grip(rng, length, rng.uniform(0.6, 0.9)).moved(x=-length)
    rod = tube(
        [(-0.8, 0, 0), (0.05 * blade, 0, -0.1), (0.14 * blade, 0, -0.2)], 0.28 * wide, "frame"
    )
    tip = block((0.12 * blade, 1.3 * wide, 0.4 * wide), 0.15 * wide, "tip")
    tip = tip.moved(x=0.99 * blade, z=-0.3 * wide)
    uses = use("peel", "edge", (blade / 2, 0, 0), blade, "flip:z", y=ASIDE)
    return Blueprint(union(strip, hold, rod, tip), uses)


@kind("box cutter", family="blades")
def box_cutter(rng: Rng) -> Blueprint:
    """Box cutters: a flat holder with a slider, and a snap-off or trapezoid blade."""
    length = rng.uniform(11, 17)
    high, thick = length * rng.uniform(0.07, 0.13), length * rng.uniform(0.05, 0.1)
    out = high * rng.uniform(1.5, 4.5)
    blade_high = high * rng.uniform(0.55, 0.75)
    slant = blade_high * rng.uniform(0.4, 1.1)
    band, thin = 0.28 * blade_high, 0.14 * thick
    top = out - slant * (1 - band / blade_high)
    upper = [(-2 * high, band), (out - 0.3 * band, band), (out - slant, blade_high)]
    flat = plate([*upper, (-2 * high, blade_high)], thin, "blade")
    low = [(-2 * high, 0), (0.72 * out, 0), (0.72 * out, 1.02 * band), (-2 * high, 1.02 * band)]
    edge = plate(low, 0.7 * thin, "edge")
    front = max(top, 0.72 * out)
    end = [(0.71 * out, 0), (out, 0), (front, 1.05 * band), (0.71 * out, 1.05 * band)]
    point = plate(end, 0.7 * thin, "tip")
    parts = union(flat, edge, point).moved(z=-blade_high / 2)
    size = (0.04 * high, thick, 1.6 * blade_high)
    spots = np.arange(0.25, 0.95, 0.28) * (out - slant)
    scores = [block(size, 0.01, "blade").turned(y=25.0).moved(x=x) for x in spots]
    scores = [score.moved(y=0.5 * thin + 0.47 * thick) for score in scores]
    holder, slider = _holder(rng, length, high, thick)
    whole = union(parts - union(*scores), holder, slider)
    under, middle = -blade_high / 2, (out / 2, 0, 0)
    uses = use("cut", "edge tip", middle, out) | use("peel", "edge", middle, out)
    uses |= use("pierce", "tip", (out, 0, under), 0.3 * out, z=ASIDE)
    uses |= use("scrape", "edge", (out / 2, 0, under), out)
    return Blueprint(whole, uses)


def _holder(rng: Rng, length: float, high: float, thick: float) -> tuple[Solid, Solid]:
    s = np.linspace(0, 1, 24)
    end = rng.uniform(0.8, 1.1)
    tall = high * smooth([(0, end), (0.35, rng.uniform(0.85, 1.1)), (0.85, 1), (1, 0.75)], s)
    deep = thick * smooth([(0, 0.9), (0.8, 1), (1, 0.6)], s)
    sag = high * rng.uniform(-0.5, 0.2) * (1 - s) ** 2
    path = columns((s - 1) * length, 0, sag)
    radii = columns(tall, deep)
    body = tube(path, radii, "handle", exponent=5.0, round_ends=rng.random() < 0.5)
    knob = block((1.3 * high, 0.7 * thick, 0.7 * high), 0.2 * high, "slider")
    at = -length * rng.uniform(0.25, 0.5)
    if rng.random() < 0.5:
        return body, knob.moved(x=at, z=0.95 * high)
    return body, knob.turned(x=90.0).moved(x=at, y=-0.95 * thick)


@kind("scissors", family="blades")
def scissors(rng: Rng) -> Blueprint:
    """Scissors: two blades on a pivot, ring handles, more or less open."""
    length = rng.uniform(6, 13)
    high, thin = length * rng.uniform(0.07, 0.12), length * rng.uniform(0.014, 0.022)
    spread = rng.uniform(3, 16)
    half = _scissor_half(rng, length, high, thin)
    upper = half.moved(y=thin / 2).turned(y=-spread)
    lower = half.scaled(z=-1.0).moved(y=-thin / 2).turned(y=spread)
    profile = [(0, -2 * thin), (0.4 * high, -2 * thin), (0.4 * high, 2 * thin), (0, 2 * thin)]
    screw = lathe(profile, "pivot", 24).turned(x=90.0)
    uses = use("cut", "blade edge", (length / 2, 0, 0), length, "flip:x")
    return Blueprint(union(upper, lower, screw), uses)


def _scissor_half(rng: Rng, length: float, high: float, thin: float) -> Solid:
    """The half whose blade is above: its edge along z = 0, its ring below behind."""
    belly = rng.uniform(0.85, 1.1)
    back = [(length, 0.05 * high), (0.75 * length, 0.55 * belly * high), (0.3 * length, high)]
    back = [(-0.6 * high, 0.15 * high), *back, (0, high), (-0.9 * high, 0.6 * high)]
    body = plate(back[::-1], 1.04 * thin, "blade")
    front = [(-0.6 * high, -0.12 * high), (0.9 * length, -0.12 * high), (length, 0.0)]
    front += [(0.95 * length, 0.16 * high), (-0.6 * high, 0.18 * high)]
    edge = plate(front, 0.9 * thin, "edge")
    size, wire = length * rng.uniform(0.13, 0.19), length * rng.uniform(0.022, 0.035)
    back_x, drop = -length * rng.uniform(0.35, 0.75), 1.3 * size
    shank = [(0.2 * high, 0.3 * high), (0.5 * back_x, 0.2 * high)]
    shank += [(0.7 * back_x, -0.2 * drop), (back_x, -0.1 * drop - wire)]
    arm = tube(bezier(shank, 24), [(1.1 * wire, 0.9 * wire)], "handle", round_ends=True)
    loop = ring(size, wire, "handle").scaled(x=rng.uniform(1.0, 1.6))
    return union(body, edge, arm, loop.moved(x=back_x - 0.7 * size, z=-drop))
