"""Bent to hang: curtain ring and paper clip. They stand upright in the xz plane."""

from __future__ import annotations

import numpy as np

from funcorr_forge.blueprint import Blueprint
from funcorr_forge.jaws import disc, ring
from funcorr_forge.solids import ASIDE, BACK, UP, Rng, Solid, columns, lathe, plate, tube, union
from funcorr_forge.uses import MIDDLE, use


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
    line = np.linspace(1, 0, 9)[:, None]

    def leg(start: np.ndarray, stop: np.ndarray) -> np.ndarray:
        return line * start + (1 - line) * stop

    outer = np.array([-wide, 0, ends[0]])
    end = np.array([wide - gap, 0, ends[1]])
    runs = [leg(outer, first[0]), first, leg(first[-1], second[0]), second]
    runs += [leg(second[-1], third[0]), third, leg(third[-1], end)]
    if slant < 1:
        for run in runs:
            run[:, 0] *= 1 - (1 - slant) * np.clip(run[:, 2], 0, None) / long
    return runs
