"""Flat long things: ruler and feather. They lie along x with their broad sides up and down."""

from __future__ import annotations

import numpy as np

from funcorr_forge.blueprint import Blueprint
from funcorr_forge.cutters import slab
from funcorr_forge.solids import (
    ASIDE,
    BACK,
    FORWARD,
    Numbers,
    Rng,
    Solid,
    block,
    columns,
    lathe,
    skin,
    smooth,
    tube,
    union,
)
from funcorr_forge.uses import Uses, use

VANES = {
    "quill": [(0, 0.15), (0.12, 0.75), (0.5, 1.0), (0.85, 0.75), (0.95, 0.4), (1, 0.02)],
    "plume": [(0, 0.3), (0.3, 0.8), (0.65, 1.0), (0.9, 0.8), (1, 0.1)],
    "peacock": [(0, 0.05), (0.2, 0.3), (0.6, 1.0), (0.85, 0.8), (1, 0.04)],
    "down": [(0, 0.5), (0.2, 0.9), (0.55, 1.0), (0.85, 0.7), (1, 0.05)],
}
"""(Share of the length, share of the half width) of the web of each style of feather."""


def ruler(rng: Rng) -> Blueprint:
    """Rulers: plain, bevelled, thin steel with a hole, with a raised rib to hold it by."""
    style = str(rng.choice(["plain", "bevel", "steel", "rib"]))
    length = rng.uniform(14, 42)
    half = rng.uniform(1.2, 2.2)
    thick = half * (rng.uniform(0.05, 0.08) if style == "steel" else rng.uniform(0.1, 0.2))
    band = half * (rng.uniform(0.2, 0.45) if style in ("bevel", "rib") else 0.12)
    thin = thick * (0.2 if style in ("bevel", "rib") else 0.9)
    reach = half * rng.uniform(0.25, 0.6)
    round_off = rng.choice([0.0, rng.uniform(0.05, 0.3)])
    x = np.concatenate([np.linspace(0, reach, 6), np.linspace(reach, length - reach, 24)[1:-1]])
    x = np.concatenate([x, np.linspace(length - reach, length, 6)])
    near = np.clip(1 - np.minimum(x, length - x) / reach, 0, 1)
    wide = half * (1 - round_off * (1 - np.sqrt(1 - near**2)))
    strip = _strip(x, wide, band, thin, thick, reach)
    pieces = [strip, *_marks(rng, length, half, band, thin, thick, reach)]
    holed = style == "steel" or rng.random() < 0.2
    if style == "rib":
        rib = block((length - 3 * reach, 0.35 * half, 2.4 * thick), 0.3 * thick, "rib")
        pieces.append(rib.moved(x=length / 2, z=thick))
    solid = union(*pieces)
    if holed:
        size = half * rng.uniform(0.25, 0.45)
        hole = lathe([(size, -9), (size, 9)], "hole", 28)
        solid = solid - hole.moved(x=reach + 1.3 * size)
    return Blueprint(solid, _ruler_uses(length, half, reach, alike=not holed))


def _strip(
    x: Numbers, wide: Numbers, band: float, thin: float, thick: float, reach: float
) -> Solid:
    """A strip whose borders thin out over ``band``."""
    x, wide = np.asarray(x, dtype=np.float64), np.asarray(wide, dtype=np.float64)
    inner = wide - band
    ring = [(wide, thin), (inner, thick), (-inner, thick), (-wide, thin)]
    ring = [*ring, *[(y, -z) for y, z in ring[::-1]]]
    grid = np.stack([columns(x, y, z) for y, z in ring], axis=1)
    row = ["edge", "side", "edge", "edge", "edge", "side", "edge", "edge"]
    labels = np.array([row] * (len(x) - 1), dtype=object)
    middle = (x[1:] + x[:-1]) / 2
    labels[(middle < reach) | (middle > x[-1] - reach)] = "end"
    return skin(grid, labels)


def _marks(
    rng: Rng, length: float, half: float, band: float, thin: float, thick: float, reach: float
) -> list[Solid]:
    """Raised strokes along one border, every fifth longer."""
    count = int(rng.integers(16, 41))
    spots = np.linspace(1.5 * reach, length - 1.5 * reach, count)
    fine = 0.12 * (spots[1] - spots[0])
    top = 1.12 * thick
    return [
        slab(
            [x - fine, x + fine], (0.55 if k % 5 else 0.85) * 0.25 * half, 0.0, top, "marks"
        ).moved(y=half - band - 0.25 * half)
        for k, x in enumerate(spots)
    ]


def _ruler_uses(length: float, half: float, reach: float, alike: bool) -> Uses:
    """Uses of a strip with two equal borders, and two equal ends if ``alike``."""
    middle, end = [length / 2, 0, 0], [length, 0, 0]
    turns = "flip:x+flip:z" if alike else "flip:x"
    rubbing, border = "flip:y+flip:x" if alike else "flip:y", (length / 2, -half, 0)
    uses = use("cut spread", "edge", middle, length, turns, y=ASIDE)
    uses |= use("scrape", "edge", border, length, rubbing, middle, x=(0, -1, 0))
    uses |= use("dig mix", "end", end, 2 * half, turns, middle)
    uses |= use("lift", "side", end, 2 * half, turns, middle)
    return uses | use("pry", "end", end, reach, turns, middle)


def feather(rng: Rng) -> Blueprint:
    """Feathers: a goose quill, a drooping plume, a peacock's eye on a bare stem, small down."""
    style = str(rng.choice(["quill", "quill", "plume", "peacock", "down"]))
    length = {"down": rng.uniform(7, 11)}.get(style, rng.uniform(18, 30))
    half = length * {
        "quill": rng.uniform(0.08, 0.17),
        "plume": rng.uniform(0.14, 0.24),
        "peacock": rng.uniform(0.13, 0.2),
        "down": rng.uniform(0.22, 0.34),
    }.get(style, 0.1)
    root = length * {"quill": rng.uniform(0.15, 0.35), "peacock": rng.uniform(0.6, 1.4)}.get(
        style, rng.uniform(0.1, 0.3)
    )
    s = np.linspace(0, 1, 70)
    droop = length * {"plume": rng.uniform(0.15, 0.35), "down": rng.uniform(0.05, 0.2)}.get(
        style, rng.uniform(0.0, 0.08)
    )
    lift = -droop * s**2
    narrow = rng.uniform(0.35, 0.7) if style == "quill" else 1.0
    ragged = {"plume": 0.22, "down": 0.22}.get(style, 0.05)
    sides = [half * w * smooth(VANES[style], s) * _ragged(rng, ragged, 70) for w in (1.0, narrow)]
    vane = _vane(s * length, sides, lift, 0.012 * length, rng.uniform(0.2, 0.7))
    thick = length * rng.uniform(0.012, 0.02)
    pieces = [vane, _shaft(length, root, droop, thick)]
    uses = use("brush", "vane", (length, 0, -droop), half * (1 + narrow), "flip:z")
    low = [0.5 * length, float(-sides[0][35]), float(lift[35])]
    alike = ("flip:x", [low[0], 0, low[2]]) if style == "peacock" else ("none",)
    uses |= use("sweep", "vane edge", low, length, *alike, z=(0, -1, 0), x=FORWARD)
    if style == "quill":
        pieces.append(_nib(root, thick))
        uses |= use("write", "tip", (-root - 4 * thick, 0, 0), 4 * thick, x=BACK)
    return Blueprint(union(*pieces), uses)


def _ragged(rng: Rng, depth: float, n: int) -> np.ndarray:
    """Factors below 1: strands of uneven length and a few splits."""
    strands = 1 - depth * rng.uniform(0, 1, n)
    for at in rng.integers(5, n - 8, int(rng.integers(0, 4))):
        strands[at : at + 2] *= rng.uniform(0.45, 0.8)
    return strands


def _vane(
    x: np.ndarray, sides: list[np.ndarray], lift: np.ndarray, thick: float, lean: float
) -> Solid:
    """A thin web about the line y = 0 whose strands lean towards +x."""
    shares = np.array([1.0, 0.82, 0.4])
    y = np.concatenate(
        [-sides[0][:, None] * shares, 0 * x[:, None], sides[1][:, None] * shares[::-1]], axis=1
    )
    ahead = lean * np.abs(y) * np.clip((x[-1] - x) / (0.35 * x[-1]), 0, 1)[:, None]
    z = lift[:, None] + 0.12 * np.abs(y)
    deep = thick * np.array([0.25, 0.5, 0.8, 1.0, 0.8, 0.5, 0.25])
    over = np.stack([x[:, None] + ahead, y, z + deep / 2], axis=2)
    under = np.stack([x[:, None] + ahead, y, z - deep / 2], axis=2)
    grid = np.concatenate([over, under[:, ::-1]], axis=1)
    row = ["edge", "vane", "vane", "vane", "vane", "edge", "edge"]
    return skin(grid, np.array([*row, *row], dtype=object)[None])


def _shaft(length: float, root: float, droop: float, thick: float) -> Solid:
    """The stem, hollow and thick behind, thin along the web."""
    x = np.linspace(-root, 0.94 * length, 50)
    z = -droop * np.clip(x / length, 0, 1) ** 2
    radius = thick * smooth([(-root, 0.8), (0, 1.0), (0.5 * length, 0.6), (length, 0.15)], x)
    return tube(columns(x, 0, z), radius, "shaft", round_ends=True, sides=16)


def _nib(root: float, thick: float) -> Solid:
    """The slanted point that a quill is cut to, at the end of its stem."""
    s = np.linspace(0, 1, 14)
    path = columns(-root + thick - s * 5 * thick, 0, 0)
    high = thick * smooth([(0, 0.9), (0.3, 0.8), (1, 0.05)], s)
    wide = thick * smooth([(0, 0.9), (0.4, 0.75), (1, 0.08)], s)
    return tube(path, columns(high, wide), "tip", sides=16)
