"""Kitchen vessels with a spout or a long handle: kettle, pan. Handle at -x, spout at +x."""

from __future__ import annotations

import numpy as np

from funcorr_forge.blueprint import Blueprint
from funcorr_forge.shell import Vessel, loop_handle, vessel
from funcorr_forge.solids import Rng, Solid, bezier, block, lathe, smooth, tube, union
from funcorr_forge.uses import MIDDLE, Uses, use


def kettle(rng: Rng) -> Blueprint:
    """Kettles, teapots and coffee pots: gooseneck or short spout, handle aside or over the top."""
    style = rng.choice(["squat", "teapot", "tall", "drum"])
    wide = rng.uniform(7, 10)
    height = wide * {"squat": 1.1, "teapot": 1.35, "tall": 2.2, "drum": 1.5}[style]
    height *= rng.uniform(0.85, 1.2)
    top = {"squat": 0.55, "teapot": 0.5, "tall": 0.62, "drum": 0.8}[style] * rng.uniform(0.85, 1.1)
    foot = {"squat": 1.0, "teapot": 0.65, "tall": 1.0, "drum": 0.95}[style]
    belly = rng.uniform(0.2, 0.35) if style != "teapot" else rng.uniform(0.42, 0.55)
    knots = [(0, foot * wide), (belly * height, wide), (0.75 * height, 0.45 * wide * (1 + top))]
    body = vessel(
        [*knots, (height, top * wide)],
        0.04 * wide,
        floor=0.5,
        rim=0.04 * height,
        fillet=foot * wide * rng.uniform(0.06, 0.3),
    )
    spout, bore, uses = _spout(rng, body, wide, height, tall=style == "tall")
    pieces = [spout]
    lidded = rng.random() < 0.8
    bail = style in ("squat", "drum", "teapot") and rng.random() < 0.45
    crown = height
    if lidded:
        lid, crown = _lid(rng, body)
        pieces.append(lid)
    if bail:
        pieces.append(_bail(rng, body, crown))
    else:
        handle, _ = loop_handle(
            rng,
            body,
            height * rng.uniform(0.15, 0.35),
            height * rng.uniform(0.75, 0.92),
            0.13 * wide,
        )
        pieces.append(handle)
    whole = union(body.filled(0.01 * wide), *pieces) if lidded else body.joined(*pieces)
    return Blueprint(whole - bore, uses | body.base_uses("press"))


def _spout(
    rng: Rng, body: Vessel, wide: float, height: float, tall: bool
) -> tuple[Solid, Solid, Uses]:
    """The spout, its bore and the frame at its mouth."""
    goose = rng.random() < 0.45
    start = height * (rng.uniform(0.12, 0.3) if goose else rng.uniform(0.3, 0.62))
    root = float(body.radius(start)) * 0.9
    end_z = height * (rng.uniform(0.85, 1.1) if goose else rng.uniform(0.75, 1.05))
    end_x = float(body.radius(start)) + wide * rng.uniform(0.5, 0.9)
    bend = rng.uniform(0.1, 0.9)
    if goose:
        neck_x = root + (end_x - root) * 0.55
        control = [
            (root, 0, start),
            (end_x * 1.02, 0, start + 0.02 * height),
            (neck_x, 0, end_z + 0.1 * height),
            (end_x, 0, end_z + bend * 0.1 * height),
            (end_x + 0.25 * wide, 0, end_z),
        ]
    else:
        control = [
            (root, 0, start),
            (root + 0.6 * (end_x - root), 0, start + 0.25 * (end_z - start)),
            (end_x - 0.25 * (end_x - root) * bend, 0, end_z - 0.3 * (end_z - start)),
            (end_x, 0, end_z),
        ]
    path = bezier(control, 40)
    base = wide * (rng.uniform(0.14, 0.24) if goose else rng.uniform(0.22, 0.42))
    tip = wide * (rng.uniform(0.07, 0.12) if goose else rng.uniform(0.1, 0.2))
    radii = smooth([(0, base), (0.5, 0.45 * base + 0.55 * tip), (1, tip)], np.linspace(0, 1, 40))
    wall = 0.28 * tip
    spout = tube(path, radii, "spout", sides=28)
    tangent = path[-1] - path[-2]
    tangent /= np.linalg.norm(tangent)
    bored = np.concatenate([path[-22:], [path[-1] + tangent * tip]])
    bore = tube(bored, np.append(radii[-22:], tip) - wall, "spout", sides=28)
    side = np.array([tangent[2], 0, -tangent[0]])
    return spout, bore, use("pour", "spout", path[-1], 2 * tip, z=tangent, x=side)


def _lid(rng: Rng, body: Vessel) -> tuple[Solid, float]:
    mouth = body.mouth / 2
    rise = mouth * rng.uniform(0.08, 0.45)
    knob = mouth * rng.uniform(0.12, 0.3)
    edge = mouth * rng.uniform(0.97, 1.08)
    low = body.height - 0.1 * mouth
    dome = [
        (edge * np.cos(a), body.height + 0.03 * mouth + rise * np.sin(a))
        for a in np.linspace(0, np.pi / 2 - 0.15, 12)
    ]
    profile = [(0, low), (edge, low), *dome, (0, dome[-1][1])]
    top = dome[-1][1] + knob * rng.uniform(1.0, 1.7)
    stem = [(0, body.height), (0.5 * knob, body.height), (0.5 * knob, top - 0.9 * knob)]
    ball = [(knob, top - 0.6 * knob), (knob, top - 0.2 * knob), (0.7 * knob, top), (0, top)]
    return lathe(profile, "lid") + lathe([*stem, *ball], "lid", sides=32), top


def _bail(rng: Rng, body: Vessel, crown: float) -> Solid:
    """A handle arching over the top, in the plane of the spout."""
    z = body.height * rng.uniform(0.72, 0.92)
    x = float(body.radius(z)) * 0.93
    peak = crown + body.mouth * rng.uniform(0.3, 0.6)
    lift = z + (peak - z) * 1.33
    path = bezier([(-x, 0, z), (-1.1 * x, 0, lift), (1.1 * x, 0, lift), (x, 0, z)], 40)
    thick = body.mouth * rng.uniform(0.04, 0.08)
    wide = thick * rng.uniform(1, 2)
    grip = np.where(np.abs(np.linspace(-1, 1, 40)) < 0.4, rng.uniform(1, 1.6), 1.0)
    return tube(path, np.array([[thick, wide]]) * grip[:, None], "handle")


def pan(rng: Rng) -> Blueprint:
    """Frying pans, saute pans and saucepans with a long handle, some with a helper handle."""
    mouth = rng.uniform(9, 15)
    style = rng.choice(["frying", "saute", "saucepan"])
    height = (
        mouth * {"frying": 0.3, "saute": 0.45, "saucepan": 0.95}[style] * rng.uniform(0.75, 1.3)
    )
    foot = mouth * (rng.uniform(0.68, 0.85) if style == "frying" else rng.uniform(0.88, 1.0))
    knots = [(0, foot), (0.5 * height, 0.45 * foot + 0.55 * mouth), (height, mouth)]
    wall = mouth * rng.uniform(0.018, 0.04)
    lip = (0.08 * mouth, 0.0, 12.0) if rng.random() < 0.2 else None
    body = vessel(
        knots,
        wall,
        floor=1.4 * wall,
        rim=max(0.14 * height, 1.5 * wall),
        fillet=0.3 * height,
        lip=lip,
    )

    pieces = [_long_handle(rng, body, mouth)]
    if rng.random() < 0.15:
        helper = block((0.28 * mouth, 0.5 * mouth, 0.12 * mouth), 0.05 * mouth, "handle")
        pieces.append(helper.moved(x=mouth * 1.06, z=height * 0.8))
    uses = body.mouth_uses("pour", "lip rim" if lip else "rim") | body.mouth_uses("scoop", "rim")
    uses |= use("pound press", "base", MIDDLE, 2 * foot, "axis:x")
    return Blueprint(body.joined(*pieces), uses)


def _long_handle(rng: Rng, body: Vessel, mouth: float) -> Solid:
    z = body.height * rng.uniform(0.6, 0.82)
    start = -float(body.radius(z)) + 0.03 * mouth
    length = mouth * rng.uniform(1.1, 2.0)
    rise = length * rng.uniform(-0.02, 0.3)
    control = [
        (start, 0, z),
        (start - 0.3 * length, 0, z + 0.9 * rise),
        (start - 0.7 * length, 0, z + rise),
        (start - length, 0, z + rise * rng.uniform(0.8, 1.1)),
    ]
    thick = mouth * rng.uniform(0.035, 0.07)
    wide = thick * rng.uniform(1.0, 2.2)
    s = np.linspace(0, 1, 30)
    swell = smooth([(0, 1.0), (0.25, 0.7), (0.7, 1.1), (1, 0.8)], s)[:, None]
    return tube(
        bezier(control, 30),
        np.array([[thick, wide]]) * swell,
        "handle",
        exponent=3.0,
        round_ends=True,
    )
