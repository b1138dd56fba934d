"""Pairs of exact depth views of one object, moved and scaled, with true and spoilt matches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import trimesh
from scipy.spatial.transform import Rotation

from funcorr import Correspondence
from funcorr.assets.mesh import Mesh
from funcorr.geometry.cameras import Camera, look_at
from funcorr.render.raster import Scene
from funcorr.transfer.rgbd import RGBDView

SIZE = 96


def as_mesh(*solids):
    merged = trimesh.util.concatenate(list(solids))
    count = len(merged.faces)
    return Mesh(np.array(merged.vertices), np.array(merged.faces), np.zeros(count, int), ("it",),
        np.zeros(count, int))  # fmt: skip


def stepped():
    """An object without symmetry, 20 cm long."""
    return as_mesh(
        trimesh.creation.box((0.2, 0.05, 0.04)),
        trimesh.creation.box((0.05, 0.12, 0.04)).apply_translation((0.06, 0.05, 0.02)),
        trimesh.creation.icosphere(2, 0.04).apply_translation((-0.08, 0.0, 0.03)),
    )


def vessel():
    """A bottle without handle, 20 cm high, of which any turn about z looks the same."""
    profile = [(0.0, -0.1), (0.05, -0.1), (0.05, 0.02), (0.02, 0.06), (0.02, 0.1), (0.0, 0.1)]
    return as_mesh(trimesh.creation.revolve(np.array(profile), sections=96))


def similarity(rotation=(0.0, 0.0, 0.0), scale=1.0, translation=(0.0, 0.0, 0.0)):
    matrix = np.eye(4)
    matrix[:3, :3] = scale * Rotation.from_rotvec(rotation, degrees=True).as_matrix()
    matrix[:3, 3] = translation
    return matrix


def moved(mesh, matrix):
    vertices = mesh.vertices @ matrix[:3, :3].T + matrix[:3, 3]
    return Mesh(vertices, mesh.faces, mesh.face_parts, mesh.part_names, mesh.face_materials)


def camera_at(eye, roll=0.0, size=SIZE, target=(0.0, 0.0, 0.0)):
    pose = look_at(np.array(eye, float), np.array(target, float), roll=roll)
    return Camera.from_fov(30.0, size, size, pose)


@dataclass
class Pair:
    """Two views, the exact matches between them, and the true transfer."""

    views: tuple
    cameras: tuple
    masks: tuple
    points1: np.ndarray
    points2: np.ndarray
    true: np.ndarray

    def correspondence(self, points1=None, points2=None, parts=True, **more):
        return correspondence(
            self.points1 if points1 is None else points1,
            self.points2 if points2 is None else points2,
            self.masks,
            parts,
            **more,
        )


def correspondence(points1, points2, masks, parts=True, **more):
    n = len(points1)
    similarity = np.linspace(0.99, 0.6, n).astype(np.float32)
    kept = {"mask1": masks[0], "mask2": masks[1]}
    if parts:
        kept |= {"part1": masks[0].astype(np.float32), "part2": masks[1].astype(np.float32)}
    return Correspondence(
        points1.astype(np.float32),
        points2.astype(np.float32),
        similarity + (2.0 if parts else 0.0),
        similarity,
        np.zeros(n, np.float32),
        "pour-with",
        "exact",
        **(kept | more),
    )


def make_pair(motion=None, mesh=None, eye1=(0.15, -0.55, 0.4), eye2=(0.1, -0.6, 0.35), roll=0.0,
    size=SIZE):  # fmt: skip
    """Object 1 as it is, object 2 moved; every pixel of view 1 that view 2 sees has its match."""
    motion = similarity() if motion is None else motion
    mesh = stepped() if mesh is None else mesh
    camera1 = camera_at(eye1, size=size)
    scale = np.cbrt(np.linalg.det(motion[:3, :3]))
    camera2 = camera_at(motion[:3, 3] + scale * np.array(eye2), roll, size, motion[:3, 3])
    scenes = Scene(mesh, "numpy"), Scene(moved(mesh, motion), "numpy")
    buffers = scenes[0].look(camera1), scenes[1].look(camera2)
    rows, columns = np.nonzero(buffers[0].mask)
    points1 = np.stack([columns, rows], axis=1).astype(float)
    world = camera1.unproject(points1, buffers[0].depth[rows, columns])
    points2, expected = camera2.project(world @ motion[:3, :3].T + motion[:3, 3])
    points2 = np.rint(points2)
    x, y = points2.astype(int).clip(0, size - 1).T
    seen = np.abs(buffers[1].depth[y, x] - expected) < 0.02 * scale
    views = (
        RGBDView(each.depth, camera.intrinsics)
        for each, camera in zip(buffers, (camera1, camera2), strict=True)
    )
    return Pair(
        tuple(views),
        (camera1, camera2),
        tuple(each.mask for each in buffers),
        points1[seen],
        points2[seen],
        camera2.world_to_camera @ motion @ camera1.camera_to_world,
    )
