"""Round things that roll and clubs: rolling pin, log, pipe, flashlight, bat. They lie along x."""

from __future__ import annotations

import numpy as np

from funcorr_forge.blueprint import Blueprint
from funcorr_forge.solids import BACK, Rng, Solid, block, columns, lathe, smooth, tube, union
from funcorr_forge.uses import MIDDLE, end_uses, roll_along, side_blow, use


def rolling_pin(rng: Rng) -> Blueprint:
    """Rolling pins: a barrel on two handles, or the tapering French kind."""
    half = rng.uniform(10, 16)
    radius = half * rng.uniform(0.16, 0.26)
    s = np.linspace(-1, 1, 41)
    if rng.random() < 0.3:
        reach = 1.5 * half
        profile = radius * (0.5 + 0.5 * np.sqrt(1 - 0.97 * np.abs(s) ** rng.uniform(2.5, 6)))
        labels = np.where(np.abs((s[1:] + s[:-1]) / 2) > 0.72, "handle", "barrel")
        points = columns(profile, reach * s)
        pin = lathe([(0, -reach), *points, (0, reach)], ["handle", *labels, "handle"])
    else:
        pin = union(_barrel(rng, half, radius), *_pin_handles(rng, half, radius))
    uses = roll_along(-half, half, "barrel", ends_alike=True)
    uses |= side_blow("barrel", 0.0, radius, middle=0.0)
    return Blueprint(pin.turned(y=90.0), uses)


def _barrel(rng: Rng, half: float, radius: float) -> Solid:
    edge = radius * rng.uniform(0.08, 0.4)
    end = [(0, -half), (radius - edge, -half), (radius - 0.3 * edge, -half + 0.3 * edge)]
    end.append((radius, -half + edge))
    return lathe([*end, (radius, 0), *[(r, -z) for r, z in end[::-1]]], "barrel")


def _pin_handles(rng: Rng, half: float, radius: float) -> list[Solid]:
    length, thick = half * rng.uniform(0.5, 0.75), radius * rng.uniform(0.32, 0.5)
    s = np.linspace(0, 1, 24)
    end = rng.uniform(0.6, 0.9)
    knots = [(0, 0.5), (0.12, 0.5), (0.16, 0.85), (0.5, 1.0), (0.75, end), (0.9, 1.0), (1, 0.4)]
    profile = columns(thick * smooth(knots, s), half + (s - 0.05) * length)
    one = lathe(profile, "handle", 32)
    return [one, one.turned(x=180.0)]


def baseball_bat(rng: Rng) -> Blueprint:
    """Bats: a knob, a thin handle, a long swelling barrel."""
    length = rng.uniform(60, 90)
    radius = length * rng.uniform(0.035, 0.055)
    thin, knob = radius * rng.uniform(0.36, 0.48), radius * rng.uniform(0.6, 0.85)
    s = np.linspace(0.03, 1, 60)
    shape = smooth(
        [(0, 1.1 * thin), (0.3, thin), (0.6, 0.62 * radius), (0.82, radius), (1, 0.96 * radius)], s
    )
    shape *= np.sqrt(np.clip((1.0 - s) / 0.03, 0, 1)).clip(0.1, 1)
    start = [(0, 0), (0.8 * knob, 0), (knob, 0.008 * length), (0.8 * knob, 0.018 * length)]
    profile = [*start, *columns(shape, s * length), (0, length)]
    grip = rng.uniform(0.3, 0.42)
    labels = ["knob"] * 4 + ["handle" if x < grip else "barrel" for x in s]
    uses = side_blow("barrel", 0.82 * length, radius)
    return Blueprint(lathe(profile, labels, 40).turned(y=90.0), uses)


def bowling_pin(rng: Rng) -> Blueprint:
    """Bowling pins and juggling-club-like skittles: belly, neck and head."""
    length = rng.uniform(30, 40)
    radius = length * rng.uniform(0.13, 0.19)
    base, neck, head = (radius * rng.uniform(*r) for r in ((0.45, 0.65), (0.3, 0.48), (0.5, 0.62)))
    belly, waist = rng.uniform(0.28, 0.38), rng.uniform(0.66, 0.72)
    knots = [
        (0, base),
        (belly, radius),
        (waist, neck),
        (0.87, head),
        (0.96, 0.75 * head),
        (1, 0.02),
    ]
    s = np.linspace(0, 1, 60) ** 0.9
    profile = [(0, 0), *columns(smooth(knots, s), s * length), (0, length)]
    labels = ["base", *np.select([s[1:] < 0.56, s[1:] < 0.78], ["body", "neck"], "head"), "head"]
    uses = side_blow("body", belly * length, radius) | roll_along(0.0, 0.56 * length)
    return Blueprint(lathe(profile, labels).turned(y=90.0), uses)


def log(rng: Rng) -> Blueprint:
    """Logs: an uneven trunk with bark and sawn ends, some with the stub of a branch."""
    radius = rng.uniform(5, 12)
    length = radius * rng.uniform(2.2, 6)
    z = np.linspace(-length / 2, length / 2, 32)
    waves = [
        (rng.uniform(0.01, 0.05), int(rng.integers(2, 5)), rng.uniform(0, 6.3)) for _ in range(3)
    ]
    furrows = rng.uniform(0.0, 0.035)
    count = int(rng.integers(11, 19))
    drift, bow = rng.uniform(-0.6, 0.6), radius * rng.uniform(-0.25, 0.25)

    def roughen(grid: np.ndarray) -> np.ndarray:
        turn = np.arctan2(grid[..., 1], grid[..., 0]) + drift * grid[..., 2] / length
        bumps = sum(a * np.cos(k * turn + p + grid[..., 2] / length) for a, k, p in waves)
        bark = (
            1 + bumps + furrows * np.abs(np.sin(count * turn + np.sin(6 * grid[..., 2] / radius)))
        )
        bend = bow * (2 * grid[..., 2] / length) ** 2
        x, y = grid[..., 0] * bark + bend, grid[..., 1] * bark
        return np.stack([x, y, grid[..., 2]], axis=-1)

    side = columns(radius * (1 + rng.uniform(-0.1, 0.1) * z / length), z)
    profile = [(0, z[0]), (0.9 * side[0, 0], z[0]), *side, (0.9 * side[-1, 0], z[-1]), (0, z[-1])]
    trunk = lathe(profile, ["end", "end", *["bark"] * 31, "end", "end"], 72, warp=roughen)
    if rng.random() < 0.5:
        trunk = trunk + _stub(rng, radius, length)
    uses = roll_along(-length / 2, length / 2, "bark", ends_alike=True)
    uses |= end_uses("pound", length / 2, radius, middle=0.0)
    return Blueprint(trunk.turned(y=90.0), uses)


def _stub(rng: Rng, radius: float, length: float) -> Solid:
    thick, out = radius * rng.uniform(0.2, 0.35), radius * rng.uniform(1.2, 1.7)
    direction = np.array([1.0, 0.0, rng.uniform(0.2, 0.9)])
    path = np.linspace(0.3, 1, 8)[:, None] * out * direction
    stub = tube(path, thick * np.linspace(1.2, 0.85, 8), "branch", sides=18)
    return stub.moved(z=length * rng.uniform(-0.3, 0.1)).turned(z=rng.uniform(0, 360))


def pipe(rng: Rng) -> Blueprint:
    """Pipes: hollow, plain or with sockets and flanges."""
    radius = rng.uniform(1.5, 4)
    length = radius * rng.uniform(7, 16)
    bore = radius * rng.uniform(0.72, 0.9)
    side = lathe([(radius, 0), (radius, length)], ["end", "body", "end"])
    pieces = [side]
    style = rng.choice(["plain", "socket", "flange", "thread"])
    wide = radius * {"socket": 1.18, "flange": rng.uniform(1.5, 1.9)}.get(style, 1.1)
    long = radius * {"socket": 1.6, "flange": 0.3}.get(style, 0.8)
    ring = [(0, 0), (wide, 0), (wide, long), (radius, long * 1.05), (0, long * 1.05)]
    collar = lathe(ring, ["end", "collar", "collar", "collar"])
    if style != "plain":
        pieces.append(collar)
    if style in ("flange", "thread"):
        pieces.append(collar.turned(x=180.0).moved(z=length))
    if style == "thread":
        pieces.append(lathe([(wide, 0.4 * length), (wide, 0.55 * length)], "collar", 8))
    hole = lathe([(bore, -1), (bore, length + 1)], "inside")
    middle = None if style == "socket" else length / 2
    thick = wide if style in ("flange", "thread") else radius
    uses = roll_along(0.0, length, ends_alike=style != "socket")
    uses |= end_uses("poke", length, thick, middle)
    uses |= side_blow("body", 0.75 * length, radius, middle)
    return Blueprint((union(*pieces) - hole).turned(y=90.0), uses)


def flashlight(rng: Rng) -> Blueprint:
    """Flashlights: slim or stout, a flaring head with a lens, a switch."""
    radius = rng.uniform(1.2, 2.2)
    length = radius * rng.uniform(5, 12)
    head = radius * rng.uniform(1.05, 2.0)
    long = head * rng.uniform(1.0, 2.0)
    rim = 0.12 * head
    end = length + long
    profile = [
        (0, 0),
        (0.85 * radius, 0),
        (0.9 * radius, 0.15 * radius),
        (0.9 * radius, 0.8 * radius),
        (radius, 0.9 * radius),
        (radius, length),
        (head, length + rng.uniform(0.3, 0.8) * long),
        (head, end),
        (head - rim, end),
        (head - 1.6 * rim, end - 2 * rim),
        (0.5 * head, end - 1.7 * rim),
        (0, end - 1.5 * rim),
    ]
    labels = ["tail"] * 3 + ["body"] * 2 + ["head"] * 4 + ["lens"] * 2
    rings = [
        lathe([(1.04 * radius, z), (1.04 * radius, z + 0.25 * radius)], "body", 40)
        for z in length * np.linspace(0.3, 0.9, int(rng.integers(0, 7)))
    ]
    switch = block((0.5 * radius, 0.6 * radius, 1.1 * radius), 0.15 * radius, "switch")
    switch = switch.moved(x=radius, z=length * rng.uniform(0.75, 0.9))
    uses = roll_along(0.0, length)
    uses |= use("pound", "tail", MIDDLE, 1.7 * radius, "axis:x", x=BACK)
    return Blueprint(union(lathe(profile, labels), switch, *rings).turned(y=90.0), uses)
