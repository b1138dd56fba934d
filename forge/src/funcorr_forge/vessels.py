"""Vessels of revolution: mug, bottle, jug, bowl. Upright along z, handle at -x, lip at +x."""

from __future__ import annotations

from funcorr_forge.blueprint import Blueprint
from funcorr_forge.shell import Vessel, loop_handle, vessel
from funcorr_forge.solids import Rng, Solid, lathe


def mug(rng: Rng) -> Blueprint:
    """Mugs and cups: straight, tapered, bellied, conical, espresso."""
    style = rng.choice(["straight", "tapered", "belly", "cone", "flare"])
    height = rng.choice([rng.uniform(5, 7.5), rng.uniform(8.5, 11.5), rng.uniform(11, 15)])
    mouth = height * rng.uniform(0.36, 0.58)
    foot = {
        "straight": 1.0,
        "tapered": rng.uniform(0.75, 0.95),
        "belly": rng.uniform(0.6, 0.9),
        "cone": rng.uniform(0.45, 0.65),
        "flare": rng.uniform(0.7, 1.1),
    }[style] * mouth
    middle = {"belly": rng.uniform(1.05, 1.3) * mouth, "flare": 0.86 * mouth}.get(
        style, (foot + mouth) / 2 * rng.uniform(1.0, 1.06)
    )
    knots = [(0, foot), (height * rng.uniform(0.35, 0.55), middle), (height, mouth)]
    wall = rng.uniform(0.2, 0.45)
    body = vessel(
        knots,
        wall,
        floor=rng.uniform(0.3, 0.9),
        rim=height * rng.uniform(0.07, 0.13),
        fillet=foot * rng.choice([0.05, rng.uniform(0.1, 0.55)]),
    )
    high = height * rng.uniform(0.72, 0.9)
    low = height * rng.uniform(0.14, 0.4)
    handle, hang = loop_handle(rng, body, low, high, height * rng.uniform(0.06, 0.12))
    uses = hang | body.mouth_uses("pour scoop", "rim") | body.base_uses("press")
    return Blueprint(body.joined(handle), uses)


def bowl(rng: Rng) -> Blueprint:
    """Bowls: shallow to deep, with or without a foot."""
    mouth = rng.uniform(6, 13)
    height = mouth * rng.uniform(0.5, 1.15)
    foot = mouth * rng.uniform(0.35, 0.6)
    belly = mouth * rng.uniform(0.72, 0.92)
    knots = [(0, foot), (0.12 * height, foot * 1.08), (0.5 * height, belly), (height, mouth)]
    body = vessel(
        knots,
        mouth * rng.uniform(0.03, 0.07),
        floor=0.1 * height,
        rim=height * rng.uniform(0.08, 0.15),
        fillet=0.08 * foot,
    )
    uses = body.mouth_uses("pour scoop", "rim", "axis:z") | body.base_uses("press pound")
    return Blueprint(body.shell, uses)


BOTTLES = {  # heights over the radius; shoulder and neck as shares of the height; mouth radius
    "bordeaux": ((7.2, 9.0), 0.64, 0.74, 0.38),
    "burgundy": ((6.8, 8.2), 0.5, 0.8, 0.36),
    "beer": ((6.3, 7.8), 0.55, 0.78, 0.42),
    "water": ((5.5, 7.5), 0.7, 0.9, 0.4),
    "squeeze": ((4.8, 6.2), 0.72, 0.8, 0.16),
    "medicine": ((2.6, 4.0), 0.68, 0.8, 0.6),
    "square": ((4.0, 6.0), 0.68, 0.78, 0.4),
}


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
    knots = [
        (0, radius),
        (0.3 * shoulder * height, waist),
        (0.6 * shoulder * height, (waist + radius) / 2),
        (shoulder * height, radius * 0.99),
        ((shoulder + 0.3 * (neck - shoulder)) * height, radius * 0.9 + 0.1 * base),
        (neck * height, base * 1.08),
    ]
    collar = rng.uniform(0.025, 0.05) * height
    flare = mouth * (1.0 if style == "squeeze" else rng.choice([1.0, rng.uniform(1.05, 1.25)]))
    top = [(height - 1.1 * collar, mouth), (height - collar, flare), (height, flare)]
    body = vessel(
        [*knots, *(top if flare > mouth else [(height, mouth)])],
        mouth * rng.uniform(0.12, 0.25),
        floor=0.4,
        rim=collar,
        neck=neck * height,
        fillet=radius * rng.uniform(0.05, 0.3),
        exponent=rng.uniform(4, 8) if style == "square" else 2.0,
    )
    return body, collar


def _stopper(rng: Rng, body: Vessel, collar: float) -> Solid:
    """A screw cap over the mouth, or a cork or dome in it."""
    radius = body.mouth / 2 * rng.choice([rng.uniform(0.7, 0.95), rng.uniform(1.08, 1.3)])
    over = collar * rng.uniform(0.8, 2.0)
    top = body.height + collar * rng.uniform(0.3, 1.5)
    profile = [(0, body.height - over), (radius, body.height - over), (radius, top - 0.2 * radius)]
    profile += [(0.85 * radius, top), (0, top)]
    return lathe(profile, "cap")


def jug(rng: Rng) -> Blueprint:
    """Jugs and pitchers with a lip: milk jug, ewer, straight beaker with handle."""
    height = rng.uniform(10, 24)
    mouth = height * rng.uniform(0.2, 0.4)
    style = rng.choice(["belly", "straight", "waist", "cone"])
    foot, middle, upper = {
        "belly": (rng.uniform(0.8, 1.1), rng.uniform(1.2, 1.6), rng.uniform(0.8, 0.95)),
        "straight": (1.0, 1.0, 1.0),
        "waist": (rng.uniform(1.1, 1.4), rng.uniform(1.1, 1.3), rng.uniform(0.75, 0.9)),
        "cone": (rng.uniform(1.2, 1.5), rng.uniform(1.1, 1.3), rng.uniform(0.98, 1.1)),
    }[style]
    knots = [(0, foot), (0.35 * height, middle), (0.75 * height, upper), (height, 1)]
    reach = mouth * rng.uniform(0.2, 0.55)
    body = vessel(
        [(z, r * mouth) for z, r in knots],
        height * rng.uniform(0.015, 0.03),
        floor=0.04 * height,
        rim=height * rng.uniform(0.06, 0.12),
        fillet=mouth * rng.uniform(0.05, 0.35),
        lip=(reach, reach * rng.uniform(0, 0.5), rng.uniform(14, 28)),
    )
    high = height * rng.uniform(0.78, 0.9)
    handle, hang = loop_handle(
        rng, body, height * rng.uniform(0.15, 0.4), high, height * rng.uniform(0.05, 0.09)
    )
    uses = hang | body.mouth_uses("pour", "lip rim") | body.base_uses("press")
    return Blueprint(body.joined(handle), uses)
