"""Brushes: broom, mop, brush, paintbrush, toothbrush, hairbrush. Handle along x, head at +x."""

from __future__ import annotations

import numpy as np

from funcorr_forge.curves import ASIDE, DOWN, FORWARD, UP, Numbers, Rng, bezier, columns, smooth
from funcorr_forge.registry import Blueprint, kind
from funcorr_forge.shapes import grip, pole, turned_handle
from funcorr_forge.solids import Solid, block, skin, tube, union
from funcorr_forge.uses import point_uses, use


def tufts(rng: Rng, roots: np.ndarray, out: Numbers, radius: float, ragged: float = 0.05) -> Solid:
    """A tapering bundle of hair at each root (n x 3) along ``out``, one vector or one for each."""
    ways = np.broadcast_to(np.asarray(out, dtype=np.float64), roots.shape)
    lengths = 1 + ragged * rng.uniform(-1, 1, len(roots))
    shares = np.array([-0.12, 0.5, 1.0])[:, None]
    shape, up = radius * np.array([0.8, 0.95, 1.0]), (0.31, 0.87, 0.38)
    paths = [root + shares * way * c for root, way, c in zip(roots, ways, lengths, strict=True)]
    return union(*[tube(path, shape, "bristles", up=up, sides=7) for path in paths])


def bundle(
    rng: Rng, x: Numbers, wide: Numbers, thick: Numbers, ragged: float, labels: Numbers = "bristles"
) -> Solid:
    """One dense body of hair through stations along x, with furrows and a ragged end.

    Args:
        rng: source of the furrows.
        x: k positions; the hair ends at the last.
        wide: half width along y at each.
        thick: half thickness along z at each.
        ragged: how far single strands end short.
        labels: part names, one or one per section (k - 1).
    """
    x, wide, thick = (np.asarray(a, dtype=np.float64)[:, None] for a in (x, wide, thick))
    sides = 72
    angle = np.arange(sides) * (2 * np.pi / sides)
    strands = 1 - 0.09 * np.abs(np.sin(angle * rng.integers(9, 15) + rng.normal(0, 0.4, sides)))
    c, s = np.cos(angle), np.sin(angle)
    round_off = (np.abs(c) ** 3 + np.abs(s) ** 3) ** (-1 / 3)
    short = ragged * rng.uniform(0, 1, sides) * np.linspace(0, 1, len(x))[:, None] ** 3
    grid = np.stack(
        [x - short, wide * c * round_off * strands, thick * s * round_off * strands], axis=2
    )
    names = np.broadcast_to(np.asarray(labels, dtype=object), len(x) - 1)
    return skin(grid, names[:, None])


@kind("paintbrush", family="brushes")
def paintbrush(rng: Rng) -> Blueprint:
    """Paintbrushes: flat ones of the decorator, round ones of the artist."""
    flat = rng.random() < 0.55
    wide = rng.uniform(1.8, 4.5) if flat else rng.uniform(0.35, 0.8)
    thick = wide * (rng.uniform(0.2, 0.32) if flat else 1.0)
    metal = rng.uniform(2.0, 3.5) if flat else wide * rng.uniform(4, 7)
    hair = wide * (rng.uniform(1.3, 2.2) if flat else rng.uniform(3, 5.5))
    s = np.linspace(0, 1, 20)
    end = rng.uniform(0.15, 0.5) if flat else rng.uniform(0.03, 0.2)
    belly = rng.uniform(1.0, 1.25)
    across = smooth([(0, 0.95), (0.5, 1.05 if flat else belly), (1, 1.0 if flat else end)], s)
    deep = thick * smooth([(0, 0.95), (0.45, belly), (1, end)], s)
    x, ragged = s * (hair + 0.2 * metal) - 0.2 * metal, 0.05 * hair if flat else 0.02 * hair
    labels = "bristles" if flat else np.where(s[1:] > 0.62, "tip", "bristles")
    hairs = bundle(rng, x, wide * across, deep, ragged, labels)
    t = np.linspace(0, 1, 8)
    path = columns(-metal * t, 0, 0)
    back = 0.8 if flat else rng.uniform(0.6, 0.9)
    radii = columns(thick * (1 - 0.1 * t), wide * (1 - (1 - back) * t))
    ferrule = tube(path, radii, "ferrule", exponent=4.0 if flat else 2.0)
    handle = _brush_handle(rng, metal, wide, thick, flat, back)
    symmetry = "flip:z" if flat else "axis:z"
    uses = use("brush", "bristles tip", (hair, 0, 0), 2 * wide, symmetry)
    if not flat:
        uses |= point_uses("write", hair, hair)
    return Blueprint(union(hairs, ferrule, handle), uses)


def _brush_handle(
    rng: Rng, metal: float, wide: float, thick: float, flat: bool, back: float
) -> Solid:
    s = np.linspace(0, 1, 36)
    if flat:
        length = wide * rng.uniform(3.5, 5.5)
        broad = wide * smooth([(0, 0.82), (0.2, 0.5), (0.45, 0.26), (0.85, 0.36), (1, 0.26)], s)
        deep = thick * smooth([(0, 0.9), (0.4, 0.8), (0.8, 1.0), (1, 0.7)], s)
    else:
        length = rng.uniform(12, 22)
        broad = wide * back * smooth([(0, 0.95), (0.12, 1.3), (0.4, 0.8), (1, 0.35)], s)
        deep = broad
    path = columns(-0.9 * metal - s * length, 0, 0)
    return tube(path, columns(deep, broad), "handle", exponent=2.4, round_ends=True)


@kind("broom", family="brushes")
def broom(rng: Rng) -> Blueprint:
    """Brooms: bound straw, a soft flat broom, a push broom with a wide block."""
    return _push_broom(rng) if rng.random() < 0.4 else _straw_broom(rng)


def _straw_broom(rng: Rng) -> Blueprint:
    hair = rng.uniform(25, 42)
    wide, thick = hair * rng.uniform(0.28, 0.5), hair * rng.uniform(0.07, 0.13)
    stick = hair * rng.uniform(1.6, 3.2)
    thin = hair * rng.uniform(0.03, 0.045)
    s = np.linspace(0, 1, 30)
    shoulder = rng.uniform(0.15, 0.4)
    neck = rng.uniform(1.4, 2.4) * thin / wide
    spread = smooth([(0, neck), (0.12, 1.1 * neck), (shoulder + 0.1, 0.72), (1, 1)], s)
    depth = smooth([(0, neck * wide / thick), (0.2, 1), (1, rng.uniform(0.7, 1.1))], s)
    pieces = [bundle(rng, hair * s, wide * spread, thick * depth, 0.06 * hair)]
    for at in np.linspace(shoulder, shoulder + 0.25, int(rng.integers(0, 4))):
        k = int(at * 29)
        ring = np.array([(hair * (at + d), 0, 0) for d in (-0.008, 0.0, 0.008)])
        wrap = [(1.02 * thick * depth[k], 1.02 * wide * spread[k])]
        pieces.append(tube(ring, wrap, "band", sides=48, exponent=3.0))
    high = [1.3 * thin, 1.7 * thin, max(1.7 * thin, 1.05 * thick * depth[4])]
    radii = columns(high, [1.3 * thin, 1.15 * neck * wide, 1.3 * neck * wide])
    line = [(-0.05 * hair, 0, 0), (0.04 * hair, 0, 0), (0.13 * hair, 0, 0)]
    cap = tube(line, radii, "cap", sides=32, exponent=2.6)
    handle = pole(rng, stick, thin)
    uses = use("brush sweep", "bristles", (0.98 * hair, 0, 0), 2 * wide, "flip:z")
    return Blueprint(union(*pieces, cap, handle), uses)


def _push_broom(rng: Rng) -> Blueprint:
    wide = rng.uniform(14, 26)
    high, deep = wide * rng.uniform(0.1, 0.16), wide * rng.uniform(0.12, 0.2)
    hair = wide * rng.uniform(0.25, 0.45)
    degrees = rng.uniform(25, 65)
    slope = np.radians(degrees)
    rows, per_row = int(rng.integers(2, 4)), int(rng.integers(12, 20))
    xs, ys = np.linspace(-0.4, 0.4, rows) * deep * 2, np.linspace(-0.94, 0.94, per_row) * wide
    grid = np.array([(x, y) for y in ys for x in xs])
    roots = np.column_stack([grid, np.full(len(grid), -high / 2)])
    fan = np.column_stack([0.25 * grid[:, 0], 0.08 * grid[:, 1], np.full(len(grid), -hair)])
    pitch = min(1.6 * deep / rows, 1.88 * wide / per_row)
    head = block((2.1 * deep, 2 * wide, high), 0.3 * high, "head")
    head = head + tufts(rng, roots, fan, 0.42 * pitch)
    stick = wide * rng.uniform(3, 6)
    thin = wide * rng.uniform(0.045, 0.065)
    socket = block((4.5 * thin, 4 * thin, 4 * thin), thin, "head").moved(x=-1.2 * thin)
    handle = pole(rng, stick, thin) + socket
    out = (np.sin(slope), 0, -np.cos(slope))
    origin = np.array(out) * (hair + high / 2)
    uses = use("brush sweep", "bristles", origin, 2 * wide, z=out)
    return Blueprint(head.turned(y=-degrees) + handle, uses)


@kind("mop", family="brushes")
def mop(rng: Rng) -> Blueprint:
    """Mops: thick yarns that hang from a clamp at the end of a long stick."""
    hair = rng.uniform(22, 34)
    spread = hair * rng.uniform(0.25, 0.55)
    flat = rng.uniform(0.35, 1.0)
    count = int(rng.integers(36, 56))
    yarn = spread * rng.uniform(0.09, 0.12)
    angle, far = rng.uniform(0, 2 * np.pi, count), np.sqrt(rng.uniform(0, 1, count))
    side = np.column_stack([far * np.cos(angle), flat * far * np.sin(angle)])
    core = 0.3 * spread
    strands = []
    for y, z in side:
        start = (-0.02 * hair, 0.8 * core * y, 0.8 * core * z)
        swing = rng.normal(0, 0.05, 2) * hair
        end = hair * rng.uniform(0.86, 1.0)
        control = [start, (0.3 * hair, 1.1 * spread * y, 1.1 * spread * z)]
        control += [(0.7 * hair, spread * y + swing[0], spread * z + swing[1])]
        control += [(end, spread * y, spread * z)]
        strands.append(tube(bezier(control, 8), yarn, "strands", sides=6))
    head = block((0.16 * hair, 2.3 * core, 2.3 * core * max(flat, 0.5)), 0.3 * core, "head")
    stick = hair * rng.uniform(2.4, 4.0)
    handle = pole(rng, stick, hair * rng.uniform(0.03, 0.04))
    symmetry = "axis:z" if flat > 0.8 else "flip:z"
    uses = use("brush sweep", "strands", (0.95 * hair, 0, 0), 2 * spread, symmetry)
    return Blueprint(union(head, handle, *strands), uses)


@kind("brush", family="brushes")
def brush(rng: Rng) -> Blueprint:
    """Brushes: hand brush, scrubbing brush, round dish brush, pastry brush."""
    style = rng.choice(["hand", "scrub", "pastry"])
    return _pastry_brush(rng) if style == "pastry" else _hand_brush(rng, style)


def _pastry_brush(rng: Rng) -> Blueprint:
    """A flat row of hair straight ahead of a turned handle."""
    wide = rng.uniform(1.6, 3.2)
    hair, thick = wide * rng.uniform(1.4, 2.6), wide * rng.uniform(0.2, 0.4)
    s = np.linspace(0, 1, 16)
    head = block((0.7 * wide, 2.3 * wide, 3 * thick), 0.4 * thick, "head").moved(x=-0.25 * wide)
    if rng.random() < 0.5:
        hairs = bundle(rng, hair * s, wide * (1 + 0.12 * s), thick * (1 - 0.3 * s), 0.05 * hair)
    else:
        y = np.linspace(-0.9, 0.9, 9) * wide
        roots = np.array([(0, a, b) for a in y for b in (-0.5 * thick, 0.5 * thick)])
        hairs = tufts(rng, roots, roots * [0, 0.12, 0] + [hair, 0, 0], 0.09 * wide)
    handle = turned_handle(rng, wide * rng.uniform(4, 7), wide * rng.uniform(0.3, 0.45))
    uses = use("brush", "bristles", (hair, 0, 0), 2 * wide, "flip:z")
    uses |= use("spread", "bristles", (hair / 2, 0, 0), hair, "flip:x", y=ASIDE)
    return Blueprint(union(hairs, head, handle.moved(x=-0.4 * wide)), uses)


def _hand_brush(rng: Rng, style: str) -> Blueprint:
    """A block with tufts below; the hand brush has a handle behind."""
    long = rng.uniform(6, 9)
    wide, high = long * rng.uniform(0.2, 0.4), long * rng.uniform(0.09, 0.16)
    hair = long * rng.uniform(0.2, 0.45)
    rows, per_row = int(rng.integers(3, 6)), int(rng.integers(9, 14))
    xs, ys = np.linspace(-0.92, 0.92, per_row) * long, np.linspace(-0.8, 0.8, rows) * wide
    rim = np.array([(x, y) for x in xs for y in ys if (x / long) ** 6 + (y / wide) ** 4 < 1.1])
    roots = np.column_stack([rim, np.full(len(rim), -0.45 * high)])
    fan = np.column_stack([0.1 * rim, np.full(len(rim), -hair)])
    body = block((2.05 * long, 2.05 * wide, high), 0.45 * high, "head")
    if style == "scrub":
        hold = block((1.5 * long, 1.5 * wide, 1.3 * high), 0.6 * high, "handle")
        body = body + hold.moved(z=0.7 * high)
    else:
        length = long * rng.uniform(1.2, 2.0)
        rise = length * rng.uniform(0, 0.3)
        path = bezier([(-0.85 * long, 0), (-1.2 * long, 0), (-long - length, rise)], 24)
        s = np.linspace(0, 1, 24)
        broad = wide * smooth([(0, 0.8), (0.25, 0.4), (0.7, 0.5), (1, 0.35)], s)
        body = body + tube(path, columns(0.5 * high, broad), "handle", round_ends=True)
    pitch = min(1.84 * long / per_row, 1.6 * wide / rows)
    low = (0, 0, -hair - high / 2)
    uses = use("brush sweep", "bristles", low, 2 * long, z=DOWN, x=FORWARD)
    return Blueprint(body + tufts(rng, roots, fan, 0.42 * pitch), uses)


@kind("toothbrush", family="brushes")
def toothbrush(rng: Rng) -> Blueprint:
    """Toothbrushes: a slim handle, a neck and a small head; bristles upwards."""
    length = rng.uniform(15, 19)
    head, wide = length * rng.uniform(0.11, 0.17), length * rng.uniform(0.03, 0.04)
    high, hair = 0.022 * length, length * rng.uniform(0.045, 0.07)
    rows, per_row = int(rng.integers(3, 5)), int(rng.integers(7, 11))
    xs, ys = np.linspace(0.08, 0.94, per_row) * head, np.linspace(-0.72, 0.72, rows) * wide
    spots = np.array([(x, y) for x in xs for y in ys])
    roots = np.column_stack([spots, np.full(len(spots), 0.4 * high)])
    wave = 1 + rng.uniform(0, 0.25) * np.cos(spots[:, 0] / head * 2 * np.pi * rng.integers(1, 3))
    tip = rng.uniform(0, 0.3)
    out = np.column_stack([0 * wave, 0 * wave, hair * (wave + tip * (spots[:, 0] > 0.85 * head))])
    pitch = min(0.86 * head / per_row, 1.44 * wide / rows)
    hairs = tufts(rng, roots, out, 0.42 * pitch, ragged=0.02)
    board = block((1.12 * head, 2 * wide, high), 0.48 * high, "head").moved(x=0.5 * head)
    sag = length * rng.uniform(-0.05, 0.05)
    path = bezier(
        [(0.1 * head, 0), (-0.2 * length, 0), (-0.4 * length, sag), (-0.84 * length, 0)], 40
    )
    s = np.linspace(0, 1, 40)
    fat = rng.uniform(0.75, 1.15)
    broad = wide * smooth([(0, 0.5), (0.15, 0.38), (0.4, 0.9 * fat), (0.8, fat), (1, 0.7)], s)
    deep = np.maximum(high / 2, broad * rng.uniform(0.55, 0.9))
    handle = tube(path, columns(deep, broad), "handle", exponent=2.5, round_ends=True)
    uses = use("brush", "bristles", (head / 2, 0, hair + high / 2), head, z=UP, x=FORWARD)
    return Blueprint(union(hairs, board, handle), uses)


@kind("hairbrush", family="brushes")
def hairbrush(rng: Rng) -> Blueprint:
    """Hairbrushes: an oval or square paddle with pins upwards."""
    long = rng.uniform(4.5, 6.5)
    wide, high = long * rng.uniform(0.4, 0.75), long * rng.uniform(0.12, 0.2)
    pins = long * rng.uniform(0.2, 0.35)
    corner = rng.uniform(2.2, 5.0)
    s = np.linspace(-1, 1, 33)
    outline = wide * np.clip(1 - np.abs(s) ** corner, 0, 1) ** (1 / corner)
    path = columns(long * s, 0, 0)
    deep = high / 2 * np.clip(1 - np.abs(s) ** 8, 0.05, 1)
    radii = columns(deep, np.maximum(outline, 0.02 * wide))
    paddle = tube(path, radii, "back", sides=40, exponent=3.0)
    cushion = tube(
        0.84 * path + [0, 0, 0.25 * high], radii * [1.0, 0.8], "cushion", sides=40, exponent=2.2
    )
    xs = np.linspace(-0.72, 0.72, int(rng.integers(8, 13))) * long
    ys = np.linspace(-0.7, 0.7, int(rng.integers(4, 8))) * wide
    spots = np.array([(x, y) for x in xs for y in ys])
    spots = spots[(np.abs(spots / [0.8 * long, 0.76 * wide]) ** corner).sum(axis=1) < 1]
    roots = np.column_stack([spots, np.full(len(spots), 0.6 * high)])
    hairs = tufts(rng, roots, (0, 0, pins), long * rng.uniform(0.012, 0.028), ragged=0.02)
    length = long * rng.uniform(1.6, 2.4)
    hold = grip(rng, length, wide * rng.uniform(0.2, 0.3)).moved(x=-0.8 * long - length)
    top = [0, 0, 0.6 * high + pins]
    uses = use("brush sweep", "bristles", top, 2 * long, z=UP, x=FORWARD)
    uses |= use("pound", "back", (0, 0, -high / 2), 2 * wide)
    return Blueprint(union(paddle, cushion, hairs, hold), uses)
