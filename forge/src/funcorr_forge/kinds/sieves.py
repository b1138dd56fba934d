"""Things full of holes: colander, strainer, basket, grater. Hollow side up."""

from __future__ import annotations

import numpy as np

from funcorr_forge.curves import ASIDE, FORWARD, UP, Rng, bezier, smooth
from funcorr_forge.registry import Blueprint, kind
from funcorr_forge.shapes import dish, grip, ring, sheet, turned_handle
from funcorr_forge.solids import Solid, block, lathe, tube, union
from funcorr_forge.uses import MIDDLE, opening_uses, use
from funcorr_forge.vessel import Vessel, vessel


@kind("colander", family="sieves")
def colander(rng: Rng) -> Blueprint:
    """Colanders: a bowl with rows of round holes, two ears, on a foot."""
    mouth = rng.uniform(9, 13)
    height = mouth * rng.uniform(0.65, 1.1)
    foot = mouth * rng.uniform(0.35, 0.55)
    belly = mouth * rng.uniform(0.78, 0.92)
    knots = [(0, foot), (0.5 * height, belly), (0.93 * height, mouth), (height, 1.06 * mouth)]
    wall, floor = 0.025 * mouth, 0.03 * height
    rim, fillet = 0.08 * height, 0.3 * foot
    body = vessel(knots, wall, floor, rim, fillet)
    ear = _ear(rng, body)
    profile = [(0, -0.1 * height), (0.8 * foot, -0.1 * height), (0.75 * foot, 0.01 * height)]
    stand = lathe([*profile, (0, 0.01 * height)], "base")
    hollow = lathe([(0.72 * foot, -height), (0.7 * foot, 0.0)], "base")
    whole = body.joined(ear, ear.turned(z=180.0), stand - hollow) - _holes(rng, body, foot)
    whole = whole.renamed("wall", "body", "inside", "hole")
    return Blueprint(whole, body.mouth_uses("sift", "wall", "flip:z"))


def _holes(rng: Rng, body: Vessel, foot: float) -> Solid:
    """Rows of radial holes through the wall, rings of holes through the floor."""
    size = foot * rng.uniform(0.045, 0.075)
    rows = int(rng.integers(4, 7))
    pin = lathe([(1, 0.4), (1, 1.6)], "hole", 8).scaled(size, size, foot)
    drills = []
    for row, z in enumerate(np.linspace(0.26, 0.82, rows) * body.height):
        radius = float(body.radius(z))
        count = int(2 * np.pi * radius / (size * 6.5))
        slope = float(np.degrees(np.arctan(body.radius(z + 0.1) - body.radius(z - 0.1)) / 0.2))
        drill = pin.moved(z=-foot).turned(y=90.0 + min(slope, 60.0) * 0.5).moved(x=radius, z=z)
        angles = (np.arange(count) + 0.5 * (row % 2)) * 360 / count
        drills += [drill.turned(z=float(a)) for a in angles]
    for radius, count in ((0.0, 1), (0.28 * foot, 6), (0.52 * foot, 12)):
        down = pin.moved(x=radius, z=-foot)
        drills += [down.turned(z=360.0 * k / count) for k in range(count)]
    return union(*drills)


def _ear(rng: Rng, body: Vessel) -> Solid:
    """A loop at +y below the rim."""
    z = body.height * rng.uniform(0.88, 0.94)
    radius = float(body.radius(z))
    half, out = radius * rng.uniform(0.2, 0.35), radius * rng.uniform(0.2, 0.35)
    root = np.sqrt(radius**2 - half**2) - 0.01 * radius
    bow = [(-half, root, z), (-half, root + 1.3 * out, z), (half, root + 1.3 * out, z)]
    path = bezier([*bow, (half, root, z)], 26)
    thick = radius * rng.uniform(0.03, 0.05)
    return tube(path, [(thick, thick * rng.uniform(1, 2))], "handle", up=UP)


@kind("strainer", family="sieves")
def strainer(rng: Rng) -> Blueprint:
    """Strainers: a bowl of mesh in a ring, a long handle, a rest at the front."""
    radius = rng.uniform(4, 9)
    depth = radius * rng.uniform(0.5, 1.0)
    wire = radius * rng.uniform(0.035, 0.06)
    bowl = dish(2 * radius, 2 * radius, depth, 0.05 * radius, 0.0, "bowl")
    pitch = radius * rng.uniform(0.13, 0.17)
    share = rng.uniform(0.5, 0.65)
    count = int(0.86 * radius / pitch)
    spots = np.arange(-count, count + 1) * pitch
    hole = block((share * pitch, share * pitch, 6 * depth), 0.01 * pitch, "bowl")
    inside = [(x, y) for x in spots for y in spots if np.hypot(x, y) < 0.86 * radius]
    mesh = (bowl - union(*[hole.moved(x, y) for x, y in inside])).renamed("mesh", "bowl")
    frame = ring(radius, wire, "rim").turned(x=90.0)
    length = radius * rng.uniform(1.4, 2.6)
    rod = tube(
        np.linspace([-radius - 0.4 * length, 0, 0], [-radius, 0, 0], 4), 1.1 * wire, "handle"
    )
    if rng.random() < 0.4:
        hold = turned_handle(rng, 0.8 * length, 2.6 * wire)
        hold = hold.moved(x=-radius - 0.3 * length)
    else:
        hold = grip(rng, length, 2.0 * wire).moved(x=-radius - length)
    bow = [(0.97 * radius, -0.3 * radius, 0), (1.45 * radius, -0.3 * radius, 0)]
    bow += [(1.45 * radius, 0.3 * radius, 0), (0.97 * radius, 0.3 * radius, 0)]
    pieces = [mesh, frame, rod, hold]
    if rng.random() < 0.7:
        pieces.append(tube(bezier(bow, 20), 0.8 * wire, "rest", up=UP, sides=12))
    return Blueprint(union(*pieces), use("sift", "mesh", MIDDLE, 2 * radius))


@kind("basket", family="sieves")
def basket(rng: Rng) -> Blueprint:
    """Baskets: welded wire with a frying handle, or a slotted tub with a bail."""
    return _wire_basket(rng) if rng.random() < 0.55 else _slotted_basket(rng)


def _wire_basket(rng: Rng) -> Blueprint:
    mouth = rng.uniform(8, 12)
    height, foot = mouth * rng.uniform(0.7, 1.4), mouth * rng.uniform(0.6, 0.95)
    wire = mouth * rng.uniform(0.014, 0.022)
    count, rows = 2 * int(rng.integers(9, 15)), int(rng.integers(3, 6))
    bulge = rng.uniform(0, 0.12) * mouth
    control = [(mouth, height), (0.5 * (mouth + foot) + 2 * bulge, 0.5 * height), (foot, 0)]
    side = bezier([*control, (0.75 * foot, 0), (-0.1 * wire, 0)], 22)
    rib = tube(side, wire, "wall", sides=7)
    ribs = [rib.turned(z=360.0 * k / count) for k in range(count)]
    rings = []
    for share in np.linspace(0.25, 0.9, rows):
        k = int(share * 21)
        hoop = ring(float(side[21 - k][0]), wire, "wall", 8).turned(x=90.0)
        rings.append(hoop.moved(z=float(side[21 - k][2])))
    rim = ring(mouth, 2.2 * wire, "rim", 12).turned(x=90.0).moved(z=height)
    length = mouth * rng.uniform(1.1, 1.8)
    style = rng.choice(["fry", "bail", "none"])
    pieces = [*ribs, *rings, rim]
    if style == "fry":
        path = np.linspace([-mouth, 0, height], [-mouth - 0.6 * length, 0, height], 6)
        pieces += [
            tube(path, 2 * wire, "handle"),
            grip(rng, 0.6 * length, 5 * wire).moved(x=-mouth - length, z=height),
        ]
    elif style == "bail":
        arch = [(0, -mouth, height), (0, -mouth, 2.1 * height), (0, mouth, 2.1 * height)]
        arch += [(0, mouth, height)]
        pieces.append(tube(bezier(arch, 40), 2 * wire, "handle", up=FORWARD))
    symmetry = {"fry": "none", "bail": "flip:z"}.get(style, "axis:z")
    return Blueprint(union(*pieces), opening_uses("sift", "wall", height, 2 * mouth, symmetry))


def _slotted_basket(rng: Rng) -> Blueprint:
    mouth = rng.uniform(9, 13)
    height, foot = mouth * rng.uniform(0.7, 1.4), mouth * rng.uniform(0.7, 0.92)
    knots = [(0, foot), (0.5 * height, (foot + mouth) / 2), (0.92 * height, mouth)]
    knots.append((height, 1.05 * mouth))
    wall, floor = 0.035 * mouth, 0.03 * height
    rim, fillet = 0.1 * height, 0.1 * foot
    body = vessel(knots, wall, floor, rim, fillet, exponent=rng.choice([2.0, 4.0]))
    rows, count = int(rng.integers(2, 5)), int(rng.integers(18, 30))
    tall = 0.72 * height / rows
    wide = 2 * np.pi * foot / count * rng.uniform(0.35, 0.55)
    slot = block((mouth, wide, rng.uniform(0.6, 0.78) * tall), 0.3 * wide, "hole")
    slots = []
    for row in range(rows):
        hole = slot.moved(x=mouth, z=0.12 * height + (row + 0.5) * tall)
        slots += [hole.turned(z=360.0 * (k + 0.5 * (row % 2)) / count) for k in range(count)]
    drain = block((0.12 * foot, 1.2 * foot, height), 0.05 * foot, "hole")
    slots += [drain.moved(x=x) for x in np.linspace(-0.5, 0.5, 5) * foot]
    whole, symmetry = body.shell - union(*slots), "axis:z"
    if rng.random() < 0.6:
        top, out = height * rng.uniform(1.6, 2.3), 1.0 * mouth
        arch = [(0, -out, 0.92 * height), (0, -out, top), (0, out, top), (0, out, 0.92 * height)]
        thick = 0.03 * mouth
        bail = tube(bezier(arch, 40), [(2 * thick, thick)], "handle", up=FORWARD, exponent=4.0)
        whole, symmetry = whole + (bail - body.plug), "flip:z"
    whole = whole.renamed("wall", "body", "inside", "hole")
    return Blueprint(whole, body.mouth_uses("sift", "wall", symmetry))


@kind("grater", family="sieves")
def grater(rng: Rng) -> Blueprint:
    """Graters: box-shaped with a bow on top, flat or arched on a wire frame, narrow rasps."""
    style = str(rng.choice(["box", "flat", "arched", "rasp"]))
    return _box_grater(rng) if style == "box" else _plate_grater(rng, style)


def _tooth(rng: Rng, size: float) -> tuple[Solid, Solid]:
    """A raised scale about the z axis, and the hole that opens it towards +x."""
    rise = size * rng.uniform(0.5, 0.9)
    profile = [(0, -0.3 * size), (size, -0.3 * size), (size, 0), (0.7 * size, 0.7 * rise)]
    dome = lathe([*profile, (0, rise)], "teeth", 12)
    bore = 0.62 * size
    hole = lathe([(bore, -size), (bore, 2 * size)], "teeth", 10)
    return dome, hole.moved(x=0.55 * size)


def _grid(rows: int, columns: int, length: float, width: float) -> list[tuple[float, float]]:
    """Places in rows, every second one shifted by half a step."""
    step = width / columns
    return [
        (x, (k - (columns - 1) / 2 + (0.25 if row % 2 else -0.25)) * step)
        for row, x in enumerate(np.linspace(-length / 2, length / 2, rows))
        for k in range(columns)
    ]


def _box_grater(rng: Rng) -> Blueprint:
    high = rng.uniform(16, 24)
    deep, wide = high * rng.uniform(0.2, 0.3), high * rng.uniform(0.2, 0.34)
    top, wall = rng.uniform(0.6, 0.85), 0.02 * high
    walls = [(0, 0), (np.sqrt(2), 0), (np.sqrt(2) * top, high), (0, high)]
    inner = [(0, -1), (np.sqrt(2), -1), (np.sqrt(2) * top, high - wall), (0, high - wall)]
    outer = lathe(walls, "body", 4).turned(z=45.0).scaled(deep, wide)
    body = outer - lathe(inner, "body", 4).turned(z=45.0).scaled(deep - wall, wide - wall)
    lean = np.degrees(np.arctan2(deep * (1 - top), high))
    columns = int(rng.integers(4, 7))
    rows = int(1.3 * columns * 0.66 * high / (1.5 * wide * top))
    size = 0.33 * 1.5 * wide * top / columns
    domes, holes = [], []
    tooth, hole = (s.turned(y=90.0 - lean) for s in _tooth(rng, size))
    for z, y in _grid(rows, columns, 0.64 * high, 1.5 * wide * top):
        at = {"x": deep * (1 - (1 - top) * (z / high + 0.48)), "y": y, "z": z + 0.48 * high}
        domes.append(tooth.moved(**at))
        holes.append(hole.moved(**at))
    front, bores = union(*domes), union(*holes)
    slot = block((1.1 * deep * top, 4 * wide, 0.035 * high), 0.01 * high, "body")
    slots = [slot.moved(z=z * high) for z in np.linspace(0.2, 0.75, int(rng.integers(3, 6)))]
    body = union(body, front, front.turned(z=180.0)) - bores - bores.turned(z=180.0)
    bow = high * rng.uniform(0.12, 0.25)
    reach = 0.85 * wide * top
    up = high - wall / 2, high + 1.3 * bow
    arch = bezier([(0, -reach, z) for z in up] + [(0, reach, z) for z in up[::-1]], 26)
    handle = tube(arch, rng.uniform(0.02, 0.035) * high, "handle", up=FORWARD)
    middle, ahead = (0, 0, 0.48 * high), (deep * (1 - 0.48 * (1 - top)), 0, 0.48 * high)
    width = 1.5 * wide * top
    uses = use("scrape", "teeth", ahead, width, "flip:z", middle, x=FORWARD, y=ASIDE)
    return Blueprint(union(body - union(*slots), handle), uses)


def _plate_grater(rng: Rng, style: str) -> Blueprint:
    """A plate of teeth that look up; behind it a grip, or a wire frame that ends in a loop."""
    long = rng.uniform(14, 22)
    wide = long * rng.uniform(*{"rasp": (0.06, 0.12)}.get(style, (0.2, 0.32)))
    thick = 0.012 * long
    arch = wide * (rng.uniform(0.3, 0.7) if style == "arched" else 0.0)
    s = np.linspace(0, 1, 30)
    end = rng.uniform(0.5, 1.0) if style == "flat" else 1.0
    half = wide * smooth([(0, end), (0.12, 1), (0.9, 1), (1, end)], s)
    body = sheet(long * s, half, 0.0, -arch * (half / wide) ** 2, thick, ["body"] * 29)
    columns = int(rng.integers(3, 5) if style == "rasp" else rng.integers(5, 9))
    size = 0.3 * 1.7 * wide / columns
    rows = int(0.78 * long / (size * rng.uniform(2.6, 3.6)))
    domes, holes = [], []
    tooth, hole = _tooth(rng, size)
    for x, y in _grid(rows, columns, 0.78 * long, 1.62 * wide):
        at = {"x": x + long / 2, "y": y, "z": thick / 2 - arch * (y / wide) ** 2}
        tilt = np.degrees(np.arctan(-2 * arch * y / wide**2))
        domes.append(tooth.turned(x=tilt).moved(**at))
        holes.append(hole.turned(x=tilt).moved(**at))
    body = union(body, *domes) - union(*holes)
    if style == "rasp":
        hold = rng.uniform(0.4, 0.7) * long
        handle = grip(rng, hold, long * rng.uniform(0.04, 0.06)).moved(x=0.04 * long - hold)
    else:
        handle = _wire_frame(rng, long, wide, arch)
    uses = use("scrape", "teeth", (long / 2, 0, thick / 2), 2 * wide, x=UP, y=ASIDE)
    return Blueprint(union(body, handle), uses)


def _wire_frame(rng: Rng, long: float, wide: float, arch: float) -> Solid:
    """Two rails under the long borders that meet in a bow behind, and feet in front."""
    wire = long * rng.uniform(0.014, 0.024)
    back, rise = long * rng.uniform(0.35, 0.6), long * rng.uniform(0.0, 0.08)
    rail = np.linspace([1.04 * long, wide, -arch], [0, wide, -arch], 10)
    curve = [(0, wide, -arch), (-0.5 * back, wide, rise), (-back, 0.9 * wide, rise)]
    bow = bezier([*curve, (-back, -0.01, rise)], 22)
    side = tube(np.concatenate([rail, bow[1:]]), wire, "handle", up=UP, round_ends=True)
    return side + side.scaled(y=-1.0)
