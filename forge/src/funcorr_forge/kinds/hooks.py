"""Bent bars: hook, crowbar, grappling hook, fish hook, L-bracket. The bend at +x or below."""

from __future__ import annotations

import numpy as np

from funcorr_forge.curves import (
    BACK,
    DOWN,
    FORWARD,
    UP,
    Rng,
    arc,
    bezier,
    columns,
    joined,
    line,
    smooth,
)
from funcorr_forge.registry import Blueprint, kind
from funcorr_forge.shapes import ring
from funcorr_forge.solids import Solid, block, lathe, plate, spun, tube, union
from funcorr_forge.uses import MIDDLE, use


@kind("hook", family="hooks")
def hook(rng: Rng) -> Blueprint:
    """Hooks: J on a wall plate, screw-in cup hook, S hook, crane-like."""
    makers = {"wall": _wall_hook, "screw": _screw_hook, "s": _s_hook}
    return makers[rng.choice(["wall", "wall", "screw", "s"])](rng)


def _wall_hook(rng: Rng) -> Blueprint:
    """A plate at x = 0 and an arm that goes out, down and up again."""
    radius = rng.uniform(1.0, 2.2)
    thick = radius * rng.uniform(0.12, 0.3)
    drop, reach = radius * rng.uniform(0.6, 2.5), radius * rng.uniform(0.0, 0.7)
    tip_angle = rng.uniform(340, 375)
    cx = reach + radius
    bend = arc((cx, 0.0), radius, 180.0, tip_angle)
    shank = bezier([(-0.1 * radius, drop), (reach, drop), (reach, 0.4 * drop), (reach, 0)], 14)
    way = (bend[-1] - bend[-2]) / np.linalg.norm(bend[-1] - bend[-2])
    end = bend[-1] + way * radius * rng.uniform(0.1, 1.0)
    path, run = joined(shank, bend, line((bend[-1][0], bend[-1][2]), (end[0], end[2])))
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
        profile = [(width, 0), (width, 0.6 * depth), (0.8 * width, depth)]
        return spun(profile, "plate", 40).scaled(z=rng.uniform(0.9, 1.6)).moved(x=-depth)
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
    lead = bend[0] - 0.6 * (bend[1] - bend[0]) * 8
    joint = bezier([(0, 0, 1.75 * radius), (0, 0, 1.3 * radius), lead, bend[0]], 12)
    path, run = joined(line((0.0, 1.75 * radius + stem), (0.0, 1.75 * radius)), joint, bend)
    rod = tube(path, thick, np.array(["shank", "shank", "arc"])[run], round_ends=True)
    pieces = [rod]
    if rng.random() < 0.6:
        collar = [(2.4 * thick, -0.3 * thick), (2.4 * thick, 0.3 * thick)]
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
    path, run = joined(top, line((0.0, middle), (0.0, 0.0), 8), bottom)
    rod = tube(path, thick, np.array(["arc", "shank", "arc"])[run], round_ends=True)
    return Blueprint(rod, use("hang", "arc", (low, 0, 0), 2 * (low - thick)))


@kind("crowbar", family="hooks")
def crowbar(rng: Rng) -> Blueprint:
    """Crowbars: a bar with a hooked claw, its other end a straight chisel."""
    radius = rng.uniform(2.2, 4.5)
    thick = radius * rng.uniform(0.2, 0.32)
    length = radius * rng.uniform(8, 16)
    turn = rng.uniform(120, 185)
    bend = arc((0.0, -radius), radius, 90.0, 90.0 - turn, 30)
    bar = np.linspace([-length, 0, 0], [0, 0, 0], 30)[:-1]
    path = np.concatenate([bar, bend])
    s = np.linspace(0, 1, 30)
    end = radius * rng.uniform(0.0, 0.6)
    ahead = bend[-1] + np.linspace(0.1, 1, 6)[:, None] * end * (bend[-1] - bend[-2]) / (
        np.linalg.norm(bend[-1] - bend[-2])
    )
    path = np.concatenate([path, ahead]) if end > 0.1 * radius else path
    tail = len(path) - 59
    run, claw = [(0, 0.18), (0.12, 0.9), (0.2, 1), (1, 1)], [(0, 1), (0.5, 0.9), (1, 0.4)]
    end_run = np.linspace(0.4, 0.12, tail + 1)[1:]
    high = thick * np.concatenate([smooth(run, s)[:-1], smooth(claw, s), end_run])
    run, claw = [(0, 1.9), (0.1, 1.5), (0.22, 1), (1, 1)], [(0, 1), (0.5, 1.1), (1, 2.0)]
    end_run = np.linspace(2.0, 2.1, tail + 1)[1:]
    wide = thick * np.concatenate([smooth(run, s)[:-1], smooth(claw, s), end_run])
    labels = ["tip"] * 4 + ["handle"] * 25 + ["claw"] * (len(path) - 30)
    rod = tube(path, columns(high, wide), labels, sides=24, exponent=rng.choice([2.0, 3.0, 6.0]))
    way = (path[-1] - path[-2]) / np.linalg.norm(path[-1] - path[-2])
    slot = np.stack([path[-1] - way * radius * 0.75, path[-1], path[-1] + way * radius])
    notch = tube(slot, columns(2 * thick, [0.05 * thick, 0.6 * thick, 1.1 * thick]), "claw")
    uses = use("pull", "claw", (0, 0, -radius), 2 * radius - 2 * thick)
    uses |= use("pry", "tip", (-length, 0, 0), 3.8 * thick, "flip:x", x=BACK)
    return Blueprint(rod - notch, uses)


@kind("grappling hook", family="hooks")
def grappling_hook(rng: Rng) -> Blueprint:
    """Grappling hooks: three or four claws around a shaft, an eye for the rope."""
    reach = rng.uniform(5, 9)
    thick = reach * rng.uniform(0.06, 0.1)
    shaft = reach * rng.uniform(1.0, 2.4)
    count = int(rng.integers(3, 5))
    stop = rng.uniform(-40, 20)
    outer = arc((-0.1 * reach, -0.55 * reach), 0.55 * reach, 75.0, stop - 90.0, 34)
    path = np.concatenate([[(-0.5 * reach, 0, 0)], outer])
    s = np.linspace(0, 1, len(path))
    radius = thick * smooth([(0, 0.9), (0.7, 0.9), (1, 0.12)], s)
    labels = np.where(s[1:] > 0.82, "tip", "arms")
    claw = tube(path, radius, labels, exponent=rng.choice([2.0, 5.0]))
    claws = [claw.turned(x=360.0 * k / count) for k in range(count)]
    bar = tube(
        np.linspace([-shaft, 0, 0], [0.05 * reach, 0, 0], 5), 1.25 * thick, "shaft", round_ends=True
    )
    knot = block((0.5 * reach, 3.6 * thick, 3.6 * thick), thick, "shaft").moved(x=-0.15 * reach)
    eye = ring(2.2 * thick, 0.7 * thick, "eye").moved(x=-shaft - 2.4 * thick)
    uses = use("pull", "arms tip", (-0.1 * reach, 0, 0), 2.2 * reach, "axis:z", x=UP)
    return Blueprint(union(*claws, bar, knot, eye), uses)


@kind("fish hook", family="hooks")
def fish_hook(rng: Rng) -> Blueprint:
    """Fish hooks: an eye, a shank, a bend and a barbed point."""
    radius = rng.uniform(1.0, 1.8)
    wire = radius * rng.uniform(0.07, 0.15)
    shank, rise = radius * rng.uniform(2.0, 4.5), radius * rng.uniform(0.4, 1.6)
    lean = rng.uniform(-0.25, 0.1) * radius
    down = np.linspace([-radius, 0, shank], [-radius, 0, 0], 10)[:-1]
    bend = arc((0.0, 0.0), radius, 180.0, 360.0, 34)
    end = np.array([radius + lean, 0, rise])
    up = bezier([tuple(bend[-1]), (radius, 0, 0.4 * rise), tuple(end)], 12)[1:]
    path = np.concatenate([down, bend, up])
    taper = np.concatenate([np.ones(43), np.linspace(1, 0.08, 11) ** 0.6])
    labels = ["shank"] * 9 + ["bend"] * 33 + ["point"] * 11
    rod = tube(path, wire * taper, labels, sides=16)
    barb = plate(
        [(0, 0), (-2.6 * wire, -1.2 * wire), (-1.2 * wire, 1.6 * wire)], 0.9 * wire, "barb"
    )
    at = 0.45 * bend[-1] + 0.55 * end
    eye = ring(1.9 * wire, 0.75 * wire, "eye").moved(x=-radius, z=shank + 2.0 * wire)
    if rng.random() < 0.5:
        eye = eye.turned(z=90.0).moved(x=-radius, y=radius)
    uses = use("hang pull", "bend", MIDDLE, 2 * (radius - wire), z=DOWN, x=FORWARD)
    uses |= use("pierce", "point", end, rise, x=end - up[-3], z=BACK)
    return Blueprint(union(rod, barb.moved(*at), eye), uses)


@kind("L-bracket", family="hooks")
def l_bracket(rng: Rng) -> Blueprint:
    """L-brackets: a bent strip with screw holes, some with a rib in the corner."""
    long = rng.uniform(6, 14)
    short = long * rng.uniform(0.45, 1.0)
    thick, wide = long * rng.uniform(0.02, 0.045), long * rng.uniform(0.1, 0.22)
    bend = rng.uniform(1.5, 4.0) * thick
    corner = arc((-bend, -bend), bend, 90.0, 0.0, 10)
    back = np.linspace([-long, 0, 0], corner[0], 12)[:-1]
    down = np.linspace(corner[-1], [0, 0, -short], 12)[1:]
    path = np.concatenate([back, corner, down])
    end = rng.uniform(0.3, 1.0)
    edge = np.minimum(np.abs(path - path[0]).sum(1), np.abs(path - path[-1]).sum(1))
    half = wide * (end + (1 - end) * np.clip(edge / wide, 0, 1) ** 0.5)
    labels = ["plate"] * 16 + ["arm"] * (len(path) - 17)
    strip = tube(path, columns(thick, half), labels, sides=24, exponent=9.0)
    hole = lathe([(0.28 * wide, -9), (0.28 * wide, 9)], "plate", 24)
    count = int(rng.integers(1, 4))
    holes = [hole.scaled(z=thick).moved(x=x) for x in -long * np.linspace(0.3, 0.85, count)]
    low = hole.turned(y=90.0).scaled(x=thick)
    holes += [low.moved(z=z) for z in -short * np.linspace(0.35, 0.8, count)]
    whole = strip - union(*holes)
    if rng.random() < 0.4:
        leg = min(0.4 * long, 0.4 * short)
        outline = [(-0.5 * thick, -leg - bend), (-leg - bend, -0.5 * thick)]
        outline.append((-0.5 * bend, -0.5 * bend))
        whole = whole + plate(outline, 0.3 * wide, "rib")
    return Blueprint(whole, use("pull", "arm", (-short / 2, 0, -short / 2), short))
