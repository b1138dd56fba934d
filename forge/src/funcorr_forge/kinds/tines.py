"""Rows of tines and wires: fork, pitchfork, rake, comb, whisk. Working end at +x or down."""

from __future__ import annotations

import numpy as np

from funcorr_forge.curves import ASIDE, DOWN, FORWARD, UP, Numbers, Rng, bezier, columns, smooth
from funcorr_forge.registry import Blueprint, kind
from funcorr_forge.shapes import grip, pole, sheet
from funcorr_forge.solids import Solid, block, tube, union
from funcorr_forge.uses import BOTH_SIDES, Uses, use


@kind("fork", family="tines")
def fork(rng: Rng) -> Blueprint:
    """Forks: two to four tines, table, serving or carving."""
    wide = rng.uniform(1.0, 1.4)
    reach = wide * rng.uniform(2.6, 4.2)
    root = wide * rng.uniform(1.2, 2.4)
    dip = wide * rng.uniform(0.15, 0.5)
    thick = rng.uniform(0.14, 0.22)
    s = np.linspace(0, 1, 24)
    half = wide * smooth([(0, 0.22), (0.45, 0.85), (0.8, 1.0), (1, 1.0)], s)
    drop = -dip * smooth([(0, 0), (1, 1)], s)
    palm = sheet((s - 1) * root, half, drop, 0.04 * wide, thick, ["palm"] * 23)
    handle = _fork_handle(rng, root, wide, thick)
    uses = use("pierce poke mix", "tines", (reach, 0, 0.1 * dip), reach)
    return Blueprint(union(palm, *_tines(rng, wide, reach, dip, thick), handle), uses)


def _tines(rng: Rng, wide: float, reach: float, dip: float, thick: float) -> list[Solid]:
    count = int(rng.choice([2, 3, 4, 4, 4]))
    width = wide / count * rng.uniform(0.5, 0.62)
    taper = smooth([(0, 1.0), (0.7, 0.85), (1, 0.3)], np.linspace(0, 1, 20))[:, None]
    bend = [(-0.2, -1.0), (0.4 * reach, -1.2), (0.75 * reach, -0.8), (reach, 0.1)]
    radii = np.array([[0.55 * thick, width]]) * taper
    rows = np.linspace(-wide + width, wide - width, count)
    paths = [bezier([(x, y, z * dip) for x, z in bend], 20) for y in rows]
    return [tube(path, radii, "tines", sides=14, exponent=3.0) for path in paths]


def _fork_handle(rng: Rng, root: float, wide: float, thick: float) -> Solid:
    length = wide * rng.uniform(7, 11)
    bow = [(0.3, 0.0), (-0.2 * length, 0.1), (-0.6 * length, 0.06), (-length, 0.0)]
    path = bezier([(x - root, 0, z * length) for x, z in bow], 34)
    knots = [(0, 0.22), (0.5, 0.2), (0.85, rng.uniform(0.3, 0.55)), (1, 0.3)]
    flare = wide * smooth(knots, np.linspace(0, 1, 34))
    radii = columns(0.7 * thick, flare)
    return tube(path, radii, "handle", exponent=3.0, round_ends=True)


@kind("pitchfork", family="tines")
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


@kind("rake", family="tines")
def rake(rng: Rng) -> Blueprint:
    """Rakes: a bar with short teeth, or a fan of springy tines."""
    return _bar_rake(rng) if rng.random() < 0.5 else _fan_rake(rng)


def _rake_uses(edge: Numbers, down: Numbers, width: float) -> Uses:
    uses = use("scrape", "teeth", edge, width, x=down, y=ASIDE)
    return uses | use("sweep", "teeth", edge, width, z=down, x=ASIDE)


def _bar_rake(rng: Rng) -> Blueprint:
    wide = rng.uniform(13, 22)
    count = int(rng.integers(9, 17))
    long, thin = wide * rng.uniform(0.25, 0.42), wide / count * rng.uniform(0.3, 0.45)
    bow = rng.uniform(-0.3, 0.2) * long
    path = bezier([(0, 0.3 * thin), (0.1 * long, -0.4 * long), (bow, -long)], 10)
    taper = thin * np.linspace(1, 0.35, 10)
    tine = tube(path, columns(taper, 0.7 * taper), "teeth", sides=10, exponent=3.0)
    teeth = [tine.moved(y=y) for y in np.linspace(-wide + thin, wide - thin, count)]
    bar = block((2.6 * thin, 2 * wide, 2.2 * thin), 0.6 * thin, "head")
    stick, thick = wide * rng.uniform(5, 8), wide * rng.uniform(0.05, 0.075)
    pieces = [*teeth, bar, pole(rng, stick, thick).moved(x=-0.5 * wide)]
    line = [(-0.8 * wide, 0, 0), (-0.4 * wide, 0, 0), (0, 0, 0)]
    pieces.append(tube(line, [1.2 * thick, thick, 0.8 * thin], "shaft"))
    if rng.random() < 0.6:
        control = [(-0.55 * wide, 0, 0), (-0.4 * wide, 0.5 * wide, 0), (-0.3 * wide, wide, 0)]
        arm = bezier([*control, (0, 0.9 * wide, 0)], 22)
        brace = tube(arm, 0.7 * thin, "shaft", up=UP, sides=12)
        pieces += [brace, brace.scaled(y=-1.0)]
    return Blueprint(union(*pieces), _rake_uses((bow, 0, -long), DOWN, 2 * wide))


def _fan_rake(rng: Rng) -> Blueprint:
    long = rng.uniform(26, 42)
    half_angle = np.radians(rng.uniform(22, 42))
    count = int(rng.integers(11, 21))
    thin = long * rng.uniform(0.007, 0.011)
    drop, bend = long * rng.uniform(0.08, 0.16), long * rng.uniform(0.0, 0.06)
    curve = [(-0.02 * long, 0), (0.5 * long, bend), (0.9 * long, 0.6 * bend), (1.06 * long, bend)]
    curve += [(long, -drop)]
    flat = thin * rng.uniform(1.0, 2.2)
    tine = tube(bezier(curve, 26), [(thin, flat)], "teeth", sides=10, exponent=3.0)
    angles = np.degrees(np.linspace(-half_angle, half_angle, count))
    pieces = [tine.turned(z=float(a)) for a in angles]
    for at in rng.uniform([0.3, 0.6], [0.4, 0.75])[: int(rng.integers(1, 3))]:
        turn = np.linspace(-1.04, 1.04, 30) * half_angle
        z = float(np.interp(at * long, *bezier(curve, 80)[:60, [0, 2]].T))
        arch = columns(at * long * np.cos(turn), at * long * np.sin(turn), z)
        pieces.append(tube(arch, 1.3 * thin, "head", up=UP, sides=10))
    hub = block((0.16 * long, 0.13 * long, 0.05 * long), 0.02 * long, "head")
    stick = pole(rng, long * rng.uniform(2.2, 3.6), long * rng.uniform(0.026, 0.04))
    uses = _rake_uses((long, 0, -drop), (0.4, 0, -0.9), 2 * long * np.sin(half_angle))
    return Blueprint(union(*pieces, hub, stick), uses)


@kind("comb", family="tines")
def comb(rng: Rng) -> Blueprint:
    """Combs: pocket, tail, wide-toothed with a handle, two-sided, afro pick."""
    style = str(rng.choice(["pocket", "tail", "handle", "double", "pick"]))
    long = rng.uniform(9, 15) * (0.5 if style == "pick" else 1.0)
    teeth = long * rng.uniform(*{"pick": (0.9, 1.8), "double": (0.1, 0.18)}.get(style, (0.1, 0.24)))
    spine = teeth * rng.uniform(*{"pick": (0.15, 0.35)}.get(style, (0.3, 0.8)))
    thick = long * rng.uniform(0.012, 0.03)
    count = int(rng.integers(*{"pick": (6, 13), "handle": (11, 22)}.get(style, (22, 44))))
    row = _comb_teeth(rng, long, teeth, thick, count, style == "pocket" and rng.random() < 0.6)
    pieces = [row, _comb_back(rng, style, long, spine, thick)]
    if style == "double":
        other = _comb_teeth(rng, long, teeth, thick, int(1.6 * count), False)
        pieces.append(other.turned(y=180.0).moved(z=spine))
    guard = block((1.1 * long / count, 1.6 * thick, 0.96 * teeth), 0.4 * thick, "back")
    pieces += [guard.moved(x=a * long / 2, z=-0.46 * teeth) for a in (-1, 1)]
    if style == "double":
        pieces += [piece.moved(z=spine + 0.92 * teeth) for piece in pieces[-2:]]
    return _comb_uses(union(*pieces), long, teeth, spine, style)


def _comb_uses(whole: Solid, long: float, teeth: float, spine: float, style: str) -> Blueprint:
    """Scrape and stroke with the ends of the teeth; a pick has them at +x, others at -z."""
    out, along, at = DOWN, FORWARD, np.array([0, 0, -teeth])
    if style == "pick":
        whole, out, along, at = whole.turned(y=-90.0), FORWARD, UP, np.array([teeth, 0, 0])
    turns, pivot = ("none", "flip:z"), None
    if style == "double":
        turns, pivot = (BOTH_SIDES, "flip:x+flip:z"), (0, 0, spine / 2)
    uses = use("scrape", "teeth", at, long, turns[0], pivot, x=out, y=along)
    return Blueprint(whole, uses | use("brush", "teeth", at, long, turns[1], pivot, z=out, x=along))


def _comb_teeth(rng: Rng, long: float, deep: float, thick: float, count: int, mixed: bool) -> Solid:
    """A row of prongs below z = 0, the second half of it closer together if mixed."""
    steps = np.ones(count)
    if mixed:
        steps[count // 2 :] = 0.5
    x = np.cumsum(steps) - steps / 2
    x, pitch = long * (x / steps.sum() - 0.5), long * steps / steps.sum()
    share = rng.uniform(0.5, 0.65)
    arch = 1 - rng.uniform(0.0, 0.12) * np.abs(2 * x / long) ** 2
    path = np.array([(0, 0, 0.2), (0, 0, -0.3), (0, 0, -0.75), (0, 0, -1)])
    taper = np.array([1.0, 0.95, 0.7, 0.25])[:, None]
    tine = np.array([[0.5, thick]])
    teeth = []
    for at, p, a in zip(x, pitch, arch, strict=True):
        radii = tine * [share * p, 1] * taper
        teeth.append(tube(path * deep * a, radii, "teeth", sides=10, exponent=4.0).moved(x=at))
    return union(*teeth)


def _comb_back(rng: Rng, style: str, long: float, spine: float, thick: float) -> Solid:
    """The bar above the teeth, and a tail or a handle."""
    bar = block((1.06 * long, 3 * thick, spine), 1.2 * thick, "back").moved(z=spine / 2)
    if style == "pick":
        size = long * rng.uniform(0.25, 0.4)
        t = np.linspace(0, 1, 20)
        path = columns(0, 0, 0.5 * spine + t * long * rng.uniform(0.5, 1.1))
        wide = size * smooth([(0, 1.3), (0.4, rng.uniform(0.4, 0.9)), (1, 1)], t)
        radii = columns(wide, 1.8 * thick)
        return bar + tube(path, radii, "handle", exponent=3.0, round_ends=True)
    if style in ("tail", "handle"):
        reach = long * rng.uniform(0.6, 1.0)
        t = np.linspace(0, 1, 24)
        broad = spine * (0.5 if style == "tail" else rng.uniform(0.5, 0.8))
        end = 0.12 if style == "tail" else rng.uniform(0.7, 1.1)
        path = columns(-0.45 * long - t * reach, 0, 0.5 * spine)
        high = broad * smooth([(0, 1), (0.3, 0.8), (1, end)], t)
        radii = columns(high, np.minimum(1.6 * thick, high))
        return bar + tube(path, radii, "handle", exponent=3.0, round_ends=True)
    return bar


@kind("whisk", family="tines")
def whisk(rng: Rng) -> Blueprint:
    """Whisks: loops of wire around the axis of a handle; balloon or flat."""
    length = rng.uniform(10, 18)
    wide = length * rng.uniform(0.16, 0.32)
    wire = length * rng.uniform(0.007, 0.012)
    loops = int(rng.integers(4, 8))
    root = 0.12 * wide
    bow = [(-0.1, root), (0.25, 0.5 * wide), (0.7, 2.0 * wide), (1.12, 0.9 * wide), (1.0, 0.0)]
    half = bezier([(x * length, 0, z) for x, z in bow], 26)
    path = np.concatenate([half, (half * [1, 1, -1])[-2::-1]])
    loop = tube(path, wire, "wires", sides=10)
    turned = [loop.turned(x=180.0 * k / loops) for k in range(loops)]
    balloon = union(*turned)
    flat = rng.random() < 0.25
    if flat:
        balloon = balloon.scaled(y=0.35)
    hold = length * rng.uniform(0.8, 1.2)
    handle = pole(rng, hold, 2.5 * root + 4 * wire)
    symmetry = "flip:x" if flat else "axis:x"
    uses = use("mix", "wires", (length, 0, 0), 2 * wide, symmetry)
    return Blueprint(union(balloon, handle), uses)
