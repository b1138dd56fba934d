"""Vessels of revolution: mug, bottle, jug, bowl. Upright along z, handle at -x, lip at +x."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from funcorr.assets.forge.blueprint import Blueprint, Use
from funcorr.assets.forge.solids import Numbers, Solid, bezier, lathe, smooth, tube
from funcorr.functions.frames import FunctionalFrame

UP, DOWN, FRONT, BACK = (0, 0, 1), (0, 0, -1), (1, 0, 0), (-1, 0, 0)


@dataclass(frozen=True)
class Vessel:
    """A hollow body of revolution.

    Attributes:
        shell: base, body, rim (the band of wall at the mouth, both sides) and inside.
        plug: a solid a little wider than the cavity: cut it from whatever is joined to the shell.
        radius: outer radius at a height.
        height: of the mouth.
    """

    shell: Solid
    plug: Solid
    radius: Callable[[Numbers], Any]
    height: float

    @property
    def mouth(self) -> float:
        """Outer diameter of the mouth."""
        return 2 * float(self.radius(self.height))

    def joined(self, *solids: Solid) -> Solid:
        """The shell with solids joined on its outside."""
        whole = self.shell
        for solid in solids:
            whole = whole + (solid - self.plug)
        return whole

    def filled(self, depth: float) -> Solid:
        """The shell without its cavity, up to ``depth`` below the mouth (to be closed by a lid)."""
        core = self.plug.manifold.trim_by_plane(DOWN, depth - self.height)
        return self.shell + Solid.of(core, "inside")

    def press_use(self) -> Use:
        """Press or pound with the base, downwards."""
        foot = FunctionalFrame.along(
            [0, 0, 0], 2 * float(self.radius(0.03 * self.height)), "axis:x", x=DOWN, y=(0, 1, 0)
        )
        return Use(("base",), foot)

    def pour_use(self, parts: tuple[str, ...], symmetry: str = "none") -> Use:
        """Pour over the rim, away from the handle."""
        mouth = FunctionalFrame.along([0, 0, self.height], self.mouth, symmetry, z=UP, x=FRONT)
        return Use(parts, mouth)


def vessel(
    knots: Numbers,
    wall: float,
    *,
    floor: float,
    rim: float,
    fillet: float = 0.0,
    neck: float | None = None,
    exponent: float = 2.0,
    lip: tuple[float, float, float] | None = None,
) -> Vessel:
    """A vessel from the outline of its outside.

    Args:
        knots: (z, outer radius) from z = 0 to the mouth, z rising.
        wall: thickness.
        floor: thickness of the bottom.
        rim: height of the band called rim.
        fillet: rounding radius of the bottom edge.
        neck: height from which the wall is called neck (up to the rim).
        exponent: superellipse exponent of the body's section (the mouth stays round).
        lip: reach outwards, rise, and half-width in degrees of a pouring lip at +x.
    """
    knots = np.asarray(knots, dtype=np.float64)
    height = knots[-1, 0]

    def radius(z: Numbers) -> Any:
        return smooth(knots, z)

    def rounded(z: np.ndarray, start: float, corner: float) -> np.ndarray:
        rise = np.clip((z - start) / max(corner, 1e-9), 0, 1)
        return corner * (1 - np.sqrt(1 - (1 - rise) ** 2))

    top = height - wall / 2
    outer_z = _stations(0.0, top, fillet, height - rim, neck)
    inner_z = _stations(floor, top, max(fillet - wall, wall), height - rim, None)[::-1]
    outer_r = np.maximum(radius(outer_z) - rounded(outer_z, 0.0, fillet), 0.3 * wall)
    inner_r = radius(inner_z) - wall - rounded(inner_z, floor, max(fillet - wall, wall))
    inner_r = np.maximum(inner_r, 0.3 * wall)
    angle = np.radians([45, 90, 135])
    crest = np.stack(
        [radius(height) - wall / 2 * (1 - np.cos(angle)), top + wall / 2 * np.sin(angle)], axis=1
    )
    outer, inner = np.stack([outer_r, outer_z], axis=1), np.stack([inner_r, inner_z], axis=1)
    profile = np.concatenate([[(0, 0)], outer, crest, inner, [(0, floor)]])
    middle = (profile[1:, 1] + profile[:-1, 1]) / 2
    labels = np.where(np.arange(len(middle)) <= len(outer), "body", "inside").astype(object)
    labels[(middle > neck) & (labels == "body") if neck is not None else []] = "neck"
    labels[middle > height - rim] = "rim"
    labels[0] = "base"
    exponents = _section(profile[:, 1] / height, exponent)
    warp = None if lip is None else _lip_warp(height, float(radius(height)), rim, *lip)
    names = labels if lip is None else _lip_labels(labels, lip[2])
    half_wall = np.array([wall / 2, 0])
    plug = np.concatenate(
        [
            [(0, floor / 2)],
            inner[::-1] + half_wall,
            [(inner_r[0] + wall / 2, height + wall)],
        ]
    )
    plug = np.concatenate([plug, [(0, height + wall)]])
    plug[1, 1] = floor / 2
    return Vessel(
        lathe(profile, names, exponents=exponents, warp=warp),
        lathe(plug, "inside", exponents=_section(plug[:, 1] / height, exponent), warp=warp),
        radius,
        float(height),
    )


def _stations(low: float, high: float, fillet: float, rim: float, neck: float | None) -> np.ndarray:
    marks = [rim] + ([neck] if neck is not None else [])
    corner = low + fillet * (1 - np.cos(np.radians(np.linspace(0, 90, 7))))
    even = np.linspace(low + fillet, high, 26)
    z = np.unique(np.concatenate([corner, even, [m for m in marks if low < m < high]]))
    return z[np.concatenate([[True], np.diff(z) > 1e-4 * (high - low)])]


def _section(rise: np.ndarray, exponent: float) -> np.ndarray:
    return 2 + (exponent - 2) * np.clip((0.72 - rise) / 0.15, 0, 1)


def _lip_warp(
    height: float, mouth: float, rim: float, reach: float, rise: float, width: float
) -> Any:
    def warp(grid: np.ndarray) -> np.ndarray:
        angle = np.degrees(np.arctan2(grid[..., 1], grid[..., 0]))
        start = height - max(3 * rim, 1.2 * reach)
        climb = np.clip((grid[..., 2] - start) / (height - start), 0, 1) ** 1.5
        off_axis = np.clip(np.hypot(grid[..., 0], grid[..., 1]) / mouth, 0, 1)
        push = np.exp(-((angle / width) ** 2)) * climb * off_axis
        return grid + push[..., None] * np.array([reach, 0, rise])

    return warp


def _lip_labels(labels: np.ndarray, width: float, sides: int = 48) -> np.ndarray:
    angle = (np.arange(sides) + 0.5) * 360 / sides
    front = np.minimum(angle, 360 - angle) < 1.2 * width
    return np.where((labels == "rim")[:, None] & front, "lip", labels[:, None])


def loop_handle(
    rng: np.random.Generator, body: Vessel, low: float, high: float, thick: float
) -> tuple[Solid, FunctionalFrame]:
    """A handle from height ``low`` to ``high`` at -x, and the frame to hang it by."""
    span = high - low
    reach = span * rng.uniform(0.42, 0.75)
    inset = 0.4 * thick
    a, b = -(float(body.radius(low)) - inset), -(float(body.radius(high)) - inset)
    far = min(a, b) - reach * 1.25
    lift, drop = span * rng.uniform(-0.05, 0.3), span * rng.uniform(-0.1, 0.25)
    style = rng.choice(["ear", "square", "round"])
    if style == "square":
        control = [
            (b, 0, high),
            (far, 0, high),
            (far, 0, high),
            (far, 0, low),
            (far, 0, low),
            (a, 0, low),
        ]
    elif style == "ear":
        control = [(b, 0, high), (far, 0, high + lift), (far, 0, low + 0.3 * span), (a, 0, low)]
    else:
        control = [(b, 0, high), (far, 0, high + lift), (far, 0, low - drop), (a, 0, low)]
    path = bezier(control, 36)
    wide = thick * rng.choice([1.0, rng.uniform(1.0, 2.2)])
    swell = 1 + rng.uniform(0, 0.35) * (np.abs(np.linspace(-1, 1, 36)) ** 2)[:, None]
    radii = np.array([[thick / 2, wide / 2]]) * swell
    handle = tube(path, radii, "handle", exponent=rng.choice([2.0, 2.0, 3.0, 5.0]))
    outer = path[:, 0].min() + thick / 2
    centre = [(outer + max(a, b) + inset) / 2, 0, (path[:, 2].max() + path[:, 2].min()) / 2]
    size = max(path[:, 2].max() - path[:, 2].min() - thick, 0.5 * thick)
    return handle, FunctionalFrame.along(centre, size, z=BACK, x=UP)


def mug(rng: np.random.Generator) -> Blueprint:
    """Mugs and cups: straight, tapered, bellied, conical, espresso."""
    style = rng.choice(["straight", "tapered", "belly", "cone", "flare"])
    height = rng.choice([rng.uniform(5, 7.5), rng.uniform(8.5, 11.5), rng.uniform(11, 15)])
    mouth = height * rng.uniform(0.36, 0.58)
    foot = {
        "straight": 1.0,
        "tapered": rng.uniform(0.75, 0.95),
        "belly": rng.uniform(0.6, 0.9),
        "cone": rng.uniform(0.45, 0.65),
        "flare": rng.uniform(0.7, 1.1),
    }[style] * mouth
    middle = {"belly": rng.uniform(1.05, 1.3) * mouth, "flare": 0.86 * mouth}.get(
        style, (foot + mouth) / 2 * rng.uniform(1.0, 1.06)
    )
    knots = [(0, foot), (height * rng.uniform(0.35, 0.55), middle), (height, mouth)]
    wall = rng.uniform(0.2, 0.45)
    body = vessel(
        knots,
        wall,
        floor=rng.uniform(0.3, 0.9),
        rim=height * rng.uniform(0.07, 0.13),
        fillet=foot * rng.choice([0.05, rng.uniform(0.1, 0.55)]),
    )
    high = height * rng.uniform(0.72, 0.9)
    low = height * rng.uniform(0.14, 0.4)
    handle, hang = loop_handle(rng, body, low, high, height * rng.uniform(0.06, 0.12))
    uses = {
        "pour-with": body.pour_use(("rim",)),
        "hang-onto": Use(("handle",), hang),
        "press-with": body.press_use(),
        "scoop-with": _scoop_use(body),
    }
    return Blueprint(body.joined(handle), uses)


def _scoop_use(body: Vessel, parts: tuple[str, ...] = ("rim",)) -> Use:
    opening = FunctionalFrame.along([0, 0, body.height], body.mouth, x=FRONT, z=UP)
    return Use(parts, opening)


def bowl(rng: np.random.Generator) -> Blueprint:
    """Bowls: shallow to deep, with or without a foot."""
    mouth = rng.uniform(6, 13)
    height = mouth * rng.uniform(0.5, 1.15)
    foot = mouth * rng.uniform(0.35, 0.6)
    belly = mouth * rng.uniform(0.72, 0.92)
    knots = [(0, foot), (0.12 * height, foot * 1.08), (0.5 * height, belly), (height, mouth)]
    body = vessel(
        knots,
        mouth * rng.uniform(0.03, 0.07),
        floor=0.1 * height,
        rim=height * rng.uniform(0.08, 0.15),
        fillet=0.08 * foot,
    )
    pour = body.pour_use(("rim",), "axis:z")
    uses = {
        "pour-with": pour,
        "scoop-with": Use(("rim",), FunctionalFrame(**vars(pour.frame))),
        "press-with": body.press_use(),
        "pound-with": body.press_use(),
    }
    return Blueprint(body.shell, uses)


def bottle(rng: np.random.Generator) -> Blueprint:
    """Bottles: wine (two shoulders), beer, water, squeeze, jar-like medicine, square spirit."""
    style = rng.choice(["bordeaux", "burgundy", "beer", "water", "squeeze", "medicine", "square"])
    radius = rng.uniform(3.0, 4.2)
    tall, shoulder, neck, mouth = {
        "bordeaux": (rng.uniform(7.2, 9), 0.64, 0.74, 0.38),
        "burgundy": (rng.uniform(6.8, 8.2), 0.5, 0.8, 0.36),
        "beer": (rng.uniform(6.3, 7.8), 0.55, 0.78, 0.42),
        "water": (rng.uniform(5.5, 7.5), 0.7, 0.9, 0.4),
        "squeeze": (rng.uniform(4.8, 6.2), 0.72, 0.8, 0.16),
        "medicine": (rng.uniform(2.6, 4), 0.68, 0.8, 0.6),
        "square": (rng.uniform(4, 6), 0.68, 0.78, 0.4),
    }[style]
    height = radius * tall
    shoulder, neck = shoulder + rng.uniform(-0.04, 0.04), neck + rng.uniform(-0.02, 0.03)
    mouth = radius * mouth * rng.uniform(0.9, 1.15)
    waist = radius * (rng.uniform(0.82, 1.0) if style in ("water", "squeeze") else 1.0)
    base = mouth * (2.2 if style == "squeeze" else 1.0)
    knots = [
        (0, radius),
        (0.3 * shoulder * height, waist),
        (0.6 * shoulder * height, (waist + radius) / 2),
        (shoulder * height, radius * 0.99),
        ((shoulder + 0.3 * (neck - shoulder)) * height, radius * 0.9 + 0.1 * base),
        (neck * height, base * 1.08),
        (height, mouth),
    ]
    collar = rng.uniform(0.025, 0.05) * height
    flare = rng.choice([1.0, rng.uniform(1.05, 1.25)])
    if flare > 1 and style != "squeeze":
        knots[-1:] = [
            (height - collar * 1.1, mouth),
            (height - collar, mouth * flare),
            (height, mouth * flare),
        ]
    body = vessel(
        knots,
        mouth * rng.uniform(0.12, 0.25),
        floor=0.4,
        rim=collar,
        neck=neck * height,
        fillet=radius * rng.uniform(0.05, 0.3),
        exponent=rng.uniform(4, 8) if style == "square" else 2.0,
    )
    flat = (
        rng.uniform(0.5, 0.75)
        if style in ("medicine", "squeeze", "square") and rng.random() < 0.5
        else 1.0
    )
    solid, parts = body.shell, ["neck", "rim"]
    if rng.random() < 0.35:
        stopper = _stopper(rng, body, collar)
        solid, parts = body.filled(collar / 2) + stopper, ["neck", "rim", "cap"]
    solid = solid.scaled(y=flat)
    uses = {
        "pour-with": body.pour_use(tuple(parts), "axis:z" if flat == 1.0 else "flip:z"),
        "press-with": body.press_use(),
        "pound-with": body.press_use(),
    }
    return Blueprint(solid, uses)


def _stopper(rng: np.random.Generator, body: Vessel, collar: float) -> Solid:
    """A screw cap over the mouth, or a cork or dome in it."""
    radius = body.mouth / 2 * rng.choice([rng.uniform(0.7, 0.95), rng.uniform(1.08, 1.3)])
    over = collar * rng.uniform(0.8, 2.0)
    top = body.height + collar * rng.uniform(0.3, 1.5)
    profile = [(0, body.height - over), (radius, body.height - over), (radius, top - 0.2 * radius)]
    profile += [(0.85 * radius, top), (0, top)]
    return lathe(profile, "cap")


def jug(rng: np.random.Generator) -> Blueprint:
    """Jugs and pitchers with a lip: milk jug, ewer, straight beaker with handle."""
    height = rng.uniform(10, 24)
    mouth = height * rng.uniform(0.2, 0.4)
    style = rng.choice(["belly", "straight", "waist", "cone"])
    foot, middle, upper = {
        "belly": (rng.uniform(0.8, 1.1), rng.uniform(1.2, 1.6), rng.uniform(0.8, 0.95)),
        "straight": (1.0, 1.0, 1.0),
        "waist": (rng.uniform(1.1, 1.4), rng.uniform(1.1, 1.3), rng.uniform(0.75, 0.9)),
        "cone": (rng.uniform(1.2, 1.5), rng.uniform(1.1, 1.3), rng.uniform(0.98, 1.1)),
    }[style]
    knots = [(0, foot), (0.35 * height, middle), (0.75 * height, upper), (height, 1)]
    reach = mouth * rng.uniform(0.2, 0.55)
    body = vessel(
        [(z, r * mouth) for z, r in knots],
        height * rng.uniform(0.015, 0.03),
        floor=0.04 * height,
        rim=height * rng.uniform(0.06, 0.12),
        fillet=mouth * rng.uniform(0.05, 0.35),
        lip=(reach, reach * rng.uniform(0, 0.5), rng.uniform(14, 28)),
    )
    high = height * rng.uniform(0.78, 0.9)
    handle, hang = loop_handle(
        rng, body, height * rng.uniform(0.15, 0.4), high, height * rng.uniform(0.05, 0.09)
    )
    uses = {
        "pour-with": body.pour_use(("lip", "rim")),
        "hang-onto": Use(("handle",), hang),
        "press-with": body.press_use(),
    }
    return Blueprint(body.joined(handle), uses)
