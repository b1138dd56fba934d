"""Vessels with a spout: kettle, teapot, coffee pot, watering can, oil can. The spout at +x."""

from __future__ import annotations

import numpy as np

from funcorr_forge.curves import Rng, bezier, columns, smooth
from funcorr_forge.fittings import (
    bow_handle,
    cover,
    pour_tube,
    side_handle,
    side_spout,
    stick_handle,
)
from funcorr_forge.registry import Blueprint, kind
from funcorr_forge.solids import Solid, block, lathe, tube, union
from funcorr_forge.uses import MIDDLE, Uses, use
from funcorr_forge.vessel import Vessel, loop_handle, vessel


@kind("kettle", family="vessels")
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
    wall, floor = 0.04 * wide, 0.5
    rim, fillet = 0.04 * height, foot * wide * rng.uniform(0.06, 0.3)
    body = vessel([*knots, (height, top * wide)], wall, floor, rim, fillet)
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
        low, high = height * rng.uniform(0.15, 0.35), height * rng.uniform(0.75, 0.92)
        pieces.append(loop_handle(rng, body, low, high, 0.13 * wide)[0])
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
        control = [(root, start), (end_x * 1.02, start + 0.02 * height)]
        control += [(neck_x, end_z + 0.1 * height), (end_x, end_z + bend * 0.1 * height)]
        control += [(end_x + 0.25 * wide, end_z)]
    else:
        control = [(root, start), (root + 0.6 * (end_x - root), start + 0.25 * (end_z - start))]
        control += [(end_x - 0.25 * (end_x - root) * bend, end_z - 0.3 * (end_z - start))]
        control += [(end_x, end_z)]
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
    a = np.linspace(0, np.pi / 2 - 0.15, 12)
    dome = columns(edge * np.cos(a), body.height + 0.03 * mouth + rise * np.sin(a))
    top = dome[-1][1] + knob * rng.uniform(1.0, 1.7)
    stem = [(0, body.height), (0.5 * knob, body.height), (0.5 * knob, top - 0.9 * knob)]
    ball = [(knob, top - 0.6 * knob), (knob, top - 0.2 * knob), (0.7 * knob, top), (0, top)]
    return lathe([(edge, low), *dome], "lid") + lathe([*stem, *ball], "lid", sides=32), top


def _bail(rng: Rng, body: Vessel, crown: float) -> Solid:
    """A handle arching over the top, in the plane of the spout."""
    z = body.height * rng.uniform(0.72, 0.92)
    x = float(body.radius(z)) * 0.93
    peak = crown + body.mouth * rng.uniform(0.3, 0.6)
    lift = z + (peak - z) * 1.33
    path = bezier([(-x, z), (-1.1 * x, lift), (1.1 * x, lift), (x, z)], 40)
    thick = body.mouth * rng.uniform(0.04, 0.08)
    wide = thick * rng.uniform(1, 2)
    grip = np.where(np.abs(np.linspace(-1, 1, 40)) < 0.4, rng.uniform(1, 1.6), 1.0)
    return tube(path, np.array([[thick, wide]]) * grip[:, None], "handle")


@kind("teapot", family="vessels")
def teapot(rng: Rng) -> Blueprint:
    """Teapots: globe, squat, pear, square-shouldered; handle behind, above or a stick aside."""
    style = str(rng.choice(["globe", "squat", "pear", "drum"]))
    wide = rng.uniform(6, 10)
    height = wide * {"globe": 1.55, "squat": 0.95, "pear": 1.8, "drum": 1.4}[style]
    height *= rng.uniform(0.85, 1.15)
    foot, low, upper, mouth = {
        "globe": (0.55, 0.93, 0.93, 0.5),
        "squat": (0.7, 1.0, 0.85, 0.45),
        "pear": (0.65, 1.0, 0.62, 0.5),
        "drum": (0.95, 1.0, 0.97, 0.65),
    }[style]
    mouth *= rng.uniform(0.8, 1.15)
    knots = [(0, foot), (0.25, low), (0.5, 1.0), (0.78, upper), (1, mouth)]
    knots = [(h * height, r * wide) for h, r in knots]
    wall, floor = 0.05 * wide, 0.06 * height
    rim, fillet = 0.06 * height, foot * wide * rng.uniform(0.05, 0.3)
    square = rng.choice([2.0, 2.0, 2.0, rng.uniform(3, 6)])
    body = vessel(knots, wall, floor, rim, fillet, exponent=square)
    start, end = height * rng.uniform(0.25, 0.5), height * rng.uniform(0.8, 1.08)
    reach, thick = wide * rng.uniform(0.4, 0.8), wide * rng.uniform(0.16, 0.32)
    spout, uses = side_spout(rng, body, start, end, reach, thick)
    lid, crown = cover(rng, height, mouth * wide * rng.uniform(0.98, 1.1))
    lidded = rng.random() < 0.85
    handle = _teapot_handle(rng, body, crown)
    uses |= body.base_uses("press")
    if lidded:
        return Blueprint(union(body.filled(0.01 * wide), lid, spout, handle), uses)
    return Blueprint(body.joined(spout, handle), uses)


def _teapot_handle(rng: Rng, body: Vessel, crown: float) -> Solid:
    place = rng.random()
    height = body.height
    if place < 0.55:
        low, high = height * rng.uniform(0.12, 0.4), height * rng.uniform(0.7, 0.9)
        return side_handle(rng, body, low, high, height * rng.uniform(0.06, 0.14))
    if place < 0.85:
        z = height * rng.uniform(0.75, 0.93)
        x = 0.93 * float(body.radius(z))
        return bow_handle(rng, (-x, x), (z, z), crown + height * rng.uniform(0.15, 0.6))
    stick = stick_handle(rng, body, 0.6 * height, height * rng.uniform(0.5, 1), 0.1 * height)
    return stick.turned(z=90.0)


@kind("coffee pot", family="vessels")
def coffee_pot(rng: Rng) -> Blueprint:
    """Coffee pots: percolator with a tube, beaked pot or press with a lip, eight-sided moka."""
    style = str(rng.choice(["tube", "beak", "press", "moka"]))
    if style == "moka":
        return _moka(rng)
    wide = rng.uniform(4, 6)
    height = wide * rng.uniform(2.2, 3.6)
    waist, mouth = rng.uniform(0.55, 0.95), rng.uniform(0.55, 0.95)
    knots = [(0, 1.0), (0.2, rng.uniform(1.0, 1.12)), (0.75, waist), (1, mouth)]
    if style == "press":
        knots = [(0, 1.0), (0.5, 1.0), (1, 1.0)]
    push = wide * rng.uniform(0.25, 0.5)
    knots = [(h * height, r * wide) for h, r in knots]
    wall, floor = 0.05 * wide, 0.05 * height
    rim, fillet = height * rng.uniform(0.06, 0.1), wide * rng.uniform(0.03, 0.2)
    beaked = style != "tube"
    lip = (push, push * rng.uniform(0, 0.6), rng.uniform(14, 24)) if beaked else None
    body = vessel(knots, wall, floor, rim, fillet, lip=lip)
    low, high = height * rng.uniform(0.1, 0.45), height * rng.uniform(0.75, 0.93)
    handle = side_handle(rng, body, low, high, wide * rng.uniform(0.12, 0.3))
    lid, crown = cover(rng, height, body.mouth / 2 - 0.02 * wide)
    if style == "press":
        knob = [(0, height), (0.05, height), (0.05, crown + wide), (0.2, crown + 1.1 * wide)]
        knob += [(0.2, crown + 1.3 * wide), (0, crown + 1.35 * wide)]
        lid = lid + lathe([(r * wide, z) for r, z in knob], "lid", 28)
    uses = body.base_uses("press")
    if style == "tube":
        start, end = height * rng.uniform(0.2, 0.55), height * rng.uniform(0.8, 1.02)
        reach, thick = wide * rng.uniform(0.5, 1.1), wide * rng.uniform(0.15, 0.3)
        spout, pouring = side_spout(rng, body, start, end, reach, thick)
        solid = union(body.filled(0.01 * wide), lid, spout, handle)
        return Blueprint(solid, uses | pouring)
    uses |= body.mouth_uses("pour", "spout rim")
    solid = body.joined(handle)
    if style == "press" or rng.random() < 0.6:
        solid = solid + lid
    return Blueprint(solid.renamed("spout", "lip"), uses)


def _moka(rng: Rng) -> Blueprint:
    """A faceted boiler below, a faceted jug with a beak above, lid and angular handle."""
    wide = rng.uniform(4, 6)
    height = wide * rng.uniform(2.4, 3.4)
    waist, mouth = wide * rng.uniform(0.6, 0.8), wide * rng.uniform(0.85, 1.05)
    middle = height * rng.uniform(0.4, 0.5)
    knots = [(0, wide), (0.92 * middle, waist), (1.08 * middle, waist), (height, mouth)]
    side = [(r, z) for z, r in knots]
    sides = int(rng.choice([6, 8, 10, 12]))
    solid = lathe([(0, 0), *side, (0, height)], ["base", *["body"] * 4], sides)
    ring = [(0, 0.94), (1.12, 0.94), (1.12, 1.06), (0, 1.06)]
    solid = solid + lathe([(r * waist, z * middle) for r, z in ring], "body", 40)
    tip, reach = 0.16 * wide, wide * rng.uniform(0.2, 0.45)
    line = [(0.5 * mouth, 0, 0.8 * height), (mouth + reach, 0, 0.99 * height)]
    path = bezier([line[0], (0.9 * mouth, 0, 0.84 * height), line[1]], 30)
    beak, uses = pour_tube(path, np.linspace(2.2 * tip, tip, 30), 1.2)
    lid, _ = cover(rng, height, 0.97 * mouth)
    body = vessel(knots, 0.05 * wide, floor=0.1 * wide, rim=0.05 * height)
    high = height * rng.uniform(0.85, 0.95)
    handle = side_handle(rng, body, height * rng.uniform(0.55, 0.65), high, 0.2 * wide)
    return Blueprint(union(solid, beak, lid, handle), uses | body.base_uses("press"))


@kind("watering can", family="vessels")
def watering_can(rng: Rng) -> Blueprint:
    """Watering cans: drum, cone or oval, long spout with or without rose, hoop, bow or ear."""
    style = str(rng.choice(["drum", "cone", "bulb", "oval"]))
    wide = rng.uniform(7, 10)
    height = wide * rng.uniform(1.2, 2.3)
    knots = {
        "cone": [(0, 1.0), (0.5, 0.85), (1, rng.uniform(0.45, 0.75))],
        "bulb": [(0, 0.7), (0.35, 1.0), (0.8, 0.6), (1, 0.5)],
    }.get(style, [(0, 1.0), (0.5, rng.uniform(0.95, 1.05)), (1, 1.0)])
    wall, floor = 0.05 * wide, 0.05 * height
    rim, fillet = 0.07 * height, wide * rng.uniform(0.02, 0.25)
    body = vessel([(h * height, r * wide) for h, r in knots], wall, floor, rim, fillet)
    spout, uses = _watering_spout(rng, body, wide)
    shell = body.joined(spout) + _watering_handle(rng, body, wide)
    if style in ("drum", "oval") and rng.random() < 0.6:
        deck = lathe([(0.98, 0.97), (0.98, 0.99)], "body")
        half = block((2, 4, 4), 0.01, "body").moved(x=1 + rng.uniform(-0.3, 0.2), z=1)
        shell = shell + (deck & half).scaled(wide, wide, height)
    narrow = rng.uniform(0.6, 0.8) if style == "oval" else 1.0
    foot = use("press", "base", MIDDLE, 2 * wide, "flip:x")
    uses |= foot if style == "oval" else body.base_uses("press")
    return Blueprint(shell.scaled(y=narrow), uses)


def _watering_spout(rng: Rng, body: Vessel, wide: float) -> tuple[Solid, Uses]:
    """The long spout with its brace, perhaps a rose."""
    height = body.height
    start = height * rng.uniform(0.12, 0.35)
    root, reach = 0.9 * float(body.radius(start)), wide * rng.uniform(0.9, 2.0)
    end = height * rng.uniform(0.85, 1.25)
    sag = rng.uniform(-0.15, 0.3) * (end - start)
    control = [(root, start), (root + 0.5 * reach, (start + end) / 2 - sag), (root + reach, end)]
    if rng.random() < 0.3:
        control[-1:] = [(root + 0.9 * reach, end), (root + 1.1 * reach, 0.96 * end)]
    path = bezier([(x, 0, z) for x, z in control], 40)
    thick, tip = wide * rng.uniform(0.14, 0.3), wide * rng.uniform(0.07, 0.12)
    plain = rng.random() < 0.4
    spout, pour = pour_tube(path, np.linspace(thick, tip, 40), bored=plain)
    if rng.random() < 0.5:
        z = height * rng.uniform(0.7, 0.92)
        at = path[int(rng.integers(22, 32))]
        rod = tube(np.linspace([0.97 * float(body.radius(z)), 0, z], at, 6), 0.03 * wide, "brace")
        spout = spout + rod
    if plain:
        return spout, pour
    size, long = wide * rng.uniform(0.22, 0.42), wide * rng.uniform(0.2, 0.55)
    cone = [(0, -0.1), (1.05 * tip, -0.1), (size, 0.9 * long), (0.97 * size, long)]
    rose = lathe([*cone, (0, long + 0.2 * size)], "rose", 36)
    pit = lathe([(0.09, 0.6), (0.09, 2)], "rose", 8).scaled(size, size, long)
    count = int(rng.integers(6, 10))
    spots = [pit.moved(x=0.6 * size).turned(z=360.0 * k / count) for k in range(count)]
    if rng.random() < 0.6:
        rose = rose - union(pit, *spots)
    axes = pour["pour-with"].frame.axes
    ahead = axes[:, 2]
    lean = float(np.degrees(np.arctan2(ahead[0], ahead[2])))
    rose = rose.turned(y=lean).moved(*path[-1])
    face = path[-1] + ahead * long
    return spout + rose, use("pour", "spout rose", face, 2 * size, z=ahead, x=axes[:, 0])


def _watering_handle(rng: Rng, body: Vessel, wide: float) -> Solid:
    height, style = body.height, str(rng.choice(["ear", "bow", "hoop"]))
    high, low = height * rng.uniform(0.85, 0.95), height * rng.uniform(0.2, 0.5)
    if style == "ear":
        return side_handle(rng, body, low, high, 0.1 * wide) - body.plug
    front, back = (float(body.radius(z)) - 0.03 * wide for z in (high, low))
    if style == "bow":
        x = (0.03 * wide - float(body.radius(high)), front)
        return bow_handle(rng, x, (high, high), height * rng.uniform(1.25, 1.7))
    peak = height * rng.uniform(1.3, 1.8)
    far = -back - wide * rng.uniform(0.5, 1.1)
    control = [(front, high), (0.8 * front, peak), (far, peak), (far, low)]
    return tube(bezier([*control, (-back, low)], 44), wide * rng.uniform(0.03, 0.07), "handle")


@kind("oil can", family="vessels")
def oil_can(rng: Rng) -> Blueprint:
    """Oil cans: cone, drum or bell with a long thin spout, straight or bent; ear, lever or none."""
    style = str(rng.choice(["cone", "drum", "bell"]))
    wide = rng.uniform(4, 6)
    height = wide * {"cone": rng.uniform(0.8, 1.6), "bell": rng.uniform(0.9, 1.4)}.get(
        style, rng.uniform(1.3, 2.4)
    )
    top = rng.uniform(0.16, 0.26)
    knots = {
        "cone": [(0, 1.0), (0.06, 1.0), *[(h, 1 - h * (1 - top)) for h in np.linspace(0.12, 1, 9)]],
        "bell": [(0, 0.85), (0.25, 1.0), (0.6, 0.8), (0.9, 1.3 * top), (1, top)],
        "drum": [(0, 1.0), (0.6, 1.0), (0.66, 0.97), (0.92, 1.3 * top), (1, top)],
    }[style]
    wall, floor = 0.05 * wide, 0.05 * height
    rim, fillet = 0.04 * height, wide * rng.uniform(0.02, 0.1)
    body = vessel([(h * height, r * wide) for h, r in knots], wall, floor, rim, fillet)
    shell = body.filled(0.01 * height).renamed("body", "rim", "inside")
    spout, pour = _oil_spout(rng, height, wide, top * wide)
    pieces = [spout]
    hold = str(rng.choice(["none", "ear", "ear", "lever"]))
    if hold == "ear":
        low, high = height * rng.uniform(0.08, 0.2), height * rng.uniform(0.55, 0.8)
        pieces.append(side_handle(rng, body, low, high, wide * rng.uniform(0.12, 0.25)))
    elif hold == "lever":
        far, fall = -wide * rng.uniform(0.9, 1.6), height * rng.uniform(0.1, 0.7)
        control = [(0, height), (far, 1.15 * height), (far, 1.1 * height - fall)]
        flat = [(0.05 * wide, wide * rng.uniform(0.08, 0.2))] * 24
        pieces.append(tube(bezier(control, 24), flat, "lever", exponent=4.0, round_ends=True))
    mouth = pour["pour-with"].frame
    if hold == "none" and mouth.axes[2, 2] > 0.999:
        pour = use("pour", "spout tip", mouth.origin, mouth.size, "axis:z")
    return Blueprint(union(shell, *pieces), pour | body.base_uses("press"))


def _oil_spout(rng: Rng, height: float, wide: float, thick: float) -> tuple[Solid, Uses]:
    """A thin tube from the top, its last part called tip."""
    long = wide * rng.uniform(1.6, 3.6)
    lean = rng.choice([0.0, rng.uniform(0.2, 1.0)])
    bend = rng.choice([0.0, rng.uniform(0.2, 0.7)]) if lean else 0.0
    start, end = np.array([0, 0, 0.95 * height]), np.array([lean, 0, 1.0])
    end = start + long * end / np.linalg.norm(end)
    middle = (1 - bend) * (start + end) / 2 + bend * np.array([0.1 * long, 0, end[2]])
    path = bezier([start, start * [1, 1, 1.08], middle, end], 44)
    tip = wide * rng.uniform(0.06, 0.1)
    radii = smooth([(0, thick), (0.15, 0.75 * thick), (1, tip)], np.linspace(0, 1, 44))
    spout, pour = pour_tube(path, radii, bored=False, parts="spout tip")
    share = int(44 * rng.uniform(0.82, 0.9))
    sleeve = tube(path[share:], 1.06 * radii[share:], "tip", sides=28)
    if lean == 0.0:
        pour = use("pour", "spout tip", path[-1], 2 * tip)
    ahead = [path[-8], path[-1], 2 * path[-1] - path[-2]]
    return spout + sleeve - tube(np.array(ahead), 0.7 * tip, "tip", sides=20), pour
