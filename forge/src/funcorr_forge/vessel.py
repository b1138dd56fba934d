"""The hollow body that mugs, bottles, jugs, kettles and pans share, and its loop handle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from funcorr_forge.curves import BACK, DOWN, UP, Numbers, bezier, smooth
from funcorr_forge.solids import Solid, lathe, tube
from funcorr_forge.uses import MIDDLE, Uses, opening_uses, use

SIDES = 48


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

    def base_uses(self, functions: str) -> Uses:
        """Press or pound with the base, downwards."""
        return use(functions, "base", MIDDLE, 2 * float(self.radius(0.03 * self.height)), "axis:x")

    def mouth_uses(self, functions: str, parts: str, symmetry: str = "none") -> Uses:
        """Pour over the rim or scoop with it, away from the handle."""
        return opening_uses(functions, parts, self.height, self.mouth, symmetry)


@dataclass(frozen=True)
class Outline:
    """Half a section through a vessel.

    Attributes:
        knots: (z, outer radius) from z = 0 to the mouth, z rising.
        wall: thickness.
        floor: thickness of the bottom.
        rim: height of the band called rim.
        fillet: rounding radius of the bottom edge.
        neck: height from which the wall is called neck (up to the rim), or None.
    """

    knots: Float[np.ndarray, "k 2"]
    wall: float
    floor: float
    rim: float
    fillet: float
    neck: float | None

    @property
    def height(self) -> float:
        """Of the mouth."""
        return float(self.knots[-1, 0])

    def radius(self, z: Numbers) -> Any:
        """Outer radius at a height."""
        return smooth(self.knots, z)

    def outer(self) -> Float[np.ndarray, "n 2"]:
        """(r, z) up the outside, from the bottom to where the crest begins."""
        z = self._stations(0.0, self.fillet)
        return np.stack([self._at_least(self.radius(z) - _corner(z, 0.0, self.fillet)), z], axis=1)

    def crest(self) -> Float[np.ndarray, "n 2"]:
        """(r, z) over the rounded top of the wall."""
        angle, half = np.radians([45, 90, 135]), self.wall / 2
        r = self.radius(self.height) - half * (1 - np.cos(angle))
        return np.stack([r, self.height - half + half * np.sin(angle)], axis=1)

    def inner(self) -> Float[np.ndarray, "n 2"]:
        """(r, z) down the inside, from the crest to the floor."""
        corner = max(self.fillet - self.wall, self.wall)
        z = self._stations(self.floor, corner)[::-1]
        r = self.radius(z) - self.wall - _corner(z, self.floor, corner)
        return np.stack([self._at_least(r), z], axis=1)

    def plug(self) -> Float[np.ndarray, "n 2"]:
        """(r, z) of a body half a wall wider than the cavity, from below its floor to the top."""
        side = self.inner()[::-1] + np.array([self.wall / 2, 0])
        side[0, 1] = self.floor / 2
        top = self.height + self.wall
        return np.concatenate([[(0, self.floor / 2)], side, [(side[-1, 0], top), (0, top)]])

    def labels(self, z: Float[np.ndarray, " n"], outside: int) -> np.ndarray:
        """Part names of the sections at heights z, the first ``outside`` of which lie outside."""
        names = np.where(np.arange(len(z)) < outside, "body", "inside").astype(object)
        if self.neck is not None:
            names[:outside][z[:outside] > self.neck] = "neck"
        names[z > self.height - self.rim] = "rim"
        names[0] = "base"
        return names

    def _stations(self, low: float, corner: float) -> Float[np.ndarray, " n"]:
        high = self.height - self.wall / 2
        marks = [m for m in (self.height - self.rim, self.neck or low) if low < m < high]
        bend = low + corner * (1 - np.cos(np.radians(np.linspace(0, 90, 7))))
        z = np.unique(np.concatenate([bend, np.linspace(low + corner, high, 26), marks]))
        return z[np.concatenate([[True], np.diff(z) > 1e-4 * (high - low)])]

    def _at_least(self, r: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        return np.maximum(r, 0.3 * self.wall)


def vessel(
    knots: Numbers,
    wall: float,
    floor: float,
    rim: float,
    fillet: float = 0.0,
    *,
    neck: float | None = None,
    exponent: float = 2.0,
    lip: tuple[float, float, float] | None = None,
) -> Vessel:
    """A vessel from the outline of its outside.

    Args:
        knots: see :class:`Outline`, like the next five.
        wall: thickness.
        floor: thickness of the bottom.
        rim: height of the rim.
        fillet: rounding radius of the bottom edge.
        neck: height at which the neck begins.
        exponent: superellipse exponent of the body's section (the mouth stays round).
        lip: reach outwards, rise, and half-width in degrees of a pouring lip at +x.
    """
    outline = Outline(np.asarray(knots, dtype=np.float64), wall, floor, rim, fillet, neck)
    outer, plug = outline.outer(), outline.plug()
    profile = np.concatenate([[(0, 0)], outer, outline.crest(), outline.inner(), [(0, floor)]])
    names = outline.labels((profile[1:, 1] + profile[:-1, 1]) / 2, len(outer) + 1)
    warp = None
    if lip is not None:
        warp, names = _lip_warp(outline, *lip), _lip_labels(names, lip[2])
    sections = [_exponents(p[:, 1] / outline.height, exponent) for p in (profile, plug)]
    shell = lathe(profile, names, SIDES, sections[0], warp)
    return Vessel(
        shell, lathe(plug, "inside", SIDES, sections[1], warp), outline.radius, outline.height
    )


def _corner(z: np.ndarray, start: float, radius: float) -> np.ndarray:
    """How far a rounding of the edge at height ``start`` draws the wall in."""
    rise = np.clip((z - start) / max(radius, 1e-9), 0, 1)
    return radius * (1 - np.sqrt(1 - (1 - rise) ** 2))


def _exponents(rise: np.ndarray, exponent: float) -> np.ndarray:
    return 2 + (exponent - 2) * np.clip((0.72 - rise) / 0.15, 0, 1)


def _lip_warp(outline: Outline, reach: float, rise: float, width: float) -> Any:
    height, mouth = outline.height, float(outline.radius(outline.height))
    start = height - max(3 * outline.rim, 1.2 * reach)

    def warp(grid: np.ndarray) -> np.ndarray:
        angle = np.degrees(np.arctan2(grid[..., 1], grid[..., 0]))
        climb = np.clip((grid[..., 2] - start) / (height - start), 0, 1) ** 1.5
        off_axis = np.clip(np.hypot(grid[..., 0], grid[..., 1]) / mouth, 0, 1)
        push = np.exp(-((angle / width) ** 2)) * climb * off_axis
        return grid + push[..., None] * np.array([reach, 0, rise])

    return warp


def _lip_labels(labels: np.ndarray, width: float) -> np.ndarray:
    angle = (np.arange(SIDES) + 0.5) * 360 / SIDES
    front = np.minimum(angle, 360 - angle) < 1.2 * width
    return np.where((labels == "rim")[:, None] & front, "lip", labels[:, None])


def loop_handle(
    rng: np.random.Generator, body: Vessel, low: float, high: float, thick: float
) -> tuple[Solid, Uses]:
    """A handle from height ``low`` to ``high`` at -x, which can be hung up."""
    span = high - low
    reach = span * rng.uniform(0.42, 0.75)
    inset = 0.4 * thick
    a, b = -(float(body.radius(low)) - inset), -(float(body.radius(high)) - inset)
    far = min(a, b) - reach * 1.25
    lift, drop = span * rng.uniform(-0.05, 0.3), span * rng.uniform(-0.1, 0.25)
    style = rng.choice(["ear", "square", "round"])
    if style == "square":
        control = [(b, high), (far, high), (far, high), (far, low), (far, low), (a, low)]
    elif style == "ear":
        control = [(b, high), (far, high + lift), (far, low + 0.3 * span), (a, low)]
    else:
        control = [(b, high), (far, high + lift), (far, low - drop), (a, low)]
    path = bezier(control, 36)
    wide = thick * rng.choice([1.0, rng.uniform(1.0, 2.2)])
    swell = 1 + rng.uniform(0, 0.35) * (np.abs(np.linspace(-1, 1, 36)) ** 2)[:, None]
    radii = np.array([[thick / 2, wide / 2]]) * swell
    handle = tube(path, radii, "handle", exponent=rng.choice([2.0, 2.0, 3.0, 5.0]))
    outer = path[:, 0].min() + thick / 2
    centre = [(outer + max(a, b) + inset) / 2, 0, (path[:, 2].max() + path[:, 2].min()) / 2]
    size = max(path[:, 2].max() - path[:, 2].min() - thick, 0.5 * thick)
    return handle, use("hang", "handle", centre, size, z=BACK, x=UP)
