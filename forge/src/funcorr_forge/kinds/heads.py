"""Heads across the end of a handle: hammer, mallet, axe, pickaxe, hoe. They strike towards -z."""

from __future__ import annotations

import numpy as np

from funcorr_forge.curves import ASIDE, BACK, UP, Rng, bezier, columns, smooth
from funcorr_forge.registry import Blueprint, kind
from funcorr_forge.shapes import grip, pole, slab
from funcorr_forge.solids import Solid, block, lathe, skin, tube, union
from funcorr_forge.uses import ENDS_ALIKE, Uses, use


@kind("hammer", family="heads")
def hammer(rng: Rng) -> Blueprint:
    """Hammers: claw, ball peen, cross peen, sledge."""
    style = rng.choice(["claw", "claw", "claw", "ball", "cross", "sledge"])
    length = rng.uniform(22, 34) if style != "sledge" else rng.uniform(20, 55)
    size = rng.uniform(1.1, 1.7) if style != "sledge" else rng.uniform(2.2, 3.4)
    reach = size * rng.uniform(2.6, 3.8) if style != "sledge" else size * rng.uniform(1.5, 2.2)
    sides, exponent = (48, rng.choice([2.0, 2.0, 8.0]))
    front, face_z = _striker(rng, size, reach, sides, exponent)
    back = {"claw": _claw, "ball": _ball_peen, "cross": _cross_peen, "sledge": _second_face}[style](
        rng, size, reach, exponent
    )
    eye = block((2.1 * size, 1.7 * size, 2.0 * size), 0.3 * size, "head")
    head = union(front, back, eye).moved(x=length)
    handle = grip(rng, length + 0.9 * size, min(0.8 * size, 1.6), flat=0.75)
    uses = _blows(face_z, length, 2 * size, style == "sledge")
    if style == "claw":
        prongs = (length - 0.3 * reach, 0, 1.05 * reach)
        uses |= use("pry", "claw", prongs, 1.8 * size, x=(-0.4, 0, 1), y=ASIDE)
    return Blueprint(head + handle, uses)


def _blows(z: float, x: float, size: float, two_faced: bool) -> Uses:
    """Pound and press with a face at (x, 0, z) that looks to -z, or with it and its like at -z."""
    symmetry, pivot = (ENDS_ALIKE, (x, 0, 0)) if two_faced else ("axis:x", None)
    return use("pound press", "face", (x, 0, z), size, symmetry, pivot)


def _striker(
    rng: Rng, size: float, reach: float, sides: int, exponent: float
) -> tuple[Solid, float]:
    """Neck and face below the eye, down to z = -reach."""
    neck = rng.uniform(0.65, 0.95)
    rim = rng.uniform(0.15, 0.3) * size
    band = rng.uniform(0.5, 0.9) * size
    profile = [(0, -reach), (size - 0.6 * rim, -reach + 0.02 * size), (size, -reach + rim)]
    profile += [(size, -reach + band), (neck * size, -reach + band + 0.5 * size)]
    profile += [(neck * size, -0.6 * size), (0.8 * size, 0)]
    labels = ["face", "face", "face", "head", "head", "head", "head"]
    return lathe(profile, labels, sides, exponent), -reach


def _claw(rng: Rng, size: float, reach: float, exponent: float) -> Solid:
    """A curved fork above the eye, split in two prongs."""
    end = reach * rng.uniform(1.0, 1.35)
    curve = rng.uniform(0.15, 0.75) * reach
    path = bezier([(0, 0), (0, 0.5 * end), (-0.3 * curve, 0.85 * end), (-curve, end)], 24)
    t = np.linspace(0, 1, 24)
    wide = size * smooth([(0, 0.75), (0.4, 0.85), (1, rng.uniform(0.85, 1.15))], t)
    thin = size * smooth([(0, 0.75), (0.5, 0.38), (1, 0.06)], t)
    blade = tube(path, columns(thin, wide), "claw", exponent=4.0)
    ahead = path[-1] + (path[-1] - path[-2]) * [[2], [6]]
    slot = np.concatenate([path[9:], ahead])
    across = size * np.linspace(0.03, 0.36, len(slot))
    notch = tube(slot, columns(size, across), "claw")
    return blade - notch


def _ball_peen(rng: Rng, size: float, reach: float, exponent: float) -> Solid:
    ball = size * rng.uniform(0.75, 1.0)
    top = reach * rng.uniform(0.85, 1.1)
    angle = np.linspace(-0.9, np.pi / 2, 14)
    dome = columns(ball * np.cos(angle), top - ball + ball * np.sin(angle))
    dome[-1, 0] = 0
    return lathe([(0.8 * size, 0), (0.6 * size, top - 1.8 * ball), *dome], "peen")


def _cross_peen(rng: Rng, size: float, reach: float, exponent: float) -> Solid:
    end = reach * rng.uniform(0.9, 1.3)
    t = np.linspace(0, 1, 12)
    path = columns(0, 0, end * t)
    thin, wide = size * (0.85 - 0.75 * t), size * (0.8 + 0.1 * t)
    across = np.stack([thin, wide] if rng.random() < 0.5 else [wide, thin], axis=1)
    return tube(path, across, "peen", exponent=6.0)


def _second_face(rng: Rng, size: float, reach: float, exponent: float) -> Solid:
    front, _ = _striker(rng, size, reach, 48, exponent)
    return front.turned(x=180.0)


@kind("mallet", family="heads")
def mallet(rng: Rng) -> Blueprint:
    """Mallets and gavels: a barrel or a block across the end of the handle, two equal faces."""
    radius = rng.uniform(2.4, 4.5)
    half = radius * rng.uniform(1.0, 1.9)
    length = radius * rng.uniform(5, 9)
    head = (_block_head if rng.random() < 0.4 else _barrel_head)(rng, radius, half)
    handle = grip(rng, length + 0.8 * radius, radius * rng.uniform(0.2, 0.4), flat=1.0)
    uses = _blows(-half, length, 2 * radius, two_faced=True)
    return Blueprint(head.moved(x=length) + handle, uses)


def _barrel_head(rng: Rng, radius: float, half: float) -> Solid:
    end = radius * rng.uniform(0.75, 1.1)
    ring = rng.uniform(0.0, 0.12) * radius
    cap = rng.uniform(0.12, 0.4) * half
    side = [(0.9 * end, -half), (end, -half + 0.1 * radius), (end, -half + cap)]
    side += [(radius - ring, -half + 1.1 * cap)]
    middle = (radius * rng.uniform(0.85, 1.1), 0.0)
    profile = [*side, middle, *[(r, -z) for r, z in side[::-1]]]
    labels = ["face", "face", "face", "head", "head", "head", "head", "face", "face", "face"]
    return lathe(profile, labels)


def _block_head(rng: Rng, radius: float, half: float) -> Solid:
    """A wooden block, often slanted so that its faces meet the blow squarely."""
    slant = rng.uniform(0.0, 0.12)
    z = np.array([-half, -half, -0.85 * half, 0.85 * half, half, half])
    shrink = np.array([0.93, 0.97, 1.0, 1.0, 0.97, 0.93])
    ring = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], dtype=float) * [radius, 0.75 * radius]
    grid = np.empty((6, 4, 3))
    grid[..., :2] = ring[None] * shrink[:, None, None]
    grid[..., 2] = z[:, None] * (1 + slant * grid[..., 0] / radius)
    grid[[0, -1], :, 2] *= 1.004
    return skin(grid, np.array(["face", "face", "head", "face", "face"])[:, None])


@kind("axe", family="heads")
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


@kind("pickaxe", family="heads")
def pickaxe(rng: Rng) -> Blueprint:
    """Pickaxes and mattocks: a curved head across the handle, a point below, any end above."""
    reach = rng.uniform(18, 30)
    length = reach * rng.uniform(1.7, 3.0)
    thick = reach * rng.uniform(0.07, 0.1)
    sag = reach * rng.uniform(0.08, 0.32)
    curve = [(0, 0), (0.05 * sag, -0.4 * reach), (-0.3 * sag, -0.75 * reach), (-sag, -reach)]
    path = bezier(curve, 30)
    s = np.linspace(0, 1, 30)
    point = thick * smooth([(0, 1), (0.6, 0.7), (1, 0.06)], s)
    labels = np.where(s[1:] > 0.72, "tip", "head")
    pick = tube(path, point, labels, exponent=5.0)
    style = rng.choice(["pick", "adze", "short"])
    short = {"short": rng.uniform(0.3, 0.5)}.get(style, rng.uniform(0.7, 1.0))
    across = point if style == "pick" else thick * smooth([(0, 1), (0.5, 0.9), (1, 2.2)], s)
    deep = point if style == "pick" else thick * smooth([(0, 1), (0.5, 0.55), (1, 0.06)], s)
    if style == "short":
        across = deep = thick * smooth([(0, 1), (0.4, 0.8), (1, 0.9)], s)
    names = np.where(s[1:] > 0.72, {"pick": "tip", "adze": "adze"}.get(style, "head"), "head")
    other = tube(path * [1, 1, -short], columns(deep, across), names, exponent=5.0)
    eye = block((2.6 * thick, 2.4 * thick, 3.4 * thick), 0.5 * thick, "head")
    handle = grip(rng, length + 1.5 * thick, 0.75 * thick, flat=0.8).moved(x=-length)
    thrust = path[-1] - path[-3]
    uses = use("dig pierce poke pry", "tip", path[-1], 0.3 * reach, x=thrust, z=BACK)
    if style == "short":
        face = path[-1] * [1, 1, -short]
        uses |= use("pound", "head", face, 2 * thick, x=thrust * [1, 1, -1])
    return Blueprint(union(pick, other, eye, handle), uses)


@kind("hoe", family="heads")
def hoe(rng: Rng) -> Blueprint:
    """Hoes: a blade that hangs from a goose neck or straight from a socket."""
    wide, deep = rng.uniform(5, 11), rng.uniform(8, 15)
    stick = deep * rng.uniform(6, 11)
    thin = rng.uniform(0.9, 1.4)
    lean = rng.uniform(-15, 20)
    s = np.linspace(0, 1, 16)
    shoulder = rng.uniform(0.35, 1.0)
    half = wide * smooth([(0, shoulder), (0.5, 0.5 + 0.5 * shoulder), (1, 1)], s)
    thick = rng.uniform(0.25, 0.5) * np.append(np.ones(15), 0.2)
    labels = np.where(s[1:] > 0.82, "edge", "blade")
    leaf = slab(deep * s, half, -thick, thick, labels).turned(y=90.0 + lean)
    reach = deep * rng.uniform(0.1, 0.9)
    rise = deep * rng.uniform(0.0, 0.5)
    curve = [(-reach - 2 * thin, 0), (-0.4 * reach, 0), (0.2 * reach, rise), (0, -0.15 * deep)]
    neck = tube(bezier(curve, 26), 0.7 * thin, "shaft", round_ends=True)
    handle = pole(rng, stick, thin).moved(x=-reach)
    down = np.array([-np.sin(np.radians(lean)), 0, -np.cos(np.radians(lean))])
    inner = np.array([down[2], 0, -down[0]])
    edge, middle = deep * down, 0.5 * deep * down + 0.3 * deep * inner
    uses = use("dig", "blade edge", edge, 2 * wide, x=down, z=inner)
    uses |= use("pull", "blade", middle, deep, z=-inner, x=down)
    uses |= use("scrape", "edge", edge, 2 * wide, x=down, y=ASIDE)
    uses |= use("sweep", "blade", edge, 2 * wide, z=down, x=ASIDE)
    return Blueprint(union(leaf, neck, handle), uses)
