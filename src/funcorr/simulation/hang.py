"""Hang: an object is led onto a peg at the transferred loop or hook, and let go."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.spatial.transform import Rotation

from funcorr.errors import require
from funcorr.simulation.body import Body
from funcorr.simulation.scene import OBJECT, Run, Scene, build, quaternion
from funcorr.simulation.task import Action, Criterion, Measures, Task, Watch, along

PEG = 0.0025
"""Radius in metres."""

REACH = 0.03
"""How far the peg's end is beyond the point of contact at the end of the approach."""

APPROACH = 0.05
FORCE = 10.0
"""Newtons with which the object is led at most."""

TORQUE = 0.5
STIFF = 40.0
"""Frequency of the leading spring, per second."""

PENETRATION = 0.002

SCENE = f"""
<mujoco>
  <option timestep=".002" integrator="implicitfast" iterations="30"/>
  <default><geom friction=".6 .01 .0001" condim="4" solref=".006 1"/></default>
  <worldbody>
    <light pos="0 -1 2" dir="0 .5 -1"/>
    <body name="{OBJECT}"><joint type="free" damping=".0005"/></body>
    <body name="peg">
      <geom type="capsule" size="{PEG}" fromto="0 {-REACH} 0 0 .15 0" contype="2" conaffinity="1"/>
    </body>
  </worldbody>
</mujoco>
"""


def attempt(body: Body, function: str, action: Action, watch: Watch | None = None) -> Measures:
    """Lead the object along the peg, which lies along y, and let go.

    The tool is the peg's axis at the end of the approach: origin on it, y from its end to its
    root, z up, towards the contact.
    """
    run = Run(_scene(body), watch)
    turn = action.rotation.T
    goal = -turn @ (action.origin * body.length)
    start = goal - np.array([0, APPROACH + REACH, 0])
    run.data.qpos[:] = [*start, *quaternion(turn)]
    run.forward()
    run.look()
    depth = run.contacts("peg").depth
    measures = {"start_penetration": float(depth.max(initial=0.0))}
    if measures["start_penetration"] > PENETRATION:
        return measures
    _lead(run, turn, np.linspace(start, goal, run.steps(0.5)))
    measures["short"] = float(np.linalg.norm(run.pose()[1] - goal))
    height = run.center_of_mass()[2]
    run.data.qfrc_applied[:] = 0
    run.go(run.steps(1.5))
    contacts = run.contacts("peg")
    measures["dropped"] = float(height - run.center_of_mass()[2])
    measures["speed"] = float(np.linalg.norm(run.data.qvel[:3]))
    on_part = run.on_part(contacts, function)
    measures["on_part"] = float(on_part.mean()) if len(on_part) else 0.0
    return measures


def _lead(run: Run, turn: np.ndarray, way: np.ndarray) -> None:
    """Draw the object along a way by a damped spring of limited force."""
    mujoco = require("mujoco", extra="simulation")
    model, data = run.model, run.data
    inertia = np.zeros((model.nv, model.nv))
    goal = Rotation.from_matrix(turn)

    def drive(step: int) -> None:
        mujoco.mj_fullM(model, data, inertia)
        now = Rotation.from_quat(np.roll(data.qpos[3:], -1))
        error = np.concatenate([way[step] - data.qpos[:3], (now.inv() * goal).as_rotvec()])
        pull = inertia @ (STIFF**2 * error - 2 * STIFF * data.qvel)
        for part, most in ((slice(0, 3), FORCE), (slice(3, 6), TORQUE)):
            pull[part] *= min(1.0, most / max(float(np.linalg.norm(pull[part])), 1e-12))
        data.qfrc_applied[:] = pull + data.qfrc_bias

    run.go(len(way), drive)


@lru_cache(maxsize=8)
def _scene(body: Body) -> Scene:
    return build(SCENE, body)


HANG = Task(
    "hang",
    ("hang-onto", "pull-with"),
    tuple(
        along((0, 0, height), y=(0, side, 0), z=(0, 0, 1))
        for height in (0.35, 0.25, 0.1, 0.0)
        for side in (1, -1)
    ),
    (
        Criterion("start_penetration", at_most=PENETRATION),
        Criterion("dropped", at_most=0.03),
        Criterion("on_part", at_least=1.0),
        Criterion("speed", at_most=0.1),
    ),
    attempt,
)
