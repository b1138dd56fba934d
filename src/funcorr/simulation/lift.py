"""Lift: a parallel gripper closes at the transferred grasp and raises the object."""

from __future__ import annotations

from functools import lru_cache
from itertools import product

import numpy as np

from funcorr.simulation.body import Body
from funcorr.simulation.scene import OBJECT, Run, Scene, build, quaternion
from funcorr.simulation.task import Action, Criterion, Measures, Task, Watch, along

WIDEST = 0.08
"""Metres between the open jaws."""

FORCE = 20.0
"""Newtons of each jaw."""

RAISE = 0.15
APPROACH = 0.06
APPROACH_LOOKS = 4
PENETRATION = 0.002

SCENE = f"""
<mujoco>
  <option timestep=".002" integrator="implicitfast" cone="elliptic" impratio="5"
          iterations="30"/>
  <default>
    <geom contype="2" conaffinity="1" condim="4" friction=".6 .01 .0001"
          solref=".004 1" solimp=".95 .99 .001"/>
    <joint solreflimit=".004 1"/>
  </default>
  <worldbody>
    <light pos="0 -1 2" dir="0 .5 -1"/>
    <body name="{OBJECT}"><freejoint/></body>
    <body name="carriage" gravcomp="1">
      <joint name="lift" type="slide" axis="0 0 1"/>
      <inertial pos="0 0 0" mass=".5" diaginertia=".01 .01 .01"/>
      <body name="hand" gravcomp="1">
        <geom type="box" size=".01 .055 .008" pos="0 0 -.045" mass=".1"/>
        <body name="left" gravcomp="1">
          <joint name="left" type="slide" axis="0 -1 0" range="0 .039" damping="100"/>
          <geom type="box" size=".008 .005 .022" pos="0 .045 -.015" mass=".05"/>
        </body>
        <body name="right" gravcomp="1">
          <joint name="right" type="slide" axis="0 1 0" range="0 .039" damping="100"/>
          <geom type="box" size=".008 .005 .022" pos="0 -.045 -.015" mass=".05"/>
        </body>
      </body>
    </body>
  </worldbody>
  <equality>
    <joint joint1="left" joint2="right"/>
  </equality>
  <actuator>
    <position joint="lift" kp="5000" kv="200"/>
    <motor joint="left"/>
    <motor joint="right"/>
  </actuator>
</mujoco>
"""


def attempt(body: Body, function: str, action: Action, watch: Watch | None = None) -> Measures:
    """Grasp an object that a fixture holds, take it out and raise it.

    The tool's z is the direction of approach, its y that in which the jaws close, its origin the
    point between their tips.
    """
    run = Run(_scene(body), watch)
    measures = {"start_penetration": _approach(run, action)}
    if measures["start_penetration"] > PENETRATION:
        return measures
    run.data.ctrl[1:] = FORCE
    run.go(run.steps(0.35), lambda _: _hold(run))
    touching = [run.on_part(run.contacts(jaw), function) for jaw in ("left", "right")]
    measures["on_part"] = min(float(hits.mean()) if len(hits) else 0.0 for hits in touching)
    if not all(len(hits) for hits in touching):
        return measures
    height, upright = run.center_of_mass()[2], run.pose()[0]
    way = np.linspace(0, RAISE, run.steps(0.6))
    run.go(len(way), lambda step: run.data.ctrl.__setitem__(0, way[step]))
    run.go(run.steps(0.25))
    turned = run.pose()[0] @ upright.T
    measures["raised"] = float(run.center_of_mass()[2] - height)
    measures["tilt"] = float(np.degrees(np.arccos(np.clip(turned[2, 2], -1, 1))))
    return measures


def _hold(run: Run) -> None:
    """Keep the object where the fixture has it."""
    run.data.qpos[:7], run.data.qvel[:6] = (0, 0, 0, 1, 0, 0, 0), 0


@lru_cache(maxsize=16)
def _scene(body: Body) -> Scene:
    return build(SCENE, body)


def _approach(run: Run, action: Action) -> float:
    """Bring the open hand to the grasp; how deep it met the object on the way, in metres."""
    rotation, goal = action.rotation, action.origin * run.scene.body.length
    hand = run.model.body("hand").id
    run.model.body_quat[hand] = quaternion(rotation)
    run.data.joint("left").qpos[:] = run.data.joint("right").qpos[:] = (WIDEST - action.opening) / 2
    deepest = 0.0
    for back in np.linspace(APPROACH, 0, APPROACH_LOOKS):
        run.model.body_pos[hand] = goal - back * rotation[:, 2]
        run.forward()
        depth = run.contacts("hand", "left", "right").depth
        deepest = max(deepest, float(depth.max(initial=0.0)))
        run.look()
    return deepest


def _grasps() -> tuple[Action, ...]:
    """Grasps to try on the object of a demonstration, the most usual first."""
    loop = [
        along((0, 0, reach), opening, z=(0, 0, -1), y=(0, 1, 0))
        for opening, reach in product((0.08, 0.04), (0.5, 0.6))
    ]
    rim = [
        along((reach, 0, deep), opening, z=(0, 0, -1), y=(1, 0, 0))
        for opening, reach, deep in product((0.04, 0.08), (0.5, 0.46), (-0.05, -0.12))
    ]
    whole = [
        along((0, 0, 0), 0.08, z=approach, y=closing)
        for approach, closing in (
            ((0, 0, -1), (0, 1, 0)),
            ((0, 0, -1), (1, 0, 0)),
            ((-1, 0, 0), (0, 1, 0)),
            ((-1, 0, 0), (0, 0, 1)),
            ((0, 0, 1), (0, 1, 0)),
            ((0, 1, 0), (0, 0, 1)),
            ((0, -1, 0), (0, 0, 1)),
        )
    ]
    return (*loop, *rim, *whole)


LIFT = Task(
    "lift",
    (),
    _grasps(),
    (
        Criterion("start_penetration", at_most=PENETRATION),
        Criterion("on_part", at_least=0.5),
        Criterion("raised", at_least=0.08),
        Criterion("tilt", at_most=45),
    ),
    attempt,
)
