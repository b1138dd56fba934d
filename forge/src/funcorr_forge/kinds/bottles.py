"""Vessels that narrow at the top: bottle, water bottle, flask, jar, can. Upright along z."""

from __future__ import annotations

from typing import Any

import numpy as np

from funcorr_forge.curves import Rng, bezier
from funcorr_forge.registry import Blueprint, kind
from funcorr_forge.solids import Solid, block, lathe, tube
from funcorr_forge.uses import MIDDLE, Uses, roll_upright, use
from funcorr_forge.vessel import Vessel, vessel

BOTTLES = {  # heights over the radius; shoulder and neck as shares of the height; mouth radius
    "bordeaux": ((7.2, 9.0), 0.64, 0.74, 0.38),
    "burgundy": ((6.8, 8.2), 0.5, 0.8, 0.36),
    "beer": ((6.3, 7.8), 0.55, 0.78, 0.42),
    "water": ((5.5, 7.5), 0.7, 0.9, 0.4),
    "squeeze": ((4.8, 6.2), 0.72, 0.8, 0.16),
    "medicine": ((2.6, 4.0), 0.68, 0.8, 0.6),
    "square": ((4.0, 6.0), 0.68, 0.78, 0.4),
}


@kind("bottle", family="vessels")
def bottle(rng: Rng) -> Blueprint:
    """Bottles: wine (two shoulders), beer, water, squeeze, jar-like medicine, square spirit."""
    style = str(rng.choice(list(BOTTLES)))
    body, collar = _bottle_body(rng, style)
    solid, parts = body.shell, "neck rim"
    if rng.random() < 0.35:
        solid = body.filled(collar / 2) + _stopper(rng, body, collar)
        parts += " cap"
    flattened = style in ("medicine", "squeeze", "square") and rng.random() < 0.5
    if flattened:
        solid = solid.scaled(y=rng.uniform(0.5, 0.75))
    uses = body.mouth_uses("pour", parts, "flip:z" if flattened else "axis:z")
    return Blueprint(solid, uses | body.base_uses("press pound"))


def _bottle_body(rng: Rng, style: str) -> tuple[Vessel, float]:
    """The bottle without its stopper, and the height of the collar at its mouth."""
    tall, shoulder, neck, mouth = BOTTLES[style]
    radius = rng.uniform(3.0, 4.2)
    height = radius * rng.uniform(*tall)
    shoulder, neck = shoulder + rng.uniform(-0.04, 0.04), neck + rng.uniform(-0.02, 0.03)
    mouth = radius * mouth * rng.uniform(0.9, 1.15)
    waist = radius * (rng.uniform(0.82, 1.0) if style in ("water", "squeeze") else 1.0)
    base = mouth * (2.2 if style == "squeeze" else 1.0)
    knots = [(0, radius), (0.3 * shoulder * height, waist)]
    knots += [(0.6 * shoulder * height, (waist + radius) / 2), (shoulder * height, radius * 0.99)]
    knots += [((shoulder + 0.3 * (neck - shoulder)) * height, radius * 0.9 + 0.1 * base)]
    knots += [(neck * height, base * 1.08)]
    collar = rng.uniform(0.025, 0.05) * height
    flare = mouth * (1.0 if style == "squeeze" else rng.choice([1.0, rng.uniform(1.05, 1.25)]))
    top = [(height - 1.1 * collar, mouth), (height - collar, flare), (height, flare)]
    knots = [*knots, *(top if flare > mouth else [(height, mouth)])]
    wall, floor = mouth * rng.uniform(0.12, 0.25), 0.4
    rim, fillet = collar, radius * rng.uniform(0.05, 0.3)
    square = rng.uniform(4, 8) if style == "square" else 2.0
    body = vessel(knots, wall, floor, rim, fillet, neck=neck * height, exponent=square)
    return body, collar


def _stopper(rng: Rng, body: Vessel, collar: float) -> Solid:
    """A screw cap over the mouth, or a cork or dome in it."""
    radius = body.mouth / 2 * rng.choice([rng.uniform(0.7, 0.95), rng.uniform(1.08, 1.3)])
    over = collar * rng.uniform(0.8, 2.0)
    top = body.height + collar * rng.uniform(0.3, 1.5)
    profile = [(0, body.height - over), (radius, body.height - over), (radius, top - 0.2 * radius)]
    profile += [(0.85 * radius, top), (0, top)]
    return lathe(profile, "cap")


@kind("water bottle", family="vessels")
def water_bottle(rng: Rng) -> Blueprint:
    """Water bottles: sports bottle with a waist, steel flask, ribbed, slim; with loop or strap."""
    style = str(rng.choice(["waist", "steel", "ribbed", "slim"]))
    radius = rng.uniform(3, 4.2)
    height = radius * {"slim": rng.uniform(6.5, 8.5)}.get(style, rng.uniform(4.2, 6.5))
    neck = radius * rng.uniform(0.45, 0.85)
    shoulder, top = rng.uniform(0.74, 0.82), rng.uniform(0.86, 0.92)
    z = np.linspace(0.04, shoulder, 15)
    ribs = rng.uniform(0.02, 0.05) if style == "ribbed" else 0.0
    waist = rng.uniform(0.1, 0.2) if style == "waist" else 0.0
    dent = waist * np.exp(-(((z / shoulder - rng.uniform(0.55, 0.75)) / 0.16) ** 2))
    side = 1 - ribs * (np.arange(15) % 2) - dent
    knots = [(0, 0.97), *zip(z, side, strict=True), (top, neck / radius), (1, neck / radius)]
    knots = [(h * height, r * radius) for h, r in knots]
    wall, floor = 0.08 * radius, 0.03 * height
    rim, fillet = 0.035 * height, radius * rng.uniform(0.05, 0.3)
    body = vessel(knots, wall, floor, rim, fillet, neck=top * height)
    solid, parts, symmetry = body.shell, "neck rim", "axis:z"
    if rng.random() < 0.8:
        cap, looped = _bottle_cap(rng, height, neck)
        solid, symmetry = body.filled(0.015 * height) + cap, "flip:z" if looped else "axis:z"
        parts += " cap"
    if rng.random() < 0.4:
        solid, symmetry = solid + (_strap(rng, body, top * height, neck) - body.plug), "none"
    uses = body.mouth_uses("pour", parts, symmetry) | body.base_uses("press pound")
    return Blueprint(solid, uses | roll_upright(0.0, top * height))


def _bottle_cap(rng: Rng, height: float, neck: float) -> tuple[Solid, bool]:
    """A screw cap, one with a nozzle or with a carrying loop, and whether there is a loop."""
    wide, low = neck * rng.uniform(1.06, 1.3), height * rng.uniform(0.93, 0.97)
    top = height + neck * rng.uniform(0.15, 0.7)
    bevel = rng.uniform(0.6, 0.97)
    profile = [(0, low), (wide, low), (wide, top - 0.15 * neck), (bevel * wide, top), (0, top)]
    cap = lathe(profile, "cap")
    style = str(rng.choice(["screw", "nozzle", "loop"]))
    if style == "nozzle":
        thin = neck * rng.uniform(0.25, 0.4)
        stem = [(0, 0), (1.3, 0), (1.0, 1.2), (1.0, 1.7), (1.25, 1.8), (1.2, 2.7), (0, 2.8)]
        cap = cap + lathe([(r * thin, top - 0.2 * thin + z * thin) for r, z in stem], "cap", 28)
    if style == "loop":
        thick, rise = neck * rng.uniform(0.08, 0.16), neck * rng.uniform(0.9, 1.7)
        out = 0.85 * wide
        arch = [(-out, low), (-out, top + rise), (out, top + rise), (out, low)]
        bail = tube(bezier(arch, 36), [(thick, 2 * thick)], "handle", exponent=4.0)
        cap = cap + bail
    return cap, style == "loop"


def _strap(rng: Rng, body: Vessel, z: float, neck: float) -> Solid:
    """A collar around the neck and a cord or band that hangs from it at -x."""
    collar = [(0, z), (1.12 * neck, z), (1.12 * neck, z + 0.25 * neck), (0, z + 0.25 * neck)]
    out = float(body.radius(0.5 * z)) * rng.uniform(1.2, 2.2)
    low, lift = z * rng.uniform(0.2, 0.7), z + rng.uniform(0, 0.3) * z
    root = (-neck, 0, z + 0.12 * neck)
    end = (-float(body.radius(low)), 0, low) if rng.random() < 0.5 else root
    spread = neck * rng.uniform(0.5, 1.5) if end == root else 0.0
    control = [root, (-out, -spread, lift), (-1.3 * out, 0, low), (-out, spread, low), end]
    thick = neck * rng.uniform(0.06, 0.14)
    flat = [(thick, thick * rng.uniform(1, 3.5))] * 40
    return lathe(collar, "strap") + tube(bezier(control, 40), flat, "strap", sides=12)


@kind("flask", family="vessels")
def flask(rng: Rng) -> Blueprint:
    """Flasks: conical and round laboratory flasks, flat hip flasks."""
    style = rng.choice(["cone", "round", "hip"])
    radius = rng.uniform(4, 6)
    neck = radius * {"hip": rng.uniform(0.2, 0.28)}.get(style, rng.uniform(0.22, 0.4))
    long = radius * {"hip": 0.25}.get(style, rng.uniform(0.6, 1.5))
    shoulder = radius * {"cone": rng.uniform(1.4, 1.9), "round": 1.85, "hip": 2.2}[style]
    height = shoulder + long
    sides: dict[str, list[Any]] = {
        "cone": [(0, 1), (0.12, 1)],
        "round": [(0, 0.5), (0.25, 0.9), (0.5, 1), (0.78, 0.8)],
        "hip": [(0, 0.92), (0.5, 1), (0.85, 0.85)],
    }
    rise, narrow = {"cone": (0.9, 1.25), "round": (0.97, 1.15), "hip": (0.97, 1.5)}[style]
    knots = [(z * shoulder, r * radius) for z, r in sides[style]]
    knots.append((rise * shoulder, narrow * neck))
    flare = neck * rng.uniform(1.1, 1.3)
    knots += [(shoulder + 0.2 * long, neck), (height - 0.12 * long, neck), (height, flare)]
    wall, floor = 0.16 * neck, 0.08 * radius
    rim, fillet = 0.12 * long, radius * rng.uniform(0.1, 0.2)
    square = 5.0 if style == "hip" else 2.0
    body = vessel(knots, wall, floor, rim, fillet, neck=shoulder, exponent=square)
    solid, parts, symmetry = body.shell, "neck rim", "axis:z"
    if style == "hip":
        cap = [(0, 0.9 * shoulder), (1.3 * neck, shoulder), (1.3 * neck, height + 0.2 * neck)]
        cap += [(1.1 * neck, height + 0.4 * neck), (0, height + 0.4 * neck)]
        solid = (body.filled(0.1 * long) + lathe(cap, "cap")).scaled(y=rng.uniform(0.35, 0.5))
        parts, symmetry = "neck rim cap", "flip:z"
    uses = body.mouth_uses("pour", parts, symmetry) | body.base_uses("press")
    return Blueprint(solid, uses)


@kind("jar", family="vessels")
def jar(rng: Rng) -> Blueprint:
    """Jars: jam and pickle jars with or without a lid, square canisters, honey pots."""
    radius = rng.uniform(3, 5.5)
    height = radius * rng.uniform(1.5, 3.4)
    mouth = radius * rng.uniform(0.62, 0.95)
    belly = radius * rng.choice([1.0, rng.uniform(1.0, 1.15)])
    shoulder = rng.uniform(0.7, 0.8)
    knots = [(0, 0.95 * radius), (0.4 * height, belly), (shoulder * height, radius)]
    knots += [(0.88 * height, mouth), (height, mouth)]
    wall, floor = 0.07 * radius, 0.06 * height
    rim, fillet = 0.04 * height, radius * rng.uniform(0.08, 0.35)
    square = rng.choice([2.0, 2.0, rng.uniform(4, 7)])
    body = vessel(knots, wall, floor, rim, fillet, neck=0.87 * height, exponent=square)
    solid, parts = body.shell, "neck rim"
    if rng.random() < 0.5:
        solid = body.filled(0.03 * height) + _jar_lid(rng, mouth, height)
        parts += " cap"
    uses = body.mouth_uses("pour", parts, "axis:z") | body.base_uses("press pound")
    return Blueprint(solid, uses | roll_upright(0.0, 0.86 * height))


def _jar_lid(rng: Rng, mouth: float, height: float) -> Solid:
    """A screw lid, or a lid with a knob."""
    wide, low = mouth * rng.uniform(1.05, 1.14), height * rng.uniform(0.9, 0.94)
    top = height * rng.uniform(1.02, 1.06)
    profile = [(0, low), (wide, low), (wide, top - 0.06 * wide), (0.95 * wide, top), (0, top)]
    lid = lathe(profile, "cap", 64)
    if rng.random() < 0.35:
        knob = wide * rng.uniform(0.14, 0.26)
        ball = [(0, top - 0.1), (0.6 * knob, top - 0.1), (0.6 * knob, top + 0.5 * knob)]
        ball += [(knob, top + knob), (0.9 * knob, top + 1.6 * knob), (0, top + 1.8 * knob)]
        lid = lid + lathe(ball, "cap", 32)
    return lid


@kind("can", family="vessels")
def can(rng: Rng) -> Blueprint:
    """Cans: drink cans with a tab, ribbed food tins without their lid."""
    return _drink_can(rng) if rng.random() < 0.5 else _tin(rng)


def _drink_can(rng: Rng) -> Blueprint:
    radius = rng.uniform(2.6, 3.4)
    height = radius * rng.uniform(2.6, 5.2)
    top = radius * rng.uniform(0.8, 0.92)
    profile = [(0, 0.25 * radius), (0.6 * radius, 0.04 * radius), (0.72 * radius, 0)]
    profile += [(0.78 * radius, 0.03 * radius), (radius, 0.28 * radius)]
    profile += [(radius, height - 0.42 * radius), (0.97 * radius, height - 0.3 * radius)]
    profile += [(top, height - 0.08 * radius), (1.04 * top, height - 0.05 * radius)]
    profile += [(1.04 * top, height), (0.98 * top, height), (0.92 * top, height - 0.12 * radius)]
    labels = ["base"] * 4 + ["body"] * 2 + ["neck"] * 2 + ["rim"] * 3 + ["lid"]
    deck = height - 0.12 * radius
    hole = lathe([(1, deck - radius), (1, height)], "opening", 28)
    hole = hole.scaled(0.34 * top, 0.28 * top).moved(x=0.5 * top)
    tab = block((0.6 * top, 0.4 * top, 0.1 * radius), 0.05 * radius, "tab")
    ring = block((0.22 * top, 0.24 * top, 0.3 * radius), 0.04 * radius, "tab").moved(x=-0.14 * top)
    tab = (tab - ring).moved(x=-0.12 * top, z=deck + 0.03 * radius)
    uses = _can_uses(radius, height) | use("pour", "opening lid rim", (0.5 * top, 0, height), top)
    return Blueprint(lathe(profile, labels) - hole + tab, uses)


def _can_uses(radius: float, height: float) -> Uses:
    base = use("press pound", "base", MIDDLE, 2 * radius, "axis:x")
    return base | roll_upright(0.0, height)


def _tin(rng: Rng) -> Blueprint:
    radius = rng.uniform(3.2, 5.5)
    height = radius * rng.uniform(1.3, 3.2)
    ribs = int(rng.integers(0, 6))
    z = np.linspace(0.25, 0.75, 2 * ribs + 1) * height
    dent = np.where(np.arange(2 * ribs + 1) % 2, 0.955, 0.99)
    edge = [(0, 1.02), (0.03 * height, 1.02), (0.05 * height, 0.99)]
    knots: list[Any] = [*edge, *zip(z, dent, strict=True)]
    knots += [(height - h, r) for h, r in edge[::-1]]
    knots = [(h, r * radius) for h, r in knots]
    body = vessel(knots, 0.03 * radius, floor=0.05 * height, rim=0.05 * height)
    solid, symmetry = body.shell, "axis:z"
    if rng.random() < 0.4:
        lid = lathe([(0.95, -0.02), (0.95, 0.02)], "lid")
        lid = lid.scaled(radius, radius, radius).moved(x=-0.95 * radius)
        lid = lid.turned(y=rng.uniform(50, 110)).moved(x=0.0)
        solid, symmetry = solid + lid.moved(x=-0.98 * radius, z=height - 0.02 * radius), "none"
    uses = _can_uses(radius, height) | body.mouth_uses("pour", "rim", symmetry)
    return Blueprint(solid, uses)
