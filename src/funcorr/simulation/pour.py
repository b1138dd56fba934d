"""Pour: a vessel with balls in it is tilted about the transferred lip, over a cup."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation, Slerp

from funcorr.errors import require
from funcorr.functions.frames import FunctionalFrame
from funcorr.simulation.body import Body
from funcorr.simulation.scene import OBJECT, Run, Scene, build
from funcorr.simulation.task import Action, Criterion, Measures, Task, Watch, along

TILT = 165.0
"""Degrees."""

DURATION = 2.0
"""Seconds of the tilt; turning the vessel upright first goes at the same speed."""

CUP_RADII = (0.02, 0.03)
"""Least and greatest; between them the radius of the mouth."""

CUP_DEPTH = 0.08
CUP_BELOW = 0.025
"""Metres from the lip down to the rim of the cup."""

CUP_AHEAD = 0.8
"""Middle of the cup in front of the lip at the end, in radii of the cup."""

WAY = ((0, -0.06, 0.04), (40, -0.03, 0.02), (65, 0.0, 0.0), (TILT, 0.0, 0.0))
"""Tilt in degrees -> the lip's place before and above its last one, in metres: the vessel comes
near when its wall has left the space that the cup stands in."""

CUP_WALLS = 10
BALL = 0.006
"""Largest radius of a ball; a third of the mouth's radius where that is less."""

FILLED = 1 / 3
BALLS = (6, 16)
LED = 1000.0
"""Kilograms of the vessel: whatever the balls do, it keeps to its way."""

SCENE = f"""
<mujoco>
  <option timestep=".002" integrator="implicitfast" iterations="20"/>
  <default><geom friction=".6 .005 .0001" condim="3" solref=".004 1"/></default>
  <worldbody>
    <light pos="0 -1 2" dir="0 .5 -1"/>
    <body name="{OBJECT}" gravcomp="1">
      <freejoint/>
      <inertial pos="0 0 0" mass="{LED}" diaginertia="{LED} {LED} {LED}"/>
    </body>
    <body name="cup"/>
  </worldbody>
</mujoco>
"""


class Filling(NamedTuple):
    """Balls at rest in a vessel.

    Attributes:
        centers: N x 3 in metres, in the vessel's coordinates.
        radius: of a ball.
    """

    centers: Float[np.ndarray, "n 3"]
    radius: float


class _Pouring(NamedTuple):
    """What the trials with one vessel share."""

    scene: Scene
    filling: Filling
    cup: float


def attempt(body: Body, function: str, action: Action, watch: Watch | None = None) -> Measures:
    """Turn the believed mouth upright, then tilt it over the believed lip.

    The tool's origin is the lip, its x the direction in which it pours, its z the outflow of the
    mouth. The lip stands over the near side of the cup all the time.
    """
    pouring = _pouring(body, function)
    if pouring is None:
        return {"filled": 0.0}
    run = Run(pouring.scene, watch)
    lip = action.origin * body.length
    upright = Rotation.from_matrix(action.rotation.T)
    start = _unswung(upright)
    _fill(run, start, lip, pouring.filling.centers)
    measures = {"filled": 1.0, "cup_contact": 0.0}
    _turn(run, lip, start, upright, measures)
    measures["kept"] = float(_inside(run).mean())
    if measures["kept"] < KEPT:
        return measures
    _tilt(run, lip, upright, measures)
    _rest(run, 0.4)
    measures["in_cup"] = float(_in_cup(run, pouring.cup).mean())
    return measures


def _turn(run: Run, lip: np.ndarray, start: Rotation, stop: Rotation, measures: Measures) -> None:
    """Turn the vessel upright about the lip, before the tilt."""
    seconds = DURATION * np.degrees((stop * start.inv()).magnitude()) / TILT
    path = Slerp([0, 1], Rotation.concatenate([start, stop]))
    _lead(run, lip, path(np.linspace(0, 1, run.steps(seconds) + 1)), measures)


def _tilt(run: Run, lip: np.ndarray, upright: Rotation, measures: Measures) -> None:
    angles = np.linspace(0, TILT, run.steps(DURATION) + 1)
    turns = Rotation.from_euler("y", angles[:, None], degrees=True) * upright
    _lead(run, lip, turns, measures, angles)


def _lead(
    run: Run,
    lip: np.ndarray,
    turns: Rotation,
    measures: Measures,
    angles: np.ndarray | float = 0.0,
) -> None:
    """Lead the vessel along rotations, one a step, at their tilts; notes a touch of the cup."""
    step = run.model.opt.timestep
    poses = _poses(turns, lip, np.broadcast_to(angles, len(turns)))
    moves = np.diff(poses[:, :3], axis=0) / step
    spins = (turns[:-1].inv() * turns[1:]).as_rotvec() / step
    qpos, qvel = run.data.qpos[:7], run.data.qvel[:6]

    def drive(number: int) -> None:
        qpos[:] = poses[number]
        qvel[:3], qvel[3:] = moves[number], spins[number]
        if number % 4 == 0 and run.touches("cup"):
            measures["cup_contact"] = 1.0

    run.go(len(moves), drive)
    qvel[:] = 0


def _poses(turns: Rotation, lip: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """``x y z`` and quaternion of the vessel with its lip on the way."""
    way = np.array(WAY)
    place = [np.interp(angles, way[:, 0], way[:, column]) for column in (1, 2)]
    at = np.stack([place[0], np.zeros_like(angles), place[1]], axis=1)
    return np.concatenate([at - turns.apply(lip), np.roll(turns.as_quat(), 1, axis=1)], axis=1)


def _unswung(turn: Rotation) -> Rotation:
    """The same heading with the object upright, as it stands on a table."""
    up = turn.as_matrix()[:, 2]
    axis = np.cross([0.0, 0.0, 1.0], up)
    length = np.linalg.norm(axis)
    if length < 1e-9:  # upright, or upside down
        return turn if up[2] > 0 else turn * Rotation.from_euler("x", 180, degrees=True)
    return Rotation.from_rotvec(axis / length * np.arctan2(length, up[2])).inv() * turn


def _fill(run: Run, turn: Rotation, lip: np.ndarray, centers: np.ndarray) -> None:
    """Put the vessel at its start and the balls where they are in its coordinates."""
    [pose] = _poses(Rotation.concatenate([turn]), lip, np.zeros(1))
    run.data.qpos[:7] = pose
    _balls(run)[:] = turn.apply(centers) + pose[:3]


def _rest(run: Run, seconds: float) -> None:
    """Hold the vessel still."""
    pose = run.data.qpos[:7].copy()

    def drive(_: int) -> None:
        run.data.qpos[:7], run.data.qvel[:6] = pose, 0

    run.go(run.steps(seconds), drive)


def _balls(run: Run) -> np.ndarray:
    return run.data.qpos[7:].reshape(-1, 7)[:, :3]


def _inside(run: Run) -> np.ndarray:
    """Which balls are within the vessel's bounding box."""
    body = run.scene.body
    rotation, position = run.pose()
    centers = (_balls(run) - position) @ rotation / body.length
    low, high = body.asset.mesh.bounds
    return np.all((centers > low) & (centers < high), axis=1)


def _in_cup(run: Run, radius: float) -> np.ndarray:
    x, y, z = _balls(run).T
    below = (z < -CUP_BELOW) & (z > -CUP_BELOW - CUP_DEPTH)
    return below & (np.hypot(x - CUP_AHEAD * radius, y) < radius)


@lru_cache(maxsize=8)
def _pouring(body: Body, function: str) -> _Pouring | None:
    """The scene of a vessel, or None where no balls stay in it."""
    frame = body.asset.frames[function]
    radius = float(np.clip(frame.size * body.length / 2, *CUP_RADII))
    filling = _filling(body, frame)
    if len(filling.centers) < BALLS[0]:
        return None
    scene = build(SCENE, body, lambda spec: _add(spec, radius, filling))
    run = Run(scene)
    far = np.array([1.0, 0, 0])  # from the cup
    _fill(run, Rotation.identity(), far, filling.centers)
    _rest(run, 0.4)
    if _inside(run).mean() < KEPT:
        return None
    settled = _balls(run) - run.data.qpos[:3]
    return _Pouring(scene, Filling(settled, filling.radius), radius)


def _add(spec: Any, radius: float, filling: Filling) -> None:
    """The cup and the balls."""
    mujoco = require("mujoco", extra="simulation")
    cup, wall = spec.body("cup"), 0.002
    middle = np.array([CUP_AHEAD * radius, 0, -CUP_BELOW - CUP_DEPTH / 2])
    common = {"contype": 2, "conaffinity": 1, "rgba": (0.4, 0.6, 0.9, 0.5)}
    for angle in np.arange(CUP_WALLS) * 2 * np.pi / CUP_WALLS:
        out = np.array([np.cos(angle), np.sin(angle), 0])
        half = (radius + 2 * wall) * np.tan(np.pi / CUP_WALLS)
        cup.add_geom(
            type=mujoco.mjtGeom.mjGEOM_BOX,
            size=(wall, half, CUP_DEPTH / 2),
            pos=middle + (radius + wall) * out,
            quat=(np.cos(angle / 2), 0, 0, np.sin(angle / 2)),
            **common,
        )
    cup.add_geom(
        type=mujoco.mjtGeom.mjGEOM_CYLINDER,
        size=(radius, wall, 0),
        pos=middle - [0, 0, CUP_DEPTH / 2],
        **common,
    )
    for number in range(len(filling.centers)):
        ball = spec.worldbody.add_body(name=f"ball-{number}")
        ball.add_freejoint()
        ball.add_geom(
            type=mujoco.mjtGeom.mjGEOM_SPHERE,
            size=(filling.radius, 0, 0),
            density=1000,
            contype=3,
            conaffinity=3,
            rgba=(0.2, 0.3, 0.8, 1),
        )


def _filling(body: Body, frame: FunctionalFrame) -> Filling:
    """Balls in layers on the axis below the mouth, from the floor up to a third of the depth."""
    off_seams = frame.axes @ np.array([0.013, 0.007, 0]) * frame.size  # where pieces meet
    mouth, inward = (frame.origin + off_seams) * body.length, -frame.axes[:, 2]
    radius = min(BALL, frame.size * body.length / 12)
    empty = Filling(np.zeros((0, 3)), radius)
    run = Run(build(f'<mujoco><worldbody><body name="{OBJECT}"/></worldbody></mujoco>', body))
    run.forward()
    depth = _ray(run, mouth, inward)
    if depth is None:
        return empty
    centers: list[np.ndarray] = []
    for down in np.arange(depth - 1.2 * radius, (1 - FILLED) * depth, -2.1 * radius):
        centers += _layer(run, mouth + down * inward, frame, radius)
    return Filling(np.array(centers[: BALLS[1]]).reshape(-1, 3), radius)


def _layer(run: Run, middle: np.ndarray, frame: FunctionalFrame, radius: float) -> list[np.ndarray]:
    """As many balls about the axis as rings fit between the walls: 1, 7, 19 ..."""
    turns = np.arange(8) * np.pi / 4
    out = np.cos(turns)[:, None] * frame.axes[:, 0] + np.sin(turns)[:, None] * frame.axes[:, 1]
    found = [_ray(run, middle, direction) for direction in out]
    clear = min((each for each in found if each is not None), default=0.0)
    if None in found or clear < 1.05 * radius:
        return []
    centers = [middle]
    for ring in range(1, int((clear - 1.05 * radius) / (2.1 * radius)) + 1):
        turns = np.arange(6 * ring) * np.pi / 3 / ring
        sides = (
            np.cos(turns)[:, None] * frame.axes[:, 0] + np.sin(turns)[:, None] * frame.axes[:, 1]
        )
        centers += list(middle + 2.1 * radius * ring * sides)
    return centers


def _ray(run: Run, start: np.ndarray, direction: np.ndarray) -> float | None:
    """Distance to the vessel along a ray, or None."""
    mujoco = require("mujoco", extra="simulation")
    geom = np.zeros(1, dtype=np.int32)
    distance = mujoco.mj_ray(run.model, run.data, start, direction, None, 1, -1, geom)
    return None if distance < 0 else float(distance)


KEPT = 0.9

POUR = Task(
    "pour",
    ("pour-with",),
    (along((0.5, 0, 0), x=(1, 0, 0), z=(0, 0, 1)),),
    (
        Criterion("filled", at_least=1),
        Criterion("cup_contact", at_most=0),
        Criterion("kept", at_least=KEPT),
        Criterion("in_cup", at_least=0.8),
    ),
    attempt,
)
