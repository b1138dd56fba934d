"""Blocks: brick, book, remote control, smartphone; on a foot: stamp, candle holder. z up."""

from __future__ import annotations

import numpy as np

from funcorr_forge.curves import Rng, arc, bezier, columns, smooth
from funcorr_forge.registry import Blueprint, kind
from funcorr_forge.shapes import beyond, disc, marked, rounded, turned_handle
from funcorr_forge.solids import Solid, block, lathe, plate, tube, union
from funcorr_forge.uses import BOTH_SIDES, MIDDLE, end_blow, press_down, use


@kind("brick", family="blocks")
def brick(rng: Rng) -> Blueprint:
    """Bricks: solid, perforated, with a frog, hollow concrete blocks, worn cobbles."""
    style = str(rng.choice(["solid", "holes", "frog", "block", "cobble"]))
    long = rng.uniform(19, 25) * (0.7 if style == "cobble" else 1.0)
    span = {"block": (0.36, 0.55), "cobble": (0.6, 0.95)}.get(style, (0.42, 0.55))
    wide = long * rng.uniform(*span)
    high = long * rng.uniform(*{"block": (0.42, 0.6), "cobble": (0.4, 0.7)}.get(style, (0.2, 0.38)))
    round_ = high * (rng.uniform(0.12, 0.3) if style == "cobble" else rng.uniform(0.01, 0.08))
    body = block((long, wide, high), round_, "side")
    band = 1.05 * round_ + 0.02 * high
    body = marked(body, beyond(z=high / 2 - band) + beyond(z=band - high / 2), "face")
    body = marked(body, beyond(x=long / 2 - band) + beyond(x=band - long / 2), "end")
    if style == "holes":
        body = body - _brick_holes(rng, long, wide)
    elif style == "block":
        count = int(rng.integers(2, 4))
        wall = long * rng.uniform(0.07, 0.11)
        room = (long - (count + 1) * wall) / count
        void = block((room, wide - 2 * wall, 3 * high), rng.uniform(0.05, 0.3) * room, "inside")
        spots = (np.arange(count) - (count - 1) / 2) * (room + wall)
        body = body - union(*[void.moved(x=x) for x in spots])
    elif style == "frog":
        deep = high * rng.uniform(0.15, 0.3)
        pit = lathe([(0.8, -deep), (1, 0.3)], "inside", 48, 12.0)
        pit = pit.scaled(0.5 * long * rng.uniform(0.7, 0.9), 0.5 * wide * rng.uniform(0.6, 0.75))
        body = body - pit.moved(z=high / 2)
    turns = "flip:x" if style == "frog" else BOTH_SIDES
    return Blueprint(body, end_blow(long / 2, wide) | press_down(-high / 2, wide, turns, "face"))


def _brick_holes(rng: Rng, long: float, wide: float) -> Solid:
    """Rows of round or oblong holes straight through."""
    rows, columns = int(rng.integers(1, 4)), int(rng.integers(3, 6))
    pitch_x, pitch_y = long / (columns + 0.4), wide / (rows + 0.4)
    size = min(pitch_x, pitch_y)
    if rng.random() < 0.6:
        hole = disc(size * rng.uniform(0.26, 0.38), 99.0, "inside", 28).turned(x=90.0)
    else:
        hole = block((0.66 * pitch_x, 0.66 * pitch_y, 99), 0.2 * size, "inside")
    xs = [(i - (columns - 1) / 2) * pitch_x for i in range(columns)]
    ys = [(j - (rows - 1) / 2) * pitch_y for j in range(rows)]
    return union(*[hole.moved(x, y) for x in xs for y in ys])


@kind("book", family="blocks")
def book(rng: Rng) -> Blueprint:
    """Books: hardcovers with a round or flat spine, paperbacks, notebooks; some lie open."""
    if rng.random() < 0.25:
        return _open_book(rng)
    style = str(rng.choice(["hard", "hard", "paper", "note"]))
    long = rng.uniform(15, 30)
    wide = long * rng.choice([rng.uniform(0.6, 0.8), rng.uniform(0.9, 1.3)])
    high = wide * rng.choice([rng.uniform(0.06, 0.14), rng.uniform(0.16, 0.4)])
    board = min(high * 0.16, rng.uniform(0.2, 0.45)) * (1.0 if style == "hard" else 0.5)
    over = wide * (rng.uniform(0.02, 0.045) if style == "hard" else 0.002)
    corner = wide * (rng.uniform(0.05, 0.1) if style == "note" else 0.004)
    cover = rounded(wide, long, board, corner, "cover").moved(z=high / 2 - board / 2)
    leaves = rounded(wide - 2 * over, long - 2 * over, high - board, corner, "pages")
    pieces = [cover, cover.turned(x=180.0), leaves]
    pieces.extend(_spine(rng, style, wide, long, high, board))
    if style == "note":
        strap = block((0.05 * wide, 1.01 * long, 1.06 * high), 0.01 * wide, "band")
        pieces.append(strap.moved(x=wide * rng.uniform(0.28, 0.42)))
    elif rng.random() < 0.4:
        ribbon = block((0.04 * wide, 0.2 * long, 0.01 * long), 0.003 * long, "band")
        pieces.append(ribbon.moved(x=0.1 * wide, y=-0.55 * long))
    short = min(long, wide)
    return Blueprint(union(*pieces), press_down(-high / 2, short, BOTH_SIDES, "cover"))


def _spine(
    rng: Rng, style: str, wide: float, long: float, high: float, board: float
) -> list[Solid]:
    """The back of the binding at -x: flat, or round and perhaps with raised cords."""
    if style != "hard" or rng.random() < 0.35:
        return [block((board, long, high), 0.3 * board, "spine").moved(x=-wide / 2)]
    bulge = high * rng.uniform(0.15, 0.4)
    t = np.linspace(0, 1, 20)
    x = -wide / 2 + 0.5 * board - bulge * np.sin(np.pi * t)
    bow = columns(x, 0, (t - 0.5) * (high - board))
    pieces = [tube(bow, [(board / 2, long / 2)], "spine", exponent=12.0)]
    for y in np.linspace(-0.32, 0.32, int(rng.choice([0, 0, 4, 5]))) * long:
        cord = tube(bow - [0.4 * board, 0, 0], [(0.6 * board, 0.015 * long)], "spine")
        pieces.append(cord.moved(y=y))
    return pieces


def _open_book(rng: Rng) -> Blueprint:
    """Two halves of pages that swell beside the gutter, on the covers laid flat."""
    long = rng.uniform(16, 28)
    wide, board = long * rng.uniform(0.6, 0.85), rng.uniform(0.2, 0.5)
    high = wide * rng.uniform(0.05, 0.2)
    pieces = [rounded(2 * wide, long, board, 0.02 * wide, "cover").moved(z=board / 2)]
    pieces.append(block((0.1 * wide, long, 1.1 * board), 0.2 * board, "spine").moved(z=board / 2))
    s = np.linspace(0, 1, 24)
    for side, tall in ((-1, high * rng.uniform(0.3, 1.0)), (1, high)):
        top = board + tall * smooth([(0, 0.15), (0.12, 0.85), (0.3, 1), (1, 0.75)], s)
        outline = columns(side * 0.95 * wide * s, top)
        outline = np.concatenate([outline, [(side * 0.95 * wide, 0.5 * board), (0, 0.5 * board)]])
        pieces.append(plate(outline[::-side], 0.94 * long, "pages"))
    return Blueprint(union(*pieces), use("press", "cover", MIDDLE, long, "flip:x"))


@kind("remote control", family="blocks")
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


@kind("smartphone", family="blocks")
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


@kind("stamp", family="blocks")
def stamp(rng: Rng) -> Blueprint:
    """Stamps: turned knob on a block, plain wooden block, self-inking frame, slim seal."""
    style = str(rng.choice(["knob", "block", "inker", "seal"]))
    half = rng.uniform(1.2, 2.2)
    round_face = style == "seal" or (style == "knob" and rng.random() < 0.5)
    deep = 1.0 if round_face else rng.uniform(0.35, 1.0)
    square = 2.0 if round_face else rng.uniform(8, 16)
    thick = half * {"block": rng.uniform(0.9, 2.0)}.get(style, rng.uniform(0.15, 0.5))
    die = [(0, 0), (0.96, 0), (0.96, 0.1 * half), (1, 0.1 * half), (1, thick), (0, thick)]
    if style == "block":
        waist = [(1, 0.3 * thick), (rng.uniform(0.6, 0.85), 0.6 * thick), (0.85, thick)]
        die[4:5] = waist
    pad = lathe(die, ["face", "face", *["die"] * (len(die) - 3)], 64, square)
    pad = pad.scaled(half, half * deep)
    solid = pad + _relief(rng, half, deep)
    if style == "inker":
        solid = solid + _inker(rng, half, deep, thick)
    elif style != "block":
        tall = half * rng.uniform(2.0, 4.0)
        radius = half * min(deep, 0.7) * rng.uniform(0.6, 0.95)
        handle = turned_handle(rng, tall, radius * (0.5 if style == "seal" else 1.0))
        solid = solid + handle.turned(y=90.0).moved(z=thick - 0.05 * half)
    symmetry = "axis:x" if round_face else "flip:x"
    return Blueprint(solid, use("press", "face", (0, 0, -0.08 * half), 2 * half, symmetry))


def _relief(rng: Rng, half: float, deep: float) -> Solid:
    """A raised frame and some bars or dots below the face."""
    high = 0.16 * half
    mark = block((0.5 * half, 0.5 * half * deep, high), 0.01 * half, "face")
    marks = [mark]
    for _ in range(int(rng.integers(3, 7))):
        size = half * rng.uniform(0.08, 0.3, 2) * [1, deep]
        x, y = half * rng.uniform(-0.55, 0.55, 2) * [1, deep]
        marks.append(block((*size, high), 0.01 * half, "face").moved(x=x, y=y))
    return union(*marks)


def _inker(rng: Rng, half: float, deep: float, thick: float) -> Solid:
    """An open frame around the die, a housing above it and a broad push button."""
    tall, wall = half * rng.uniform(1.4, 2.2), 0.16 * half
    x, y = 1.12 * half, 1.12 * half * deep
    leg = block((wall, 2 * y, tall), 0.05 * half, "frame").moved(z=0.12 * half + tall / 2)
    legs = [leg.moved(x=x), leg.moved(x=-x)]
    bridge = block((2 * x + wall, 2 * y, 0.5 * tall), 0.1 * half, "frame")
    stem = block((0.5 * half, 0.6 * y, tall), 0.1 * half, "frame").moved(z=1.3 * tall)
    core = block((1.2 * half, 1.2 * y, tall), 0.1 * half, "frame").moved(z=thick + 0.45 * tall)
    wide = rng.uniform(1.2, 2.0)
    button = block((wide * half, 1.8 * y, 0.35 * half), 0.15 * half, "handle")
    return union(*legs, bridge.moved(z=0.9 * tall), stem, core, button.moved(z=1.8 * tall))


@kind("candle holder", family="blocks")
def candle_holder(rng: Rng) -> Blueprint:
    """Candle holders: saucer with a finger ring, turned stick, branched, low cup; some lit."""
    style = str(rng.choice(["saucer", "stick", "branched", "low"]))
    bore = rng.uniform(0.9, 1.3)
    foot, height = {
        "saucer": (rng.uniform(4, 7), rng.uniform(2, 4)),
        "stick": (rng.uniform(3, 5.5), rng.uniform(9, 24)),
        "branched": (rng.uniform(4, 6), rng.uniform(12, 20)),
        "low": (rng.uniform(2.5, 6), rng.uniform(1.6, 3.5)),
    }[style]
    bore *= rng.uniform(1.3, 1.8) if style == "low" else 1.0
    pieces, sockets = [], [(0.0, height)]
    if style == "saucer":
        wide = foot * rng.uniform(1.1, 1.5)
        pieces += [_saucer(rng, foot, wide, height, bore), _finger_hold(rng, wide)]
    else:
        pieces.append(_stem(rng, foot, height, bore))
    if style == "branched":
        arms, ends = _arms(rng, height, bore)
        pieces, sockets = [*pieces, *arms], [*sockets, *ends]
    solid = union(*pieces)
    lit = rng.random() < 0.45
    for x, z in sockets:
        low = z - min(bore, 0.6 * height)
        hole = lathe([(bore, low), (bore, z + 9)], "socket", 32)
        solid = solid - hole.moved(x=x)
        solid = solid + _candle(rng, bore).moved(x=x, z=low) if lit else solid
    return Blueprint(solid, use("press pound", "base", MIDDLE, 2 * foot, "axis:x"))


def _saucer(rng: Rng, foot: float, wide: float, height: float, bore: float) -> Solid:
    rise = foot * rng.uniform(0.12, 0.35)
    thick, out = 0.06 * foot, bore * rng.uniform(1.2, 1.5)
    under = [(0, 0), (foot, 0), (wide, rise), (wide - thick, rise + 0.5 * thick)]
    over = [(foot - thick, 1.5 * thick), (out, 1.5 * thick), (out, 0.85 * height)]
    top = [(out * rng.uniform(1.0, 1.5), 0.9 * height), (1.15 * bore, height), (0, height)]
    labels = ["base", *["saucer"] * 4, *["socket"] * 4]
    return lathe([*under, *over, *top], labels)


def _stem(rng: Rng, foot: float, height: float, bore: float) -> Solid:
    """A turned stem with rings and swellings between foot and socket."""
    s = np.linspace(0, 1, 70)
    cup, thin = bore * rng.uniform(1.25, 1.8), bore * rng.uniform(0.5, 1.0)
    spots = np.sort(rng.uniform(0.25, 0.8, int(rng.integers(2, 6))))
    spots = spots[np.concatenate([[True], np.diff(spots) > 0.06])]
    beads = [(at, thin * rng.uniform(0.9, 2.0)) for at in spots]
    knots = [(0, foot), (0.04, foot), (rng.uniform(0.1, 0.2), thin), *beads, (0.88, cup), (1, cup)]
    if height < foot:
        knots = [(0, foot), (0.5, foot * rng.uniform(0.8, 1.05)), (1, max(cup, 0.8 * foot))]
    profile = columns(smooth(knots, s), s * height)
    labels = ["base", *np.where(s[1:] < 0.85, "stem", "socket"), "socket"]
    sides = int(rng.choice([48, 48, 6, 8]))
    return lathe([(0, 0), *profile, (0, height)], labels, sides)


def _finger_hold(rng: Rng, wide: float) -> Solid:
    """Behind the edge of a saucer: a ring, a flat tongue or a stick."""
    style, size = str(rng.choice(["ring", "tongue", "stick"])), wide * rng.uniform(0.22, 0.36)
    root = (-0.88 * wide, 0, 0.1 * wide)
    if style == "ring":
        path = arc((-0.96 * wide - size, 1.3 * size), size, -20, 330, 40)
        thick = size * rng.uniform(0.12, 0.3)
        link = tube(np.linspace(root, path[0], 4), thick, "handle", sides=14)
        return link + tube(path, thick, "handle", sides=14)
    out = wide * (rng.uniform(0.4, 0.7) if style == "tongue" else rng.uniform(0.8, 1.6))
    rise = out * rng.uniform(0.1, 0.5)
    path = bezier([root, (-wide - 0.3 * out, 0, rise), (-wide - out, 0, 0.1 * wide + rise)], 20)
    radii = (0.04 * wide, size) if style == "tongue" else (0.06 * wide, 0.08 * wide)
    return tube(path, [radii] * 20, "handle", round_ends=True)


def _arms(rng: Rng, height: float, bore: float) -> tuple[list[Solid], list[tuple[float, float]]]:
    """Two like arms with a socket each, and where their sockets end."""
    out, low = bore * rng.uniform(3.5, 6), height * rng.uniform(0.45, 0.7)
    top = height * rng.uniform(0.75, 1.0)
    sag = low - height * rng.uniform(0.0, 0.25)
    path = bezier([(0, low), (0.8 * out, sag), (out, sag), (out, top - bore)], 30)
    arm = tube(path, bore * rng.uniform(0.3, 0.5), "arm", sides=16)
    wide = bore * rng.uniform(1.25, 1.6)
    side = [(0, -1.5), (0.8, -1.4), (wide / bore, -0.9), (wide / bore, 0), (0, 0)]
    cup = lathe([(r * bore, z * bore) for r, z in side], "socket", 32).moved(x=out, z=top)
    arm = arm + cup
    return [arm, arm.turned(z=180.0)], [(out, top), (-out, top)]


def _candle(rng: Rng, bore: float) -> Solid:
    tall = bore * rng.uniform(3, 11)
    wax = [(0, -0.1), (1.02 * bore, -0.1), (0.9 * bore, tall), (0.2 * bore, 1.02 * tall)]
    wick = [(0.12 * bore, 1.02 * tall), (0.1 * bore, tall + 0.7 * bore), (0, tall + 0.7 * bore)]
    return lathe([*wax, *wick], "candle", 32)
