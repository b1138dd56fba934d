"""Sticks that write: pen, pencil, marker, crayon, lipstick. They lie along x, the tip at +x."""

from __future__ import annotations

import numpy as np

from funcorr_forge.curves import Rng
from funcorr_forge.registry import Blueprint, kind
from funcorr_forge.solids import Solid, block, lathe, union
from funcorr_forge.uses import point_uses, roll_along, use


@kind("pencil", family="sticks")
def pencil(rng: Rng) -> Blueprint:
    """Pencils: six-sided or round, long or worn short, with or without an eraser."""
    radius = rng.uniform(0.33, 0.5)
    length = rng.choice([rng.uniform(5, 10), rng.uniform(12, 18)])
    cone = radius * rng.uniform(4.0, 7.0)
    lead = rng.uniform(0.22, 0.4)
    blunt = rng.uniform(0.06, 0.15)
    sides = int(rng.choice([6, 6, 6, 3, 40]))
    wide = 1.05 * radius / np.cos(np.pi / sides)
    envelope = [(0, -1), (2 * wide, -1), (2 * wide, length - 0.9 * cone - wide + 0.56 * radius)]
    envelope += [(1.12 * radius, length - 0.9 * cone), (lead * radius, length - lead * cone)]
    envelope += [(blunt * radius, length - 0.5 * blunt * cone), (0, length)]
    point = lathe(envelope, ["body", "body", "cone", "cone", "tip", "tip"], 40)
    stick = lathe([(wide, 0), (wide, length + 1)], "body", sides) & point
    pieces = [stick]
    if rng.random() < 0.6:
        pieces.append(_eraser(rng, 0.97 * radius))
    uses = point_uses("write poke pierce", length, lead * cone)
    return Blueprint(union(*pieces).turned(y=90.0), uses)


def _eraser(rng: Rng, radius: float) -> Solid:
    """A ringed ferrule and a rubber behind z = 0."""
    long, rubber = radius * rng.uniform(2.0, 3.6), radius * rng.uniform(1.2, 2.4)
    z = np.linspace(0.1, -long, 22)
    rings = radius * (1.08 + 0.06 * (np.sin(z / long * 6 * np.pi) > 0))
    ferrule = lathe([(0, 0.1), *zip(rings, z, strict=True), (0, -long)], "ferrule", 32)
    end = [(0, 0.2 - long), (radius, 0.2 - long), (radius, 0.2 * radius - long - rubber)]
    end += [(0.8 * radius, -long - rubber), (0, -long - rubber)]
    return ferrule + lathe(end, "eraser", 32)


@kind("pen", family="sticks")
def pen(rng: Rng) -> Blueprint:
    """Pens: ball pen with a button, stick pen with its cap behind, fountain pen."""
    style = rng.choice(["click", "stick", "fountain"])
    radius = rng.uniform(0.4, 0.65)
    length = radius * rng.uniform(20, 26)
    nose = radius * rng.uniform(2.5, 4.5)
    waist = rng.uniform(0.78, 1.0)
    grip = 0.3 * length
    barrel = [(rng.uniform(0.75, 0.95) * radius, 0), (radius, 0.15 * length)]
    barrel += [(radius, length - nose - grip)]
    front = [(waist * radius, length - nose - 0.9 * grip), (0.92 * radius, length - nose)]
    front += [(0.3 * radius, length - 0.2 * nose)]
    labels = ["body", "body", "body", "grip", "grip", "cone", "cone"]
    pieces = [lathe([*barrel, *front], labels, int(rng.choice([40, 40, 6])))]
    pieces.append((_nib if style == "fountain" else _ball)(radius, length, nose))
    pieces += {"click": _button, "stick": _posted_cap, "fountain": _posted_cap}[style](rng, radius)
    uses = point_uses("write pierce scrape", length, 0.4 * nose)
    uses |= roll_along(0.0, length - nose - grip)
    return Blueprint(union(*pieces).turned(y=90.0), uses)


def _ball(radius: float, length: float, nose: float) -> Solid:
    start = length - 0.4 * nose
    profile = [(0, start), (0.24 * radius, start), (0.2 * radius, length - 0.12 * nose)]
    return lathe([*profile, (0.06 * radius, length)], "tip", 24)


def _nib(radius: float, length: float, nose: float) -> Solid:
    """A curved leaf with a slit and a breather hole."""
    start = length - 0.75 * nose
    profile = [(0, start), (0.55 * radius, start), (0.6 * radius, start + 0.2 * nose)]
    cone = lathe([*profile, (0.03 * radius, length)], "tip", 32)
    under = block((2 * radius, 2 * radius, 3 * nose), 0.02, "tip").moved(x=-1.12 * radius, z=length)
    slit = block((2 * radius, 0.05 * radius, 0.5 * nose), 0.01, "tip")
    return cone - under - slit.moved(x=radius * 1.25, z=length - 0.3 * nose)


def _clip(rng: Rng, radius: float, start: float, long: float) -> Solid:
    wide, off = radius * rng.uniform(0.4, 0.8), radius * rng.uniform(1.25, 1.5)
    bar = block((0.2 * radius, wide, long), 0.08 * radius, "clip")
    foot = block((off, wide, 0.3 * radius), 0.08 * radius, "clip")
    return bar.moved(x=off, z=start + long / 2) + foot.moved(x=off / 2, z=start + 0.2 * radius)


def _button(rng: Rng, radius: float) -> list[Solid]:
    thin, out = radius * rng.uniform(0.45, 0.65), radius * rng.uniform(0.8, 2.0)
    knob = [(0, 0.1), (thin, 0.1), (thin, -0.9 * out), (0.8 * thin, -out), (0, -out)]
    return [lathe(knob, "button", 28), _clip(rng, radius, 0.3 * radius, radius * rng.uniform(6, 9))]


def _posted_cap(rng: Rng, radius: float) -> list[Solid]:
    wide, long = radius * rng.uniform(1.1, 1.25), radius * rng.uniform(6, 9)
    start = 2.5 * radius - long
    end = [(0, start), (0.75 * wide, start), (wide, start + 0.5 * radius), (wide, start + long)]
    return [lathe([*end, (0, start + long)], "cap", 36), _clip(rng, wide, start, 0.75 * long)]


@kind("marker", family="sticks")
def marker(rng: Rng) -> Blueprint:
    """Markers: a thick barrel, a bullet or chisel tip of felt, the cap behind or off."""
    radius = rng.uniform(0.7, 1.1)
    length = radius * rng.uniform(9, 15)
    neck, felt = radius * rng.uniform(1.2, 2.2), radius * rng.uniform(0.25, 0.5)
    reach = felt * rng.uniform(2.0, 3.0)
    barrel = [(0.9 * radius, 0), (radius, 0.06 * length), (radius, length)]
    barrel += [(0.72 * radius, length + 0.02 * neck), (0.66 * radius, length + 0.5 * neck)]
    barrel += [(1.15 * felt, length + neck)]
    labels = ["body"] * 3 + ["neck"] * 4
    end = length + neck + reach
    rod = [(0, length), (felt, length), (felt, end - 0.7 * reach), (0.75 * felt, end - 0.2 * reach)]
    point = lathe([*rod, (0.4 * felt, end)], "tip", 24)
    at, symmetry = [end, 0.0, 0.0], "axis:x"
    if rng.random() < 0.5:
        degrees = rng.uniform(25, 45)
        point = point - _slant(degrees, felt).moved(z=end - 0.5 * felt)
        drop = 0.5 - 0.4 * np.tan(np.radians(degrees))
        at, symmetry = [end - drop * felt, 0.0, 0.4 * felt], "none"
    pieces = [lathe(barrel, labels, int(rng.choice([48, 48, 8]))), point]
    if rng.random() < 0.5:
        pieces += _posted_cap(rng, radius)[: int(rng.integers(1, 3))]
    uses = use("write mix", "tip", at, reach, symmetry) | roll_along(0.0, length)
    return Blueprint(union(*pieces).turned(y=90.0), uses)


def _slant(degrees: float, radius: float) -> Solid:
    """What a slanted cut through the origin takes off at the side of +x."""
    off = block((8 * radius, 8 * radius, 8 * radius), 0.01 * radius, "tip").moved(z=4 * radius)
    return off.turned(y=degrees)


@kind("crayon", family="sticks")
def crayon(rng: Rng) -> Blueprint:
    """Crayons and chalks: a waxen stick in a paper wrapper, new or worn."""
    radius = rng.uniform(0.4, 0.7)
    length = radius * rng.uniform(7, 20)
    cone = radius * rng.uniform(1.2, 2.6)
    blunt = rng.uniform(0.25, 0.6)
    start, stop = 0.06 * length, length * rng.uniform(0.8, 0.94)
    over = radius * rng.uniform(1.04, 1.1)
    profile = [(0.9 * radius, 0), (radius, start), (over, start), (over, stop), (radius, stop)]
    profile += [(radius, length), (0.85 * radius, length + 0.02 * cone)]
    profile += [(blunt * radius, length + 0.95 * cone), (0.7 * blunt * radius, length + cone)]
    labels = ["body", "body", *["wrapper"] * 3, "body", *["tip"] * 4]
    stick = lathe(profile, labels, 36, rng.choice([2.0, 2.0, 2.0, 6.0]))
    return Blueprint(stick.turned(y=90.0), point_uses("write poke", length + cone, cone))


@kind("lipstick", family="sticks")
def lipstick(rng: Rng) -> Blueprint:
    """Lipsticks without their cap: a case, a sleeve and the slanted stick."""
    radius = rng.uniform(0.9, 1.2)
    case = radius * rng.uniform(1.8, 3.4)
    sleeve, out = radius * rng.uniform(0.8, 1.8), radius * rng.uniform(0.8, 2.2)
    inner, bullet = radius * rng.uniform(0.78, 0.88), radius * rng.uniform(0.55, 0.7)
    exponent = rng.choice([2.0, 2.0, 9.0])
    step = [(0, 0), (0.95 * radius, 0), (radius, 0.06 * radius), (radius, case), (0, case)]
    body = lathe(step, "body", 48, exponent)
    tube = [(0, 0.5 * case), (inner, 0.5 * case), (inner, case + sleeve), (0, case + sleeve)]
    top = case + sleeve + out + 1.2 * bullet
    angle = np.linspace(0, np.pi / 2, 8)[:-1]
    dome = zip(bullet * np.cos(angle), top - bullet + bullet * np.sin(angle), strict=True)
    base = [(0, case), (bullet, case), (bullet, top - 1.4 * bullet)]
    stick = lathe([*base, *dome, (0, top)], ["stick", "stick", *["tip"] * 8], 36)
    stick = stick - _slant(rng.uniform(30, 50), bullet).moved(x=-0.9 * bullet, z=top - 0.3 * bullet)
    whole = union(body, lathe(tube, "sleeve", 40, exponent), stick).turned(y=90.0)
    uses = use("write", "tip", (top - 0.5 * bullet, 0, 0.6 * bullet), 2 * bullet)
    if exponent == 2:
        uses |= roll_along(0.0, case)
    return Blueprint(whole, uses)
