"""More of the kitchen: saucepan, water bottle, lid. Upright along z, handle at -x."""

from __future__ import annotations

import numpy as np

from funcorr_forge.blueprint import Blueprint
from funcorr_forge.shell import Vessel, vessel
from funcorr_forge.solids import FORWARD, UP, Rng, Solid, bezier, block, columns, lathe, tube
from funcorr_forge.spouts import knob, stick_handle
from funcorr_forge.uses import MIDDLE, roll_upright, use


def saucepan(rng: Rng) -> Blueprint:
    """Saucepans: stick handle, wire handle or two ears; low to tall, with or without a lip."""
    mouth = rng.uniform(7, 11)
    height = mouth * rng.uniform(0.6, 1.5)
    foot = mouth * rng.choice([rng.uniform(0.7, 0.85), rng.uniform(0.9, 1.05)])
    belly = rng.choice([0.5 * (foot + mouth), rng.uniform(1.0, 1.12) * mouth])
    push = mouth * rng.uniform(0.1, 0.22)
    lipped = rng.random() < 0.4
    body = vessel(
        [(0, foot), (0.4 * height, belly), (0.93 * height, 0.98 * mouth), (height, mouth)],
        mouth * rng.uniform(0.025, 0.05),
        floor=0.05 * mouth,
        rim=height * rng.uniform(0.07, 0.12),
        fillet=foot * rng.uniform(0.04, 0.35),
        lip=(push, 0.2 * push, rng.uniform(10, 18)) if lipped else None,
    )
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
    body = vessel(
        [(h * height, r * radius) for h, r in knots],
        0.08 * radius,
        floor=0.03 * height,
        rim=0.035 * height,
        neck=top * height,
        fillet=radius * rng.uniform(0.05, 0.3),
    )
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
        arch = [(-out, 0, low), (-out, 0, top + rise), (out, 0, top + rise), (out, 0, low)]
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
