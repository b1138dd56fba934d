"""Flat things that carry: plate, tray, cutting board, dustpan. Carrying side up, front at +x."""

from __future__ import annotations

import numpy as np

from funcorr_forge.blueprint import Blueprint
from funcorr_forge.cutters import slab
from funcorr_forge.hammers import grip
from funcorr_forge.shell import vessel
from funcorr_forge.solids import (
    FORWARD,
    Rng,
    Solid,
    block,
    columns,
    lathe,
    plate,
    smooth,
    tube,
    union,
)
from funcorr_forge.uses import BOTH_SIDES, lift_over, press_down, use


def dinner_plate(rng: Rng) -> Blueprint:
    """Plates: with a broad rim, coupe, deep; round or squarish."""
    mouth = rng.uniform(9, 15)
    height = mouth * rng.uniform(0.1, 0.28)
    foot = mouth * rng.uniform(0.55, 0.72)
    broad = rng.random() < 0.6
    knots = [(0, foot), (0.6 * height, mouth * (0.74 if broad else 0.85)), (height, mouth)]
    body = vessel(
        knots,
        mouth * rng.uniform(0.02, 0.035),
        floor=0.3 * height,
        rim=0.35 * height,
        fillet=0.1 * height,
    )
    solid = body.shell.renamed("surface", "inside")
    turns = "axis"
    if rng.random() < 0.3:
        solid, turns = solid.scaled(y=rng.uniform(0.65, 0.85)), "flip"
    uses = lift_over("surface rim", mouth, height, 2 * mouth, f"{turns}:z")
    return Blueprint(solid, uses | press_down(0.0, 2 * foot, f"{turns}:x"))


def _pan_box(
    length: float, width: float, height: float, wall: float, corner: float, slope: float
) -> Solid:
    """An open box about the origin with round corners and walls that lean outwards."""
    outer = [(0, 0), (1 - slope, 0), (1, height), (0, height)]
    box = lathe(outer, ["base", "wall", "rim"], 72, corner).scaled(length, width)
    inner = [(0, wall), (1 - slope, wall), (1.01, 2 * height), (0, 2 * height)]
    hollow = lathe(inner, ["surface", "surface", "rim"], 72, corner)
    return box - hollow.scaled(length - wall, width - wall)


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
        pieces.append(
            rounded_slab(long, wide, 0.98 * thick, 0.8 * wide, "handle").moved(
                x=-length - 0.8 * long
            )
        )
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


def rounded_slab(length: float, width: float, thick: float, corner: float, part: str) -> Solid:
    """A slab of half sizes ``length`` and ``width`` with rounded corners, ``thick`` high."""
    turn = np.linspace(0, np.pi / 2, 8)
    corner = min(corner, 0.98 * width, 0.98 * length)
    outline = [
        (
            sx * (length - corner) + corner * np.cos(a + start),
            sy * (width - corner) + corner * np.sin(a + start),
        )
        for start, sx, sy in ((0, 1, 1), (np.pi / 2, -1, 1), (np.pi, -1, -1), (1.5 * np.pi, 1, -1))
        for a in turn
    ]
    return plate(outline, thick, part).turned(x=-90.0)


def dustpan(rng: Rng) -> Blueprint:
    """Dustpans: a shallow pan open at the front, a handle behind."""
    length = rng.uniform(8, 12)
    front, back = length * rng.uniform(0.45, 0.7), length * rng.uniform(0.35, 0.6)
    height, wall = length * rng.uniform(0.2, 0.45), length * rng.uniform(0.015, 0.03)
    s = np.linspace(0, 1, 14)
    half = smooth([(0, back), (1, front)], s)
    rise = height * smooth([(0, 1), (0.3, rng.uniform(0.8, 1.0)), (1, rng.uniform(0.15, 0.5))], s)
    outer = slab(length * s, half, 0 * s, rise, "wall")
    lip = 0.5 * wall
    floor = smooth([(0, 2.5 * wall), (0.4, wall), (1, lip)], s)
    xs = length * s + np.where(s > 0.99, wall, 0) + np.where(s < 0.01, 1.5 * wall, 0)
    hollow = slab(xs, half - wall, floor, rise + height, "pan")
    body = outer - hollow
    edge_box = block((0.16 * length, 3 * length, 0.6 * wall), 0.05 * wall, "edge")
    edge = edge_box.moved(x=0.94 * length, z=0.35 * wall)
    side = block((0.16 * length, 2 * front - 2.2 * wall, 9), 0.01, "edge").moved(x=0.94 * length)
    hold = length * rng.uniform(0.6, 1.1)
    handle = grip(rng, hold, length * rng.uniform(0.05, 0.08)).moved(x=-hold + 0.5 * wall)
    handle = handle.turned(y=rng.uniform(0, 25)).moved(z=rng.uniform(0.25, 0.6) * height)
    lead = (length, 0, 0)
    uses = use("lift", "pan edge", lead, 2 * front) | use("dig", "edge", lead, 2 * front)
    uses |= use("scoop", "pan edge", (length / 2, 0, 0.4 * height), length)
    return Blueprint(union(body, edge & side, handle - hollow), uses)
