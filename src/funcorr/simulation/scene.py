"""A task's scene around one body, compiled once, and a run in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from funcorr.errors import require
from funcorr.simulation.body import DENSITY, Body

OBJECT = "object"
"""The body of every scene that is the asset."""

WATCHED = 0.05
"""Seconds between two looks of a watcher."""

Drive = Callable[[int], None]


@dataclass(frozen=True, eq=False)
class Scene:
    """A compiled MuJoCo model with one asset in it.

    Attributes:
        body: the asset.
        model: ``mujoco.MjModel``; trials write the poses of tools into it.
        data: ``mujoco.MjData``, reset before every trial.
    """

    body: Body
    model: Any
    data: Any


class Contacts(NamedTuple):
    """Where two bodies touch.

    Attributes:
        points: N x 3 in metres, in the coordinates of the asset.
        normals: N x 3 in the world.
        depth: N, how deep they overlap in metres, below 0 where they only nearly touch.
    """

    points: Float[np.ndarray, "n 3"]
    normals: Float[np.ndarray, "n 3"]
    depth: Float[np.ndarray, " n"]


def build(mjcf: str, body: Body, add: Callable[[Any], None] | None = None) -> Scene:
    """Compile a scene.

    Args:
        mjcf: the scene in MuJoCo's XML, with an empty body called ``object``.
        body: its convex pieces become the geoms of that body.
        add: adds what depends on the body to the ``mujoco.MjSpec``.
    """
    mujoco = require("mujoco", extra="simulation")
    spec = mujoco.MjSpec.from_string(mjcf)
    target = spec.body(OBJECT)
    for number, piece in enumerate(body.pieces):
        name = f"piece-{number}"
        spec.add_mesh(
            name=name,
            uservert=(piece * body.length).ravel(),
            inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_CONVEX,
        )
        target.add_geom(
            type=mujoco.mjtGeom.mjGEOM_MESH,
            meshname=name,
            density=DENSITY,
            contype=1,
            conaffinity=2,
            rgba=(0.85, 0.6, 0.3, 1),
        )
    if add is not None:
        add(spec)
    model = spec.compile()
    return Scene(body, model, mujoco.MjData(model))


class Run:
    """One run in a scene, from its reset on.

    Args:
        scene: what to run in.
        watch: is shown the run every :data:`WATCHED` seconds.
    """

    def __init__(self, scene: Scene, watch: Callable[[Scene], None] | None = None) -> None:
        self._mujoco = require("mujoco", extra="simulation")
        self.scene, self.model, self.data = scene, scene.model, scene.data
        self._watch, self._looks = watch, 0
        self._mujoco.mj_resetData(self.model, self.data)

    def forward(self) -> None:
        """Where everything is and touches, without moving on."""
        self._mujoco.mj_forward(self.model, self.data)

    def look(self) -> None:
        """Show the present state to the watcher."""
        if self._watch is not None:
            self._watch(self.scene)

    def steps(self, seconds: float) -> int:
        """How many there are in a time, at least one."""
        return max(1, round(seconds / self.model.opt.timestep))

    def go(self, steps: int, drive: Drive | None = None) -> None:
        """Simulate; ``drive`` gets the number of every step before it is made."""
        for step in range(steps):
            if drive is not None:
                drive(step)
            self._mujoco.mj_step(self.model, self.data)
            if self._watch is not None and self.data.time >= WATCHED * self._looks:
                self._looks += 1
                self._watch(self.scene)

    def pose(self, name: str = OBJECT) -> tuple[np.ndarray, np.ndarray]:
        """Rotation and position of a body in the world."""
        body = self.data.body(name)
        return body.xmat.reshape(3, 3).copy(), body.xpos.copy()

    def center_of_mass(self) -> np.ndarray:
        """Of the asset, in the world."""
        return self.data.body(OBJECT).xipos.copy()

    def touches(self, other: str) -> bool:
        """Whether the asset and a body touch."""
        bodies = self.model.geom_bodyid[self.data.contact.geom]
        pair = {self.model.body(OBJECT).id, self.model.body(other).id}
        return any(set(each) == pair for each in bodies.tolist())

    def contacts(self, *others: str) -> Contacts:
        """Where the asset touches any of some bodies."""
        contact = self.data.contact
        bodies = self.model.geom_bodyid[contact.geom]
        asset = self.model.body(OBJECT).id
        ids = [self.model.body(name).id for name in others]
        rows = (bodies == asset).any(axis=1) & np.isin(bodies, ids).any(axis=1)
        rotation, position = self.pose()
        points = (contact.pos[rows] - position) @ rotation
        return Contacts(points, contact.frame[rows, :3].copy(), -contact.dist[rows])

    def on_part(self, contacts: Contacts, function: str) -> np.ndarray:
        """Which contacts are on the part of a function."""
        body = self.scene.body
        return body.on_part(contacts.points / body.length, function)


def quaternion(rotation: Float[np.ndarray, "3 3"]) -> Float[np.ndarray, "4"]:
    """As MuJoCo has it: ``w x y z``."""
    from scipy.spatial.transform import Rotation

    return np.roll(Rotation.from_matrix(rotation).as_quat(), 1)
