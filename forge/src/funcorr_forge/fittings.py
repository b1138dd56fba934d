"""What vessels carry: handles at -x of many kinds, lids with a knob, spouts at +x."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from funcorr_forge.curves import Rng, arc, bezier, columns, smooth
from funcorr_forge.solids import Solid, block, lathe, tube, union
from funcorr_forge.uses import Uses, use
from funcorr_forge.vessel import Vessel, loop_handle


def side_handle(rng: Rng, body: Vessel, low: float, high: float, thick: float) -> Solid:
    """A handle at -x: loop, wire, flat strap, open hook, stick or finger ring."""
    style = str(rng.choice(["loop", "wire", "strap", "open", "stick", "ring"]))
    if style in ("loop", "wire"):
        thick *= 0.4 if style == "wire" else rng.uniform(0.7, 1.6)
        return loop_handle(rng, body, low, high, thick)[0]
    a, b = (0.5 * thick - float(body.radius(z)) for z in (low, high))
    span, middle = high - low, (high + low) / 2
    far = min(a, b) - span * rng.uniform(0.4, 0.9)
    if style == "stick":
        return stick_handle(rng, body, high, span * rng.uniform(1.2, 2.6), 0.7 * thick)
    if style == "ring":
        size = span * rng.uniform(0.22, 0.42)
        x = 0.4 * thick - float(body.radius(middle)) - size
        return tube(arc((x, middle), size, 8, 352, 40), 0.45 * thick, "handle", sides=14)
    if style == "strap":
        control = [(b, high), (far, high), (far, high), (far, low), (a, low)]
        wide = thick * rng.uniform(0.9, 1.6)
        return tube(bezier(control, 36), [(0.25 * thick, wide)], "handle", exponent=6.0)
    lift = span * rng.uniform(0.0, 0.25)
    control = [(b, high), (far, high + lift), (1.1 * far, middle), (far, low)]
    radii = [(0.5 * thick, thick * rng.uniform(0.5, 1.1))] * 36
    return tube(bezier(control, 36), radii, "handle", exponent=3.0, round_ends=True)


def stick_handle(rng: Rng, body: Vessel, z: float, length: float, thick: float) -> Solid:
    """A straight or bent stick at -x from height ``z``: round, square, flat or swelling."""
    start = 0.5 * thick - float(body.radius(z))
    rise = length * rng.uniform(-0.1, 0.5)
    bend = rng.uniform(0, 1) * rise
    control = [(start, z), (start - 0.4 * length, z + bend), (start - length, z + rise)]
    flare = rng.uniform(0.6, 1.5)
    radius = thick * smooth([(0, 0.8), (0.3, 0.7), (0.8, flare), (1, 0.9)], np.linspace(0, 1, 30))
    radii = columns(radius * rng.uniform(0.5, 1.0), radius * rng.uniform(0.8, 1.5))
    return tube(
        bezier(control, 30), radii, "handle", exponent=rng.choice([2.0, 4.0]), round_ends=True
    )


def bow_handle(rng: Rng, x: tuple[float, float], z: tuple[float, float], peak: float) -> Solid:
    """A bow over the top, in the plane of the spout: wire, bar or strap, round or square."""
    square = rng.random() < 0.4
    lift = [peak if square else z_end + 1.33 * (peak - z_end) for z_end in z]
    out = rng.uniform(0.7, 1.15)
    corners = [(out * x_end, 0, top) for x_end, top in zip(x, lift, strict=True)]
    control = [(x[0], 0, z[0]), *np.repeat(corners, 2 if square else 1, axis=0), (x[1], 0, z[1])]
    thick = (x[1] - x[0]) * rng.uniform(0.015, 0.04)
    wide = thick * rng.choice([1.0, rng.uniform(1.2, 4)])
    hold = np.abs(np.linspace(-1, 1, 44)) < 0.35
    swell = np.where(hold, rng.choice([1.0, rng.uniform(1.3, 2.2)]), 1.0)
    return tube(bezier(control, 44), np.array([[thick, wide]]) * swell[:, None], "handle")


def cover(rng: Rng, z: float, radius: float, part: str = "lid") -> tuple[Solid, float]:
    """A lid at height ``z`` with a knob, and the top of it."""
    rise = radius * rng.choice([0.06, rng.uniform(0.1, 0.5)])
    edge = radius * rng.uniform(0.06, 0.14)
    turn = np.linspace(0, np.pi / 2 - 0.12, 12)
    dome = columns(radius * np.cos(turn), z + edge + rise * np.sin(turn))
    top = float(dome[-1, 1])
    plate = lathe([(radius, z - edge), *dome, (0, top)], part)
    grip, crown = knob(rng, top, radius * rng.uniform(0.13, 0.28), part)
    return plate + grip, crown


def knob(rng: Rng, top: float, size: float, part: str) -> tuple[Solid, float]:
    """A ball, disc, cone, ring or bar to hold a lid by, on a lid's ``top``, and its own top."""
    style = str(rng.choice(["ball", "disc", "cone", "ring", "bar"]))
    if style == "ring":
        ring = tube(arc((0, top + 0.7 * size), size, -85, 265, 36), 0.22 * size, part, sides=12)
        return ring, top + 1.9 * size
    if style == "bar":
        bar = block((size, 3.2 * size, 0.7 * size), 0.2 * size, part).moved(z=top + 1.1 * size)
        post = block((0.6 * size, 0.6 * size, 2 * size), 0.1 * size, part).moved(z=top + 0.3 * size)
        return union(bar, *[post.moved(y=y) for y in (-size, size)]), top + 1.5 * size
    shape = {
        "ball": [(0.45, 0.0), (0.45, 0.3), (0.9, 0.7), (1.0, 1.1), (0.75, 1.6)],
        "disc": [(0.4, 0.0), (0.4, 0.7), (1.5, 0.75), (1.5, 1.1)],
        "cone": [(0.4, 0.0), (0.5, 0.4), (1.0, 0.6), (0.25, 2.2)],
    }[style]
    side = [(r * size, top + (h - 0.2) * size) for r, h in shape]
    return lathe([(0, side[0][1]), *side, (0, side[-1][1])], part, 32), side[-1][1]


def pour_tube(
    path: Float[np.ndarray, "s 3"],
    radii: Float[np.ndarray, " s"],
    flat: float = 1.0,
    bored: bool = True,
    parts: str = "spout",
) -> tuple[Solid, Uses]:
    """A spout along a path, its outer half hollow if ``bored``, and how it pours."""
    half, tip = len(path) // 2, float(radii[-1])
    widths = columns(radii, flat * radii)
    tangent = path[-1] - path[-2]
    tangent /= np.linalg.norm(tangent)
    spout = tube(path, widths, "spout", sides=28)
    if bored:
        ahead = np.concatenate([path[half:], [path[-1] + tangent * tip]])
        inner = 0.74 * np.concatenate([widths[half:], widths[-1:]])
        spout = spout - tube(ahead, inner, "spout", sides=28)
    side = np.array([tangent[2], 0, -tangent[0]])
    return spout, use("pour", parts, path[-1], 2 * tip, z=tangent, x=side)


def side_spout(
    rng: Rng, body: Vessel, start: float, end: float, reach: float, thick: float
) -> tuple[Solid, Uses]:
    """A spout at +x from height ``start`` to ``end``: swan neck, straight cone or arch."""
    root = 0.85 * float(body.radius(start))
    far, rise = float(body.radius(start)) + reach, end - start
    style = str(rng.choice(["swan", "cone", "arch"]))
    steep = rng.uniform(0.0, 0.4)
    inner = {
        "swan": [(root + 0.95 * (far - root), start), (far - 0.55 * reach, end)],
        "cone": [(root + 0.5 * (far - root), start + 0.5 * rise)],
        "arch": [(root + 0.7 * (far - root), start), (far, start + (0.5 + steep) * rise)],
    }[style]
    tip = thick * rng.uniform(0.35, 0.65)
    points = [(root, start), *inner, (far, end)]
    radii = smooth([(0, thick), (0.5, 0.45 * thick + 0.55 * tip), (1, tip)], np.linspace(0, 1, 40))
    return pour_tube(bezier([(x, 0, z) for x, z in points], 40), radii, rng.uniform(0.8, 1.2))
