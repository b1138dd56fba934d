"""Round things: rolling pin, log, pipe, flashlight, battery, cylinder, dumbbell, roller."""

from __future__ import annotations

import numpy as np

from funcorr_forge.curves import ASIDE, BACK, UP, Rng, bezier, columns, smooth
from funcorr_forge.registry import Blueprint, kind
from funcorr_forge.shapes import grip, turned_handle
from funcorr_forge.solids import Solid, block, lathe, tube, union
from funcorr_forge.uses import ENDS_ALIKE, MIDDLE, end_uses, roll_along, side_blow, use


@kind("rolling pin", family="rollers")
def rolling_pin(rng: Rng) -> Blueprint:
    """Rolling pins: a barrel on two handles, or the tapering French kind."""
    half = rng.uniform(10, 16)
    radius = half * rng.uniform(0.16, 0.26)
    s = np.linspace(-1, 1, 41)
    if rng.random() < 0.3:
        reach = 1.5 * half
        profile = radius * (0.5 + 0.5 * np.sqrt(1 - 0.97 * np.abs(s) ** rng.uniform(2.5, 6)))
        labels = np.where(np.abs((s[1:] + s[:-1]) / 2) > 0.72, "handle", "barrel")
        points = columns(profile, reach * s)
        pin = lathe([(0, -reach), *points, (0, reach)], ["handle", *labels, "handle"])
    else:
        pin = union(_barrel(rng, half, radius), *_pin_handles(rng, half, radius))
    uses = roll_along(-half, half, "barrel", ends_alike=True)
    uses |= side_blow("barrel", 0.0, radius, middle=0.0)
    return Blueprint(pin.turned(y=90.0), uses)


def _barrel(rng: Rng, half: float, radius: float) -> Solid:
    edge = radius * rng.uniform(0.08, 0.4)
    end = [(0, -half), (radius - edge, -half), (radius - 0.3 * edge, -half + 0.3 * edge)]
    end.append((radius, -half + edge))
    return lathe([*end, (radius, 0), *[(r, -z) for r, z in end[::-1]]], "barrel")


def _pin_handles(rng: Rng, half: float, radius: float) -> list[Solid]:
    length, thick = half * rng.uniform(0.5, 0.75), radius * rng.uniform(0.32, 0.5)
    s = np.linspace(0, 1, 24)
    end = rng.uniform(0.6, 0.9)
    knots = [(0, 0.5), (0.12, 0.5), (0.16, 0.85), (0.5, 1.0), (0.75, end), (0.9, 1.0), (1, 0.4)]
    profile = columns(thick * smooth(knots, s), half + (s - 0.05) * length)
    one = lathe(profile, "handle", 32)
    return [one, one.turned(x=180.0)]


@kind("log", family="rollers")
def log(rng: Rng) -> Blueprint:
    """Logs: an uneven trunk with bark and sawn ends, some with the stub of a branch."""
    radius = rng.uniform(5, 12)
    length = radius * rng.uniform(2.2, 6)
    z = np.linspace(-length / 2, length / 2, 32)
    waves = [
        (rng.uniform(0.01, 0.05), int(rng.integers(2, 5)), rng.uniform(0, 6.3)) for _ in range(3)
    ]
    furrows = rng.uniform(0.0, 0.035)
    count = int(rng.integers(11, 19))
    drift, bow = rng.uniform(-0.6, 0.6), radius * rng.uniform(-0.25, 0.25)

    def roughen(grid: np.ndarray) -> np.ndarray:
        turn = np.arctan2(grid[..., 1], grid[..., 0]) + drift * grid[..., 2] / length
        bumps = sum(a * np.cos(k * turn + p + grid[..., 2] / length) for a, k, p in waves)
        bark = (
            1 + bumps + furrows * np.abs(np.sin(count * turn + np.sin(6 * grid[..., 2] / radius)))
        )
        bend = bow * (2 * grid[..., 2] / length) ** 2
        x, y = grid[..., 0] * bark + bend, grid[..., 1] * bark
        return np.stack([x, y, grid[..., 2]], axis=-1)

    side = columns(radius * (1 + rng.uniform(-0.1, 0.1) * z / length), z)
    profile = [(0, z[0]), (0.9 * side[0, 0], z[0]), *side, (0.9 * side[-1, 0], z[-1]), (0, z[-1])]
    trunk = lathe(profile, ["end", "end", *["bark"] * 31, "end", "end"], 72, warp=roughen)
    if rng.random() < 0.5:
        trunk = trunk + _stub(rng, radius, length)
    uses = roll_along(-length / 2, length / 2, "bark", ends_alike=True)
    uses |= end_uses("pound", length / 2, radius, middle=0.0)
    return Blueprint(trunk.turned(y=90.0), uses)


def _stub(rng: Rng, radius: float, length: float) -> Solid:
    thick, out = radius * rng.uniform(0.2, 0.35), radius * rng.uniform(1.2, 1.7)
    direction = np.array([1.0, 0.0, rng.uniform(0.2, 0.9)])
    path = np.linspace(0.3, 1, 8)[:, None] * out * direction
    stub = tube(path, thick * np.linspace(1.2, 0.85, 8), "branch", sides=18)
    return stub.moved(z=length * rng.uniform(-0.3, 0.1)).turned(z=rng.uniform(0, 360))


@kind("pipe", family="rollers")
def pipe(rng: Rng) -> Blueprint:
    """Pipes: hollow, plain or with sockets and flanges."""
    radius = rng.uniform(1.5, 4)
    length = radius * rng.uniform(7, 16)
    bore = radius * rng.uniform(0.72, 0.9)
    side = lathe([(radius, 0), (radius, length)], ["end", "body", "end"])
    pieces = [side]
    style = rng.choice(["plain", "socket", "flange", "thread"])
    wide = radius * {"socket": 1.18, "flange": rng.uniform(1.5, 1.9)}.get(style, 1.1)
    long = radius * {"socket": 1.6, "flange": 0.3}.get(style, 0.8)
    ring = [(0, 0), (wide, 0), (wide, long), (radius, long * 1.05), (0, long * 1.05)]
    collar = lathe(ring, ["end", "collar", "collar", "collar"])
    if style != "plain":
        pieces.append(collar)
    if style in ("flange", "thread"):
        pieces.append(collar.turned(x=180.0).moved(z=length))
    if style == "thread":
        pieces.append(lathe([(wide, 0.4 * length), (wide, 0.55 * length)], "collar", 8))
    hole = lathe([(bore, -1), (bore, length + 1)], "inside")
    middle = None if style == "socket" else length / 2
    thick = wide if style in ("flange", "thread") else radius
    uses = roll_along(0.0, length, ends_alike=style != "socket")
    uses |= end_uses("poke", length, thick, middle)
    uses |= side_blow("body", 0.75 * length, radius, middle)
    return Blueprint((union(*pieces) - hole).turned(y=90.0), uses)


@kind("flashlight", family="rollers")
def flashlight(rng: Rng) -> Blueprint:
    """Flashlights: slim or stout, a flaring head with a lens, a switch."""
    radius = rng.uniform(1.2, 2.2)
    length = radius * rng.uniform(5, 12)
    head = radius * rng.uniform(1.05, 2.0)
    long = head * rng.uniform(1.0, 2.0)
    rim = 0.12 * head
    end = length + long
    profile = [(0.85 * radius, 0), (0.9 * radius, 0.15 * radius)]
    profile += [(0.9 * radius, 0.8 * radius), (radius, 0.9 * radius), (radius, length)]
    profile += [(head, length + rng.uniform(0.3, 0.8) * long), (head, end), (head - rim, end)]
    profile += [(head - 1.6 * rim, end - 2 * rim), (0.5 * head, end - 1.7 * rim)]
    profile += [(0, end - 1.5 * rim)]
    labels = ["tail"] * 3 + ["body"] * 2 + ["head"] * 4 + ["lens"] * 2
    spots, wide = length * np.linspace(0.3, 0.9, int(rng.integers(0, 7))), 1.04 * radius
    rings = [lathe([(wide, z), (wide, z + 0.25 * radius)], "body", 40) for z in spots]
    switch = block((0.5 * radius, 0.6 * radius, 1.1 * radius), 0.15 * radius, "switch")
    switch = switch.moved(x=radius, z=length * rng.uniform(0.75, 0.9))
    uses = roll_along(0.0, length)
    uses |= use("pound", "tail", MIDDLE, 1.7 * radius, "axis:x", x=BACK)
    return Blueprint(union(lathe(profile, labels), switch, *rings).turned(y=90.0), uses)


@kind("battery", family="rollers")
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


@kind("cylinder", family="rollers")
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


@kind("dumbbell", family="rollers")
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


@kind("roller", family="rollers")
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
    pin = tube(axle, thick, "frame", up=UP, round_ends=True)
    return [piece.turned(y=rise) for piece in (one, one.scaled(y=-1.0), pin, pole, hold)]


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
