"""Gripping tools: wrench, pliers, grabber, tongs, tweezers, chopsticks. Jaws at +x close in z."""

from __future__ import annotations

import numpy as np

from funcorr_forge.curves import UP, Rng, arc, bezier, columns, smooth
from funcorr_forge.registry import Blueprint, kind
from funcorr_forge.shapes import disc
from funcorr_forge.solids import Solid, block, lathe, plate, spun, tube, union
from funcorr_forge.uses import point_uses, use


@kind("wrench", family="jaws")
def wrench(rng: Rng) -> Blueprint:
    """Wrenches: open-ended, combination with a ring, adjustable."""
    style = rng.choice(["open", "combination", "adjustable"])
    size = rng.uniform(1.6, 2.6)
    length = size * rng.uniform(6, 11)
    thick = size * rng.uniform(0.32, 0.55)
    gap = size * rng.uniform(0.85, 1.15)
    head = disc(size, thick, "jaws").scaled(x=rng.uniform(1.0, 1.3), z=rng.uniform(0.95, 1.1))
    floor = size * rng.uniform(-0.45, -0.1)
    mouth = [(floor, -0.25 * gap), (floor + 0.25 * gap, -gap / 2), (3 * size, -gap / 2)]
    slot = plate([*mouth, *[(x, -z) for x, z in mouth[::-1]]], 3 * thick, "jaws")
    head = head - slot
    if style == "adjustable":
        head = head + _worm(rng, size, thick, floor)
    tilt = {"adjustable": rng.uniform(10, 25)}.get(style, rng.choice([0.0, 15.0]))
    pieces = [head.turned(y=-tilt), _wrench_handle(rng, length, size, thick, floor)]
    if style == "open" and rng.random() < 0.6:
        other = head.scaled(0.8, 1.0, 0.8).turned(y=180.0 - tilt)
        pieces.append(other.moved(x=-length - 0.5 * size))
    elif style == "combination":
        ring = disc(0.9 * size, 1.15 * thick, "ring") - disc(0.58 * size, 9.0, "ring", 12)
        pieces.append(ring.moved(x=-length - 0.6 * size))
    reach = size - floor
    symmetry = "flip:x" if tilt == 0 else "none"
    uses = use("apply-torque", "jaws", ((size + floor) / 2, 0, 0), reach, symmetry)
    return Blueprint(union(*pieces), uses)


def _wrench_handle(rng: Rng, length: float, size: float, thick: float, floor: float) -> Solid:
    s = np.linspace(0, 1, 30)
    waist, end = rng.uniform(0.3, 0.45), rng.uniform(0.4, 0.6)
    wide = size * smooth([(0, end), (0.25, waist * 1.1), (0.75, waist), (1, 0.75)], s)
    start = min(0.9 * floor, -0.25 * size) - 0.1 * size
    path = columns(-length + s * (length + start), 0, 0)
    flat = np.full(30, thick * rng.uniform(0.35, 0.48))
    return tube(path, columns(wide, flat), "handle", exponent=5.0, round_ends=True)


def _worm(rng: Rng, size: float, thick: float, floor: float) -> Solid:
    """The knurled screw below the jaws, and the step of the sliding jaw."""
    radius = 0.62 * thick
    z = np.linspace(-0.38, 0.38, 23) * size
    ridges = radius * np.where(np.arange(23) % 2, 1.0, 0.84)
    screw = lathe([(0, z[0]), *zip(ridges, z, strict=True), (0, z[-1])], "screw", 24)
    step = block((0.5 * size, 1.2 * thick, 0.25 * size), 0.06 * size, "jaws")
    return screw.moved(x=floor - 0.32 * size, z=-0.3 * size) + step.moved(x=floor, z=-0.85 * size)


@kind("pliers", family="jaws")
def pliers(rng: Rng) -> Blueprint:
    """Pliers: combination, needle nose, slip joint; more or less open."""
    style = rng.choice(["combination", "needle", "slip"])
    high = rng.uniform(0.9, 1.3)
    reach = high * {"combination": rng.uniform(2.6, 3.6), "needle": rng.uniform(4.5, 6.5)}.get(
        style, rng.uniform(3.0, 4.2)
    )
    thick = high * rng.uniform(0.4, 0.6)
    end = {"needle": rng.uniform(0.14, 0.25)}.get(style, rng.uniform(0.45, 0.75))
    spread = rng.uniform(2, 14)
    jaw = _half_jaw(reach, high, thick, end, bulge=0.35 if style == "slip" else 0.0)
    half = (jaw + _plier_handle(rng, high, thick)).turned(y=-spread)
    boss = lathe([(0.95 * high, -thick), (0.95 * high, thick)], "pivot")
    bolt = lathe([(0.4 * high, -1.25 * thick), (0.4 * high, 1.25 * thick)], "pivot", 12)
    joint = (boss + bolt).turned(x=90.0)
    tip = reach * np.cos(np.radians(spread))
    uses = use("apply-torque", "jaws", (0.7 * tip, 0, 0), 0.7 * reach, "flip:x")
    uses |= use("pick-up", "jaws tip", (tip, 0, 0), 0.7 * reach, "flip:x")
    if style == "needle":
        uses |= point_uses("poke", tip, 0.3 * reach, flat=True)
    return Blueprint(union(half, half.turned(x=180.0), joint), uses)


def _half_jaw(reach: float, high: float, thick: float, end: float, bulge: float) -> Solid:
    """The upper jaw: flat below, its back falling to the tip; ``bulge`` hollows its root."""
    s = np.linspace(0, 1, 24)
    top = high * smooth([(0, 0.95), (0.35, 0.5 + 0.45 * end), (1, end)], s)
    path = columns(s * reach, 0, 0)
    labels = np.where(s[1:] > 0.8, "tip", "jaws")
    wide = thick * smooth([(0, 1.0), (1, 0.35 + 0.6 * end)], s)
    bar = tube(path, columns(top, wide), labels, exponent=4.0)
    below = block((3 * reach, 9 * thick, 4 * high), 0.01, "jaws").moved(z=-2 * high)
    tooth, spots = (0.03 * reach, 4 * thick, 0.08 * high), np.linspace(0.5, 0.95, 8)
    teeth = union(*[block(tooth, 0.002, "jaws").moved(x=x * reach) for x in spots])
    hollow = disc(0.16 * reach, 9 * thick, "jaws", 28).scaled(z=1.6 * bulge).moved(x=0.42 * reach)
    return bar - below - teeth - hollow if bulge else bar - below - teeth


def _plier_handle(rng: Rng, high: float, thick: float) -> Solid:
    """A grip that bows out below and runs backwards."""
    length, out = high * rng.uniform(7, 11), high * rng.uniform(0.9, 1.9)
    curve = [(0.5 * high, 0.25 * high), (-0.6 * high, -0.2 * high), (-0.35 * length, -1.5 * out)]
    curve += [(-0.7 * length, -out), (-length, -out * rng.uniform(0.6, 1.2))]
    s = np.linspace(0, 1, 36)
    radius = high * smooth([(0, 0.5), (0.2, 0.38), (0.28, 0.45), (0.7, 0.42), (1, 0.36)], s)
    radii = columns(radius, np.minimum(radius, thick * rng.uniform(0.9, 1.3)))
    labels = np.where(s[1:] < 0.22, "arm", "handle")
    return tube(bezier(curve, 36), radii, labels, exponent=2.6, round_ends=True)


@kind("grabber", family="jaws")
def grabber(rng: Rng) -> Blueprint:
    """Reachers and litter pickers: two jaws on a long bar, a pistol grip with a trigger."""
    length = rng.uniform(45, 80)
    thick = length * rng.uniform(0.009, 0.014)
    reach = length * rng.uniform(0.14, 0.22)
    bow, gap = reach * rng.uniform(0.3, 0.5), reach * rng.uniform(0.15, 0.5)
    line = [(-length, 0, 0), (-length / 2, 0, 0), (0.1 * reach, 0, 0)]
    bar = tube(line, thick, "shaft", exponent=rng.choice([2.0, 6.0]))
    arm = _grabber_jaw(rng, reach, bow, gap, thick)
    collar = block((0.3 * reach, 3.2 * thick, 3.6 * thick), 0.6 * thick, "collar")
    handle = _pistol_grip(rng, length).moved(x=-length)
    uses = use("pick-up", "jaws", (reach, 0, 0), 0.6 * reach, "flip:x")
    uses |= use("apply-torque", "jaws", (0.8 * reach, 0, 0), 0.6 * reach, "flip:x")
    uses |= use("pull", "jaws", (0.6 * reach, 0, 0), 1.5 * bow, "flip:z", x=UP)
    return Blueprint(union(bar, arm, arm.turned(x=180.0), collar, handle), uses)


def _grabber_jaw(rng: Rng, reach: float, bow: float, gap: float, thick: float) -> Solid:
    """The upper jaw: an arm that bows out and comes in again to a pad."""
    curve = [(0, 0.4 * thick), (0.3 * reach, 1.5 * bow), (0.75 * reach, 1.1 * bow)]
    path = bezier([*curve, (reach, gap / 2)], 28)
    wide = thick * rng.uniform(1.0, 2.0)
    arm = tube(path, [(0.6 * thick, wide)], "jaws", exponent=4.0, round_ends=True)
    size = rng.uniform(1.4, 2.4)
    if rng.random() < 0.5:
        cup = lathe([(size * thick, 0), (0.5 * size * thick, thick)], "jaws", 32)
        return arm + cup.moved(x=reach, z=gap / 2 - 0.8 * thick)
    pad = block((2.2 * size * thick, 2.2 * wide, 0.9 * thick), 0.3 * thick, "jaws")
    return arm + pad.turned(y=rng.uniform(0, 35)).moved(x=reach, z=gap / 2 - 0.3 * thick)


def _pistol_grip(rng: Rng, length: float) -> Solid:
    size = length * rng.uniform(0.13, 0.17)
    body = block((1.1 * size, 0.24 * size, 0.34 * size), 0.1 * size, "handle")
    grip_path = bezier([(-0.35 * size, 0), (-0.5 * size, -0.5 * size), (-0.62 * size, -size)], 14)
    hold = tube(grip_path, [(0.17 * size, 0.12 * size)], "handle", round_ends=True)
    pull = [(0.25 * size, 0), (0.3 * size, -0.4 * size), (0.05 * size, -0.45 * size)]
    pull += [(0.0, -0.85 * size)]
    trigger = tube(bezier(pull, 16), [(0.05 * size, 0.08 * size)], "trigger", round_ends=True)
    return union(body, hold, trigger)


@kind("tongs", family="jaws")
def tongs(rng: Rng) -> Blueprint:
    """Tongs: one bent strip, its ends widened to paddles, spoons or narrow pincers."""
    length = rng.uniform(18, 32)
    back = length * rng.uniform(0.025, 0.06)
    belly, gap = length * rng.uniform(0.05, 0.11), length * rng.uniform(0.03, 0.12)
    thin = length * rng.uniform(0.006, 0.012)
    control = [(length, gap), (0.85 * length, gap + 0.3 * belly), (0.5 * length, 1.6 * belly)]
    upper = bezier([*control, (0.2 * length, back), (0, back)], 34)
    bend = arc((0.0, 0.0), back, 90.0, 270.0, 16)[1:-1]
    path = np.concatenate([upper, bend, (upper * [1, 1, -1])[::-1]])
    s = np.linspace(0, 1, 34)
    arm = length * rng.uniform(0.02, 0.032)
    paddle = rng.choice([rng.uniform(0.8, 1.0), rng.uniform(1.2, 2.2)])
    tip = rng.uniform(0.45, 0.95) * paddle
    wide = arm * smooth([(0, tip), (0.05, paddle), (0.16, paddle), (0.3, 0.8), (0.7, 1), (1, 1)], s)
    wide = np.concatenate([wide, np.full(14, arm), wide[::-1]])
    names = np.where(s[1:] < 0.2, "tip", "handle")
    labels = [*names, *["spring"] * 15, *names[::-1]]
    strip = tube(path, columns(thin, wide), labels, sides=24, exponent=4.0)
    return Blueprint(strip, point_uses("pick-up mix", length, 0.2 * length, flat=True))


@kind("tweezers", family="jaws")
def tweezers(rng: Rng) -> Blueprint:
    """Tweezers: two springy leaves that meet at the back; pointed, slanted or square tips."""
    length = rng.uniform(8, 14)
    bow, gap = length * rng.uniform(0.05, 0.09), length * rng.uniform(0.015, 0.06)
    thin = length * rng.uniform(0.006, 0.011)
    wide = length * rng.uniform(0.03, 0.05)
    curve = [(0, 0.4 * thin), (0.12 * length, 0.4 * thin), (0.4 * length, 1.6 * bow)]
    path = bezier([*curve, (0.8 * length, 0.7 * bow + gap / 2), (length, gap / 2)], 36)
    s = np.linspace(0, 1, 36)
    end = rng.choice([rng.uniform(0.06, 0.15), rng.uniform(0.4, 0.9)])
    waist = rng.uniform(0.55, 0.95)
    shape = smooth([(0, waist), (0.4, 1), (0.7, 0.9), (0.9, 0.35 + 0.5 * end), (1, end)], s)
    radii = columns(thin * (1 - 0.4 * s), wide * shape)
    leaf = tube(path, radii, np.where(s[1:] < 0.82, "handle", "tip"), exponent=5.0)
    if end > 0.3 and rng.random() < 0.6:
        cut = block((length, length, length), 0.01, "tip").moved(x=length / 2)
        leaf = leaf - cut.turned(z=rng.uniform(20, 40)).moved(x=length * 0.985)
    back = block((0.14 * length, 2 * waist * wide, 3.2 * thin), thin, "handle")
    pair = union(leaf, leaf.scaled(z=-1.0), back.moved(x=0.03 * length))
    return Blueprint(pair, point_uses("pick-up poke", 0.985 * length, 0.18 * length, flat=True))


@kind("chopsticks", family="jaws")
def chopsticks(rng: Rng) -> Blueprint:
    """Chopsticks: a pair that crosses, one not yet snapped apart, one on a bridge with rings."""
    style = str(rng.choice(["crossed", "joined", "bridge"]))
    length = rng.uniform(20, 27)
    thick = length * rng.uniform(0.012, 0.022)
    end = rng.uniform(0.3, 0.65)
    s = np.linspace(0, 1, 30)
    path = columns(length * s, 0, 0)
    share = rng.uniform(0.1, 0.2)
    tip, hold = 1 - share, rng.uniform(0.15, 0.3)
    radius = thick * smooth([(0, 0.95), (0.15, 1), (1, end)], s)
    exponent = float(rng.choice([2.0, 4.0, 8.0]))
    names = np.select([s[:-1] >= tip, s[:-1] < hold], ["tip", "grip"], "shaft")
    one = tube(path, radius, names, exponent=exponent, round_ends=exponent < 3)
    spread = {"crossed": rng.uniform(3, 9), "joined": rng.uniform(1, 4)}.get(
        style, rng.uniform(1, 6)
    )
    root = {"crossed": -0.4, "joined": 0.95}.get(style, rng.uniform(1.2, 2.4)) * thick
    aside = 0.7 * thick if style == "crossed" else 0.0
    at = length * rng.uniform(0.12, 0.3) if style == "crossed" else 0.0
    upper = one.moved(x=-at, y=aside).turned(y=-spread / 2).moved(x=at, z=root)
    pieces = [upper, upper.turned(x=180.0)]
    if style == "joined":
        long = length * rng.uniform(0.05, 0.2)
        web = block((long, 0.9 * thick, 2.2 * thick), 0.1 * thick, "bridge")
        pieces.append(web.moved(x=long / 2))
    elif style == "bridge":
        pieces += _bridge(rng, thick, 0.05 * length, root)
    reach = float(np.cos(np.radians(spread / 2))) * (length - at) + at
    gap = root + (length - at) * np.sin(np.radians(spread / 2))
    reach += end * thick * (exponent < 3)
    size = max(share * length, 1.2 * gap)
    uses = point_uses("dig mix pick-up pierce poke", reach, size, flat=True)
    uses |= point_uses("pry", reach, size, "tip shaft", flat=True)
    return Blueprint(union(*pieces), uses)


def _bridge(rng: Rng, thick: float, at: float, root: float) -> list[Solid]:
    """A clip that holds two sticks at their back, mostly with loops for the fingers."""
    tall = 2 * root + 3.2 * thick
    clip = block((1.8 * at, 3 * thick, tall), thick, "bridge").moved(x=0.6 * at)
    hole = spun([(1.8, -1), (1.8, 1)], "bridge")
    eye = spun([(2.6, -0.5), (2.6, 0.5)], "bridge") - hole
    count = int(rng.integers(0, 3))
    size = thick * rng.uniform(1.0, 1.5)
    eyes = [eye.scaled(size, size, size).turned(z=90.0 * k) for k in range(count)]
    return [clip, *[e.moved(x=2.2 * at * (k + 1), z=root + 2.9 * size) for k, e in enumerate(eyes)]]
