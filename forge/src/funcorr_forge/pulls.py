"""Bent things that pull and hold: crowbar, grappling hook, fish hook, L-bracket, carabiner.

What is held by hand lies along x with its bend at +x, the free end downwards; what hangs stands
upright in the xz plane.
"""

from __future__ import annotations

import numpy as np

from funcorr_forge.blueprint import Blueprint
from funcorr_forge.jaws import ring
from funcorr_forge.solids import (
    BACK,
    DOWN,
    FORWARD,
    UP,
    Rng,
    arc,
    bezier,
    block,
    columns,
    lathe,
    plate,
    smooth,
    tube,
    union,
)
from funcorr_forge.uses import MIDDLE, use


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
    high = np.concatenate(
        [
            thick * smooth([(0, 0.18), (0.12, 0.9), (0.2, 1), (1, 1)], s)[:-1],
            thick * smooth([(0, 1), (0.5, 0.9), (1, 0.4)], s),
            thick * np.linspace(0.4, 0.12, tail + 1)[1:],
        ]
    )
    wide = np.concatenate(
        [
            thick * smooth([(0, 1.9), (0.1, 1.5), (0.22, 1), (1, 1)], s)[:-1],
            thick * smooth([(0, 1), (0.5, 1.1), (1, 2.0)], s),
            thick * np.linspace(2.0, 2.1, tail + 1)[1:],
        ]
    )
    labels = ["tip"] * 4 + ["handle"] * 25 + ["claw"] * (len(path) - 30)
    rod = tube(path, columns(high, wide), labels, sides=24, exponent=rng.choice([2.0, 3.0, 6.0]))
    way = (path[-1] - path[-2]) / np.linalg.norm(path[-1] - path[-2])
    slot = np.stack([path[-1] - way * radius * 0.75, path[-1], path[-1] + way * radius])
    notch = tube(
        slot,
        [(2 * thick, 0.05 * thick), (2 * thick, 0.6 * thick), (2 * thick, 1.1 * thick)],
        "claw",
    )
    uses = use("pull", "claw", (0, 0, -radius), 2 * radius - 2 * thick)
    uses |= use("pry", "tip", (-length, 0, 0), 3.8 * thick, "flip:x", x=BACK)
    return Blueprint(rod - notch, uses)


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


def l_bracket(rng: Rng) -> Blueprint:
    """L-brackets: a bent strip with screw holes, some with a rib in the corner."""
    long = rng.uniform(6, 14)
    short = long * rng.uniform(0.45, 1.0)
    thick, wide = long * rng.uniform(0.02, 0.045), long * rng.uniform(0.1, 0.22)
    bend = rng.uniform(1.5, 4.0) * thick
    corner = arc((-bend, -bend), bend, 90.0, 0.0, 10)
    path = np.concatenate(
        [
            np.linspace([-long, 0, 0], corner[0], 12)[:-1],
            corner,
            np.linspace(corner[-1], [0, 0, -short], 12)[1:],
        ]
    )
    end = rng.uniform(0.3, 1.0)
    edge = np.minimum(np.abs(path - path[0]).sum(1), np.abs(path - path[-1]).sum(1))
    half = wide * (end + (1 - end) * np.clip(edge / wide, 0, 1) ** 0.5)
    labels = ["plate"] * 16 + ["arm"] * (len(path) - 17)
    strip = tube(path, columns(thick, half), labels, sides=24, exponent=9.0)
    hole = lathe([(0.28 * wide, -9), (0.28 * wide, 9)], "plate", 24)
    count = int(rng.integers(1, 4))
    holes = [hole.scaled(z=thick).moved(x=x) for x in -long * np.linspace(0.3, 0.85, count)]
    holes += [
        hole.turned(y=90.0).scaled(x=thick).moved(z=z)
        for z in -short * np.linspace(0.35, 0.8, count)
    ]
    whole = strip - union(*holes)
    if rng.random() < 0.4:
        leg = min(0.4 * long, 0.4 * short)
        rib = plate(
            [(-0.5 * bend, -0.5 * bend), (-leg - bend, -0.5 * thick), (-0.5 * thick, -leg - bend)][
                ::-1
            ],
            0.3 * wide,
            "rib",
        )
        whole = whole + rib
    return Blueprint(whole, use("pull", "arm", (-short / 2, 0, -short / 2), short))


def carabiner(rng: Rng) -> Blueprint:
    """Carabiners: oval, D or pear, with a snap gate, some with a screw sleeve."""
    style = rng.choice(["oval", "dee", "pear"])
    low = rng.uniform(1.6, 2.4)
    high = low * {"pear": rng.uniform(1.3, 1.7)}.get(style, 1.0)
    tall = low * rng.uniform(2.0, 3.4)
    thick = low * rng.uniform(0.17, 0.26)
    skew = low * (rng.uniform(0.2, 0.5) if style == "dee" else 0.0)
    spine = -low
    top = arc((spine + high, tall), high, 60.0 if skew else 20.0, 180.0, 30)
    bottom = arc((spine + low, 0.0), low, 180.0, 300.0 if skew else 340.0, 30)
    path = np.concatenate([top, np.linspace(top[-1], bottom[0], 14)[1:-1], bottom])
    labels = ["top"] * 29 + ["spine"] * 13 + ["arc"] * 29
    flat = rng.uniform(0.75, 1.0)
    radii = [(thick, flat * thick)] * len(path)
    body = tube(path, radii, labels, sides=20, exponent=2.4, round_ends=True)
    gate_path = np.linspace(bottom[-1], top[0], 12)
    gate = tube(gate_path, 0.72 * thick, "gate", round_ends=True)
    pieces = [body, gate]
    if rng.random() < 0.5:
        middle = gate_path[3:8]
        knurl = tube(middle, 1.25 * thick, "sleeve", sides=int(rng.choice([6, 20])))
        pieces.append(knurl)
    uses = use("hang pull", "arc", (spine + low, 0, 0), 2 * (low - thick), z=DOWN, x=FORWARD)
    return Blueprint(union(*pieces), uses)
