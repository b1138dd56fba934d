"""Wide vessels and what covers them: pot, pan, saucepan, bucket, lid. Upright, handle at -x."""

from __future__ import annotations

from typing import Any

import numpy as np

from funcorr_forge.curves import FORWARD, UP, Numbers, Rng, bezier, columns, smooth
from funcorr_forge.fittings import knob, stick_handle
from funcorr_forge.registry import Blueprint, kind
from funcorr_forge.solids import Solid, block, lathe, tube, union
from funcorr_forge.uses import MIDDLE, use
from funcorr_forge.vessel import Vessel, vessel


@kind("pot", family="vessels")
def pot(rng: Rng) -> Blueprint:
    """Cooking pots: two handles at the sides, low to tall."""
    mouth = rng.uniform(9, 14)
    height = mouth * rng.uniform(0.6, 1.7)
    foot = mouth * rng.uniform(0.85, 1.0)
    belly = mouth * rng.choice([1.0, rng.uniform(1.0, 1.15)])
    knots = [(0, foot), (0.45 * height, belly), (0.95 * height, mouth), (height, 1.03 * mouth)]
    wall, floor = mouth * rng.uniform(0.025, 0.05), 0.05 * height
    rim, fillet = height * rng.uniform(0.07, 0.12), foot * rng.uniform(0.06, 0.3)
    body = vessel(knots, wall, floor, rim, fillet)
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
    far, top = root + 1.4 * out, z + 1.4 * rise
    arch = [(-half, root, z), (-1.1 * half, far, top), (1.1 * half, far, top), (half, root, z)]
    thick = radius * rng.uniform(0.03, 0.06)
    return tube(bezier(arch, 30), [(thick, thick * rng.uniform(1, 1.8))], "handle", up=(0, 0, 1))


@kind("pan", family="vessels")
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
    floor = 1.4 * wall
    rim, fillet = max(0.14 * height, 1.5 * wall), 0.3 * height
    body = vessel(knots, wall, floor, rim, fillet, lip=lip)

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
    control = [(start, z), (start - 0.3 * length, z + 0.9 * rise), (start - 0.7 * length, z + rise)]
    control += [(start - length, z + rise * rng.uniform(0.8, 1.1))]
    thick = mouth * rng.uniform(0.035, 0.07)
    wide = thick * rng.uniform(1.0, 2.2)
    s = np.linspace(0, 1, 30)
    swell = smooth([(0, 1.0), (0.25, 0.7), (0.7, 1.1), (1, 0.8)], s)[:, None]
    radii = np.array([[thick, wide]]) * swell
    return tube(bezier(control, 30), radii, "handle", exponent=3.0, round_ends=True)


@kind("saucepan", family="vessels")
def saucepan(rng: Rng) -> Blueprint:
    """Saucepans: stick handle, wire handle or two ears; low to tall, with or without a lip."""
    mouth = rng.uniform(7, 11)
    height = mouth * rng.uniform(0.6, 1.5)
    foot = mouth * rng.choice([rng.uniform(0.7, 0.85), rng.uniform(0.9, 1.05)])
    belly = rng.choice([0.5 * (foot + mouth), rng.uniform(1.0, 1.12) * mouth])
    push = mouth * rng.uniform(0.1, 0.22)
    lipped = rng.random() < 0.4
    knots = [(0, foot), (0.4 * height, belly), (0.93 * height, 0.98 * mouth), (height, mouth)]
    wall, floor = mouth * rng.uniform(0.025, 0.05), 0.05 * mouth
    rim, fillet = height * rng.uniform(0.07, 0.12), foot * rng.uniform(0.04, 0.35)
    lip = (push, 0.2 * push, rng.uniform(10, 18)) if lipped else None
    body = vessel(knots, wall, floor, rim, fillet, lip=lip)
    style = str(rng.choice(["stick", "stick", "wire", "ears", "helper"]))
    z = height * rng.uniform(0.65, 0.88)
    length = mouth * rng.uniform(1.2, 2.3)
    if style == "wire":
        pieces = [_wire_handle(rng, body, z, length)]
    elif style == "ears":
        pieces = _ears(rng, body, z)
    else:
        pieces = [stick_handle(rng, body, z, length, mouth * rng.uniform(0.06, 0.12))]
        pieces += [_ears(rng, body, z)[0].turned(z=-90.0)] if style == "helper" else []
    symmetry = "flip:z" if style == "ears" and not lipped else "none"
    uses = body.mouth_uses("pour", "lip rim" if lipped else "rim", symmetry)
    uses |= body.mouth_uses("scoop", "rim", symmetry) | body.base_uses("pound press")
    return Blueprint(body.joined(*pieces), uses)


def _wire_handle(rng: Rng, body: Vessel, z: float, length: float) -> Solid:
    """A bent wire or rod at -x: two strands that meet at the end."""
    start = -0.95 * float(body.radius(z))
    half, rise = length * rng.uniform(0.06, 0.13), length * rng.uniform(0, 0.35)
    far = start - length * 1.2
    control = [(start, half, z), (far, 1.4 * half, z + rise), (far, -1.4 * half, z + rise)]
    path = bezier([*control, (start, -half, z)], 44)
    return tube(path, length * rng.uniform(0.018, 0.035), "handle", up=UP, sides=14)


def _ears(rng: Rng, body: Vessel, z: float) -> list[Solid]:
    """Two like handles at +y and -y: lugs, loops or knobs."""
    radius = float(body.radius(z))
    half, out = radius * rng.uniform(0.2, 0.4), radius * rng.uniform(0.15, 0.35)
    style = str(rng.choice(["lug", "loop", "knob"]))
    if style == "lug":
        lug = block((2 * half, 2 * out, 0.14 * radius), 0.06 * radius, "handle")
        ear = lug.moved(y=radius + 0.4 * out, z=z)
    elif style == "knob":
        line = np.linspace([0, 0.9 * radius, z], [0, radius + out, z], 12)
        swell = 0.5 * half * np.linspace(0.6, 1.0, 12)
        ear = tube(line, swell, "handle", up=UP, round_ends=True)
    else:
        root, top = 0.9 * radius, z + out * rng.uniform(0, 1)
        far = radius + 1.35 * out
        arch = [(-half, root, z), (-1.1 * half, far, top), (1.1 * half, far, top), (half, root, z)]
        thick = radius * rng.uniform(0.025, 0.07)
        ear = tube(bezier(arch, 30), [(thick, 1.4 * thick)], "handle", up=UP)
    return [ear, ear.turned(z=180.0)]


@kind("bucket", family="vessels")
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


@kind("lid", family="vessels")
def lid(rng: Rng) -> Blueprint:
    """Lids: domed or flat pot lids with a knob or a loop, jar caps, wooden covers, oval lids."""
    style = str(rng.choice(["dome", "flat", "cap", "board"]))
    wide = rng.uniform(6, 10)
    thick = wide * rng.uniform(0.02, 0.05)
    rise = wide * {"dome": rng.uniform(0.15, 0.5)}.get(style, rng.uniform(0.0, 0.06))
    rim, skirt = wide * rng.uniform(0.05, 0.1), wide * rng.uniform(0.03, 0.12)
    skirt *= {"cap": 3.0, "board": 1.0}.get(style, rng.choice([0.4, 1.0]))
    skirt = max(skirt, thick)
    turn = np.linspace(0, np.pi / 2, 14)[1:]
    arch = columns(np.cos(turn), np.sin(turn))
    arch[-1, 0] = 0
    top = arch * [wide - rim, rise] + [0, skirt + 0.5 * thick]
    under = arch[::-1] * [wide - rim, rise] + [0, skirt - 0.5 * thick]
    if style == "board":
        under = np.array([(0, 0), (0.5 * wide, 0)])
    edge = [(wide - rim, 0), (wide, 0), (wide, skirt), (wide - 0.4 * rim, skirt + 0.5 * thick)]
    names = ["underside"] * len(under) + ["rim"] * 3 + ["top"] * (len(top) + 1)
    solid = lathe([*under, *edge, (wide - rim, skirt + 0.5 * thick), *top], names, 72)
    crown = skirt + 0.5 * thick + rise
    if style != "cap":
        if rng.random() < 0.4:
            solid = solid + _lid_loop(rng, crown - 0.3 * thick, wide)
        else:
            solid = solid + knob(rng, crown, wide * rng.uniform(0.1, 0.22), "handle")[0]
    oval = rng.random() < 0.15 and style != "cap"
    turns = "flip" if oval else "axis"
    lead, pivot = (wide, 0, skirt), (0, 0, skirt)
    uses = use("lift", "top", lead, 2 * wide, f"{turns}:z", pivot)
    uses |= use("scrape", "rim", lead, 2 * wide, f"{turns}:z", pivot, x=FORWARD, z=UP)
    uses |= use("press", "underside", MIDDLE, 2 * wide, f"{turns}:x")
    return Blueprint(solid.scaled(y=rng.uniform(0.65, 0.85)) if oval else solid, uses)


def _lid_loop(rng: Rng, top: float, wide: float) -> Solid:
    """A strap, wire or square bow over the middle of a lid."""
    half, rise = wide * rng.uniform(0.2, 0.5), wide * rng.uniform(0.15, 0.4)
    low = top - 0.25 * rise
    out = half * rng.uniform(0.9, 1.3)
    corners = [(0, -out, top + rise), (0, out, top + rise)]
    corners = list(np.repeat(corners, int(rng.integers(1, 3)), axis=0))
    thick = wide * rng.uniform(0.02, 0.05)
    path = bezier([(0, -half, low), *corners, (0, half, low)], 36)
    return tube(path, [(thick, thick * rng.uniform(1, 2.2))], "handle", up=UP)
