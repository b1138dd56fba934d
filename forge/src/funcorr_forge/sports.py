"""Of field and pitch: pitchfork, machete, hockey stick, cricket bat. They lie along x."""

from __future__ import annotations

import numpy as np

from funcorr_forge.blades import blade
from funcorr_forge.blueprint import Blueprint
from funcorr_forge.hammers import grip
from funcorr_forge.solids import (
    ASIDE,
    FORWARD,
    UP,
    Rng,
    Solid,
    arc,
    bezier,
    block,
    columns,
    skin,
    smooth,
    tube,
    union,
)
from funcorr_forge.uses import Uses, use


def pitchfork(rng: Rng) -> Blueprint:
    """Pitchforks: hay forks of two to four tines, broad manure forks, stout digging forks."""
    style = str(rng.choice(["hay", "manure", "digging"]))
    low, high = {"hay": (2, 4), "manure": (4, 7), "digging": (3, 5)}[style]
    count = int(rng.integers(low, high + 1))
    long = rng.uniform(22, 34)
    wide = long * rng.uniform(*{"hay": (0.14, 0.3)}.get(style, (0.24, 0.4)))
    thick = long * rng.uniform(*{"digging": (0.02, 0.03)}.get(style, (0.015, 0.024)))
    dip = long * rng.uniform(*{"digging": (0.0, 0.05)}.get(style, (0.06, 0.24)))
    rise = dip * rng.uniform(-0.2, 0.5)
    tines = _fork_tines(style, count, long, wide, thick, dip, rise)
    stick = long * rng.uniform(*{"hay": (2.2, 3.8)}.get(style, (1.5, 2.6)))
    pieces = [*tines, _fork_stick(rng, style, long, stick, 1.5 * thick)]
    end = [long, 0, rise]
    uses = use("pierce", "tines tip", end, long) | use("lift sweep", "tines", end, 2 * wide)
    uses |= use("scrape", "tip", end, 2 * wide, x=FORWARD, y=ASIDE)
    if style != "hay":
        uses |= use("dig", "tines tip", end, 2 * wide)
    return Blueprint(union(*pieces), uses)


def _fork_tines(
    style: str, count: int, long: float, wide: float, thick: float, dip: float, rise: float
) -> list[Solid]:
    """Tines that fan out of the socket, or stand on a cross bar."""
    s = np.linspace(0, 1, 30)
    taper = thick * smooth([(0, 1), (0.7, 0.85), (1, 0.12)], s)
    labels = np.where(s[1:] > 0.84, "tip", "tines")
    flat = 1.5 if style == "digging" else 1.0
    start, shoulder = (0.85, 1.0) if style == "digging" else (0.0, 1.25)
    tines = []
    for y in np.linspace(-wide, wide, count):
        root = (-0.02 * long, start * y, 0)
        bend = [(0.08 * long, shoulder * y, -0.5 * dip), (0.5 * long, 0.95 * y, -1.6 * dip)]
        path = bezier([root, *bend, (long, y, rise)], 30)
        radii = columns(taper, flat * taper)
        tines.append(tube(path, radii, labels, sides=14, exponent=2.6))
    if style == "digging":
        bar = block((3 * thick, 1.8 * wide, 2.6 * thick), 1.2 * thick, "head")
        tines.append(bar.moved(x=-0.01 * long))
    return tines


def _fork_stick(rng: Rng, style: str, long: float, stick: float, thin: float) -> Solid:
    """A socket and a long plain pole, or a short one with a D or T grip."""
    cone = np.array([(-0.28 * long, 0, 0), (-0.15 * long, 0, 0), (0.03 * long, 0, 0)])
    socket = tube(cone, np.array([1.3, 1.25, 0.9]) * thin, "shaft")
    whole = socket + grip(rng, stick, thin, flat=1.0).moved(x=-stick - 0.1 * long)
    far, half = -stick - 0.1 * long, long * rng.uniform(0.12, 0.17)
    if style == "hay" or rng.random() < 0.25:
        return whole
    if rng.random() < 0.3:
        bar = np.linspace([far, -half, 0], [far, half, 0], 8)
        return whole + tube(bar, 1.1 * thin, "handle", up=UP, round_ends=True)
    side = [(far + half, 0, 0), (far, 0, 0), (far - 0.2 * half, 1.1 * half, 0)]
    side += [(far - 1.6 * half, 1.1 * half, 0), (far - 1.5 * half, -0.02 * half, 0)]
    arm = tube(bezier(side, 26), 0.75 * thin, "handle", up=UP)
    return union(whole, arm, arm.scaled(y=-1.0))


def machete(rng: Rng) -> Blueprint:
    """Machetes: straight with a belly, bolo, bent kukri, panga with a swept-up tip, parang."""
    style = str(rng.choice(["latin", "bolo", "kukri", "panga", "parang"]))
    length = rng.uniform(28, 48) * (0.75 if style == "kukri" else 1.0)
    height = length * rng.uniform(*{"latin": (0.1, 0.15)}.get(style, (0.13, 0.2)))
    s = np.linspace(0, 1, 56)
    back, edge = (height * np.asarray(o) for o in _machete_outline(rng, style, s))
    metal = blade(
        length * s, back, edge, rng.uniform(0.3, 0.6), height * rng.uniform(0.1, 0.25), 0.86
    )
    middle = float(back[0] + edge[0]) / 2
    tang = block((4.0, 0.4, 0.7 * float(back[0] - edge[0])), 0.1, "blade").moved(z=middle)
    handle = _machete_handle(rng, 0.45 * float(back[0] - edge[0])).moved(z=middle)
    whole = union(metal, tang, handle)
    foremost = (length, 0, float(back[-1] + edge[-1]) / 2)
    half, low = (float(edge.min()) + float(back.max())) / 2, float(np.mean(edge[10:46]))
    uses = use("cut", "blade edge tip", (length / 2, 0, half), length)
    uses |= use("pierce", "tip", foremost, 0.14 * length, z=ASIDE)
    uses |= use("scrape", "edge", (length / 2, 0, low), length)
    return Blueprint(whole, uses)


def _machete_outline(rng: Rng, style: str, s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Heights of spine and edge over the length, in units of the blade's height."""
    root = rng.uniform(0.5, 0.7)
    if style == "latin":
        sweep = rng.uniform(0.5, 0.95)
        rise = sweep * np.clip((s - 0.78) / 0.22, 0, 1) ** 2.2
        return smooth([(0, 1), (0.8, 1.0), (1, sweep + 0.02)], s), 0.3 * (1 - s) ** 3 + rise
    if style == "bolo":
        belly = rng.uniform(0.72, 0.82)
        low = smooth([(0, 1 - root), (0.3, 0.3), (belly, 0), (0.93, 0.25), (1, 0.75)], s)
        return smooth([(0, 1), (0.7, 0.95), (1, 0.78)], s), low
    if style == "kukri":
        drop = rng.uniform(0.7, 1.3)
        spine = smooth([(0, 1.0), (0.35, 1.15), (0.7, 0.9), (1, -0.6 * drop)], s)
        tall = smooth([(0, 0.55), (0.25, 0.6), (0.65, 1.0), (0.88, 0.62), (1, 0.02)], s)
        return spine, spine - tall
    if style == "panga":
        hook = rng.uniform(1.05, 1.4)
        spine = smooth([(0, 1), (0.6, 0.95), (0.82, 0.9), (1, hook)], s)
        return spine, smooth([(0, 1 - root), (0.5, 0.05), (0.75, 0), (0.92, 0.4), (1, hook)], s)
    fall = rng.uniform(0.1, 0.4)
    bow = fall * np.sin(np.pi * s)
    tall = smooth([(0, root), (0.75, 1), (0.84, 1.0), (1, 0.02)], s)
    return 1 - bow + 0.2 * s, 1 - bow + 0.2 * s - tall


def _machete_handle(rng: Rng, half: float) -> Solid:
    """A grip with a beak at its end, mostly; some with a knuckle guard."""
    length = max(rng.uniform(11, 15), 3.2 * half)
    s = np.linspace(0, 1, 34)
    beak = rng.uniform(1.1, 1.9)
    knots = [(0, 0.75 * beak), (0.12, beak), (0.3, 0.9), (0.55, 1.1), (0.85, 0.95), (1, 1.1)]
    radius = max(0.8 * half, 1.0) * smooth(knots, s)
    sag = -rng.uniform(0.0, 1.4) * half * (1 - s) ** 3
    path = columns((s - 1) * length + 0.8, 0, sag)
    flat = rng.uniform(0.45, 0.7)
    hold = tube(
        path,
        columns(radius, flat * radius),
        "handle",
        exponent=float(rng.choice([2.0, 3.0, 5.0])),
        round_ends=True,
    )
    if rng.random() < 0.3:
        low = 3.0 * float(radius.mean())
        bow = [(0.5, 0, 0), (0.3, 0, -1.2 * low), (-0.7 * length, 0, -1.2 * low)]
        guard = bezier([*bow, (0.6 - length, 0, sag[0] - 0.4)], 26)
        hold = hold + tube(guard, [(0.22, 0.5)], "guard", exponent=3.0)
    return hold


def hockey_stick(rng: Rng) -> Blueprint:
    """Hockey sticks: for the ice, for its goal keeper with a paddle, and the hooked field stick."""
    style = str(rng.choice(["ice", "ice", "goal", "field"]))
    return _field_stick(rng) if style == "field" else _ice_stick(rng, style == "goal")


def _blade_uses(
    out: np.ndarray, toe: np.ndarray, low: np.ndarray, middle: np.ndarray, long: float, high: float
) -> Uses:
    """Strike towards -y with the blade and slide over the ground with its lower border.

    Args:
        out: direction from the middle of the blade to the ground.
        toe: direction from heel to toe.
        low: middle of the lower border.
        middle: of the face.
        long: length of the blade.
        high: its height.
    """
    uses = use("pound", "blade", middle, high, "flip:x", x=(0, -1, 0), y=out)
    uses |= use("scrape", "edge", low, long, x=out, y=toe)
    return uses | use("sweep", "blade", low, long, z=out, y=ASIDE)


def _ice_stick(rng: Rng, goal: bool) -> Blueprint:
    long = rng.uniform(26, 36)
    high, thick = long * rng.uniform(0.19, 0.28), long * rng.uniform(0.035, 0.06)
    lie, curve = rng.uniform(38, 62), long * rng.uniform(0.0, 0.12)
    leaf = _stick_blade(rng, long, high, thick, curve).turned(y=-lie)
    out = np.array([np.sin(np.radians(lie)), 0, -np.cos(np.radians(lie))])
    toe = np.array([-out[2], 0, out[0]])
    length, wide = long * rng.uniform(2.6, 4.6), long * rng.uniform(0.045, 0.06)
    t = np.linspace(0, 1, 40)
    shaft = columns((t - 1) * length, 0, 0)
    path = np.concatenate([shaft, np.linspace(0.06, 0.16, 4)[:, None] * long * toe])
    paddle = 1.8 * rng.uniform(0.8, 1.0) if goal else 0.0
    tall = wide * np.append(1 + paddle * smooth([(0, 0), (0.55, 0), (0.62, 1), (1, 1)], t), [1] * 4)
    deep = np.append(np.full(40, 0.7 * wide), np.linspace(0.6, 0.4, 4) * wide)
    labels = np.where(t[1:] < rng.uniform(0.15, 0.4), "handle", "shaft").tolist() + ["shaft"] * 4
    rod = tube(path, columns(tall, deep), labels, exponent=6.0, round_ends=False)
    middle = 0.55 * long * toe - np.array([0, thick / 2 + 0.3 * curve, 0])
    low = 0.5 * long * toe + 0.5 * high * out + np.array([0, -0.25 * curve, 0])
    return Blueprint(union(leaf, rod), _blade_uses(out, toe, low, middle, long, high))


def _stick_blade(rng: Rng, long: float, high: float, thick: float, curve: float) -> Solid:
    """A blade along x, its lower border at -z; its hollow side looks to -y."""
    s = np.linspace(-0.1, 1, 30)
    toe = np.sqrt(np.clip(1 - np.clip((s - 0.85) / 0.155, 0, 1) ** 2, 0.05, 1))
    top = high * (toe * smooth([(-0.1, 0.6), (0.15, rng.uniform(0.8, 0.95)), (1, 1)], s) - 0.5)
    low = -0.5 * high + 0.12 * high * (1 - toe) + 0.3 * high * np.clip(-s / 0.1, 0, 1) ** 2
    half = 0.5 * thick * smooth([(-0.1, 1.2), (0.2, 1), (1, 0.75)], s)
    y = -curve * np.clip(s, 0, 1) ** 2
    band = np.minimum(0.14 * high, 0.4 * (top - low))
    ring = [(half, top), (half, low + band), (0.8 * half, low)]
    ring += [(-a, b) for a, b in ring[::-1]]
    grid = np.stack([columns(long * s, y + a, b) for a, b in ring], axis=1)
    return skin(grid, np.array([["blade", "edge", "edge", "edge", "blade", "blade"]]))


def _field_stick(rng: Rng) -> Blueprint:
    radius = rng.uniform(4.0, 6.5)
    wide, thick = radius * rng.uniform(0.34, 0.48), radius * rng.uniform(0.28, 0.4)
    length, turn = radius * rng.uniform(9, 15), rng.uniform(120, 190)
    t = np.linspace(0, 1, 40)
    shaft = columns((t - 1) * length, 0, 0)
    bend = arc((0.0, radius), radius, -90.0, turn - 90.0, 36)[1:]
    path = np.concatenate([shaft, bend])
    hold = rng.uniform(0.85, 1.05)
    grow = np.append(smooth([(0, hold), (0.4, 0.85 * hold), (0.75, 0.8), (1, 1)], t), [1.0] * 35)
    radii = columns(wide * grow, thick * np.minimum(grow, 1))
    labels = ["handle"] * int(40 * rng.uniform(0.25, 0.45))
    labels += ["shaft"] * (39 - len(labels)) + ["blade"] * 35
    stick = tube(path, radii, labels, exponent=2.6, round_ends=True)
    flat = block((9 * radius, radius, 9 * radius), 0.01, "blade")
    head = stick - flat.moved(x=4.3 * radius, y=-0.5 * radius - 0.6 * thick)
    core = tube(
        [(0, -2 * radius, radius), (0, 0, radius), (0, 2 * radius, radius)],
        radius + 0.55 * wide,
        "blade",
        up=UP,
        sides=64,
    )
    band = block((4 * radius, 9, 4 * radius), 0.01, "edge").moved(x=2.05 * radius) - core
    rest = head - band
    whole = rest + Solid.of((head & band).manifold, "edge")
    way = np.radians(turn / 2 - 90)
    out = np.array([np.cos(way), 0, np.sin(way)])
    toe = np.array([-out[2], 0, out[0]])
    low = np.array([0, 0, radius]) + (radius + wide) * out
    middle = np.array([0, -0.6 * thick, radius]) + radius * out
    uses = _blade_uses(out, toe, low, middle, 2 * radius, 2 * wide)
    return Blueprint(whole, uses)


def cricket_bat(rng: Rng) -> Blueprint:
    """Cricket bats: modern with a thick spine, thin and flat for the beach, old and curved."""
    style = str(rng.choice(["modern", "flat", "old"]))
    long = rng.uniform(42, 60)
    wide = long * rng.uniform(*{"flat": (0.09, 0.15)}.get(style, (0.075, 0.115)))
    side = wide * rng.uniform(0.15, 0.45)
    ridge = {"modern": wide * rng.uniform(0.3, 0.75), "old": 0.35 * wide}.get(style, 0.0)
    s = np.linspace(0, 1, 36)
    shoulder, toe = rng.uniform(0.06, 0.16), rng.uniform(0.4, 0.9)
    half = wide * smooth([(0, 0.35), (shoulder, 0.95), (0.3, 1), (0.96, 1), (1, toe)], s)
    if style == "old":
        half = wide * smooth([(0, 0.35), (0.5, 0.6), (0.9, 1), (1, toe)], s)
    swell = ridge * smooth([(0, 0.3), (rng.uniform(0.5, 0.8), 1), (1, 0.3)], s)
    edge = side * smooth([(0, 0.8), (0.6, 1), (1, 0.7)], s)
    bow = long * (rng.uniform(0.04, 0.1) if style == "old" else rng.uniform(0.0, 0.03)) * s**3
    ring = [(0 * s, edge + swell), (0.55 * half, edge + 0.35 * swell), (0.94 * half, edge)]
    ring += [(half, 0.5 * edge), (0.95 * half, 0 * s)]
    ring += [(-y, z) for y, z in ring[:0:-1]]
    grid = np.stack([columns(long * s, y, z - bow) for y, z in ring], axis=1)
    names = ["back", "back", "edge", "edge", "face", "edge", "edge", "back", "back"]
    body = skin(grid, np.array([names]), ("edge", "edge"))
    hold = grip(rng, long * rng.uniform(0.4, 0.6), 0.3 * wide, flat=1.0)
    length = float(hold.manifold.bounding_box()[3])
    handle = hold.moved(x=-length + 0.1 * long, z=0.5 * float(edge[3]))
    spot = 24
    at = (long * s[spot], 0, -float(bow[spot]))
    return Blueprint(union(body, handle), use("pound press", "face", at, 2 * wide, "flip:x"))
