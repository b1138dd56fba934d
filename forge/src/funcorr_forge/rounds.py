"""Round things: dumbbell, battery, cylinder, dowel, roller; curtain ring, paper clip upright."""

from __future__ import annotations

import numpy as np

from funcorr_forge.blueprint import Blueprint
from funcorr_forge.hammers import grip
from funcorr_forge.jaws import disc
from funcorr_forge.points import turned_handle
from funcorr_forge.solids import (
    ASIDE,
    FORWARD,
    UP,
    Rng,
    Solid,
    bezier,
    block,
    columns,
    lathe,
    plate,
    tube,
    union,
)
from funcorr_forge.uses import ENDS_ALIKE, MIDDLE, end_uses, roll_along, use


def dumbbell(rng: Rng) -> Blueprint:
    """Dumbbells: six-sided or round heads, balls, stacks of plates with a collar."""
    style = str(rng.choice(["hex", "round", "ball", "plates"]))
    size = rng.uniform(4.0, 7.0)
    hold, thin = size * rng.uniform(0.9, 1.6), size * rng.uniform(0.18, 0.32)
    deep = size * rng.uniform(0.6, 1.7)
    if style == "plates":
        head, deep = _plate_stack(rng, size, thin)
    elif style == "ball":
        angle = np.linspace(-1.45, 1.3, 30)
        deep = 1.9 * size
        ball = columns(size * np.cos(angle), 0.95 * size * (1 + np.sin(angle)))
        head = lathe(ball, "end")
        deep = float(ball[-1, 1])
    else:
        edge = size * rng.uniform(0.06, 0.3)
        near = [(0, 0), (size - edge, 0), (size, edge), (size, deep - edge)]
        sides = int(rng.choice([6, 6, 8])) if style == "hex" else 48
        head = lathe([*near, (size - edge, deep)], "end", sides)
    t = np.linspace(-1, 1, 24)
    bulge = thin * (1 + rng.uniform(-0.1, 0.3) * (1 - t**2))
    reach = hold + 0.2 * deep
    bar = lathe([(0, -reach), *columns(bulge, reach * t), (0, reach)], "handle", 32)
    far = head.moved(z=hold)
    whole = union(bar, far, far.turned(x=180.0)).turned(y=90.0)
    radius = {"plates": thin, "ball": 0.5 * size}.get(style, size)
    uses = end_uses("pound", hold + deep, radius, middle=0.0)
    if style != "hex":
        uses |= roll_along(-hold - deep, hold + deep, "end", ends_alike=True)
    return Blueprint(whole, uses)


def _plate_stack(rng: Rng, size: float, thin: float) -> tuple[Solid, float]:
    """Discs that grow smaller outwards, a nut and the end of the bar; also their depth."""
    count, z = int(rng.integers(1, 5)), 0.0
    discs = []
    for radius in size * np.linspace(1, rng.uniform(0.5, 1.0), count):
        deep = size * rng.uniform(0.16, 0.34)
        edge = 0.2 * deep
        side = [(radius - edge, z), (radius, z + edge), (radius, z + deep - edge)]
        side.append((radius - edge, z + deep))
        discs.append(lathe([(0, z), *side, (0, z + deep)], "end"))
        z += 0.98 * deep
    nut = size * rng.uniform(0.4, 0.5)
    discs.append(lathe([(nut, 0), (nut, z + 0.25 * size)], "end", 6))
    out = z + size * rng.uniform(0.3, 0.7)
    discs.append(lathe([(thin, 0), (thin, out)], "end", 32))
    return union(*discs), out


def battery(rng: Rng) -> Blueprint:
    """Batteries: slim to stout cells with a nub, flat-topped ones, old ones with screw knobs."""
    style = str(rng.choice(["nub", "nub", "flat", "knob"]))
    radius = rng.uniform(0.6, 1.7)
    long = radius * rng.uniform(*{"knob": (3.5, 6.5)}.get(style, (2.4, 8.5)))
    bead = radius * rng.uniform(0.04, 0.14)
    near = [(0.82 * radius, 0.0), (0.85 * radius, bead), (radius - bead, bead), (radius, 2 * bead)]
    far = [(radius, long - 2 * bead), (radius - bead, long - bead), (0.8 * radius, long - bead)]
    far += [(0.78 * radius, long - 1.8 * bead)]
    labels = ["minus"] * 3 + ["body"] * 3 + ["plus"] * 3
    top = long - 1.8 * bead
    nub = radius * rng.uniform(0.28, 0.45)
    if style == "nub":
        rise = radius * rng.uniform(0.18, 0.45)
        far += [(nub, top), (0.95 * nub, top + rise), (0, top + rise)]
        labels += ["plus"] * 2
    else:
        far += [(0.6 * radius, top), (0.55 * radius, long), (0, long)]
        labels += ["plus"] * 2
    cell = lathe([(0, 0.0), *near, *far], labels)
    if style == "knob":
        post = lathe([(0.3, 0), (0.3, 1.4)], "plus", 24)
        nut = lathe([(0.62, 0.4), (0.62, 0.9)], "plus", 16)
        knob = (post + nut).scaled(0.4 * radius, 0.4 * radius, 0.4 * radius)
        at = rng.uniform(0.0, 0.55) * radius
        cell = union(cell, knob.moved(x=-at, z=long - 0.05 * radius))
        cell = cell + knob.moved(x=0.65 * radius, z=top - 0.05 * radius)
    elif rng.random() < 0.4:
        step = 0.02 * radius
        low, high = long * rng.uniform(0.55, 0.75), long - 3 * bead
        wrap = [(0, low), (radius + step, low), (radius + step, high), (0, high)]
        cell = cell + lathe(wrap, "body")
    return Blueprint(cell.turned(y=90.0), roll_along(2 * bead, long - 2 * bead))


def cylinder(rng: Rng) -> Blueprint:
    """Cylinders: plain from disc to column, with rounded or cut edges, grooved, banded, bored."""
    style = str(rng.choice(["plain", "grooved", "banded", "bored"]))
    radius, half = 1.0, rng.choice([rng.uniform(0.65, 1.2), rng.uniform(1.2, 4.0)])
    edge = radius * rng.choice([0.01, rng.uniform(0.05, 0.3)])
    angle = np.radians([0, 90] if rng.random() < 0.4 else np.linspace(0, 90, 7))
    bend = columns(radius - edge + edge * np.sin(angle), half - edge + edge * np.cos(angle))
    middle = []
    if style in ("grooved", "banded"):
        count, deep = int(rng.integers(1, 6)), 0.06 if style == "grooved" else -0.05
        pitch = 1.6 * (half - edge) / count
        for z in (np.arange(count) - (count - 1) / 2)[::-1] * pitch:
            wide = 0.2 * pitch
            middle += [(1.0, z + wide), (1 - deep, z + 0.8 * wide)]
            middle += [(1 - deep, z - 0.8 * wide), (1.0, z - wide)]
    profile = [(0, half), *bend, *middle, *(bend[::-1] * [1, -1]), (0, -half)]
    caps = len(bend)
    labels = ["end"] * caps + ["body"] * (len(middle) + 1) + ["end"] * caps
    body = lathe(profile, labels, 64)
    size = radius - 0.5 * edge
    if style == "bored":
        bore = rng.uniform(0.15, 0.5)
        if rng.random() < 0.5:
            hole = lathe([(bore, -9), (bore, 9)], "inside", 40)
        else:
            bore = rng.uniform(0.4, 0.8)
            cup = [(0, half - 0.15), (bore, half - 0.15), (bore, 9), (0, 9)]
            hole = lathe(cup, "inside", 48)
            hole = hole + hole.turned(x=180.0)
        body = body - hole
    uses = end_uses("pound press", half, size, middle=0.0)
    uses |= roll_along(-half, half, ends_alike=True)
    return Blueprint(body.turned(y=90.0), uses)


def dowel(rng: Rng) -> Blueprint:
    """Dowels: long rods with flat, cut or round ends, and short fluted joinery pins."""
    style = str(rng.choice(["flat", "flat", "round", "round", "fluted", "spiral"]))
    short = style in ("fluted", "spiral")
    half = rng.uniform(3, 7) if short else rng.uniform(6, 22)
    tip = rng.uniform(0.3, 0.9) if short else rng.uniform(0.8, 2.0)
    turn = np.radians(np.linspace(88, 0, 9))
    if style == "round":
        end = columns(np.cos(turn), half - 1 + np.sin(turn))
    else:
        cut = tip if short else rng.uniform(0.02, 0.3)
        end = np.array([(1 - 0.6 * min(cut, 0.8), half), (1.0, half - cut)])
    reach = max(tip, half - float(end[-1, 1])) + 0.15 * half
    body = columns(np.ones(30), np.linspace(half - reach, reach - half, 30))
    profile = [(0, half), *end, *body, *(end[::-1] * [1, -1]), (0, -half)]
    labels = ["tip"] * (len(end) + 1) + ["body"] * 29 + ["tip"] * (len(end) + 1)
    flutes, deep = int(rng.integers(10, 22)), rng.uniform(0.04, 0.09) if short else 0.0
    twist = rng.uniform(0.15, 0.5) if style == "spiral" else 0.0

    def flute(grid: np.ndarray) -> np.ndarray:
        angle = np.arctan2(grid[..., 1], grid[..., 0]) + twist * grid[..., 2]
        inner = np.clip((half - 0.9 * reach - np.abs(grid[..., 2])) / (0.1 * reach), 0, 1)
        shrink = 1 - deep * inner * (1 + np.cos(flutes * angle))
        return grid * np.stack([shrink, shrink, np.ones_like(shrink)], axis=-1)

    rod = lathe(profile, labels, 112 if short else 40, warp=flute).turned(y=90.0)
    uses = use("poke", "tip", (half, 0, 0), reach, ENDS_ALIKE, MIDDLE)
    uses |= roll_along(reach - half, half - reach, ends_alike=True)
    if not short:
        uses |= use("mix", "tip", (half, 0, 0), 2, ENDS_ALIKE, MIDDLE)
    return Blueprint(rod, uses)


def roller(rng: Rng) -> Blueprint:
    """Rollers: for paint on a bent wire, for lawns with a yoke, for ink in a fork, for lint."""
    style = str(rng.choice(["paint", "lawn", "ink", "lint"]))
    radius = 1.0
    half = radius * rng.uniform(*{"lawn": (0.7, 1.7), "paint": (1.6, 4.5)}.get(style, (1.2, 3.0)))
    bend = radius * rng.uniform(0.03, 0.3)
    side = [(0.75 * radius, half - 0.1), (0.8 * radius, half), (radius - bend, half)]
    side += [(radius - 0.3 * bend, half - 0.3 * bend), (radius, half - bend)]
    profile = [(0, half - 0.1), *side, *[(r, -z) for r, z in side[::-1]], (0, 0.1 - half)]
    drum = lathe(profile, ["side"] * 3 + ["body"] * 5 + ["side"] * 3, 64)
    if style == "lint":
        long = radius * rng.uniform(2.5, 4.5)
        hold = turned_handle(rng, long, radius * rng.uniform(0.4, 0.75)).moved(x=0.1 - half)
        cap = lathe([(1.06, -0.2), (1.06, 0.1)], "cap", 48).turned(y=90.0)
        pieces = [drum.turned(y=90.0), hold]
        if rng.random() < 0.5:
            pieces.append(cap.moved(x=-half))
        return Blueprint(union(*pieces), roll_along(-half, half))
    frame = {"paint": _paint_frame, "lawn": _lawn_frame, "ink": _ink_frame}[style]
    whole = union(drum.turned(x=90.0), *frame(rng, radius, half))
    return Blueprint(whole, use("roll", "body", MIDDLE, 2 * half, ENDS_ALIKE, x=ASIDE))


def _paint_frame(rng: Rng, radius: float, half: float) -> list[Solid]:
    """A wire from the axle round one end of the sleeve and back to a handle in the middle."""
    wire, out = radius * rng.uniform(0.12, 0.2), half + radius * rng.uniform(0.3, 0.7)
    back, lead = radius * rng.uniform(1.6, 2.6), radius * rng.uniform(1.0, 3.0)
    corners = [(0, 0), (0, out), (-back, out), (-back, 0), (-back - lead, 0)]
    path = np.array([(x, y, 0.0) for x, y in corners])
    rounded = [path[0]]
    for before, at, after in zip(path[:-2], path[1:-1], path[2:], strict=True):
        near = [
            p + 0.55 * radius * (q - p) / np.linalg.norm(q - p)
            for p, q in ((at, before), (at, after))
        ]
        rounded.extend(bezier([near[0], at, near[1]], 8))
    rod = tube([*rounded, path[-1]], wire, "wire", up=UP)
    long = radius * rng.uniform(3.5, 6.0)
    end = -back - lead + 0.3
    if rng.random() < 0.5:
        return [rod, turned_handle(rng, long, radius * rng.uniform(0.4, 0.6)).moved(x=end)]
    return [rod, grip(rng, long, radius * rng.uniform(0.35, 0.5)).moved(x=end - long)]


def _lawn_frame(rng: Rng, radius: float, half: float) -> list[Solid]:
    """Two arms from the axle that meet behind the drum, a pole and a cross grip."""
    thick, out = radius * rng.uniform(0.06, 0.11), half + radius * rng.uniform(0.1, 0.2)
    back, rise = radius * rng.uniform(1.3, 2.2), rng.uniform(10, 40)
    arm = bezier([(0, out, 0), (-1.1 * radius, out, 0), (-back, 0.9 * out, 0), (-back, 0, 0)], 26)
    axle = np.linspace([0, -out, 0], [0, out, 0], 5)
    one = tube(arm, thick, "frame", up=UP, round_ends=True)
    far = back + radius * rng.uniform(1.5, 4.0)
    pole = tube(np.linspace([-far, 0, 0], [-back + thick, 0, 0], 5), 1.1 * thick, "frame")
    wide = radius * rng.uniform(0.4, 0.9)
    bar = np.linspace([-far, -wide, 0], [-far, wide, 0], 5)
    hold = tube(bar, 1.5 * thick, "handle", up=UP, round_ends=True)
    pieces = [
        one,
        one.scaled(y=-1.0),
        tube(axle, thick, "frame", up=UP, round_ends=True),
        pole,
        hold,
    ]
    return [piece.turned(y=rise) for piece in pieces]


def _ink_frame(rng: Rng, radius: float, half: float) -> list[Solid]:
    """A flat fork that holds both ends of the axle, a straight handle behind."""
    thick, out = radius * rng.uniform(0.08, 0.14), half + 0.22 * radius
    back, flat = radius * rng.uniform(1.3, 1.9), radius * rng.uniform(0.2, 0.32)
    arm = bezier([(0.2 * radius, out, 0), (-back, out, 0), (-back, out, 0), (-back, 0, 0)], 26)
    one = tube(arm, [(thick, flat)], "frame", up=UP, exponent=4.0, round_ends=True)
    pin = tube(np.linspace([0, -out, 0], [0, out, 0], 5), 0.16 * radius, "frame", up=UP)
    long = radius * rng.uniform(3.0, 5.5)
    hold = turned_handle(rng, long, radius * rng.uniform(0.4, 0.65))
    return [one, one.scaled(y=-1.0), pin, hold.moved(x=thick - back)]


def coin(rng: Rng) -> Blueprint:
    """Coins: reeded with a raised border and a relief, many-cornered, scalloped, with a hole."""
    style = str(rng.choice(["reeded", "corners", "scalloped", "hole"]))
    thick, border = rng.uniform(0.05, 0.14), rng.uniform(0.05, 0.14)
    outer = [(1, -thick), (1, thick), (1 - border, thick), (1 - 1.3 * border, 0.72 * thick)]
    profile = [(0, -0.72 * thick), (1 - 1.3 * border, -0.72 * thick), (1 - border, -thick)]
    labels = ["face", "face", "edge", "edge", "edge", "face", "face"]
    count = int(rng.integers(8, 13)) if style == "scalloped" else int(rng.integers(36, 60))
    deep = {"scalloped": rng.uniform(0.02, 0.05), "reeded": rng.uniform(0.004, 0.012)}.get(style, 0)

    def notch(grid: np.ndarray) -> np.ndarray:
        angle, far = np.arctan2(grid[..., 1], grid[..., 0]), np.hypot(grid[..., 0], grid[..., 1])
        shrink = 1 - deep * np.where(far > 1 - 0.5 * border, 1 - np.cos(count * angle), 0)
        return grid * np.stack([shrink, shrink, np.ones_like(shrink)], axis=-1)

    sides = int(rng.choice([7, 8, 11, 12])) if style == "corners" else 240
    body = lathe([*profile, *outer, (0, 0.72 * thick)], labels, sides, warp=notch)
    relief = _relief(rng, 1 - 1.5 * border, 0.72 * thick)
    body = union(body, relief, _relief(rng, 1 - 1.5 * border, 0.72 * thick).turned(x=180.0))
    if style == "hole":
        size = rng.uniform(0.14, 0.3)
        square = block((1.8 * size, 1.8 * size, 9), 0.05 * size, "inside")
        bore = disc(size, 9.0, "inside").turned(x=90.0)
        body = body - (square if rng.random() < 0.5 else bore)
    turn = "flip:x+flip:y" if sides < 240 else "axis:z+flip:x"
    return Blueprint(body, use("scrape", "edge", (1, 0, 0), 2, turn, MIDDLE, x=FORWARD, y=ASIDE))


def _relief(rng: Rng, radius: float, z: float) -> Solid:
    """A wreath of dots or dashes round a star, a number of bars or a disc with a head."""
    tall = z * rng.uniform(0.2, 0.35)
    count, size = int(rng.integers(8, 22)), radius * rng.uniform(0.04, 0.08)
    mark = block((size * rng.uniform(1, 2), size, 2 * tall), 0.3 * size, "face")
    marks = [mark.moved(x=0.86 * radius).turned(z=360.0 * k / count) for k in range(count)]
    points = int(rng.integers(4, 8))
    angle = np.arange(2 * points) * np.pi / points
    far = radius * np.where(np.arange(2 * points) % 2, rng.uniform(0.2, 0.4), 0.6)
    star = plate(columns(far * np.cos(angle), far * np.sin(angle)), 2 * tall, "face")
    motif = star.turned(x=90.0)
    if rng.random() < 0.5:
        head = disc(0.26 * radius, 2 * tall, "face", 28).scaled(z=1.25).turned(x=90.0)
        bust = disc(0.42 * radius, 2 * tall, "face", 28).scaled(z=0.6).turned(x=90.0)
        motif = union(head.moved(y=0.15 * radius), bust.moved(y=-0.4 * radius))
    return union(motif, *marks).moved(z=z)
