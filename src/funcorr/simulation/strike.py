"""Pound and press: the transferred face drives a nail or a button along its slide."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from jaxtyping import Float

from funcorr.functions.frames import FunctionalFrame
from funcorr.geometry.symmetry import AXES, flips, free_axis
from funcorr.simulation.body import Body
from funcorr.simulation.scene import OBJECT, Run, Scene, build, quaternion
from funcorr.simulation.task import Action, Criterion, Measures, Task, along

START = 0.05
"""Metres between the believed face and the head before the blow."""

DEPTH = 0.025
"""How deep the believed face goes."""

OBLIQUE = 20.0
"""Degrees at most between the blow and the normal of what is touched first, and between the blow
and that which the object is made for: the edge of a shovel drives nails too."""

FACE_DOWN = np.array([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]])
"""Rotation that turns x, the direction of the blow, downwards."""


@dataclass(frozen=True)
class Target:
    """What is struck.

    Attributes:
        radius: of the round head in metres.
        friction: newtons that hold it.
        spring: newtons per metre that push it back.
        seconds: of the blow.
    """

    radius: float
    friction: float
    spring: float
    seconds: float


NAIL = Target(0.006, 4.0, 0.0, 0.1)
BUTTON = Target(0.012, 1.0, 200.0, 0.4)

SCENE = """
<mujoco>
  <option timestep=".001" integrator="implicitfast" iterations="30"/>
  <default><geom friction=".6 .01 .0001" condim="3" solref=".003 1"/></default>
  <worldbody>
    <light pos="0 -1 2" dir="0 .5 -1"/>
    <body name="arm" gravcomp="1">
      <joint name="blow" type="slide" axis="0 0 -1"/>
      <inertial pos="0 0 0" mass=".5" diaginertia=".01 .01 .01"/>
      <body name="{object}" gravcomp="1"/>
    </body>
    <body name="head" gravcomp="1">
      <joint name="head" type="slide" axis="0 0 -1" range="0 .03" limited="true"
             solreflimit=".003 1" frictionloss="{friction}" stiffness="{spring}" damping="2"/>
      <geom type="sphere" size="{radius}" pos="0 0 -{radius}" mass=".02"
            contype="2" conaffinity="1"/>
    </body>
  </worldbody>
  <actuator><position joint="blow" kp="4000" kv="80" forcerange="-60 60"/></actuator>
</mujoco>
"""


def attempt(
    target: Target, body: Body, function: str, action: Action, watch: object = None
) -> Measures:
    """Move the object straight down onto the head; the tool's origin is the face, x the blow."""
    run = Run(_scene(target, body), watch)  # type: ignore[arg-type]
    turn = FACE_DOWN @ action.rotation.T
    tool = run.model.body(OBJECT).id
    run.model.body_quat[tool] = quaternion(turn)
    run.model.body_pos[tool] = [0, 0, START] - turn @ (action.origin * body.length)
    run.forward()
    run.look()
    measures = {
        "start_penetration": float(run.contacts("head").depth.max(initial=0.0)),
        "turned": off_blow(body.asset.frames[function], action.rotation[:, 0]),
    }
    if measures["start_penetration"] > 0:
        return measures
    first: Measures = {}
    way = np.linspace(0, START + DEPTH, run.steps(target.seconds))
    touched = 0.0

    def drive(step: int) -> None:
        nonlocal touched
        run.data.ctrl[0] = way[min(step, len(way) - 1)]
        touched = max(touched, float(run.data.joint("head").qpos[0]))
        if not first and run.touches("head"):
            contacts = run.contacts("head")
            first["on_part"] = float(run.on_part(contacts, function)[0])
            first["obliquity"] = float(np.degrees(np.arccos(min(1, abs(contacts.normals[0, 2])))))

    run.go(len(way) + run.steps(0.1), drive)
    return measures | first | {"driven": touched}


def off_blow(frame: FunctionalFrame, blow: Float[np.ndarray, "3"]) -> float:
    """Degrees between a blow and the nearest one that does the frame's job by its symmetry.

    Args:
        frame: its x is the direction of the blow.
        blow: unit vector in the object's coordinates.
    """
    here, axis = frame.axes.T @ blow, free_axis(frame.symmetry)
    free = np.array([axis != "" and each != axis for each in AXES])
    cosines = [
        float(here[~free] @ right[~free] + np.linalg.norm(here[free]) * np.linalg.norm(right[free]))
        for right in (flip[:, 0] for flip in flips(frame.symmetry))
    ]
    return float(np.degrees(np.arccos(np.clip(max(cosines), -1, 1))))


@lru_cache(maxsize=8)
def _scene(target: Target, body: Body) -> Scene:
    mjcf = SCENE.format(
        object=OBJECT, radius=target.radius, friction=target.friction, spring=target.spring
    )
    return build(mjcf, body)


def _task(name: str, target: Target) -> Task:
    criteria = (
        Criterion("start_penetration", at_most=0.0),
        Criterion("on_part", at_least=1.0),
        Criterion("obliquity", at_most=OBLIQUE),
        Criterion("turned", at_most=OBLIQUE),
        Criterion("driven", at_least=0.8 * DEPTH),
    )
    face = along((0, 0, 0), x=(1, 0, 0), y=(0, 1, 0))
    return Task(name, (f"{name}-with",), (face,), criteria, partial(attempt, target))


POUND, PRESS = _task("pound", NAIL), _task("press", BUTTON)
