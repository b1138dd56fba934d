"""Shapes that several kinds of objects share: discs, sheets, dishes, blades, handles."""

from __future__ import annotations

from typing import Any

import numpy as np

from funcorr_forge.curves import Numbers, Rng, arc, circle, columns, smooth
from funcorr_forge.solids import Solid, block, lathe, plate, skin, tube, union


def disc(radius: float, thick: float, part: str, sides: int = 48) -> Solid:
    """A flat disc or regular polygon in the xz plane."""
    return plate(radius * circle(sides), thick, part)


def ring(radius: float, wire: float, part: str, sides: int = 14) -> Solid:
    """A round ring of wire in the xz plane about the origin."""
    half = tube(arc((0.0, 0.0), radius, -3.0, 183.0, 26), wire, part, sides=sides)
    return half + half.turned(y=180.0)


def slab(x: Numbers, half: Numbers, low: Numbers, high: Numbers, labels: Numbers) -> Solid:
    """A bar of rectangular sections.

    Args:
        x: k positions.
        half: half width along y at each.
        low: z of the underside at each.
        high: z of the upper side at each.
        labels: part names, one or one per section (k - 1).
    """
    along, wide, under, over = columns(x, half, low, high).T
    corners = [(wide, over), (-wide, over), (-wide, under), (wide, under)]
    grid = np.stack([columns(along, y, z) for y, z in corners], axis=1)
    names = np.broadcast_to(np.asarray(labels, dtype=object), len(along) - 1)
    return skin(grid, names[:, None])


def sheet(x: Numbers, half: Numbers, z: Numbers, curl: Numbers, thick: float, labels: Any) -> Solid:
    """A bent sheet through stations along x.

    Args:
        x: k positions.
        half: half width at each.
        z: height of the middle line at each.
        curl: how far the sides rise above the middle, at each.
        thick: of the sheet.
        labels: part names of the k - 1 sections.
    """
    along, wide, height, rise = columns(x, half, z, curl).T
    across = np.concatenate([np.linspace(-1, 1, 17), np.linspace(1, -1, 17)])
    side = np.repeat([thick / 2, -thick / 2], 17)
    lift = height[:, None] + rise[:, None] * across**2 + side
    grid = np.stack([np.repeat(along[:, None], 34, axis=1), wide[:, None] * across, lift], axis=2)
    return skin(grid, np.asarray(labels, dtype=object)[:, None])


def dish(length: float, width: float, depth: float, thick: float, egg: float, rim: str) -> Solid:
    """A hollow bowl with its opening in z = 0 about the origin, long side along x.

    Args:
        length: of the opening, along x.
        width: of the opening, along y.
        depth: of the hollow.
        thick: of the wall.
        egg: 0 is an ellipse; above 0 the front (+x) is more pointed.
        rim: name of the border of the opening; all else is called bowl.
    """
    r = np.linspace(0, 1, 14)
    under = columns(r, -thick)
    over = columns(r[::-1], np.zeros(14))

    def bend(grid: np.ndarray) -> np.ndarray:
        x, y, z = np.moveaxis(grid, -1, 0)
        radius2 = x**2 + y**2
        shape = [x * length / 2, y * (1 - egg * x) * width / 2, z - depth * (1 - radius2**1.2)]
        return np.stack(shape, axis=-1)

    labels = np.where(np.concatenate([r[1:], [1], r[:0:-1]]) > 0.9, rim, "bowl")
    return lathe(np.concatenate([under, over]), labels, warp=bend)


def blade(
    x: Numbers, back: Numbers, edge: Numbers, thick: float, bevel: float, tip: float = 2.0
) -> Solid:
    """A blade through stations along x.

    Args:
        x: k rising positions.
        back: z of the spine at each.
        edge: z of the cutting edge at each.
        thick: thickness of the spine.
        bevel: height of the ground band called edge.
        tip: share of the length from which the faces are called tip (over 1: never).
    """
    x, back, edge = (np.asarray(a, dtype=np.float64) for a in (x, back, edge))
    back = np.maximum(back, edge + 0.02 * thick)
    share = (x - x[0]) / (x[-1] - x[0])
    half = thick / 2 * np.clip((1 - share) / 0.15, 0.15, 1)
    ground = np.minimum(bevel, 0.6 * (back - edge))
    zero = 0 * x
    ring = [
        (half, back),
        (0.85 * half, edge + ground),
        (zero + 0.04 * thick, edge),
        (zero - 0.04 * thick, edge),
        (-0.85 * half, edge + ground),
        (-half, back),
    ]
    grid = np.stack([columns(x, y, z) for y, z in ring], axis=1)
    labels = np.array(
        [["blade", "edge", "edge", "edge", "blade", "spine"]] * (len(x) - 1), dtype=object
    )
    labels[share[:-1] >= tip] = "tip"
    return skin(grid, labels)


def ridged(
    x: Numbers,
    core: Numbers,
    deep: Numbers,
    pitch: float,
    names: tuple[str, str, str],
    tip: float,
    starts: int = 1,
    band: tuple[float, float] = (0.4, 0.95),
) -> Solid:
    """A rod along x with ridges that wind around it.

    Args:
        x: k rising positions.
        core: radius between the ridges at each.
        deep: height of the ridges at each.
        pitch: length of one turn.
        names: parts of the ridges, of what lies between them, and of all beyond ``tip``.
        tip: position from which everything is called by the third name.
        starts: how many ridges run side by side.
        band: where, from valley to crest, a ridge begins and where it is full.

    The rings turn with the ridges, so give at least ten positions to a turn.
    """
    x, core, deep = np.broadcast_arrays(*(np.asarray(a, dtype=np.float64) for a in (x, core, deep)))
    share = np.arange(24) / 24
    crest = 1 - np.abs(2 * (starts * share % 1) - 1)
    rise = np.clip((crest - band[0]) / (band[1] - band[0]), 0, 1)
    radius = core[:, None] + deep[:, None] * rise
    angle = 2 * np.pi * (x[:, None] / pitch - share)
    grid = np.stack(
        [x[:, None] + 0 * radius, radius * np.cos(angle), radius * np.sin(angle)], axis=2
    )
    row = np.where(np.maximum(rise, np.roll(rise, -1)) > 0, names[0], names[1])
    labels = np.array([row] * (len(x) - 1), dtype=object)
    labels[x[1:] > tip] = names[2]
    return skin(grid, labels)


def rounded_slab(length: float, width: float, thick: float, corner: float, part: str) -> Solid:
    """A slab of half sizes ``length`` and ``width`` with rounded corners, ``thick`` high."""
    turn = np.linspace(0, np.pi / 2, 8)
    corner = min(corner, 0.98 * width, 0.98 * length)
    outline = []
    for start, sx, sy in ((0, 1, 1), (np.pi / 2, -1, 1), (np.pi, -1, -1), (1.5 * np.pi, 1, -1)):
        x = sx * (length - corner) + corner * np.cos(turn + start)
        y = sy * (width - corner) + corner * np.sin(turn + start)
        outline += list(columns(x, y))
    return plate(outline, thick, part).turned(x=-90.0)


def rounded(length: float, width: float, thick: float, corner: float, part: str) -> Solid:
    """A lying plate with rounded corners, centred."""
    return rounded_slab(length / 2, width / 2, thick, corner, part)


def marked(solid: Solid, region: Solid, part: str) -> Solid:
    """The same shape; its surface inside ``region`` is called ``part``."""
    return (solid - region) + Solid.of((solid & region).manifold, part)


def beyond(x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Solid:
    """All that lies further out than the one coordinate given."""
    sides = {"x": x, "y": y, "z": z}
    far = [{axis: at + np.sign(at) * 49.5} for axis, at in sides.items() if at]
    return union(*[block((99, 99, 99), 0.01, "out").moved(**at) for at in far])


def grip(
    rng: Rng, length: float, thick: float, part: str = "handle", flat: float | None = None
) -> Solid:
    """A handle along x from 0 to ``length``: plain, swelling, or a thin shaft with a thick grip.

    Args:
        rng: source of the style.
        length: of the whole handle.
        thick: radius across z.
        part: its name.
        flat: radius along y over the one across z; at random where None.
    """
    s = np.linspace(0, 1, 40)
    style = str(rng.choice(["plain", "swell", "grip"]))
    shapes: dict[str, list[tuple[float, float]]] = {
        "plain": [(0, 1.0), (1, rng.uniform(0.8, 1.0))],
        "swell": [(0, 1.15), (0.12, 1.2), (0.35, 0.9), (0.5, 1.05), (0.75, 0.75), (1, 0.85)],
        "grip": [(0, 1.1), (0.2, 1.15), (0.42, 1.1), (0.45, 0.62), (1, 0.6)],
    }
    radius = thick * smooth(shapes[style], s)
    bow = length * rng.choice([0.0, rng.uniform(-0.04, 0.04)])
    path = columns(s * length, 0, bow * np.sin(np.pi * s))
    flat = rng.uniform(0.65, 1.0) if flat is None else flat
    radii = columns(radius, flat * radius)
    return tube(path, radii, part, exponent=rng.choice([2.0, 2.0, 2.6, 4.0]), round_ends=True)


def pole(rng: Rng, length: float, thin: float) -> Solid:
    """A round handle along x, from -length to 0."""
    return grip(rng, length, thin, flat=1.0).moved(x=-length)


def turned_handle(rng: Rng, length: float, radius: float) -> Solid:
    """A handle along x, from -length to 0: fluted, waisted, ball-ended or plain."""
    s = np.linspace(0, 1, 40)
    style = rng.choice(["fluted", "waist", "ball", "plain"])
    knots = {
        "fluted": [(0, 0.75), (0.06, 1.0), (0.6, 1.0), (0.78, 0.72), (0.9, 0.8), (1, 0.6)],
        "waist": [(0, 0.6), (0.1, 1.0), (0.35, 0.85), (0.6, 1.0), (0.85, 0.6), (1, 0.7)],
        "ball": [(0, 0.35), (0.1, 0.95), (0.3, 1.1), (0.6, 0.8), (1, 0.5)],
        "plain": [(0, 0.85), (0.05, 1.0), (0.9, 0.95), (1, 0.75)],
    }[style]
    flutes = int(rng.integers(5, 9))
    deep = rng.uniform(0.04, 0.1) if style in ("fluted", "plain") else 0.0
    profile = columns(radius * smooth(knots, s), (s - 1) * length)
    profile = np.concatenate([[(0, -length)], profile, [(0, 0)]])

    def flute(grid: np.ndarray) -> np.ndarray:
        angle = np.arctan2(grid[..., 1], grid[..., 0])
        middle = smooth(
            [(0, 0), (0.1, 1), (0.6, 1), (0.75, 0), (1, 0)],
            1 + grid[..., 2].clip(-length, 0) / length,
        )
        shrink = 1 - deep * middle * (1 + np.cos(flutes * angle))
        return grid * np.stack([shrink, shrink, np.ones_like(shrink)], axis=-1)

    return lathe(profile, ["handle"] * (len(profile) - 1), 64, warp=flute).turned(y=90.0)
