"""Thin flat things: plate, tray, cutting board, card, coin, ruler, feather. They lie flat, z up."""

from __future__ import annotations

import numpy as np

from funcorr_forge.curves import ASIDE, BACK, FORWARD, Numbers, Rng, columns, smooth
from funcorr_forge.registry import Blueprint, kind
from funcorr_forge.shapes import disc, rounded, rounded_slab, slab
from funcorr_forge.solids import Solid, block, lathe, plate, skin, tube, union
from funcorr_forge.uses import BOTH_SIDES, MIDDLE, Uses, lift_over, press_down, use
from funcorr_forge.vessel import vessel

VANES = {
    "quill": [(0, 0.15), (0.12, 0.75), (0.5, 1.0), (0.85, 0.75), (0.95, 0.4), (1, 0.02)],
    "plume": [(0, 0.3), (0.3, 0.8), (0.65, 1.0), (0.9, 0.8), (1, 0.1)],
    "peacock": [(0, 0.05), (0.2, 0.3), (0.6, 1.0), (0.85, 0.8), (1, 0.04)],
    "down": [(0, 0.5), (0.2, 0.9), (0.55, 1.0), (0.85, 0.7), (1, 0.05)],
}
"""(Share of the length, share of the half width) of the web of each style of feather."""


@kind("plate", family="flats")
def dinner_plate(rng: Rng) -> Blueprint:
    """Plates: with a broad rim, coupe, deep; round or squarish."""
    mouth = rng.uniform(9, 15)
    height = mouth * rng.uniform(0.1, 0.28)
    foot = mouth * rng.uniform(0.55, 0.72)
    broad = rng.random() < 0.6
    knots = [(0, foot), (0.6 * height, mouth * (0.74 if broad else 0.85)), (height, mouth)]
    wall, floor = mouth * rng.uniform(0.02, 0.035), 0.3 * height
    rim, fillet = 0.35 * height, 0.1 * height
    body = vessel(knots, wall, floor, rim, fillet)
    solid = body.shell.renamed("surface", "inside")
    turns = "axis"
    if rng.random() < 0.3:
        solid, turns = solid.scaled(y=rng.uniform(0.65, 0.85)), "flip"
    uses = lift_over("surface rim", mouth, height, 2 * mouth, f"{turns}:z")
    return Blueprint(solid, uses | press_down(0.0, 2 * foot, f"{turns}:x"))


@kind("tray", family="flats")
def tray(rng: Rng) -> Blueprint:
    """Trays: rectangular, oval or round with a raised border, with handles or holes to grip."""
    length = rng.uniform(14, 22)
    width = length * rng.uniform(0.55, 1.0)
    height, wall = length * rng.uniform(0.06, 0.16), length * rng.uniform(0.018, 0.03)
    corner = float(rng.choice([2.0, 6.0, 12.0]))
    body = _pan_box(length, width, height, wall, corner, rng.uniform(0, 0.06))
    style = rng.choice(["plain", "ears", "holes"])
    if style == "holes":
        cut = block((6 * wall, 0.5 * width, 0.38 * height), 0.15 * height, "rim")
        spots = [cut.moved(x=side * 0.98 * length, z=0.62 * height) for side in (-1, 1)]
        body = body - union(*spots)
    elif style == "ears":
        span, rise = 0.28 * width, height * rng.uniform(0.6, 1.4)
        t = np.linspace(0, np.pi, 24)
        x = length * (1 - 0.28**corner) ** (1 / corner) - 0.6 * wall
        arch = columns(x, -span * np.cos(t), 0.9 * height + rise * np.sin(t))
        ear = tube(arch, 0.6 * wall, "handle", up=FORWARD, sides=14)
        body = union(body, ear, ear.turned(z=180.0))
    uses = lift_over("surface", length, wall, 2 * width, "flip:z")
    return Blueprint(body, uses | press_down(0.0, 1.8 * width, "flip:x"))


def _pan_box(
    length: float, width: float, height: float, wall: float, corner: float, slope: float
) -> Solid:
    """An open box about the origin with round corners and walls that lean outwards."""
    outer = [(0, 0), (1 - slope, 0), (1, height), (0, height)]
    box = lathe(outer, ["base", "wall", "rim"], 72, corner).scaled(length, width)
    inner = [(0, wall), (1 - slope, wall), (1.01, 2 * height), (0, 2 * height)]
    hollow = lathe(inner, ["surface", "surface", "rim"], 72, corner)
    return box - hollow.scaled(length - wall, width - wall)


@kind("cutting board", family="flats")
def cutting_board(rng: Rng) -> Blueprint:
    """Cutting boards: a slab with a hole or a paddle handle, some with a juice groove."""
    length = rng.uniform(10, 17)
    width, thick = length * rng.uniform(0.55, 0.8), length * rng.uniform(0.04, 0.12)
    corner = rng.uniform(0.04, 0.3) * width
    flat = rounded_slab(length, width, thick, corner, "edge")
    top = rounded_slab(0.985 * length, 0.985 * width, 0.3 * thick, corner, "surface")
    under = rounded_slab(0.985 * length, 0.985 * width, 0.3 * thick, corner, "surface")
    pieces = [flat, top.moved(z=0.4 * thick), under.moved(z=-0.4 * thick)]
    style = rng.choice(["paddle", "hole", "plain"])
    if style == "paddle":
        long, wide = length * rng.uniform(0.3, 0.6), width * rng.uniform(0.14, 0.22)
        paddle = rounded_slab(long, wide, 0.98 * thick, 0.8 * wide, "handle")
        pieces.append(paddle.moved(x=-length - 0.8 * long))
    board = union(*pieces)
    if style != "plain":
        x = -0.82 * length if style == "hole" else -length - 1.45 * long
        broad = width * (rng.uniform(0.05, 0.25) if style == "hole" else 0.06)
        hole = rounded_slab(0.06 * width, broad, 4 * thick, 0.055 * width, "handle")
        board = board - hole.moved(x=x)
    if rng.random() < 0.35:
        groove = rounded_slab(0.9 * length, 0.87 * width, thick, corner, "surface")
        groove = groove - rounded_slab(0.86 * length, 0.82 * width, 9 * thick, corner, "surface")
        board = board - groove.moved(z=0.85 * thick)
    ends = "flip:x+flip:z" if style == "plain" else "flip:x"
    uses = lift_over("surface", length, 0.5 * thick, 2 * width, ends)
    return Blueprint(board, uses | press_down(-0.5 * thick, 2 * width, BOTH_SIDES, "surface"))


@kind("card", family="flats")
def card(rng: Rng) -> Blueprint:
    """Cards: embossed bank cards with a chip, bowed playing cards, badges with a slot."""
    style = str(rng.choice(["bank", "bowed", "badge", "plain"]))
    long = rng.uniform(8, 10)
    wide = long * rng.uniform(0.52, 0.75)
    thick = long * rng.uniform(0.008, 0.022)
    bow = long * (rng.uniform(-0.12, 0.12) if style == "bowed" else 0.0)
    corner = long * rng.choice([0.005, rng.uniform(0.03, 0.08)])
    body = _bowed_sheet(long, wide, thick, corner, bow)
    if style == "bank":
        body = union(body, *_bank_relief(rng, long, wide, thick))
    elif style == "badge":
        hole = rounded(0.16 * long, 0.05 * long, 9 * thick, 0.025 * long, "side")
        if rng.random() < 0.4:
            hole = rounded(0.08 * long, 0.08 * long, 9 * thick, 0.04 * long, "side")
        spot = {"x": 0.42 * long} if rng.random() < 0.5 else {"y": 0.39 * wide}
        body = body - hole.turned(z=90.0 if "x" in spot else 0.0).moved(**spot)
        label = rounded(0.7 * long, 0.5 * wide, 0.3 * thick, 0.02 * long, "print")
        body = body + label.moved(x=-0.05 * long, y=-0.12 * wide, z=0.5 * thick)
    else:
        pip = rounded(0.12 * long, 0.12 * long, 3 * thick, 0.06 * long, "print")
        body = body - pip.moved(z=1.8 * thick + bow)
    front, out = (0, -wide / 2, bow), (0, -1, 0)
    turns = ("flip:z", "flip:y", "flip:y") if bow else (BOTH_SIDES, "flip:x+flip:z", BOTH_SIDES)
    uses = use("scrape", "edge", front, long, turns[0], MIDDLE, x=out)
    uses |= use("sweep", "edge", front, long, turns[1], MIDDLE, z=out, x=FORWARD)
    uses |= use("spread", "side", (0, 0, bow), long, turns[2], y=ASIDE)
    return Blueprint(body, uses)


def _bowed_sheet(long: float, wide: float, thick: float, corner: float, bow: float) -> Solid:
    """A card whose middle stands ``bow`` above its short sides."""
    turn = 1 - np.cos(np.radians(np.linspace(0, 90, 8)))
    near = np.unique(np.append(corner * turn, [1.2 * thick, corner + 2 * thick]))
    x = np.concatenate([near - long / 2, np.linspace(-0.4, 0.4, 25) * long, long / 2 - near[::-1]])
    gap = np.clip(corner - (long / 2 - np.abs(x)), 0, corner)
    half = wide / 2 - (corner - np.sqrt(corner**2 - gap**2))
    share = 1 - 2.4 * thick / wide
    across = np.array([1.0, share, -share, -1.0])
    across = np.concatenate([across, across[::-1]])
    lift = bow * (1 - (2 * x / long) ** 2)
    z = lift[:, None] + np.repeat([thick / 2, -thick / 2], 4)
    grid = np.stack([np.repeat(x[:, None], 8, axis=1), half[:, None] * across, z], axis=2)
    labels = np.array([["edge", "side", "edge", "edge"] * 2] * (len(x) - 1), dtype=object)
    labels[np.abs((x[1:] + x[:-1]) / 2) > long / 2 - 1.2 * thick] = "edge"
    return skin(grid, labels)


def _bank_relief(rng: Rng, long: float, wide: float, thick: float) -> list[Solid]:
    """A chip, raised digits and the stripe on the other side."""
    top = 0.5 * thick
    chip = rounded(0.14 * long, 0.11 * long, 0.5 * thick, 0.02 * long, "print")
    digit = block((0.032 * long, 0.06 * long, 0.8 * thick), 0.006 * long, "print")
    row = np.concatenate([np.arange(4) + 5 * k for k in range(4)]) / 18 - 0.5
    digits = [digit.moved(x=0.85 * long * a, y=-0.1 * wide, z=top) for a in row]
    name = rounded(long * rng.uniform(0.3, 0.55), 0.07 * wide, 0.5 * thick, 0.01 * long, "print")
    stripe = block((0.98 * long, 0.2 * wide, 0.4 * thick), 0.1 * thick, "print")
    side = rng.choice([-1, 1])
    chip = chip.moved(x=-0.3 * long, y=0.12 * wide, z=top)
    name = name.moved(x=-0.15 * long, y=-0.32 * wide, z=top)
    return [chip, *digits, name, stripe.moved(y=side * 0.27 * wide, z=-top)]


@kind("coin", family="flats")
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


@kind("ruler", family="flats")
def ruler(rng: Rng) -> Blueprint:
    """Rulers: plain, bevelled, thin steel with a hole, with a raised rib to hold it by."""
    style = str(rng.choice(["plain", "bevel", "steel", "rib"]))
    length = rng.uniform(14, 42)
    half = rng.uniform(1.2, 2.2)
    thick = half * (rng.uniform(0.05, 0.08) if style == "steel" else rng.uniform(0.1, 0.2))
    band = half * (rng.uniform(0.2, 0.45) if style in ("bevel", "rib") else 0.12)
    thin = thick * (0.2 if style in ("bevel", "rib") else 0.9)
    reach = half * rng.uniform(0.25, 0.6)
    round_off = rng.choice([0.0, rng.uniform(0.05, 0.3)])
    x = np.concatenate([np.linspace(0, reach, 6), np.linspace(reach, length - reach, 24)[1:-1]])
    x = np.concatenate([x, np.linspace(length - reach, length, 6)])
    near = np.clip(1 - np.minimum(x, length - x) / reach, 0, 1)
    wide = half * (1 - round_off * (1 - np.sqrt(1 - near**2)))
    strip = _strip(x, wide, band, thin, thick, reach)
    pieces = [strip, *_marks(rng, length, half, band, thin, thick, reach)]
    holed = style == "steel" or rng.random() < 0.2
    if style == "rib":
        rib = block((length - 3 * reach, 0.35 * half, 2.4 * thick), 0.3 * thick, "rib")
        pieces.append(rib.moved(x=length / 2, z=thick))
    solid = union(*pieces)
    if holed:
        size = half * rng.uniform(0.25, 0.45)
        hole = lathe([(size, -9), (size, 9)], "hole", 28)
        solid = solid - hole.moved(x=reach + 1.3 * size)
    return Blueprint(solid, _ruler_uses(length, half, reach, alike=not holed))


def _strip(
    x: Numbers, wide: Numbers, band: float, thin: float, thick: float, reach: float
) -> Solid:
    """A strip whose borders thin out over ``band``."""
    x, wide = np.asarray(x, dtype=np.float64), np.asarray(wide, dtype=np.float64)
    inner = wide - band
    ring = [(wide, thin), (inner, thick), (-inner, thick), (-wide, thin)]
    ring = [*ring, *[(y, -z) for y, z in ring[::-1]]]
    grid = np.stack([columns(x, y, z) for y, z in ring], axis=1)
    row = ["edge", "side", "edge", "edge", "edge", "side", "edge", "edge"]
    labels = np.array([row] * (len(x) - 1), dtype=object)
    middle = (x[1:] + x[:-1]) / 2
    labels[(middle < reach) | (middle > x[-1] - reach)] = "end"
    return skin(grid, labels)


def _marks(
    rng: Rng, length: float, half: float, band: float, thin: float, thick: float, reach: float
) -> list[Solid]:
    """Raised strokes along one border, every fifth longer."""
    count = int(rng.integers(16, 41))
    spots = np.linspace(1.5 * reach, length - 1.5 * reach, count)
    fine = 0.12 * (spots[1] - spots[0])
    top = 1.12 * thick
    marks = []
    for k, x in enumerate(spots):
        wide = (0.55 if k % 5 else 0.85) * 0.25 * half
        mark = slab([x - fine, x + fine], wide, 0.0, top, "marks")
        marks.append(mark.moved(y=half - band - 0.25 * half))
    return marks


def _ruler_uses(length: float, half: float, reach: float, alike: bool) -> Uses:
    """Uses of a strip with two equal borders, and two equal ends if ``alike``."""
    middle, end = [length / 2, 0, 0], [length, 0, 0]
    turns = "flip:x+flip:z" if alike else "flip:x"
    rubbing, border = "flip:y+flip:x" if alike else "flip:y", (length / 2, -half, 0)
    uses = use("cut spread", "edge", middle, length, turns, y=ASIDE)
    uses |= use("scrape", "edge", border, length, rubbing, middle, x=(0, -1, 0))
    uses |= use("dig mix", "end", end, 2 * half, turns, middle)
    uses |= use("lift", "side", end, 2 * half, turns, middle)
    return uses | use("pry", "end", end, reach, turns, middle)


@kind("feather", family="flats")
def feather(rng: Rng) -> Blueprint:
    """Feathers: a goose quill, a drooping plume, a peacock's eye on a bare stem, small down."""
    style = str(rng.choice(["quill", "quill", "plume", "peacock", "down"]))
    length = {"down": rng.uniform(7, 11)}.get(style, rng.uniform(18, 30))
    half = length * {
        "quill": rng.uniform(0.08, 0.17),
        "plume": rng.uniform(0.14, 0.24),
        "peacock": rng.uniform(0.13, 0.2),
        "down": rng.uniform(0.22, 0.34),
    }.get(style, 0.1)
    root = length * {"quill": rng.uniform(0.15, 0.35), "peacock": rng.uniform(0.6, 1.4)}.get(
        style, rng.uniform(0.1, 0.3)
    )
    s = np.linspace(0, 1, 70)
    droop = length * {"plume": rng.uniform(0.15, 0.35), "down": rng.uniform(0.05, 0.2)}.get(
        style, rng.uniform(0.0, 0.08)
    )
    lift = -droop * s**2
    narrow = rng.uniform(0.35, 0.7) if style == "quill" else 1.0
    ragged = {"plume": 0.22, "down": 0.22}.get(style, 0.05)
    sides = [half * w * smooth(VANES[style], s) * _ragged(rng, ragged, 70) for w in (1.0, narrow)]
    vane = _vane(s * length, sides, lift, 0.012 * length, rng.uniform(0.2, 0.7))
    thick = length * rng.uniform(0.012, 0.02)
    pieces = [vane, _shaft(length, root, droop, thick)]
    uses = use("brush", "vane", (length, 0, -droop), half * (1 + narrow), "flip:z")
    low = [0.5 * length, float(-sides[0][35]), float(lift[35])]
    alike = ("flip:x", [low[0], 0, low[2]]) if style == "peacock" else ("none",)
    uses |= use("sweep", "vane edge", low, length, *alike, z=(0, -1, 0), x=FORWARD)
    if style == "quill":
        pieces.append(_nib(root, thick))
        uses |= use("write", "tip", (-root - 4 * thick, 0, 0), 4 * thick, x=BACK)
    return Blueprint(union(*pieces), uses)


def _ragged(rng: Rng, depth: float, n: int) -> np.ndarray:
    """Factors below 1: strands of uneven length and a few splits."""
    strands = 1 - depth * rng.uniform(0, 1, n)
    for at in rng.integers(5, n - 8, int(rng.integers(0, 4))):
        strands[at : at + 2] *= rng.uniform(0.45, 0.8)
    return strands


def _vane(
    x: np.ndarray, sides: list[np.ndarray], lift: np.ndarray, thick: float, lean: float
) -> Solid:
    """A thin web about the line y = 0 whose strands lean towards +x."""
    shares = np.array([1.0, 0.82, 0.4])
    y = np.concatenate(
        [-sides[0][:, None] * shares, 0 * x[:, None], sides[1][:, None] * shares[::-1]], axis=1
    )
    ahead = lean * np.abs(y) * np.clip((x[-1] - x) / (0.35 * x[-1]), 0, 1)[:, None]
    z = lift[:, None] + 0.12 * np.abs(y)
    deep = thick * np.array([0.25, 0.5, 0.8, 1.0, 0.8, 0.5, 0.25])
    over = np.stack([x[:, None] + ahead, y, z + deep / 2], axis=2)
    under = np.stack([x[:, None] + ahead, y, z - deep / 2], axis=2)
    grid = np.concatenate([over, under[:, ::-1]], axis=1)
    row = ["edge", "vane", "vane", "vane", "vane", "edge", "edge"]
    return skin(grid, np.array([*row, *row], dtype=object)[None])


def _shaft(length: float, root: float, droop: float, thick: float) -> Solid:
    """The stem, hollow and thick behind, thin along the web."""
    x = np.linspace(-root, 0.94 * length, 50)
    z = -droop * np.clip(x / length, 0, 1) ** 2
    radius = thick * smooth([(-root, 0.8), (0, 1.0), (0.5 * length, 0.6), (length, 0.15)], x)
    return tube(columns(x, 0, z), radius, "shaft", round_ends=True, sides=16)


def _nib(root: float, thick: float) -> Solid:
    """The slanted point that a quill is cut to, at the end of its stem."""
    s = np.linspace(0, 1, 14)
    path = columns(-root + thick - s * 5 * thick, 0, 0)
    high = thick * smooth([(0, 0.9), (0.3, 0.8), (1, 0.05)], s)
    wide = thick * smooth([(0, 0.9), (0.4, 0.75), (1, 0.08)], s)
    return tube(path, columns(high, wide), "tip", sides=16)
