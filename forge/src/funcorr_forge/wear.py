"""What is worn on the head: hat, hard hat. Upright as worn, front at +x."""

from __future__ import annotations

import numpy as np

from funcorr_forge.blueprint import Blueprint
from funcorr_forge.solids import (
    DOWN,
    FORWARD,
    UP,
    Numbers,
    Rng,
    Solid,
    block,
    columns,
    lathe,
    tube,
    union,
)
from funcorr_forge.uses import MIDDLE, Uses, use


def _dome(
    line: Numbers,
    brim: int,
    thick: float,
    warp: tuple[float, float, float, float, float] = (1.0, 0.0, 0.0, 0.0, 0.0),
    inside: str = "crown",
) -> Solid:
    """A shell of revolution, open below: outside, hollow and the brim around the opening.

    Args:
        line: (radius, z) of its middle, from the top to the edge of the brim.
        brim: from which point of the line on it is brim.
        thick: of the shell.
        warp: oval (y over x), curl of the sides and of the front, visor (reach at the front),
            crease (depth of a dent along the top).
        inside: name of the hollow.
    """
    line = np.asarray(line, dtype=np.float64)
    along = np.gradient(line, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    out = columns(-along[:, 1], along[:, 0]) * thick / 2
    outer, inner = line + out, line - out
    outer[0, 0] = inner[0, 0] = 0
    on_brim = np.arange(1, len(line)) > brim
    labels = [*np.where(on_brim, "brim", "outside"), "brim"]
    labels += list(np.where(on_brim, "brim", inside)[::-1])
    start, end = float(line[brim, 0]), float(line[-1, 0])
    oval, side, front, visor, crease = warp

    def bend(grid: np.ndarray) -> np.ndarray:
        x, y, z = np.moveaxis(grid, -1, 0)
        radius = np.hypot(x, y)
        share = np.clip((radius - start) / max(end - start, 1e-9), 0, None) ** 1.4
        flat = radius > start
        forward = np.clip(x / np.maximum(radius, 1e-9), 0, 1) ** 2
        aside = (y / np.maximum(radius, 1e-9)) ** 2
        rise = np.where(flat, share * (side * aside + front * (1 - aside)), 0)
        reach = np.where(flat, 1 + visor * share * forward / end, 1)
        dent = crease * np.exp(-((3.5 * y / start) ** 2)) * np.clip(z / line[0, 1], 0, 1) ** 4
        return np.stack([x * reach, oval * y, z + rise - dent], axis=-1)

    return lathe(np.concatenate([outer, inner[::-1]]), labels, 64, warp=bend)


def _hat_uses(size: float, symmetry: str, inside: str = "crown") -> Uses:
    """Turned over, the opening pours and scoops: out of it is downwards as worn."""
    uses = use("pour", "brim", MIDDLE, size, symmetry, z=DOWN)
    return uses | use("scoop", f"brim {inside}", MIDDLE, size, symmetry, z=DOWN, x=FORWARD)


def hat(rng: Rng) -> Blueprint:
    """Hats: bowler, top hat, boater, pinched felt hat, sun hat, bucket hat, cap, woolly hat."""
    style = str(rng.choice(["bowler", "top", "boater", "felt", "sun", "bucket", "cap", "woolly"]))
    wide = rng.uniform(7, 9)
    tall = wide * {"top": rng.uniform(1.5, 2.2), "boater": rng.uniform(0.7, 0.95)}.get(
        style, rng.uniform(1.0, 1.5)
    )
    top, square = {
        "top": (rng.uniform(0.95, 1.15), 10.0),
        "boater": (0.98, 12.0),
        "felt": (0.85, 4.0),
        "bucket": (0.75, 5.0),
    }.get(style, (0.97, rng.uniform(2.0, 2.6)))
    turn = np.linspace(np.pi / 2, 0, 28)
    arch = np.sin(turn) ** (2 / square)
    crown = columns(np.cos(turn) ** (2 / square), arch) * [wide, tall]
    crown[:, 0] *= 1 + (top - 1) * crown[:, 1] / tall
    reach = wide * {
        "bowler": rng.uniform(0.3, 0.45),
        "sun": rng.uniform(0.8, 1.4),
        "cap": 0.08,
        "woolly": 0.02,
    }.get(style, rng.uniform(0.35, 0.7))
    drop = {"bucket": -rng.uniform(0.5, 1.0), "sun": -rng.uniform(0, 0.35)}.get(style, -0.02)
    s = np.linspace(0, 1, 10)[1:, None]
    edge = np.array([wide, 0]) + s * np.array([reach, drop * reach])
    if style == "woolly":
        edge = np.array([wide, 0]) - s * np.array([0, 0.05 * wide])
    line = np.concatenate([crown, edge])
    curl = rng.uniform(0.2, 0.6) * reach if style in ("bowler", "felt") else 0.0
    visor = wide * rng.uniform(0.6, 0.9) if style == "cap" else 0.0
    oval = rng.uniform(0.78, 0.95) if style in ("bowler", "felt", "cap") else 1.0
    front = rng.uniform(-0.3, 0.1) * reach if style == "felt" else -0.15 * visor
    crease = tall * rng.uniform(0.12, 0.3) if style == "felt" else 0.0
    thick = wide * rng.uniform(0.03, 0.06)
    solid = _dome(line, len(crown) - 1, thick, (oval, curl, front, visor, crease))
    solid = _trim(rng, solid, style, wide, tall, oval)
    return Blueprint(solid, _hat_uses(2 * wide, "none" if oval < 1 else "axis:z"))


def _trim(rng: Rng, solid: Solid, style: str, wide: float, tall: float, oval: float) -> Solid:
    """A ribbon around the crown, a turned-up cuff and bobble, or a button and seams."""
    if style == "woolly":
        cuff_top = tall * rng.uniform(0.22, 0.35)
        side = [
            (0, -0.05 * wide),
            (1.08 * wide, -0.05 * wide),
            (1.08 * wide, cuff_top),
            (0, 1.1 * cuff_top),
        ]
        cuff = lathe(side, "brim", 64)
        hole = lathe([(0.97 * wide, -wide), (0.97 * wide, wide)], "brim", 64)
        bobble = wide * rng.uniform(0.18, 0.34)
        ball = block((2 * bobble,) * 3, bobble, "bobble").moved(z=tall + 0.7 * bobble)
        return union(solid, cuff - hole, ball)
    if style == "cap":
        button = block((0.2 * wide, 0.2 * wide, 0.14 * wide), 0.06 * wide, "button")
        return solid + button.moved(z=tall + 0.03 * wide)
    high = tall * rng.uniform(0.12, 0.3)
    band = Solid.of(solid.scaled(1.03, 1.03, 1.0).manifold, "band")
    slab = block((9 * wide, 9 * wide, high), 0.01, "band").moved(z=0.06 * wide + 0.5 * high)
    inner = lathe([(0.99 * wide, -wide), (0.99 * wide, tall)], "band", 64)
    around = block((2.2 * wide, 2.2 * oval * wide, 9 * tall), 0.01, "band")
    ring = (band & slab & around) - inner.scaled(y=oval)
    return solid + ring


def hard_hat(rng: Rng) -> Blueprint:
    """Hard hats: with a peak, with a full brim, with ridges or a crest, with or without straps."""
    wide = rng.uniform(8, 10)
    tall = wide * rng.uniform(0.9, 1.25)
    square = rng.uniform(2.0, 3.2)
    turn = np.linspace(np.pi / 2, 0, 28)
    crown = columns(np.cos(turn), np.sin(turn)) ** (2 / square) * [wide, tall]
    full = rng.random() < 0.4
    reach = wide * (rng.uniform(0.25, 0.4) if full else rng.uniform(0.05, 0.12))
    fall = reach * rng.uniform(0.0, 0.4)
    s = np.linspace(0, 1, 8)[1:, None]
    line = np.concatenate([crown, np.array([wide, 0]) + s * np.array([reach, -fall])])
    visor = wide * (rng.uniform(0.05, 0.2) if full else rng.uniform(0.25, 0.55))
    oval = rng.uniform(0.78, 0.92)
    warp = (oval, 0.0, -visor * rng.uniform(0.1, 0.4), visor, 0.0)
    thick = wide * rng.uniform(0.035, 0.06)
    solid = _dome(line, len(crown) - 1, thick, warp, "shell")
    if rng.random() < 0.8:
        solid = solid + _ridges(rng, wide, tall, oval, square)
    if rng.random() < 0.4:
        span = 0.99 * oval * wide
        t = np.linspace(0, np.pi, 30)
        drop = wide * rng.uniform(0.5, 1.1)
        path = columns(0, span * np.cos(t), 0.05 * wide - drop * np.sin(t))
        solid = solid + tube(path, [(0.06 * wide, 0.02 * wide)], "strap", up=UP)
    return Blueprint(solid, _hat_uses(2 * wide, "none", "shell"))


def _ridges(rng: Rng, wide: float, tall: float, oval: float, square: float) -> Solid:
    """One crest or some ridges over the crown from front to back."""
    count = int(rng.choice([1, 1, 3, 3, 5]))
    thick = wide * (rng.uniform(0.06, 0.14) if count == 1 else rng.uniform(0.03, 0.06))
    ridges = []
    for side in np.linspace(-0.5, 0.5, count) if count > 1 else [0.0]:
        x = np.cos(np.linspace(0.3, np.pi - 0.3, 30)) * np.sqrt(1 - side**2)
        z = (1 - np.hypot(x, side) ** square) ** (1 / square)
        path = columns(wide * x, side * oval * wide, tall * z)
        ridges.append(tube(path, thick, "ridge", sides=14, round_ends=True))
    hollow = lathe([(1, 0), (0.9, 0.5), (0.6, 0.84), (0, 1)], "shell", 48)
    return union(*ridges) - hollow.scaled(0.94 * wide, 0.94 * oval * wide, 0.94 * tall)
