"""Things to hang on: wall, screw and S hooks, coat hangers. In the xz plane, up along z."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from funcorr_forge.blueprint import Blueprint
from funcorr_forge.solids import (
    BACK,
    UP,
    Rng,
    Solid,
    arc,
    bezier,
    block,
    columns,
    lathe,
    plate,
    tube,
    union,
)
from funcorr_forge.uses import MIDDLE, use


def hook(rng: Rng) -> Blueprint:
    """Hooks: J on a wall plate, screw-in cup hook, S hook, crane-like."""
    return {"wall": _wall_hook, "screw": _screw_hook, "s": _s_hook}[
        rng.choice(["wall", "wall", "screw", "s"])
    ](rng)


def _path(*pieces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Join runs of points; also the index of the run that each section belongs to."""
    points = [pieces[0]] + [
        p[1:] if np.allclose(q[-1], p[0], atol=1e-6) else p for q, p in pairwise(pieces)
    ]
    run = np.repeat(np.arange(len(points)), [len(p) for p in points])
    return np.concatenate(points), run[1:]


def _line(start: tuple[float, float], stop: tuple[float, float], n: int = 6) -> np.ndarray:
    ends = np.array([[start[0], 0, start[1]], [stop[0], 0, stop[1]]])
    return ends[0] + np.linspace(0, 1, n)[:, None] * (ends[1] - ends[0])


def _wall_hook(rng: Rng) -> Blueprint:
    """A plate at x = 0 and an arm that goes out, down and up again."""
    radius = rng.uniform(1.0, 2.2)
    thick = radius * rng.uniform(0.12, 0.3)
    drop, reach = radius * rng.uniform(0.6, 2.5), radius * rng.uniform(0.0, 0.7)
    tip_angle = rng.uniform(340, 375)
    cx = reach + radius
    bend = arc((cx, 0.0), radius, 180.0, tip_angle)
    shank = bezier(
        [(-0.1 * radius, 0, drop), (reach, 0, drop), (reach, 0, 0.4 * drop), (reach, 0, 0)], 14
    )
    end = bend[-1] + (bend[-1] - bend[-2]) / np.linalg.norm(
        bend[-1] - bend[-2]
    ) * radius * rng.uniform(0.1, 1.0)
    path, run = _path(shank, bend, _line((bend[-1][0], bend[-1][2]), (end[0], end[2])))
    wide = thick * rng.choice([1.0, rng.uniform(1.0, 2.5)])
    arm = tube(path, [(thick, wide)], np.array(["shank", "arc", "tip"])[run], round_ends=True)
    pieces = [arm]
    if rng.random() < 0.3:
        ball = thick * rng.uniform(1.3, 1.8)
        pieces.append(_ball(path[-1], max(ball, 1.1 * wide), "tip"))
    height, width = radius * rng.uniform(2.2, 4.2), max(radius * rng.uniform(0.8, 1.8), 2.6 * wide)
    back = _back_plate(rng, height, width, 0.3 * radius)
    pieces.append(back.moved(z=drop + rng.uniform(-0.25, 0.1) * height))
    return Blueprint(union(*pieces), use("hang", "arc", (cx, 0, 0), 2 * (radius - thick)))


def _back_plate(rng: Rng, height: float, width: float, depth: float) -> Solid:
    if rng.random() < 0.35:
        profile = [(0, 0), (width, 0), (width, 0.6 * depth), (0.8 * width, depth), (0, depth)]
        return (
            lathe(profile, "plate", 40)
            .turned(y=90.0)
            .scaled(z=rng.uniform(0.9, 1.6))
            .moved(x=-depth)
        )
    return block((depth, width, height), rng.uniform(0.1, 0.5) * depth, "plate").moved(x=-depth / 2)


def _ball(center: np.ndarray, radius: float, part: str) -> Solid:
    angle = np.linspace(-np.pi / 2, np.pi / 2, 14)
    profile = radius * columns(np.cos(angle), np.sin(angle))
    profile[[0, -1], 0] = 0
    return lathe(profile, part, 24).moved(*center)


def _screw_hook(rng: Rng) -> Blueprint:
    """A cup hook: a shaft that is screwed in from below, and a round arc under it."""
    radius = rng.uniform(1.0, 2.0)
    thick = radius * rng.uniform(0.1, 0.24)
    stem = radius * rng.uniform(1.2, 3.0)
    stop = rng.uniform(330, 390)
    bend = arc((0.0, 0.0), radius, 115.0, stop, 44)
    joint = bezier(
        [
            (0, 0, 1.75 * radius),
            (0, 0, 1.3 * radius),
            tuple(bend[0] - 0.6 * (bend[1] - bend[0]) * 8),
            tuple(bend[0]),
        ],
        12,
    )
    path, run = _path(_line((0.0, 1.75 * radius + stem), (0.0, 1.75 * radius)), joint, bend)
    rod = tube(path, thick, np.array(["shank", "shank", "arc"])[run], round_ends=True)
    pieces = [rod]
    if rng.random() < 0.6:
        collar = [
            (0, -0.3 * thick),
            (2.4 * thick, -0.3 * thick),
            (2.4 * thick, 0.3 * thick),
            (0, 0.3 * thick),
        ]
        pieces.append(lathe(collar, "shank", 32).moved(z=1.75 * radius + 0.3 * stem))
    return Blueprint(union(*pieces), use("hang", "arc", MIDDLE, 2 * (radius - thick)))


def _s_hook(rng: Rng) -> Blueprint:
    """Two arcs, opening to opposite sides; the load hangs on the lower one."""
    low, high = rng.uniform(1.0, 1.8), rng.uniform(0.7, 1.6)
    thick = low * rng.uniform(0.1, 0.24)
    middle = rng.uniform(0.2, 3.0) * low
    extra = rng.uniform(0, 35, 2)
    bottom = arc((low, 0.0), low, 180.0, 360 + extra[0])
    top = arc((-high, middle), high, 180 - extra[1], 0.0)
    path, run = _path(top, _line((0.0, middle), (0.0, 0.0), 8), bottom)
    rod = tube(path, thick, np.array(["arc", "shank", "arc"])[run], round_ends=True)
    return Blueprint(rod, use("hang", "arc", (low, 0, 0), 2 * (low - thick)))


def coat_hanger(rng: Rng) -> Blueprint:
    """Coat hangers: bent wire, wooden or plastic shoulders, with or without a bar."""
    half = rng.uniform(17, 23)
    fall = half * rng.uniform(0.25, 0.5)
    radius = rng.uniform(1.9, 3.2)
    wire = rng.uniform(0.15, 0.35)
    neck = rng.uniform(1.0, 6.0)
    hook_part, center = _hanger_hook(rng, radius, neck, wire)
    style = rng.choice(["wire", "wood", "plastic"])
    body = (
        _wire_body(rng, half, fall, wire) if style == "wire" else _shoulders(rng, half, fall, style)
    )
    uses = use("hang", "arc", (center[0], 0, center[1]), 2 * (radius - wire), z=UP, x=BACK)
    return Blueprint(union(hook_part, body), uses)


def _hanger_hook(
    rng: Rng, radius: float, neck: float, wire: float
) -> tuple[Solid, tuple[float, float]]:
    """A stem from z = 0 up into an arc that comes round from the right over the top to the left."""
    center = (0.0, neck + 1.7 * radius)
    start = -rng.uniform(30, 60)
    bend = arc(center, radius, start, rng.uniform(165, 205), 40)
    lead = bend[0] - (bend[1] - bend[0]) / np.linalg.norm(bend[1] - bend[0]) * 0.7 * radius
    joint = bezier([(0, 0, neck), (0, 0, neck + 0.4 * radius), tuple(lead), tuple(bend[0])], 12)
    path, run = _path(_line((0.0, -0.8), (0.0, neck)), joint, bend)
    names = np.array(["neck", "neck", "arc"])[run]
    return tube(path, wire, names, sides=14, round_ends=True), center


def _wire_body(rng: Rng, half: float, fall: float, wire: float) -> Solid:
    """A closed triangle of wire with round corners and a twisted neck."""
    r = rng.uniform(0.6, 2.0)
    slope = np.array([half, 0, -fall]) / np.hypot(half, fall)
    corner = np.array([half, 0, -fall])
    outer, inner = np.array([[0.6 * r, 0, -2 * r], [-1.6 * r, 0, -2 * r]])
    sag = rng.uniform(-0.6, 0.8)
    arm = bezier(
        [(0, 0, 0.2), (0.25 * half, 0, -0.15 * fall), corner * 0.8, corner - r * slope], 16
    )
    turn = bezier(
        [corner - r * slope, corner + 0.8 * r * slope, corner + outer, corner + inner], 14
    )
    flat = _line((turn[-1][0], turn[-1][2]), (-0.5, turn[-1][2] + sag), 10)
    path, run = _path(arm, turn, flat)
    side = tube(path, wire, np.array(["shoulder", "shoulder", "bar"])[run], sides=14)
    twist = lathe([(2 * wire, -1.2), (2 * wire, 1.5)], "neck", 16)
    return union(side, side.turned(z=180.0), twist)


def _shoulders(rng: Rng, half: float, fall: float, style: str) -> Solid:
    """Two curved arms that widen to the ends, and mostly a bar below."""
    thick = rng.uniform(0.5, 1.1) * (1.3 if style == "wood" else 0.8)
    bow = rng.uniform(0.05, 0.4) * fall
    path = bezier(
        [
            (-0.3, 0, 0),
            (0.4 * half, 0, bow - 0.1 * fall),
            (0.8 * half, 0, -0.6 * fall),
            (half, 0, -fall),
        ],
        28,
    )
    grow = np.linspace(0, 1, 28)[:, None]
    end = rng.uniform(0.8, 2.0)
    radii = thick * np.concatenate([1 + 0.3 * (1 - grow), 1 + (end - 1) * grow**2], axis=1)
    side = tube(path, radii, "shoulder", exponent=2.6, round_ends=True)
    body = side + side.turned(z=180.0)
    if rng.random() < 0.7:
        at = rng.uniform(0.82, 0.95)
        x = half * at
        z = float(np.interp(x, path[:, 0], path[:, 2]))
        low = z - rng.uniform(0.5, 3.0)
        bar = rng.uniform(0.3, 0.6) * thick
        limb = bezier([(x, 0, z), (x, 0, low), (x, 0, low), (0.8 * x, 0, low), (-0.2, 0, low)], 26)
        rod = tube(limb, bar, "bar", sides=14)
        body = body + rod + rod.turned(z=180.0)
    if style == "wood" and rng.random() < 0.4:
        body = body + plate(
            [(-1.2, -1.6 * thick), (1.2, -1.6 * thick), (0.8, 1.0), (-0.8, 1.0)], thick, "shoulder"
        )
    return body
