"""Cutting tools. They lie along +x (tip or toe at +x), the edge faces -z, the flat sides +-y."""

from __future__ import annotations

import numpy as np

from funcorr_forge.blueprint import Blueprint
from funcorr_forge.hammers import grip
from funcorr_forge.solids import (
    ASIDE,
    UP,
    Numbers,
    Rng,
    Solid,
    block,
    columns,
    plate,
    skin,
    smooth,
    tube,
    union,
)
from funcorr_forge.uses import use


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


def knife(rng: Rng) -> Blueprint:
    """Knives: chef's, paring, bread, table, santoku, dagger."""
    style = rng.choice(["chef", "paring", "bread", "table", "santoku", "dagger"])
    length, height = {
        "chef": (rng.uniform(15, 27), rng.uniform(3.6, 5.4)),
        "paring": (rng.uniform(7, 11), rng.uniform(1.6, 2.4)),
        "bread": (rng.uniform(19, 27), rng.uniform(2.4, 3.6)),
        "table": (rng.uniform(9, 13), rng.uniform(1.6, 2.3)),
        "santoku": (rng.uniform(14, 19), rng.uniform(3.8, 5.2)),
        "dagger": (rng.uniform(14, 26), rng.uniform(2.4, 4.0)),
    }[style]
    s = np.linspace(0, 1, 48)
    back, edge = _knife_outline(rng, style, s)
    metal = blade(
        length * s,
        height * back,
        height * edge,
        rng.uniform(0.2, 0.45),
        height * rng.uniform(0.12, 0.3),
        0.88,
    )
    handle = _knife_handle(rng, style, height)
    metal = metal + block((3.0, 0.3, 0.6 * height), 0.05, "blade").moved(x=0.0, z=0.45 * height)
    middle = (length / 2, 0, height / 2)
    uses = use("cut", "blade edge tip", middle, length) | use("spread", "blade tip", middle, length)
    uses |= use("scrape", "edge", (length / 2, 0, 0), length)
    if style != "table":
        end = (length, 0, height * float(back[-1] + edge[-1]) / 2)
        uses |= use("pierce", "tip", end, 0.12 * length, z=ASIDE)
    return Blueprint(union(metal, handle), uses)


def _knife_outline(rng: Rng, style: str, s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Heights of spine and edge over the length, in units of the blade's height."""
    if style == "chef":
        rise = rng.uniform(0.2, 0.6)
        return smooth([(0, 1), (0.5, 1), (1, rise + 0.03)], s), rise * s ** rng.uniform(2.2, 3.5)
    if style == "paring":
        return smooth([(0, 1), (0.6, 0.95), (1, 0.4)], s), 0.38 * s**3
    if style == "bread":
        waves = 0.05 * np.abs(np.sin(s * np.pi * rng.integers(10, 16)))
        return smooth([(0, 1), (0.85, 1), (0.96, 0.8), (1, 0.3)], s), waves + 0.1 * s**6
    if style == "table":
        return 0.62 + 0.38 * np.sqrt(np.clip(1 - s**6, 0, 1)) - 0.2 * s**12, 0.4 - 0.4 * np.sqrt(
            np.clip(1 - s**8, 0, 1)
        )
    if style == "santoku":
        return smooth([(0, 1), (0.7, 1), (0.92, 0.72), (1, 0.1)], s), 0.08 * s**3
    half = smooth([(0, 0.5), (0.5, rng.uniform(0.38, 0.5)), (0.75, 0.36), (1, 0.01)], s)
    return 0.5 + half, 0.5 - half


def _knife_handle(rng: Rng, style: str, height: float) -> Solid:
    length = rng.uniform(9, 13)
    thick = min(rng.uniform(0.9, 1.5), 0.6 * height)
    s = np.linspace(0, 1, 34)
    knots = [
        (0, rng.uniform(0.9, 1.35)),
        (0.15, 1.1),
        (0.5, 0.9),
        (0.8, 1.0),
        (1, rng.uniform(0.7, 0.95)),
    ]
    radius = thick * smooth(knots, s)
    drop = rng.uniform(-0.1, 0.35) * height
    path = columns(
        (s - 1) * length, 0, 0.5 * height + (rng.uniform(0, 0.25) * height - drop * (1 - s) ** 2)
    )
    flat = rng.uniform(0.45, 0.75)
    handle = tube(
        path,
        columns(radius, flat * radius),
        "handle",
        exponent=rng.choice([2.0, 3.0, 5.0]),
        round_ends=True,
    )
    if style == "dagger" or rng.random() < 0.3:
        wide = height * (rng.uniform(1.3, 2.2) if style == "dagger" else 1.0)
        guard = block((0.7, 1.7 * thick * flat + 0.3, wide), 0.25, "guard")
        handle = handle + guard.moved(x=-0.1, z=0.5 * height)
    return handle


def cleaver(rng: Rng) -> Blueprint:
    """Cleavers: a tall rectangular blade, mostly with a hanging hole."""
    length, height = rng.uniform(14, 21), rng.uniform(7, 10.5)
    s = np.linspace(0, 1, 40)
    corner = rng.uniform(0.02, 0.12)
    round_off = np.clip((s - 1 + corner) / corner, 0, 1)
    back = 1 + rng.uniform(-0.12, 0.06) * s - 0.35 * corner * round_off**3
    edge = rng.uniform(0.0, 0.1) * s**2 + 0.35 * corner * round_off**3
    metal = blade(
        length * s,
        height * back,
        height * edge,
        rng.uniform(0.3, 0.6),
        height * rng.uniform(0.08, 0.16),
    )
    if rng.random() < 0.7:
        hole = block((1.4, 3, 1.4), 0.6, "blade").moved(x=0.9 * length, z=0.82 * height)
        metal = metal - hole
    handle = grip(rng, rng.uniform(10, 14) + 2, rng.uniform(1.1, 1.6)).moved(
        x=-11.5, z=height * rng.uniform(0.66, 0.82)
    )
    tang = block((4.0, 0.5, 1.6), 0.1, "blade").moved(z=0.75 * height)
    uses = use("cut", "blade edge", (length / 2, 0, height / 2), length)
    uses |= use("scrape", "edge", (length / 2, 0, 0), length)
    return Blueprint(union(metal, handle, tang), uses)


def axe(rng: Rng) -> Blueprint:
    """Axes and hatchets: head across the end of the handle, edge at -z, poll at +z."""
    length = rng.uniform(28, 80)
    depth = rng.uniform(9, 15) * (0.75 + length / 200)
    wide = depth * rng.uniform(0.55, 1.0)
    throat = wide * rng.uniform(0.45, 0.8)
    poll = throat * rng.uniform(0.22, 0.45)
    s = np.linspace(0, 1, 26)
    beard = rng.uniform(0.0, 0.6)
    mid = np.linspace(-1, 1, 15)
    spread = throat / 2 + (wide - throat) / 2 * s**2
    left = -(throat / 2 + (wide - throat) * (0.5 + 0.5 * beard) * s**2)
    z = -(depth - 0.0) * s
    bulge = depth * rng.uniform(0.04, 0.12)
    thick = depth * rng.uniform(0.12, 0.2) * (1 - s) ** rng.uniform(0.7, 1.3) + 0.05
    centre, half = (spread + left) / 2, (spread - left) / 2
    grid = _axe_grid(centre, half, z, bulge * s**2, thick, mid)
    band = rng.uniform(0.78, 0.88)
    cheek = skin(grid, np.where(s[1:] > band, "edge", "blade")[:, None], ("blade", "edge"))
    butt = block((throat * 0.95, 2 * thick[0], 2.4 * poll), 0.15 * poll, "poll").moved(z=0.4 * poll)
    head = union(cheek, butt)
    handle = grip(
        rng, length + 0.45 * throat, 0.3 * throat, flat=min(0.75, thick[0] / (0.3 * throat) * 0.8)
    )
    low, high = centre[-1] - half[-1], centre[-1] + half[-1]
    x = length + centre[-1]
    uses = use("cut", "blade edge", (x, 0, -0.6 * depth), high - low)
    uses |= use("wedge", "edge", (x, 0, -depth), high - low)
    uses |= use("pound", "poll", (length, 0, 1.6 * poll), throat, "flip:x", x=UP)
    return Blueprint(head.moved(x=length) + handle, uses)


def _axe_grid(
    centre: np.ndarray,
    half: np.ndarray,
    z: np.ndarray,
    bulge: np.ndarray,
    thick: np.ndarray,
    mid: np.ndarray,
) -> np.ndarray:
    """Rings around the head from the eye (first) to the curved edge (last)."""
    across = np.concatenate([mid, mid[::-1]])
    side = np.concatenate([np.ones(len(mid)), -np.ones(len(mid))])
    x = centre[:, None] + half[:, None] * across
    y = thick[:, None] * side * (1 - 0.12 * across**2)
    drop = bulge[:, None] * (1 - across**2)
    return np.stack([x, y, z[:, None] - drop], axis=2)


def saw(rng: Rng) -> Blueprint:
    """Hand saws: a long tapering plate with teeth and a closed or pistol handle."""
    length, heel, toe = rng.uniform(30, 55), rng.uniform(8, 13), rng.uniform(2.5, 6)
    teeth = int(rng.integers(24, 44))
    pitch = length / teeth
    deep = pitch * rng.uniform(0.35, 0.6)
    xs = np.arange(teeth + 1) * pitch
    band = deep * 2.2
    upper = plate([(0, band), (length, band), (length, toe), (0, heel)], 0.25, "blade")
    zigzag = [p for x in xs[:-1] for p in ((x, deep), (x + 0.75 * pitch, 0.0))]
    lower = plate([(0, band + 0.01), *zigzag, (length, deep), (length, band + 0.01)], 0.3, "edge")
    size = heel * rng.uniform(0.95, 1.25)
    outer = block((0.95 * size, 2.0, 1.25 * size), 0.9, "handle")
    hole = block((0.42 * size, 4, 0.72 * size), 0.2 * size, "handle").moved(x=-0.06 * size)
    handle = (outer - hole).turned(y=rng.uniform(-25, 5)).moved(x=-0.36 * size, z=0.55 * heel)
    return Blueprint(union(upper, lower, handle), use("cut", "edge", (length / 2, 0, band), length))
