"""Blocks and flat things: brick, book, card. They lie flat, z up."""

from __future__ import annotations

import numpy as np

from funcorr_forge.blueprint import Blueprint
from funcorr_forge.flats import rounded_slab
from funcorr_forge.jaws import disc
from funcorr_forge.solids import (
    ASIDE,
    FORWARD,
    Rng,
    Solid,
    block,
    columns,
    lathe,
    plate,
    skin,
    smooth,
    tube,
    union,
)
from funcorr_forge.uses import BOTH_SIDES, MIDDLE, end_blow, press_down, use


def marked(solid: Solid, region: Solid, part: str) -> Solid:
    """The same shape; its surface inside ``region`` is called ``part``."""
    return (solid - region) + Solid.of((solid & region).manifold, part)


def beyond(x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Solid:
    """All that lies further out than the one coordinate given."""
    sides = {"x": x, "y": y, "z": z}
    return union(
        *[
            block((99, 99, 99), 0.01, "out").moved(**{axis: at + np.sign(at) * 49.5})
            for axis, at in sides.items()
            if at
        ]
    )


def rounded(length: float, width: float, thick: float, corner: float, part: str) -> Solid:
    """A lying plate with rounded corners, centred."""
    return rounded_slab(length / 2, width / 2, thick, corner, part)


def brick(rng: Rng) -> Blueprint:
    """Bricks: solid, perforated, with a frog, hollow concrete blocks, worn cobbles."""
    style = str(rng.choice(["solid", "holes", "frog", "block", "cobble"]))
    long = rng.uniform(19, 25) * (0.7 if style == "cobble" else 1.0)
    wide = long * rng.uniform(
        *{"block": (0.36, 0.55), "cobble": (0.6, 0.95)}.get(style, (0.42, 0.55))
    )
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
    return union(
        *[
            hole.moved(x=(i - (columns - 1) / 2) * pitch_x, y=(j - (rows - 1) / 2) * pitch_y)
            for i in range(columns)
            for j in range(rows)
        ]
    )


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
    return [
        chip.moved(x=-0.3 * long, y=0.12 * wide, z=top),
        *digits,
        name.moved(x=-0.15 * long, y=-0.32 * wide, z=top),
        stripe.moved(y=side * 0.27 * wide, z=-top),
    ]
