"""What a trial looked like: frames of its last try side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from PIL import Image

from funcorr.assets.mesh import Mesh
from funcorr.errors import require
from funcorr.geometry.cameras import Camera, look_at
from funcorr.render.raster import Scene as Surfaces
from funcorr.simulation.scene import OBJECT, Scene
from funcorr.viz.image_grid import captioned, draw_sheet

SIZE = 180
"""Pixels of a frame's side."""

FRAMES = 6
SMOOTH = 2
"""Pixels along each side that are averaged into one."""

SIDE = np.array([0.5, -0.8, 0.25])
"""From the scene to the camera."""

WIDTH = 0.4
"""Metres that a frame shows."""

DISTANCE, FAR = 1.2, 1.0
"""Metres from the middle to the camera, and to where nothing is drawn any more."""

LIGHT = np.array([0.3, -0.6, 0.75])
AMBIENT = 0.45
BODY, PART = (0.72, 0.72, 0.70, 1.0), (0.93, 0.55, 0.20, 1.0)
"""Colours of the object and of its functional part."""

THROUGH = 0.4
"""How much is seen of what MuJoCo is told to draw translucent."""


class Frame(NamedTuple):
    """Where everything was at one moment.

    Attributes:
        time: seconds.
        positions: G x 3 of the geoms.
        rotations: G x 3 x 3 of the geoms.
        object: rotation and position of the asset.
    """

    time: float
    positions: Float[np.ndarray, "g 3"]
    rotations: Float[np.ndarray, "g 3 3"]
    object: tuple[Float[np.ndarray, "3 3"], Float[np.ndarray, "3"]]


class Film:
    """A watcher of trials that keeps the last try; see :func:`funcorr.simulation.trial.tried`."""

    def __init__(self) -> None:
        self.scene: Scene | None = None
        self.frames: list[Frame] = []

    def __call__(self, scene: Scene) -> None:
        """Keep the present state."""
        data, body = scene.data, scene.data.body(OBJECT)
        if self.frames and data.time < self.frames[-1].time:
            self.frames.clear()
        self.scene = scene
        self.frames.append(
            Frame(
                float(data.time),
                data.geom_xpos.copy(),
                data.geom_xmat.reshape(-1, 3, 3).copy(),
                (body.xmat.reshape(3, 3).copy(), body.xpos.copy()),
            )
        )

    def strip(self, function: str, words: str) -> Image.Image:
        """Some of the frames from left to right under a line of words.

        Args:
            function: whose part is coloured.
            words: the line.
        """
        if self.scene is None:  # the trial ended before there was anything to see
            return captioned(Image.new("RGB", (FRAMES * SIZE, 2), "white"), words)
        chosen = np.linspace(0, len(self.frames) - 1, FRAMES).round().astype(int)
        tiles = [self._drawn(self.frames[number], function) for number in chosen]
        return captioned(draw_sheet(tiles, FRAMES, gap=2), words)

    def _drawn(self, frame: Frame, function: str) -> Image.Image:
        assert self.scene is not None
        triangles, colors = _world(self.scene, frame, function)
        middle = self._middle()
        near = np.linalg.norm(triangles - middle, axis=2).max(axis=1) < FAR
        solid = near & (colors[:, 3] == 1)
        behind, before = (
            _picture(triangles[part], colors[part, :3], middle) for part in (solid, near)
        )
        return Image.blend(behind, before, THROUGH)

    def _middle(self) -> Float[np.ndarray, "3"]:
        """Between the ends of the asset's way, as long as it is in sight of its start."""
        places = np.array([frame.object[1] for frame in self.frames])
        seen = places[np.linalg.norm(places - places[0], axis=1) < WIDTH / 2]
        return (seen.min(axis=0) + seen.max(axis=0)) / 2


def _world(
    scene: Scene, frame: Frame, function: str
) -> tuple[Float[np.ndarray, "f 3 3"], Float[np.ndarray, "f 4"]]:
    """All triangles of a moment and their colours: the asset's own surface, not its pieces."""
    asset, (rotation, position) = scene.body.asset, frame.object
    mesh = asset.mesh
    ids = [mesh.part_names.index(name) for name in asset.parts[function]]
    surface = scene.body.length * mesh.triangles @ rotation.T + position
    inside = np.isin(mesh.face_parts, ids)[:, None]
    triangles, colors = [surface], [np.where(inside, PART, BODY)]
    own = scene.model.body(OBJECT).id
    for geom in np.flatnonzero(scene.model.geom_bodyid != own):
        shape = _shape(int(scene.model.geom_type[geom]), scene.model.geom_size[geom])
        triangles.append(shape @ frame.rotations[geom].T + frame.positions[geom])
        colors.append(np.tile(scene.model.geom_rgba[geom], (len(shape), 1)))
    return np.concatenate(triangles), np.concatenate(colors)


def _shape(kind: int, size: Float[np.ndarray, "3"]) -> Float[np.ndarray, "f 3 3"]:
    """Triangles of one of MuJoCo's simple geoms about its own middle."""
    mujoco = require("mujoco", extra="simulation")
    solid = require("manifold3d", extra="simulation").Manifold
    geoms = mujoco.mjtGeom
    radius, half = float(size[0]), float(size[1])
    if kind == geoms.mjGEOM_BOX:
        made = solid.cube(tuple(2 * size), True)
    elif kind == geoms.mjGEOM_SPHERE:
        made = solid.sphere(radius, 16)
    elif kind == geoms.mjGEOM_CYLINDER:
        made = solid.cylinder(2 * half, radius, radius, 24, True)
    else:
        end = solid.sphere(radius, 16)
        made = (end.translate((0, 0, half)) + end.translate((0, 0, -half))).hull()
    mesh = made.to_mesh()
    return np.asarray(mesh.vert_properties, np.float64)[:, :3][np.asarray(mesh.tri_verts)]


def _picture(
    triangles: Float[np.ndarray, "f 3 3"],
    colors: Float[np.ndarray, "f 3"],
    middle: Float[np.ndarray, "3"],
) -> Image.Image:
    """Matt surfaces in one light on white."""
    eye = middle + DISTANCE * SIDE / np.linalg.norm(SIDE)
    field = 2 * np.degrees(np.arctan(WIDTH / 2 / DISTANCE))
    side = SMOOTH * SIZE
    camera = Camera.from_fov(field, side, side, look_at(eye, middle))
    faces = np.arange(3 * len(triangles)).reshape(-1, 3)
    zeros = np.zeros(len(faces), np.int64)
    scene = Surfaces(Mesh(triangles.reshape(-1, 3), faces, zeros, ("all",), zeros))
    seen = scene.look(camera).triangle
    facing = np.abs(scene.face_normals @ (LIGHT / np.linalg.norm(LIGHT)))
    lit = colors * (AMBIENT + (1 - AMBIENT) * facing)[:, None]
    pixels = np.where(seen[..., None] >= 0, lit[seen], 1.0)
    shrunk = pixels.reshape(SIZE, SMOOTH, SIZE, SMOOTH, 3).mean(axis=(1, 3))
    return Image.fromarray((255 * np.clip(shrunk, 0, 1)).astype(np.uint8))


def sheet(strips: Sequence[Image.Image]) -> Image.Image:
    """Trials one below the other."""
    return draw_sheet(list(strips), 1)
