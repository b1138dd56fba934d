"""Spikes: nail, awl, dart, spear, harpoon, golf tee. The point at +x, flat sides at +-y."""

from __future__ import annotations

import numpy as np

from funcorr_forge.curves import Rng, bezier, columns, smooth
from funcorr_forge.registry import Blueprint, kind
from funcorr_forge.shapes import ring, turned_handle
from funcorr_forge.solids import Solid, block, lathe, plate, spun, tube, union
from funcorr_forge.uses import point_uses, use


@kind("nail", family="points")
def nail(rng: Rng) -> Blueprint:
    """Nails: common with a flat head, finishing, short clout, domed tack, square hand-forged."""
    style = str(rng.choice(["common", "finish", "clout", "tack", "forged"]))
    span = {"common": (20, 36), "clout": (9, 16), "tack": (6, 12)}.get(style, (16, 32))
    length, reach = rng.uniform(*span), rng.uniform(2.2, 5.0)
    low, high = {"common": (1.9, 2.7), "finish": (1.25, 1.6), "forged": (1.7, 2.4)}.get(
        style, (2.8, 4.3)
    )
    wide = rng.uniform(low, high)
    tall = wide * {"finish": rng.uniform(0.8, 1.5), "clout": 0.14}.get(style, rng.uniform(0.2, 0.5))
    crown = {"tack": 0.6, "forged": 0.25, "finish": 0.75}.get(style, 0.95)
    head = [(0, -tall), (crown * wide, -0.85 * tall), (wide, -0.35 * tall), (0.95 * wide, 0)]
    s = np.linspace(0, 1, 41)
    rings = np.where((s > 0.1) & (s < rng.choice([0.0, 0.3, 0.9])), 0.1 * (np.arange(41) % 2), 0)
    end = rng.uniform(0.5, 0.8) if style == "forged" else 1.0
    shank = columns((1 + (end - 1) * s) * (1 + rings), s * (length - reach))
    profile = [*head, *shank, (0.05, length), (0, length)]
    labels = [*["head"] * 4, *["shank"] * 40, "tip", "tip"]
    solid = spun(profile, labels, 32, 9.0 if style == "forged" else 2.0)
    return Blueprint(solid, point_uses("pierce poke dig scrape", length, reach))


@kind("awl", family="points")
def awl(rng: Rng) -> Blueprint:
    """Awls and ice picks: a round spike in a turned handle."""
    length = rng.uniform(6, 11)
    radius = length * rng.uniform(0.14, 0.24)
    thin = radius * rng.uniform(0.12, 0.26)
    spike = length * rng.uniform(0.7, 1.7)
    reach = spike * rng.uniform(0.15, 0.3)
    profile = [(0, -0.5), (thin, -0.5), (0.9 * thin, spike - reach), (0.04 * thin, spike)]
    profile += [(0, spike)]
    rod = lathe(profile, ["shaft", "shaft", "tip", "tip"], 24).turned(y=90.0)
    handle = turned_handle(rng, length, radius)
    return Blueprint(handle + rod, point_uses("pierce poke", spike, reach))


@kind("dart", family="points")
def dart(rng: Rng) -> Blueprint:
    """Darts: steel and soft points with crossed flights, blowgun needles, stout lawn darts."""
    style = str(rng.choice(["steel", "steel", "soft", "blow", "lawn"]))
    barrel = rng.uniform(6, 13) if style != "lawn" else rng.uniform(3, 5)
    thin = {"blow": 0.4, "soft": 0.35}.get(style, rng.uniform(0.2, 0.3))
    point = {"soft": rng.uniform(3, 5), "blow": rng.uniform(7, 12)}.get(style, rng.uniform(4, 7))
    s = np.linspace(0, 1, 31)
    belly = [(0, 0.45), (0.15, 0.8), (rng.uniform(0.4, 0.8), 1.0), (0.9, 0.85), (1, 1.3 * thin)]
    knurl = 1 - 0.14 * (np.arange(31) % 2) * ((s > 0.25) & (s < 0.85)) * (style != "lawn")
    body = columns(smooth(belly, s) * knurl, s * barrel)
    if style == "blow":
        body = columns(0.45, s * barrel)
    tail = barrel * rng.uniform(0.5, 0.9) + 2
    back = [(0, -tail), (0.35, -tail), (0.45, 0)]
    front = [(thin, barrel + 0.1), (0.9 * thin, barrel + 0.6 * point), (0, barrel + point)]
    labels = [*["shaft"] * 2, *["barrel"] * 31, *["tip"] * 3]
    pieces = [spun([*back, *body, *front], labels)]
    if style == "blow":
        wide = rng.uniform(1.6, 2.8)
        cone = [(0, -tail - 0.1), (wide, -tail - 0.1), (wide, 0.3 - tail), (0.4, 0), (0, 0)]
        pieces.append(spun(cone, "flight"))
    else:
        pieces += _flights(rng, tail, 3 if style == "lawn" else 4)
    return Blueprint(union(*pieces), point_uses("pierce poke", barrel + point, point))


def _flights(rng: Rng, tail: float, count: int) -> list[Solid]:
    """Thin fins around the end of the shaft: kite, slim or pear."""
    long, wide = rng.uniform(5, 8), rng.uniform(2.0, 3.6)
    shape = {
        "kite": [(0.45, 0.9), (0.7, 1.0), (0.9, 0.85)],
        "slim": [(0.2, 0.45), (0.85, 0.6), (1.0, 0.5)],
        "pear": [(0.3, 0.35), (0.55, 0.9), (0.75, 1.0), (0.95, 0.7)],
    }[str(rng.choice(["kite", "slim", "pear"]))]
    outline = [(0, -0.1), *[(-x * long, z * wide) for x, z in shape], (-long, -0.1)]
    fin = plate(outline, 0.14, "flight").moved(x=0.75 * long - tail)
    return [fin.turned(x=45.0 + 360.0 * k / count) for k in range(count)]


@kind("spear", family="points")
def spear(rng: Rng) -> Blueprint:
    """Spears: leaf and diamond blades, slim pikes, knapped stone heads, winged boar spears."""
    style = str(rng.choice(["leaf", "diamond", "pike", "stone", "winged"]))
    head = rng.uniform(3.5, 9) if style != "stone" else rng.uniform(2.2, 4)
    knots = {
        "leaf": [(0, 0.25), (rng.uniform(0.25, 0.45), 1), (0.75, 0.62), (1, 0.02)],
        "diamond": [(0, 0.2), (rng.uniform(0.15, 0.4), 1), (1, 0.02)],
        "pike": [(0, 0.3), (0.2, 0.42), (1, 0.02)],
        "stone": [(0, 0.55), (0.2, 1), (0.65, 0.75), (1, 0.03)],
        "winged": [(0, 0.4), (0.25, 1), (0.8, 0.6), (1, 0.02)],
    }[style]
    s = np.linspace(0, 1, 34)
    tall = smooth(knots, s) * (1 + (style == "stone") * rng.uniform(-0.13, 0.07, 34))
    thick = tall if style == "pike" else np.minimum(rng.uniform(0.18, 0.32), tall)
    tip = rng.uniform(0.6, 0.75)
    path = columns(head * s, 0, 0)
    names = np.where(s[:-1] > tip, "tip", "head")
    blade = tube(path, columns(tall, thick), names, exponent=1.0, sides=16)
    length, radius = rng.uniform(9, 24), rng.uniform(0.24, 0.42)
    socket = [(0, -1.6), (1.25 * radius, -1.6), (rng.uniform(0.6, 1.2) * radius, 0.14 * head)]
    pieces = [blade, spun([*socket, (0, 0.2 * head)], "socket")]
    back = -length - (rng.uniform(1, 3) if rng.random() < 0.4 else 0)
    pole = [(0, back), (0.6 * radius if back == -length else 0.1, back), (radius, -length)]
    pieces.append(spun([*pole, (radius, 0)], "shaft"))
    if style == "winged":
        lug = plate(
            [(-1.3, -1.6), (-0.7, -2.2), (-0.5, 0), (-0.7, 2.2), (-1.3, 1.6)], 0.25, "socket"
        )
        pieces.append(lug)
    elif style == "stone":
        rope = [(r * radius, -0.25 * k) for k in range(10, -1, -1) for r in (1.1, 1.45)]
        pieces.append(spun([(0, -2.6), *rope, (0, 0.2)], "socket"))
    reach, flat = (1 - tip) * head, style != "pike"
    uses = point_uses("pierce", head, reach, "tip head", flat=flat)
    return Blueprint(union(*pieces), uses | point_uses("poke", head, reach, flat=flat))


@kind("harpoon", family="points")
def harpoon(rng: Rng) -> Blueprint:
    """Harpoons: irons with one or two flues, carved bone points, slim spear-gun shafts."""
    style = str(rng.choice(["two", "one", "bone", "gun"]))
    iron = rng.uniform(4, 9)
    radius = rng.uniform(0.2, 0.34) if style != "bone" else rng.uniform(0.35, 0.5)
    tip = radius * rng.uniform(5, 9)
    path = np.linspace([-0.1, 0, 0], [tip, 0, 0], 14)
    across = smooth(
        [(0, 1), (0.3, 1.25 if style == "gun" else 1.9), (1, 0.05)], np.linspace(0, 1, 14)
    )
    thin = np.minimum(across, 1.1)
    point = tube(path, radius * columns(across, thin), "tip", exponent=1.4)
    long = rng.uniform(2.2, 4.0) if style != "bone" else rng.uniform(1.4, 2.2)
    out = long * rng.uniform(0.45, 0.75) + 0.5 * (style == "bone")
    spur = _barb(radius, long, out, 0.5 if style == "gun" else rng.uniform(0.9, 1.6))
    count = int(rng.integers(3, 6)) if style == "bone" else 1
    both = style in ("two", "gun") or (style == "bone" and rng.random() < 0.5)
    iron = max(iron, 1.2 * count * long)
    rows = [spur.moved(x=-0.85 * k * long) for k in range(count)]
    rows += [one.scaled(z=-1.0) for one in rows] if both else []
    shank = [(0, -iron), (1.3 * radius, -iron), (radius, 0.05 - 0.3 * long), (radius, 0), (0, 0)]
    pole, thick = rng.uniform(5, 12), radius * rng.uniform(1.4, 2.0)
    thick = 1.15 * radius if style == "gun" else thick
    wood = [(0, -iron - pole), (0.7 * thick, -iron - pole), (thick, -iron - 0.9 * pole)]
    wood += [(thick, -iron - 0.05 * pole), (0.9 * thick, 0.4 - iron), (0, 0.4 - iron)]
    pieces = [point, *rows, spun(shank, "shank"), spun(wood, "shaft")]
    if rng.random() < 0.6:
        eye = ring(2.2 * thick, 0.5 * thick, "eye").moved(x=-iron - pole - 2.2 * thick)
        pieces.append(eye)
    at = [-0.5 * long - 0.425 * (count - 1) * long, 0, 0 if both else -0.6 * out]
    size, symmetry = (2 * out, "flip:z") if both else (out, "none")
    size = max(size, (count - 0.5) * long)

    uses = point_uses("pierce poke", tip, tip, flat=True)
    return Blueprint(union(*pieces), uses | use("pull", "barb", at, size, symmetry))


def _barb(radius: float, long: float, out: float, wide: float) -> Solid:
    """A spur below the shank whose end points back and outwards."""
    path = bezier([(0.6 * radius, 0), (-0.4 * long, -0.35 * out), (-long, -out)], 14)
    fade = smooth([(0, 1), (0.5, 0.75), (1, 0.04)], np.linspace(0, 1, 14))[:, None]
    return tube(path, radius * np.array([[wide, 0.7]]) * fade, "barb", sides=14, exponent=1.6)


@kind("golf tee", family="points")
def golf_tee(rng: Rng) -> Blueprint:
    """Golf tees: flaring cup, castle with a waist, step with a collar, pronged crown."""
    style = str(rng.choice(["flare", "flare", "castle", "step", "crown"]))
    length, cup = rng.uniform(11, 20), rng.uniform(1.8, 3.0)
    deep, reach = cup * rng.uniform(0.25, 0.5), rng.uniform(2.0, 4.0)
    flare = cup * rng.uniform(0.9, 2.4)
    s = np.linspace(0, 1, 12)
    bell = columns(1 + (0.95 * cup - 1) * (1 - s) ** rng.uniform(1.4, 3), s * flare)
    if style in ("castle", "crown"):
        flare = cup * rng.uniform(0.6, 1.2)
        bell = np.array([(cup, 0.05), (cup, 0.8 * flare), (0.9 * cup, 0.85 * flare), (1, flare)])
    hollow = [(0, deep), (0.45 * cup, 0.7 * deep), (0.85 * cup, 0), (0.97 * cup, 0)]
    middle = [(1.0, flare + 0.2)]
    if style in ("castle", "step"):
        collar = rng.uniform(1.4, 2.2) if style == "step" else 0.9 * cup
        at = flare + (length - flare) * rng.uniform(0.2, 0.45)
        middle += [(1, at), (collar, at), (collar, at + 0.5), (1, at + 0.8)]
    shank = [(rng.uniform(0.7, 0.95), length - reach), (0.08, length), (0, length)]
    profile = [*hollow, *bell, *middle, *shank]
    labels = [*["cup"] * (3 + len(bell)), *["shank"] * (len(middle) + 1), "tip", "tip"]
    solid = spun(profile, labels, 40)
    if style == "crown":
        notch = block((1.1 * flare, 0.5 * cup, 9 * cup), 0.02, "cup")
        solid = solid - union(*[notch.turned(x=60.0 * k) for k in range(3)])
    return Blueprint(solid, point_uses("pierce poke", length, reach))
