"""Things of the drawer: comb, grater, remote control, smartphone. They lie along x."""

from __future__ import annotations

import numpy as np

from funcorr_forge.blueprint import Blueprint
from funcorr_forge.hammers import grip
from funcorr_forge.jaws import disc
from funcorr_forge.plates import beyond, marked, rounded
from funcorr_forge.scoops import sheet
from funcorr_forge.solids import (
    ASIDE,
    DOWN,
    FORWARD,
    UP,
    Rng,
    Solid,
    bezier,
    block,
    columns,
    lathe,
    smooth,
    tube,
    union,
)
from funcorr_forge.uses import BOTH_SIDES, end_blow, press_down, use


def comb(rng: Rng) -> Blueprint:
    """Combs: pocket, tail, wide-toothed with a handle, two-sided, afro pick."""
    style = str(rng.choice(["pocket", "tail", "handle", "double", "pick"]))
    long = rng.uniform(9, 15) * (0.5 if style == "pick" else 1.0)
    teeth = long * rng.uniform(*{"pick": (0.9, 1.8), "double": (0.1, 0.18)}.get(style, (0.1, 0.24)))
    spine = teeth * rng.uniform(*{"pick": (0.15, 0.35)}.get(style, (0.3, 0.8)))
    thick = long * rng.uniform(0.012, 0.03)
    count = int(rng.integers(*{"pick": (6, 13), "handle": (11, 22)}.get(style, (22, 44))))
    row = _comb_teeth(rng, long, teeth, thick, count, style == "pocket" and rng.random() < 0.6)
    pieces = [row, _comb_back(rng, style, long, spine, thick)]
    if style == "double":
        other = _comb_teeth(rng, long, teeth, thick, int(1.6 * count), False)
        pieces.append(other.turned(y=180.0).moved(z=spine))
    guard = block((1.1 * long / count, 1.6 * thick, 0.96 * teeth), 0.4 * thick, "back")
    pieces += [guard.moved(x=a * long / 2, z=-0.46 * teeth) for a in (-1, 1)]
    if style == "double":
        pieces += [piece.moved(z=spine + 0.92 * teeth) for piece in pieces[-2:]]
    return _comb_uses(union(*pieces), long, teeth, spine, style)


def _comb_uses(whole: Solid, long: float, teeth: float, spine: float, style: str) -> Blueprint:
    """Scrape and stroke with the ends of the teeth; a pick has them at +x, others at -z."""
    out, along, at = DOWN, FORWARD, np.array([0, 0, -teeth])
    if style == "pick":
        whole, out, along, at = whole.turned(y=-90.0), FORWARD, UP, np.array([teeth, 0, 0])
    turns, pivot = ("none", "flip:z"), None
    if style == "double":
        turns, pivot = (BOTH_SIDES, "flip:x+flip:z"), (0, 0, spine / 2)
    uses = use("scrape", "teeth", at, long, turns[0], pivot, x=out, y=along)
    return Blueprint(whole, uses | use("brush", "teeth", at, long, turns[1], pivot, z=out, x=along))


def _comb_teeth(rng: Rng, long: float, deep: float, thick: float, count: int, mixed: bool) -> Solid:
    """A row of prongs below z = 0, the second half of it closer together if mixed."""
    steps = np.ones(count)
    if mixed:
        steps[count // 2 :] = 0.5
    x = np.cumsum(steps) - steps / 2
    x, pitch = long * (x / steps.sum() - 0.5), long * steps / steps.sum()
    share = rng.uniform(0.5, 0.65)
    arch = 1 - rng.uniform(0.0, 0.12) * np.abs(2 * x / long) ** 2
    path = np.array([(0, 0, 0.2), (0, 0, -0.3), (0, 0, -0.75), (0, 0, -1)])
    taper = np.array([1.0, 0.95, 0.7, 0.25])[:, None]
    tine = np.array([[0.5, thick]])
    return union(
        *[
            tube(
                path * deep * a, tine * [share * p, 1] * taper, "teeth", sides=10, exponent=4.0
            ).moved(x=at)
            for at, p, a in zip(x, pitch, arch, strict=True)
        ]
    )


def _comb_back(rng: Rng, style: str, long: float, spine: float, thick: float) -> Solid:
    """The bar above the teeth, and a tail or a handle."""
    bar = block((1.06 * long, 3 * thick, spine), 1.2 * thick, "back").moved(z=spine / 2)
    if style == "pick":
        size = long * rng.uniform(0.25, 0.4)
        t = np.linspace(0, 1, 20)
        path = columns(0, 0, 0.5 * spine + t * long * rng.uniform(0.5, 1.1))
        wide = size * smooth([(0, 1.3), (0.4, rng.uniform(0.4, 0.9)), (1, 1)], t)
        radii = columns(wide, 1.8 * thick)
        return bar + tube(path, radii, "handle", exponent=3.0, round_ends=True)
    if style in ("tail", "handle"):
        reach = long * rng.uniform(0.6, 1.0)
        t = np.linspace(0, 1, 24)
        broad = spine * (0.5 if style == "tail" else rng.uniform(0.5, 0.8))
        end = 0.12 if style == "tail" else rng.uniform(0.7, 1.1)
        path = columns(-0.45 * long - t * reach, 0, 0.5 * spine)
        high = broad * smooth([(0, 1), (0.3, 0.8), (1, end)], t)
        radii = columns(high, np.minimum(1.6 * thick, high))
        return bar + tube(path, radii, "handle", exponent=3.0, round_ends=True)
    return bar


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


def remote_control(rng: Rng) -> Blueprint:
    """Remote controls: long and boxy, waisted with a direction pad, slim with few keys."""
    style = str(rng.choice(["keys", "waist", "slim"]))
    long = rng.uniform(13, 22) * (0.7 if style == "slim" else 1.0)
    wide = long * rng.uniform(0.1, 0.18)
    high = wide * rng.uniform(0.35, 0.75)
    t = np.linspace(-1, 1, 45)
    waist = rng.uniform(0.7, 0.85) if style == "waist" else rng.uniform(0.92, 1.05)
    corner = rng.uniform(0.03, 0.14)
    ends = np.sqrt(1 - 0.6 * np.clip((np.abs(t) - 1 + corner) / corner, 0, 1) ** 2)
    half = wide * smooth([(-1, 1), (0, waist), (1, rng.uniform(0.9, 1.05))], t) * ends
    tall = high * (1 + rng.uniform(-0.12, 0.12) * t) * (0.4 + 0.6 * ends)
    path = columns(long / 2 * t, 0, 0)
    case = tube(path, columns(tall, half), "body", exponent=rng.uniform(4, 9))
    case = marked(case, beyond(z=-0.55 * high), "back")
    case = marked(case, beyond(x=0.47 * long) + beyond(x=-0.47 * long), "end")
    pad = style != "keys"
    keys = _keys(rng, 2 if style == "slim" else 3, long, wide * waist, high, pad)
    return Blueprint(union(case, *keys), end_blow(long / 2, 2 * wide * float(ends[0])))


def _keys(rng: Rng, columns: int, long: float, wide: float, high: float, pad: bool) -> list[Solid]:
    """Rows of keys on the upper side and perhaps a ring to press in four directions."""
    rows = int(rng.integers(3, 5) if columns == 2 else rng.integers(6, 11))
    size = min(1.3 * wide / columns, 0.62 * long / rows) * rng.uniform(0.55, 0.75)
    round_ = rng.random() < 0.5
    key = rounded(
        size, size * rng.uniform(0.6, 1.0), 1.0, size * (0.49 if round_ else 0.15), "button"
    )
    key = key.scaled(z=0.6 * high).moved(z=0.85 * high)
    first, last = -0.4 * long, (0.06 if pad else 0.36) * long
    spots = [(x, y) for x in np.linspace(first, last, rows) for y in np.linspace(-1, 1, columns)]
    keys = [key.moved(x=x, y=0.55 * wide * y) for x, y in spots]
    if pad:
        radius = wide * rng.uniform(0.5, 0.65)
        ring = disc(radius, 0.55 * high, "button") - disc(0.6 * radius, 9.0, "button")
        knob = disc(0.42 * radius, 0.6 * high, "button")
        keys.append((ring + knob).turned(x=90.0).moved(x=0.24 * long, z=0.85 * high))
    return [*keys, key.moved(x=0.42 * long, y=0.5 * wide)]


def smartphone(rng: Rng) -> Blueprint:
    """Smartphones: edge to edge with a camera island, older with a home button, rugged, wide."""
    style = str(rng.choice(["modern", "modern", "modern", "home", "rugged", "wide"]))
    long = rng.uniform(13, 17)
    wide = long * rng.uniform(*{"wide": (0.62, 0.9)}.get(style, (0.44, 0.56)))
    high = long * rng.uniform(*{"rugged": (0.08, 0.12)}.get(style, (0.04, 0.07)))
    corner = wide * rng.uniform(0.04, 0.2)
    rim = high * rng.uniform(0.15, 0.4)
    pieces = [rounded(long, wide, 0.8 * high, corner, "frame")]
    for part, side in (("screen", 1), ("back", -1)):
        face = rounded(long - rim, wide - rim, 0.25 * high, corner - 0.3 * rim, part)
        pieces.append(face.moved(z=0.38 * side * high))
    key = block((0.09 * long, 0.04 * high, 0.3 * high), 0.015 * high, "button")
    keys = [key.moved(x=x * long, y=wide / 2) for x in (0.14, 0.26)]
    pieces += [key.scaled(y=3.0) for key in keys[: int(rng.integers(1, 3))]]
    if style == "rugged":
        guard = rounded(0.2 * long, 0.3 * wide, 1.25 * high, corner, "frame")
        inner = rounded(0.93 * long, 0.86 * wide, 9 * high, 0.6 * corner, "frame")
        spots = [(a * 0.42 * long, b * 0.38 * wide) for a in (-1, 1) for b in (-1, 1)]
        pieces += [guard.moved(x=x, y=y) - inner for x, y in spots]
    body = union(*pieces, *_cameras(rng, long, wide, high))
    if style in ("home", "rugged"):
        dent = disc(0.1 * wide, 0.2 * high, "button").turned(x=90.0)
        slot = block((0.02 * long, 0.2 * wide, 0.2 * high), 0.05 * high, "button")
        body = body - dent.moved(x=-0.45 * long, z=0.5 * high)
        body = body - slot.moved(x=0.46 * long, z=0.5 * high)
    elif style == "modern":
        notch = rounded(0.035 * long, wide * rng.uniform(0.05, 0.45), high, 0.017 * long, "camera")
        body = body - notch.moved(x=0.44 * long, z=0.9 * high)
    else:
        crease = block((1.1 * long, 0.012 * wide, 0.1 * high), 0.01 * high, "frame")
        body = body - crease.moved(z=0.5 * high)
    return Blueprint(body, press_down(-high / 2, wide, BOTH_SIDES, "back screen"))


def _cameras(rng: Rng, long: float, wide: float, high: float) -> list[Solid]:
    """Lenses on the back near a corner, mostly on a raised island."""
    count, size = int(rng.integers(1, 5)), 0.075 * wide
    spots = [(-(k % 2) * 2.8 * size, -(k // 2) * 2.8 * size) for k in range(count)]
    lens = disc(size, 0.5 * high, "camera", 28).turned(x=90.0)
    at = {"x": 0.41 * long, "y": 0.36 * wide, "z": -0.52 * high}
    pieces = [lens.moved(x=x, y=y) for x, y in spots]
    if rng.random() < 0.7:
        deep = 3 * size - spots[-1][1]
        broad = 3 * size if count == 1 else 5.8 * size
        island = rounded(broad, deep, 0.35 * high, size, "camera")
        pieces.append(island.moved(x=(3 * size - broad) / 2, y=(3 * size - deep) / 2))
    return [piece.moved(**at) for piece in pieces]
