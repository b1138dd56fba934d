"""Long thin things: stick, branch, rod, dowel, baton, matchstick. The end that works at +x."""

from __future__ import annotations

import numpy as np

from funcorr_forge.curves import Numbers, Rng, bezier, columns, smooth
from funcorr_forge.registry import Blueprint, kind
from funcorr_forge.shapes import ridged
from funcorr_forge.solids import Solid, lathe, spun, tube, union
from funcorr_forge.uses import ENDS_ALIKE, MIDDLE, Uses, point_uses, roll_along, side_blow, use


@kind("stick", family="sticks")
def stick(rng: Rng) -> Blueprint:
    """Sticks: crooked with stubs of twigs, straight and peeled, whittled to a point, driftwood."""
    style = str(rng.choice(["crooked", "crooked", "peeled", "whittled", "drift"]))
    length = rng.uniform(25, 45)
    thick = length * rng.uniform(0.01, 0.03)
    wander = {"crooked": 0.03, "drift": 0.018, "whittled": 0.01}.get(style, 0.003)
    rough = {"crooked": 0.12, "drift": 0.06, "whittled": 0.05}.get(style, 0.02)
    path = _crooked(rng, length, wander)
    s = np.linspace(0, 1, 60)
    knots = [(0, 1.0), (0.5, rng.uniform(0.85, 1.0)), (0.86, rng.uniform(0.55, 0.95))]
    end = {"whittled": 0.06, "drift": 0.3}.get(style, rng.uniform(0.35, 0.8))
    knots += [(0.97, knots[-1][1] * 0.9), (1, knots[-1][1] * 0.75)] if style != "whittled" else []
    knots = knots if style != "whittled" else [*knots, (1, end)]
    if style == "drift":
        knots = [(0, 0.6), (0.3, 1.0), (0.7, 0.9), (1, end)]
    labels = np.where(s[1:] > 0.86, "tip", "body")
    pieces = [_bark(rng, path, thick * smooth(knots, s), labels, rough)]
    if style in ("crooked", "drift"):
        count = int(rng.integers(2, 6)) if style == "crooked" else int(rng.integers(0, 2))
        for k in rng.integers(8, 46, count):
            pieces.append(_twig(rng, path, int(k), thick, length * rng.uniform(0.06, 0.22)))
    uses = point_uses("dig poke mix", length, 0.14 * length)
    return Blueprint(union(*pieces), uses)


def _crooked(rng: Rng, length: float, wander: float, n: int = 60) -> np.ndarray:
    """A wandering line from the origin to (length, 0, 0), where it runs straight ahead."""
    s = np.linspace(0, 1, n)
    waves = (wander * length / k * np.sin(np.pi * k * s)[:, None] for k in (1, 2, 4))
    sway = sum(wave * rng.normal(0, 1, 2) for wave in waves)
    return np.concatenate([length * s[:, None], sway * (1 - s**6)[:, None]], axis=1)


def _bark(rng: Rng, path: np.ndarray, radius: Numbers, labels: Numbers, rough: float) -> Solid:
    """A knotty round bar along a path."""
    knots = np.arange(0, len(path), 4)
    swell = np.interp(np.arange(len(path)), knots, 1 + rough * rng.normal(0, 1, len(knots)))
    swell[-1] = 1
    return tube(path, np.asarray(radius) * np.clip(swell, 0.7, 1.4), labels, sides=16)


def _twig(rng: Rng, path: np.ndarray, at: int, thick: float, long: float) -> Solid:
    """A side shoot that leaves a path forwards and outwards and thins to its end."""
    turn = rng.uniform(0, 2 * np.pi)
    out = np.array([0, np.cos(turn), np.sin(turn)])
    start = path[at]
    middle = start + 0.5 * long * (0.6 * out + np.array([0.8, 0, 0]))
    stop = start + long * (rng.uniform(0.5, 0.9) * out + np.array([rng.uniform(0.5, 0.9), 0, 0]))
    radius = thick * np.linspace(rng.uniform(0.5, 0.7), rng.uniform(0.12, 0.35), 12)
    return tube(bezier([start, middle, stop], 12), radius, "twig", up=(0.3, 0.6, 0.74), sides=12)


@kind("branch", family="sticks")
def branch(rng: Rng) -> Blueprint:
    """Branches: forked at the end, with side shoots, with leaves."""
    style = str(rng.choice(["forked", "shoots", "leafy"]))
    length, fork = rng.uniform(25, 40), rng.uniform(0.5, 0.75)
    thick = length * rng.uniform(0.016, 0.032)
    path = _crooked(rng, length, 0.022)
    s = np.linspace(0, 1, 60)
    tip = 0.8
    labels = np.where(s[1:] > tip, "tip", "body")
    end = rng.uniform(0.12, 0.35)
    knots = [(0, 1.0), (0.5, 0.75), (0.8, 0.5), (1, end)]
    pieces = [_bark(rng, path, thick * smooth(knots, s), labels, 0.08)]
    turn = rng.uniform(0, 2 * np.pi)
    out = np.array([0, np.cos(turn), np.sin(turn)]) * length * rng.uniform(0.12, 0.3)
    start, t = path[int(60 * fork)], np.linspace(0, 1, 24)
    stop = np.array([length * rng.uniform(0.94, 1.0), 0, 0]) + out
    arm = bezier([start, 0.6 * start + 0.4 * stop + 0.35 * out, stop], 24)
    names = np.where(arm[1:, 0] > tip * length, "tip", "body")
    taper = 0.7 * thick * smooth([(0, 1), (1, end)], t)
    pieces.append(tube(arm, taper, names, up=(0.3, 0.6, 0.74), sides=14))
    count = {"forked": 1, "shoots": int(rng.integers(4, 8))}.get(style, 2)
    spots = rng.integers(14, 44, count)
    for k in spots:
        pieces.append(_twig(rng, path, int(k), 0.8 * thick, length * rng.uniform(0.1, 0.22)))
    if style == "leafy":
        pieces += [_leaf(rng, path, k, thick, length) for k in range(18, 46, 5)]
    uses = point_uses("poke mix", length, 0.2 * length)
    return Blueprint(union(*pieces), uses)


def _leaf(rng: Rng, path: np.ndarray, at: int, thick: float, length: float) -> Solid:
    """A flat pointed leaf on a stalk beside a path."""
    long = length * rng.uniform(0.09, 0.15)
    s = np.linspace(0, 1, 16)
    wide = long * rng.uniform(0.2, 0.32)
    half = smooth([(0, 0.16 * thick), (0.25, 0.2 * thick), (0.55, wide), (1, 0.02 * wide)], s)
    line = columns(s * long, 0, -0.12 * long * s**2)
    flat = tube(line, columns(0.16 * thick, half), "leaf", sides=12)
    lean = flat.turned(z=rng.uniform(35, 70)).turned(x=rng.uniform(0, 360))
    return lean.moved(*path[at])


@kind("rod", family="sticks")
def rod(rng: Rng) -> Blueprint:
    """Rods: round with domed ends, square or six-sided bars, threaded ones, with ferrules."""
    style = str(rng.choice(["round", "round", "bar", "thread", "ferrule"]))
    length = rng.uniform(16, 40)
    radius = length * rng.uniform(0.01, 0.035)
    reach = length * rng.uniform(0.08, 0.14)
    dome = radius * rng.uniform(0.1, 1.0)
    a = np.linspace(0.25, np.pi / 2, 6)
    cap = [(0, 0), *columns(radius * np.sin(a), dome * (1 - np.cos(a)))]
    if style == "ferrule":
        wide = radius * rng.uniform(1.15, 1.6)
        cap = [(0, 0), (0.85 * wide, 0), (wide, 0.3 * radius), (wide, reach)]
    else:
        cap.append((radius, reach))
    profile = [*cap, (radius, reach), (radius, length - reach)]
    profile += [(r, length - x) for r, x in cap[::-1]]
    profile = [p for k, p in enumerate(profile) if k == 0 or tuple(p) != tuple(profile[k - 1])]
    ends = len(cap) - 1 + (style == "ferrule")
    labels = [*["tip"] * ends, "shaft", *["tip"] * (len(profile) - 2 - ends)]
    sides = int(rng.choice([4, 6, 8])) if style == "bar" else 36
    solid = spun(profile, labels, sides)
    if style == "thread":
        pitch = max(radius * rng.uniform(0.7, 1.2), length / 30)
        x = np.arange(reach, length - reach + 0.01, pitch / 12)
        solid = solid + ridged(x, 1.04 * radius, 0.22 * radius, pitch, ("shaft",) * 3, 9 * length)
    end, middle = (length, 0, 0), (length / 2, 0, 0)
    uses = use("poke", "tip", end, reach, ENDS_ALIKE, middle)
    uses |= use("mix", "shaft", end, 2 * reach, ENDS_ALIKE, middle)
    if style != "bar":
        uses |= roll_along(reach, length - reach, "shaft", ends_alike=True)
    return Blueprint(solid, uses)


@kind("dowel", family="sticks")
def dowel(rng: Rng) -> Blueprint:
    """Dowels: long rods with flat, cut or round ends, and short fluted joinery pins."""
    style = str(rng.choice(["flat", "flat", "round", "round", "fluted", "spiral"]))
    short = style in ("fluted", "spiral")
    half = rng.uniform(3, 7) if short else rng.uniform(6, 22)
    tip = rng.uniform(0.3, 0.9) if short else rng.uniform(0.8, 2.0)
    turn = np.radians(np.linspace(88, 0, 9))
    if style == "round":
        end = columns(np.cos(turn), half - 1 + np.sin(turn))
    else:
        cut = tip if short else rng.uniform(0.02, 0.3)
        end = np.array([(1 - 0.6 * min(cut, 0.8), half), (1.0, half - cut)])
    reach = max(tip, half - float(end[-1, 1])) + 0.15 * half
    body = columns(np.ones(30), np.linspace(half - reach, reach - half, 30))
    profile = [(0, half), *end, *body, *(end[::-1] * [1, -1]), (0, -half)]
    labels = ["tip"] * (len(end) + 1) + ["body"] * 29 + ["tip"] * (len(end) + 1)
    flutes, deep = int(rng.integers(10, 22)), rng.uniform(0.04, 0.09) if short else 0.0
    twist = rng.uniform(0.15, 0.5) if style == "spiral" else 0.0

    def flute(grid: np.ndarray) -> np.ndarray:
        angle = np.arctan2(grid[..., 1], grid[..., 0]) + twist * grid[..., 2]
        inner = np.clip((half - 0.9 * reach - np.abs(grid[..., 2])) / (0.1 * reach), 0, 1)
        shrink = 1 - deep * inner * (1 + np.cos(flutes * angle))
        return grid * np.stack([shrink, shrink, np.ones_like(shrink)], axis=-1)

    rod = lathe(profile, labels, 112 if short else 40, warp=flute).turned(y=90.0)
    uses = use("poke", "tip", (half, 0, 0), reach, ENDS_ALIKE, MIDDLE)
    uses |= roll_along(reach - half, half - reach, ends_alike=True)
    if not short:
        uses |= use("mix", "tip", (half, 0, 0), 2, ENDS_ALIKE, MIDDLE)
    return Blueprint(rod, uses)


@kind("baton", family="sticks")
def baton(rng: Rng) -> Blueprint:
    """Batons: hollow for relays, a conductor's on a bulb, police with or without a side handle."""
    style = str(rng.choice(["relay", "conductor", "police", "tonfa", "twirl"]))
    radius = 1.0
    length = {"relay": rng.uniform(12, 18), "conductor": rng.uniform(45, 70)}.get(
        style, rng.uniform(22, 36)
    )
    length = length * 1.5 if style == "twirl" else length
    reach, hold = length * rng.uniform(0.1, 0.2), length * rng.uniform(0.2, 0.32)
    s = np.linspace(0, 1, 50)
    end = {"conductor": 0.35, "police": rng.uniform(0.95, 1.2)}.get(style, 1.0)
    shape = radius * (1 + (end - 1) * s)
    if style == "police":
        shape = shape * (1 - 0.1 * (s < hold / length) * (np.arange(50) % 2))
    side = columns(shape, s * length)
    names = np.select(
        [s[:-1] * length < hold, s[1:] * length > length - reach], ["grip", "tip"], "shaft"
    )
    rise = 0.0 if style == "relay" else rng.uniform(0.3, 1.0) * end
    profile = [(0, 0), *side, (0.7 * end, length + 0.7 * rise), (0, length + rise)]
    solid = spun(profile, ["grip", *names, "tip", "tip"])
    size, top = end, length + rise
    if style == "relay":
        bore = rng.uniform(0.7, 0.88)
        solid = solid - spun([(bore, -1), (bore, 2 * length)], "inside")
    elif style == "conductor":
        bulb = rng.uniform(2.2, 3.4)
        pear = [(0, -0.4 * bulb), (0.7 * bulb, -0.2 * bulb), (bulb, 0.5 * bulb)]
        solid = solid + spun([*pear, (0.6 * bulb, 1.8 * bulb), (1, 0.9 * hold), (0, hold)], "grip")
    elif style == "tonfa":
        path = np.array([(hold, 0, 0), (hold, 0, -3), (hold, 0, -rng.uniform(5, 7))])
        solid = solid + tube(path, [0.9, 0.85, 1.1], "handle", round_ends=True)
    elif style == "twirl":
        size, ball = rng.uniform(1.8, 2.6), np.linspace(0, np.pi, 12)
        bead = columns(np.sin(ball), 1 - np.cos(ball))
        solid = solid + spun(bead * [size, 1.2 * size] + [0, top - 1.8 * size], "tip")
        solid = solid + spun(0.75 * bead * [size, 1.2 * size] - [0, size], "grip")
        top, reach = top + 0.6 * size, max(reach, 2.4 * size)
    return Blueprint(solid, _baton_uses(style, top, reach, hold, size))


def _baton_uses(style: str, top: float, reach: float, hold: float, size: float) -> Uses:
    uses = point_uses("poke", top, reach) | point_uses("mix", top, 2 * reach, "shaft")
    if style != "conductor":
        uses |= side_blow("tip shaft", top - size if style == "twirl" else 0.85 * top, size)
    if style == "relay":
        uses |= roll_along(hold, top - reach, "shaft")
    return uses


@kind("matchstick", family="sticks")
def matchstick(rng: Rng) -> Blueprint:
    """Matchsticks: square or round wood, long, flat paper ones, bent burnt ones."""
    style = str(rng.choice(["wood", "wood", "long", "paper", "burnt"]))
    radius = 1.0
    length = rng.uniform(34, 60) if style == "long" else rng.uniform(15, 30)
    exponent = float(rng.choice([2.0, 8.0, 8.0]))
    flat = rng.uniform(0.3, 0.45) if style == "paper" else 1.0
    wide = rng.uniform(1.3, 1.8) if style == "paper" else 1.0
    s = np.linspace(0, 1, 30)
    bow = length * rng.uniform(0.05, 0.14) * (style == "burnt")
    path = columns(s * length, 0, bow * np.sin(np.pi * s**2))
    thin = 1 - 0.45 * s**3 * (style == "burnt") * rng.uniform(0.5, 1)
    radii = radius * columns(flat * thin, wide * thin)
    wood = tube(path, radii, "stick", exponent=exponent)
    long = rng.uniform(3.0, 5.5) * (0.8 if style == "burnt" else 1.0)
    bulge = rng.uniform(1.2, 1.7)
    t = np.linspace(0, np.pi, 22)[1:-1]
    drop = (np.sin(t) ** rng.uniform(0.45, 0.8)) * (1 + rng.uniform(0.0, 0.25) * np.cos(t + np.pi))
    pear = columns(bulge * drop, length + 0.4 * long - 0.5 * long * (1 + np.cos(t)))
    whole = [(0, pear[0, 1] - 0.02), *pear, (0, pear[-1, 1] + 0.02)]
    head = spun(whole, "head").scaled(y=wide, z=0.5 + 0.5 * flat)
    if style == "burnt":
        slope = float(np.degrees(np.arctan2(path[-1, 2] - path[-2, 2], path[-1, 0] - path[-2, 0])))
        head = head.moved(x=-length).turned(y=-slope).moved(x=length)
    low, high = head.manifold.bounding_box()[0], head.manifold.bounding_box()[3]
    symmetry = "flip:x" if flat < 1 else "axis:x"
    return Blueprint(wood + head, use("poke", "head", (high, 0, 0), high - low, symmetry))
