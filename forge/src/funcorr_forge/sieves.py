"""Things with holes: colander, strainer, basket; and the whisk. Hollow side up."""

from __future__ import annotations

import numpy as np

from funcorr_forge.blueprint import Blueprint
from funcorr_forge.hammers import grip
from funcorr_forge.jaws import ring
from funcorr_forge.points import turned_handle
from funcorr_forge.scoops import dish
from funcorr_forge.shell import Vessel, vessel
from funcorr_forge.solids import FORWARD, UP, Rng, Solid, bezier, block, lathe, tube, union
from funcorr_forge.uses import MIDDLE, opening_uses, use


def colander(rng: Rng) -> Blueprint:
    """Colanders: a bowl with rows of round holes, two ears, on a foot."""
    mouth = rng.uniform(9, 13)
    height = mouth * rng.uniform(0.65, 1.1)
    foot = mouth * rng.uniform(0.35, 0.55)
    belly = mouth * rng.uniform(0.78, 0.92)
    body = vessel(
        [(0, foot), (0.5 * height, belly), (0.93 * height, mouth), (height, 1.06 * mouth)],
        0.025 * mouth,
        floor=0.03 * height,
        rim=0.08 * height,
        fillet=0.3 * foot,
    )
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
    bow = [
        (0.97 * radius, -0.3 * radius, 0),
        (1.45 * radius, -0.3 * radius, 0),
        (1.45 * radius, 0.3 * radius, 0),
        (0.97 * radius, 0.3 * radius, 0),
    ]
    pieces = [mesh, frame, rod, hold]
    if rng.random() < 0.7:
        pieces.append(tube(bezier(bow, 20), 0.8 * wire, "rest", up=UP, sides=12))
    return Blueprint(union(*pieces), use("sift", "mesh", MIDDLE, 2 * radius))


def basket(rng: Rng) -> Blueprint:
    """Baskets: welded wire with a frying handle, or a slotted tub with a bail."""
    return _wire_basket(rng) if rng.random() < 0.55 else _slotted_basket(rng)


def _wire_basket(rng: Rng) -> Blueprint:
    mouth = rng.uniform(8, 12)
    height, foot = mouth * rng.uniform(0.7, 1.4), mouth * rng.uniform(0.6, 0.95)
    wire = mouth * rng.uniform(0.014, 0.022)
    count, rows = 2 * int(rng.integers(9, 15)), int(rng.integers(3, 6))
    bulge = rng.uniform(0, 0.12) * mouth
    side = bezier(
        [
            (mouth, 0, height),
            (0.5 * (mouth + foot) + 2 * bulge, 0, 0.5 * height),
            (foot, 0, 0),
            (0.75 * foot, 0, 0),
            (-0.1 * wire, 0, 0),
        ],
        22,
    )
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
        arch = [
            (0, -mouth, height),
            (0, -mouth, 2.1 * height),
            (0, mouth, 2.1 * height),
            (0, mouth, height),
        ]
        pieces.append(tube(bezier(arch, 40), 2 * wire, "handle", up=FORWARD))
    symmetry = {"fry": "none", "bail": "flip:z"}.get(style, "axis:z")
    return Blueprint(union(*pieces), opening_uses("sift", "wall", height, 2 * mouth, symmetry))


def _slotted_basket(rng: Rng) -> Blueprint:
    mouth = rng.uniform(9, 13)
    height, foot = mouth * rng.uniform(0.7, 1.4), mouth * rng.uniform(0.7, 0.92)
    body = vessel(
        [
            (0, foot),
            (0.5 * height, (foot + mouth) / 2),
            (0.92 * height, mouth),
            (height, 1.05 * mouth),
        ],
        0.035 * mouth,
        floor=0.03 * height,
        rim=0.1 * height,
        fillet=0.1 * foot,
        exponent=rng.choice([2.0, 4.0]),
    )
    rows, count = int(rng.integers(2, 5)), int(rng.integers(18, 30))
    tall = 0.72 * height / rows
    wide = 2 * np.pi * foot / count * rng.uniform(0.35, 0.55)
    slot = block((mouth, wide, rng.uniform(0.6, 0.78) * tall), 0.3 * wide, "hole")
    slots = [
        slot.moved(x=mouth, z=0.12 * height + (row + 0.5) * tall).turned(
            z=360.0 * (k + 0.5 * (row % 2)) / count
        )
        for row in range(rows)
        for k in range(count)
    ]
    floor = block((0.12 * foot, 1.2 * foot, height), 0.05 * foot, "hole")
    slots += [floor.moved(x=x) for x in np.linspace(-0.5, 0.5, 5) * foot]
    whole, symmetry = body.shell - union(*slots), "axis:z"
    if rng.random() < 0.6:
        top, out = height * rng.uniform(1.6, 2.3), 1.0 * mouth
        arch = [(0, -out, 0.92 * height), (0, -out, top), (0, out, top), (0, out, 0.92 * height)]
        thick = 0.03 * mouth
        bail = tube(bezier(arch, 40), [(2 * thick, thick)], "handle", up=FORWARD, exponent=4.0)
        whole, symmetry = whole + (bail - body.plug), "flip:z"
    whole = whole.renamed("wall", "body", "inside", "hole")
    return Blueprint(whole, body.mouth_uses("sift", "wall", symmetry))


def whisk(rng: Rng) -> Blueprint:
    """Whisks: loops of wire around the axis of a handle; balloon or flat."""
    length = rng.uniform(10, 18)
    wide = length * rng.uniform(0.16, 0.32)
    wire = length * rng.uniform(0.007, 0.012)
    loops = int(rng.integers(4, 8))
    root = 0.12 * wide
    bow = [(-0.1, root), (0.25, 0.5 * wide), (0.7, 2.0 * wide), (1.12, 0.9 * wide), (1.0, 0.0)]
    half = bezier([(x * length, 0, z) for x, z in bow], 26)
    path = np.concatenate([half, (half * [1, 1, -1])[-2::-1]])
    loop = tube(path, wire, "wires", sides=10)
    turned = [loop.turned(x=180.0 * k / loops) for k in range(loops)]
    balloon = union(*turned)
    flat = rng.random() < 0.25
    if flat:
        balloon = balloon.scaled(y=0.35)
    hold = length * rng.uniform(0.8, 1.2)
    handle = grip(rng, hold, 2.5 * root + 4 * wire, flat=1.0).moved(x=-hold)
    symmetry = "flip:x" if flat else "axis:x"
    uses = use("mix", "wires", (length, 0, 0), 2 * wide, symmetry)
    return Blueprint(union(balloon, handle), uses)
