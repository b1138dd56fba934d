"""Bent wire that hangs: coat hanger, carabiner, curtain ring, paper clip. In the xz plane."""

from __future__ import annotations

import numpy as np

from funcorr_forge.curves import (
    ASIDE,
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
)
from funcorr_forge.registry import Blueprint, kind
from funcorr_forge.shapes import disc, ring
from funcorr_forge.solids import Solid, lathe, plate, tube, union
from funcorr_forge.uses import MIDDLE, use


@kind("coat hanger", family="hooks")
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
    path, run = joined(line((0.0, -0.8), (0.0, neck)), joint, bend)
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
    flat = line((turn[-1][0], turn[-1][2]), (-0.5, turn[-1][2] + sag), 10)
    path, run = joined(arm, turn, flat)
    side = tube(path, wire, np.array(["shoulder", "shoulder", "bar"])[run], sides=14)
    twist = lathe([(2 * wire, -1.2), (2 * wire, 1.5)], "neck", 16)
    return union(side, side.turned(z=180.0), twist)


def _shoulders(rng: Rng, half: float, fall: float, style: str) -> Solid:
    """Two curved arms that widen to the ends, and mostly a bar below."""
    thick = rng.uniform(0.5, 1.1) * (1.3 if style == "wood" else 0.8)
    bow = rng.uniform(0.05, 0.4) * fall
    path = bezier(
        [(-0.3, 0), (0.4 * half, bow - 0.1 * fall), (0.8 * half, -0.6 * fall), (half, -fall)], 28
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
        limb = bezier([(x, z), (x, low), (x, low), (0.8 * x, low), (-0.2, low)], 26)
        rod = tube(limb, bar, "bar", sides=14)
        body = body + rod + rod.turned(z=180.0)
    if style == "wood" and rng.random() < 0.4:
        body = body + plate(
            [(-1.2, -1.6 * thick), (1.2, -1.6 * thick), (0.8, 1.0), (-0.8, 1.0)], thick, "shoulder"
        )
    return body


@kind("carabiner", family="hooks")
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


@kind("curtain ring", family="hooks")
def curtain_ring(rng: Rng) -> Blueprint:
    """Curtain rings: thick wooden with a screw eye, thin metal with a clip, flat with a lug."""
    style = str(rng.choice(["eye", "clip", "lug"]))
    radius = 2.0
    wire = radius * rng.uniform(*{"eye": (0.1, 0.24), "clip": (0.05, 0.1)}.get(style, (0.07, 0.14)))
    if style == "lug":
        thick = radius * rng.uniform(0.12, 0.35)
        hoop = disc(radius + wire, thick, "ring", 64) - disc(radius - wire, 9.0, "ring", 64)
    else:
        hoop = ring(radius, wire, "ring", int(rng.choice([8, 18, 18])))
        hoop = hoop.scaled(y=rng.uniform(0.7, 1.6))
    small = radius * rng.uniform(0.12, 0.2)
    low = -radius - wire
    if style == "clip":
        pieces = _ring_clip(rng, small, low)
    else:
        thin = small * rng.uniform(0.25, 0.4)
        eye = ring(small, thin, "eye")
        neck = lathe([(1.3 * thin, 0), (1.3 * thin, 1)], "eye", 20)
        gap = small * rng.uniform(0.1, 1.2)
        eye = eye.turned(z=90.0 if style == "eye" and rng.random() < 0.5 else 0.0)
        down = gap + small
        pieces = [eye.moved(z=low - down), neck.scaled(z=gap + 0.4 * wire).moved(z=low - gap)]
    uses = use("hang", "ring", MIDDLE, 2 * (radius - wire), "flip:z", z=UP, x=BACK)
    return Blueprint(union(hoop, *pieces), uses)


def _ring_clip(rng: Rng, small: float, low: float) -> list[Solid]:
    """A little ring through which an alligator clip hangs."""
    long, wide = small * rng.uniform(3, 5), small * rng.uniform(0.8, 1.6)
    top = low - 1.4 * small
    outline = [(-0.4 * wide, top), (-wide, top - long), (wide, top - long), (0.4 * wide, top)]
    spread = rng.uniform(4, 12)
    jaw = plate(outline, 0.25 * small, "clip")
    jaws = [jaw.moved(y=0.1 * small, z=-top), jaw.moved(y=-0.1 * small, z=-top)]
    jaws = [j.turned(x=a * spread).moved(z=top) for j, a in zip(jaws, (1, -1), strict=True)]
    link = ring(0.85 * small, 0.22 * small, "clip").turned(z=90.0)
    return [*jaws, link.moved(z=low - 0.6 * small)]


@kind("paper clip", family="hooks")
def paper_clip(rng: Rng) -> Blueprint:
    """Paper clips: round, square-cornered and triangular spirals of wire, in one plane."""
    style = str(rng.choice(["gem", "square", "wedge"]))
    wire = 0.5
    gap = wire * rng.uniform(2.3, 3.6)
    wide = gap * rng.uniform(1.9, 2.6)
    long = wide * rng.uniform(4.0, 7.0)
    corner = 1.0 if style == "gem" else rng.uniform(0.3, 0.55)
    slant = rng.uniform(0.5, 0.75) if style == "wedge" else 1.0
    runs = _clip_runs(rng, wide, gap, long, corner, slant)
    names = ["leg", "loop", "leg", "loop", "leg", "loop", "leg"]
    path = np.concatenate([runs[0], *[run[1:] for run in runs[1:]]])
    labels = [n for n, run in zip(names, runs, strict=True) for _ in run[1:]]
    labels[:2], labels[-2:] = ["tip"] * 2, ["tip"] * 2
    body = tube(path, wire, labels, sides=14)
    uses, end = use("hang", "loop", MIDDLE, 2 * (wide - wire)), runs[0][0]
    uses |= use("scrape", "tip", end, 2 * wire, "flip:x", x=end - runs[0][1], y=ASIDE)
    return Blueprint(body, uses)


def _clip_runs(
    rng: Rng, wide: float, gap: float, long: float, corner: float, slant: float
) -> list[np.ndarray]:
    """Legs and bends from the outer end down, round, up, over, down inside and up again."""
    top, low = long, 0.0
    inner = low + gap * rng.uniform(1.2, 2.2)
    ends = top * rng.uniform(0.45, 0.75), top * rng.uniform(0.6, 0.85)

    def bend(left: float, right: float, z: float, up: bool) -> np.ndarray:
        half, turn = (right - left) / 2, np.linspace(0, np.pi, 22)
        power = corner if corner < 1 else 1.0
        c, s = np.cos(turn), np.sin(turn)
        x = np.sign(c) * np.abs(c) ** power
        return columns((left + right) / 2 + half * x, 0, z + (1 if up else -1) * half * s**power)

    first = bend(-wide, wide, low, up=False)[::-1]
    second = bend(gap - wide, wide, top, up=True)
    third = bend(gap - wide, wide - gap, inner, up=False)[::-1]
    share = np.linspace(1, 0, 9)[:, None]

    def leg(start: np.ndarray, stop: np.ndarray) -> np.ndarray:
        return share * start + (1 - share) * stop

    outer = np.array([-wide, 0, ends[0]])
    end = np.array([wide - gap, 0, ends[1]])
    runs = [leg(outer, first[0]), first, leg(first[-1], second[0]), second]
    runs += [leg(second[-1], third[0]), third, leg(third[-1], end)]
    if slant < 1:
        for run in runs:
            run[:, 0] *= 1 - (1 - slant) * np.clip(run[:, 2], 0, None) / long
    return runs
