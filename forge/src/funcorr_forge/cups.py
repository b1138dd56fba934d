"""More vessels: glass, cup, can, jar, flask, pot, bucket. Upright along z, front at +x."""

from __future__ import annotations

from typing import Any

import numpy as np

from funcorr_forge.blueprint import Blueprint
from funcorr_forge.shell import Vessel, loop_handle, vessel
from funcorr_forge.solids import Numbers, Rng, Solid, bezier, block, columns, lathe, tube, union
from funcorr_forge.uses import MIDDLE, Uses, opening_uses, roll_upright, use


def glass(rng: Rng) -> Blueprint:
    """Glasses: tumbler, highball, pint, and wine glasses on a stem."""
    if rng.random() < 0.35:
        return _stem_glass(rng)
    height = rng.uniform(8, 17)
    mouth = height * rng.uniform(0.2, 0.46)
    foot = mouth * rng.uniform(0.68, 1.0)
    bulge = rng.choice([0.0, rng.uniform(-0.08, 0.1)])
    knots = [(0, foot), (0.6 * height, foot + (0.6 + bulge) * (mouth - foot) + bulge * mouth)]
    body = vessel(
        [*knots, (height, mouth)],
        mouth * rng.uniform(0.04, 0.08),
        floor=height * rng.uniform(0.04, 0.14),
        rim=height * rng.uniform(0.06, 0.1),
        fillet=foot * rng.uniform(0.03, 0.2),
        exponent=rng.choice([2.0, 2.0, 5.0]),
    )
    uses = body.mouth_uses("pour scoop", "rim", "axis:z") | body.base_uses("press")
    return Blueprint(body.shell, uses | roll_upright(0.0, height))


def _stem_glass(rng: Rng) -> Blueprint:
    """A bowl on a stem and a flat foot."""
    deep = rng.uniform(5, 11)
    wide = deep * rng.uniform(0.38, 0.75)
    stem, thin = deep * rng.uniform(0.5, 1.2), deep * rng.uniform(0.035, 0.06)
    mouth = wide * rng.uniform(0.7, 1.15)
    knots = [(0, 1.3 * thin), (0.12 * deep, 0.55 * wide), (rng.uniform(0.3, 0.5) * deep, wide)]
    body = vessel(
        [*knots, (deep, mouth)], 0.03 * deep, floor=0.05 * deep, rim=0.08 * deep, fillet=0.0
    )
    foot = wide * rng.uniform(0.7, 1.0)
    profile = [
        (0, 0),
        (0.97 * foot, 0),
        (foot, 0.02 * foot),
        (0.5 * foot, 0.08 * foot),
        (1.2 * thin, 0.25 * foot),
        (thin, 0.6 * stem),
        (1.8 * thin, stem + 0.02 * deep),
        (0, stem + 0.02 * deep),
    ]
    pole = lathe(profile, ["base", *["foot"] * 3, *["stem"] * 3])
    uses = opening_uses("pour scoop", "rim", stem + deep, 2 * mouth, "axis:z")
    uses |= use("press", "base", MIDDLE, 2 * foot, "axis:x")
    return Blueprint(body.shell.moved(z=stem) + pole, uses)


def cup(rng: Rng) -> Blueprint:
    """Cups: paper cup, handleless tea bowl, low tea cup with an ear."""
    style = rng.choice(["paper", "bowl", "tea"])
    mouth = rng.uniform(3.2, 5.0)
    height = mouth * {"paper": rng.uniform(1.9, 3.2), "bowl": rng.uniform(1.1, 1.9)}.get(
        style, rng.uniform(0.95, 1.4)
    )
    foot = mouth * {"paper": rng.uniform(0.62, 0.8)}.get(style, rng.uniform(0.4, 0.65))
    middle = {"paper": (foot + mouth) / 2}.get(style, mouth * rng.uniform(0.82, 0.98))
    knots = [(0, foot), (0.45 * height, middle), (height, mouth)]
    if style == "paper":
        knots = [*knots[:2], (0.955 * height, mouth), (0.97 * height, 1.05 * mouth)]
        knots.append((height, 1.05 * mouth))
    body = vessel(
        knots,
        mouth * rng.uniform(0.03, 0.07),
        floor=0.06 * height,
        rim=height * rng.uniform(0.06, 0.1),
        fillet=foot * (0.03 if style == "paper" else rng.uniform(0.1, 0.3)),
    )
    solid, symmetry = body.shell, "axis:z"
    if style == "tea":
        ear, _ = loop_handle(
            rng, body, height * rng.uniform(0.3, 0.45), 0.85 * height, height * 0.11
        )
        solid, symmetry = body.joined(ear), "none"
    elif style == "paper" and rng.random() < 0.5:
        solid = solid + _sleeve(rng, body)
    uses = body.mouth_uses("pour scoop", "rim", symmetry) | body.base_uses("press")
    if style != "tea":
        uses |= roll_upright(0.0, height)
    return Blueprint(solid, uses)


def _sleeve(rng: Rng, body: Vessel) -> Solid:
    """A cardboard band around the wall."""
    low, high = body.height * rng.uniform(0.15, 0.3), body.height * rng.uniform(0.6, 0.8)
    z = np.linspace(low, high, 8)
    wall = columns(body.radius(z) * 1.04, z)
    band = lathe([(0, low), *wall, (0, high)], "body")
    return band - body.plug


def can(rng: Rng) -> Blueprint:
    """Cans: drink cans with a tab, ribbed food tins without their lid."""
    return _drink_can(rng) if rng.random() < 0.5 else _tin(rng)


def _drink_can(rng: Rng) -> Blueprint:
    radius = rng.uniform(2.6, 3.4)
    height = radius * rng.uniform(2.6, 5.2)
    top = radius * rng.uniform(0.8, 0.92)
    profile = [
        (0, 0.25 * radius),
        (0.6 * radius, 0.04 * radius),
        (0.72 * radius, 0),
        (0.78 * radius, 0.03 * radius),
        (radius, 0.28 * radius),
        (radius, height - 0.42 * radius),
        (0.97 * radius, height - 0.3 * radius),
        (top, height - 0.08 * radius),
        (1.04 * top, height - 0.05 * radius),
        (1.04 * top, height),
        (0.98 * top, height),
        (0.92 * top, height - 0.12 * radius),
        (0, height - 0.12 * radius),
    ]
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
    body = vessel(
        [(h, r * radius) for h, r in knots], 0.03 * radius, floor=0.05 * height, rim=0.05 * height
    )
    solid, symmetry = body.shell, "axis:z"
    if rng.random() < 0.4:
        lid = lathe([(0.95, -0.02), (0.95, 0.02)], "lid")
        lid = lid.scaled(radius, radius, radius).moved(x=-0.95 * radius)
        lid = lid.turned(y=rng.uniform(50, 110)).moved(x=0.0)
        solid, symmetry = solid + lid.moved(x=-0.98 * radius, z=height - 0.02 * radius), "none"
    uses = _can_uses(radius, height) | body.mouth_uses("pour", "rim", symmetry)
    return Blueprint(solid, uses)


def jar(rng: Rng) -> Blueprint:
    """Jars: jam and pickle jars with or without a lid, square canisters, honey pots."""
    radius = rng.uniform(3, 5.5)
    height = radius * rng.uniform(1.5, 3.4)
    mouth = radius * rng.uniform(0.62, 0.95)
    belly = radius * rng.choice([1.0, rng.uniform(1.0, 1.15)])
    shoulder = rng.uniform(0.7, 0.8)
    knots = [(0, 0.95 * radius), (0.4 * height, belly), (shoulder * height, radius)]
    knots += [(0.88 * height, mouth), (height, mouth)]
    body = vessel(
        knots,
        0.07 * radius,
        floor=0.06 * height,
        rim=0.04 * height,
        neck=0.87 * height,
        fillet=radius * rng.uniform(0.08, 0.35),
        exponent=rng.choice([2.0, 2.0, rng.uniform(4, 7)]),
    )
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


def flask(rng: Rng) -> Blueprint:
    """Flasks: conical and round laboratory flasks, flat hip flasks."""
    style = rng.choice(["cone", "round", "hip"])
    radius = rng.uniform(4, 6)
    neck = radius * {"hip": rng.uniform(0.2, 0.28)}.get(style, rng.uniform(0.22, 0.4))
    long = radius * {"hip": 0.25}.get(style, rng.uniform(0.6, 1.5))
    shoulder = radius * {"cone": rng.uniform(1.4, 1.9), "round": 1.85, "hip": 2.2}[style]
    height = shoulder + long
    knots: list[Any] = {
        "cone": [(0, radius), (0.12 * shoulder, radius), (0.9 * shoulder, 1.25 * neck)],
        "round": [
            (0, 0.5 * radius),
            (0.25 * shoulder, 0.9 * radius),
            (0.5 * shoulder, radius),
            (0.78 * shoulder, 0.8 * radius),
            (0.97 * shoulder, 1.15 * neck),
        ],
        "hip": [
            (0, 0.92 * radius),
            (0.5 * shoulder, radius),
            (0.85 * shoulder, 0.85 * radius),
            (0.97 * shoulder, 1.5 * neck),
        ],
    }[style]
    flare = neck * rng.uniform(1.1, 1.3)
    knots += [(shoulder + 0.2 * long, neck), (height - 0.12 * long, neck), (height, flare)]
    body = vessel(
        knots,
        0.16 * neck,
        floor=0.08 * radius,
        rim=0.12 * long,
        neck=shoulder,
        fillet=radius * rng.uniform(0.1, 0.2),
        exponent=5.0 if style == "hip" else 2.0,
    )
    solid, parts, symmetry = body.shell, "neck rim", "axis:z"
    if style == "hip":
        cap = [(0, 0.9 * shoulder), (1.3 * neck, shoulder), (1.3 * neck, height + 0.2 * neck)]
        cap += [(1.1 * neck, height + 0.4 * neck), (0, height + 0.4 * neck)]
        solid = (body.filled(0.1 * long) + lathe(cap, "cap")).scaled(y=rng.uniform(0.35, 0.5))
        parts, symmetry = "neck rim cap", "flip:z"
    uses = body.mouth_uses("pour", parts, symmetry) | body.base_uses("press")
    return Blueprint(solid, uses)


def pot(rng: Rng) -> Blueprint:
    """Cooking pots: two handles at the sides, low to tall."""
    mouth = rng.uniform(9, 14)
    height = mouth * rng.uniform(0.6, 1.7)
    foot = mouth * rng.uniform(0.85, 1.0)
    belly = mouth * rng.choice([1.0, rng.uniform(1.0, 1.15)])
    body = vessel(
        [(0, foot), (0.45 * height, belly), (0.95 * height, mouth), (height, 1.03 * mouth)],
        mouth * rng.uniform(0.025, 0.05),
        floor=0.05 * height,
        rim=height * rng.uniform(0.07, 0.12),
        fillet=foot * rng.uniform(0.06, 0.3),
    )
    ear = _pot_handle(rng, body)
    uses = body.mouth_uses("pour scoop", "rim", "flip:z") | body.base_uses("pound press")
    return Blueprint(body.joined(ear, ear.turned(z=180.0)), uses)


def _pot_handle(rng: Rng, body: Vessel) -> Solid:
    """A loop at +y, level or rising."""
    z = body.height * rng.uniform(0.68, 0.85)
    radius = float(body.radius(z))
    half, out = radius * rng.uniform(0.22, 0.42), radius * rng.uniform(0.16, 0.35)
    rise = out * rng.uniform(-0.2, 1.2)
    root = np.sqrt(radius**2 - half**2) - 0.03 * radius
    path = bezier(
        [
            (-half, root, z),
            (-1.1 * half, root + 1.4 * out, z + 1.4 * rise),
            (1.1 * half, root + 1.4 * out, z + 1.4 * rise),
            (half, root, z),
        ],
        30,
    )
    thick = radius * rng.uniform(0.03, 0.06)
    return tube(path, [(thick, thick * rng.uniform(1, 1.8))], "handle", up=(0, 0, 1))


def bucket(rng: Rng) -> Blueprint:
    """Buckets and pails: tapering, a bead at the rim, a bail on two ears."""
    mouth = rng.uniform(11, 15)
    height = mouth * rng.uniform(1.2, 2.1)
    foot = mouth * rng.uniform(0.65, 0.88)
    bead = rng.uniform(1.03, 1.08)
    knots: list[Any] = [(0, foot), (0.5 * height, (foot + mouth) / 2), (0.945 * height, mouth)]
    knots += [(0.96 * height, bead * mouth), (height, bead * mouth)]
    body = vessel(knots, 0.035 * mouth, floor=0.04 * height, rim=0.07 * height, fillet=0.05 * foot)
    lean = rng.choice([0.0, rng.uniform(20, 75)])
    bail = _bucket_bail(rng, mouth * bead, 0.9 * height, float(lean))
    symmetry = "none" if lean else "flip:z"
    uses = body.mouth_uses("pour scoop", "rim", symmetry) | body.base_uses("press")
    return Blueprint(body.joined(bail), uses)


def _bucket_bail(rng: Rng, radius: float, z: float, lean: float) -> Solid:
    """A wire from ear to ear over the mouth, leaning back; mostly with a grip."""
    wire = radius * rng.uniform(0.02, 0.035)
    out, top = 1.04 * radius, radius * rng.uniform(1.1, 1.4)
    arch: Numbers = [(0, -out, 0), (0, -out, 1.33 * top), (0, out, 1.33 * top), (0, out, 0)]
    path = bezier(arch, 44)
    bow = tube(path, wire, "handle", up=(1, 0, 0), sides=12)
    if rng.random() < 0.7:
        grip = tube(path[18:26], 3 * wire, "handle", up=(1, 0, 0), sides=16)
        bow = bow + grip
    bow = bow.turned(y=-lean).moved(z=z)
    ear = block((3.5 * wire + 0.6, 0.16 * radius, 4 * wire + 1.0), 0.4 * wire, "ear")
    ears = [ear.moved(y=side * 0.99 * radius, z=z) for side in (-1, 1)]
    return union(bow, *ears)
