"""Vessels to drink and pour from: mug, cup, glass, bowl, jug. Upright, handle at -x, lip at +x."""

from __future__ import annotations

import numpy as np

from funcorr_forge.curves import Rng, columns
from funcorr_forge.registry import Blueprint, kind
from funcorr_forge.solids import Solid, lathe
from funcorr_forge.uses import MIDDLE, opening_uses, roll_upright, use
from funcorr_forge.vessel import Vessel, loop_handle, vessel


@kind("mug", family="vessels")
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
    floor = rng.uniform(0.3, 0.9)
    rim = height * rng.uniform(0.07, 0.13)
    fillet = foot * rng.choice([0.05, rng.uniform(0.1, 0.55)])
    body = vessel(knots, wall, floor, rim, fillet)
    high = height * rng.uniform(0.72, 0.9)
    low = height * rng.uniform(0.14, 0.4)
    handle, hang = loop_handle(rng, body, low, high, height * rng.uniform(0.06, 0.12))
    uses = hang | body.mouth_uses("pour scoop", "rim") | body.base_uses("press")
    return Blueprint(body.joined(handle), uses)


@kind("cup", family="vessels")
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
    wall, floor = mouth * rng.uniform(0.03, 0.07), 0.06 * height
    rim = height * rng.uniform(0.06, 0.1)
    fillet = foot * (0.03 if style == "paper" else rng.uniform(0.1, 0.3))
    body = vessel(knots, wall, floor, rim, fillet)
    solid, symmetry = body.shell, "axis:z"
    if style == "tea":
        low = height * rng.uniform(0.3, 0.45)
        ear, _ = loop_handle(rng, body, low, 0.85 * height, height * 0.11)
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


@kind("glass", family="vessels")
def glass(rng: Rng) -> Blueprint:
    """Glasses: tumbler, highball, pint, and wine glasses on a stem."""
    if rng.random() < 0.35:
        return _stem_glass(rng)
    height = rng.uniform(8, 17)
    mouth = height * rng.uniform(0.2, 0.46)
    foot = mouth * rng.uniform(0.68, 1.0)
    bulge = rng.choice([0.0, rng.uniform(-0.08, 0.1)])
    knots = [(0, foot), (0.6 * height, foot + (0.6 + bulge) * (mouth - foot) + bulge * mouth)]
    knots = [*knots, (height, mouth)]
    wall, floor = mouth * rng.uniform(0.04, 0.08), height * rng.uniform(0.04, 0.14)
    rim, fillet = height * rng.uniform(0.06, 0.1), foot * rng.uniform(0.03, 0.2)
    body = vessel(knots, wall, floor, rim, fillet, exponent=rng.choice([2.0, 2.0, 5.0]))
    uses = body.mouth_uses("pour scoop", "rim", "axis:z") | body.base_uses("press")
    return Blueprint(body.shell, uses | roll_upright(0.0, height))


def _stem_glass(rng: Rng) -> Blueprint:
    """A bowl on a stem and a flat foot."""
    deep = rng.uniform(5, 11)
    wide = deep * rng.uniform(0.38, 0.75)
    stem, thin = deep * rng.uniform(0.5, 1.2), deep * rng.uniform(0.035, 0.06)
    mouth = wide * rng.uniform(0.7, 1.15)
    knots = [(0, 1.3 * thin), (0.12 * deep, 0.55 * wide), (rng.uniform(0.3, 0.5) * deep, wide)]
    body = vessel([*knots, (deep, mouth)], 0.03 * deep, floor=0.05 * deep, rim=0.08 * deep)
    foot = wide * rng.uniform(0.7, 1.0)
    profile = [(0.97 * foot, 0), (foot, 0.02 * foot), (0.5 * foot, 0.08 * foot)]
    profile += [(1.2 * thin, 0.25 * foot), (thin, 0.6 * stem), (1.8 * thin, stem + 0.02 * deep)]
    pole = lathe(profile, ["base", *["foot"] * 3, *["stem"] * 3])
    uses = opening_uses("pour scoop", "rim", stem + deep, 2 * mouth, "axis:z")
    uses |= use("press", "base", MIDDLE, 2 * foot, "axis:x")
    return Blueprint(body.shell.moved(z=stem) + pole, uses)


@kind("bowl", family="vessels")
def bowl(rng: Rng) -> Blueprint:
    """Bowls: shallow to deep, with or without a foot."""
    mouth = rng.uniform(6, 13)
    height = mouth * rng.uniform(0.5, 1.15)
    foot = mouth * rng.uniform(0.35, 0.6)
    belly = mouth * rng.uniform(0.72, 0.92)
    knots = [(0, foot), (0.12 * height, foot * 1.08), (0.5 * height, belly), (height, mouth)]
    wall, floor = mouth * rng.uniform(0.03, 0.07), 0.1 * height
    rim, fillet = height * rng.uniform(0.08, 0.15), 0.08 * foot
    body = vessel(knots, wall, floor, rim, fillet)
    uses = body.mouth_uses("pour scoop", "rim", "axis:z") | body.base_uses("press pound")
    return Blueprint(body.shell, uses)


@kind("jug", family="vessels")
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
    knots = [(z, r * mouth) for z, r in knots]
    wall, floor = height * rng.uniform(0.015, 0.03), 0.04 * height
    rim, fillet = height * rng.uniform(0.06, 0.12), mouth * rng.uniform(0.05, 0.35)
    lip = (reach, reach * rng.uniform(0, 0.5), rng.uniform(14, 28))
    body = vessel(knots, wall, floor, rim, fillet, lip=lip)
    high = height * rng.uniform(0.78, 0.9)
    low, thick = height * rng.uniform(0.15, 0.4), height * rng.uniform(0.05, 0.09)
    handle, hang = loop_handle(rng, body, low, high, thick)
    uses = hang | body.mouth_uses("pour", "lip rim") | body.base_uses("press")
    return Blueprint(body.joined(handle), uses)
