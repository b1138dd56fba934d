"""Remake ``samples/rgbd/``: exact RGB-D views of forge objects, a grasp and a pouring motion.

    python scripts/make_rgbd_samples.py

The first object is the one of the demonstration: its grasp is by the handle, its motion lifts it
and tilts it about the lip. Depth is z-depth in steps of 0.1 mm; the alpha channel is the mask.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.spatial.transform import Rotation

from funcorr.functions.frames import FunctionalFrame
from funcorr.geometry.cameras import Camera, look_at
from funcorr.io import write_json
from funcorr.render.lighting import random_lighting
from funcorr.render.raster import Scene
from funcorr.render.shade import Shader, ShadingConfig
from funcorr.transfer.pose_file import PoseFile
from funcorr_forge import forge_asset

SIZE, STEP = 320, 1e-4


@dataclass(frozen=True)
class Sample:
    """A forge object, its longest side in metres, and where the camera stands (metres)."""

    category: str
    index: int
    length: float
    eye: tuple[float, float, float]


SAMPLES = {
    "mug": Sample("mug", 0, 0.12, (0.16, -0.42, 0.30)),
    "jug": Sample("jug", 0, 0.24, (0.42, -0.66, 0.52)),
    "bottle": Sample("bottle", 2, 0.22, (-0.30, -0.62, 0.46)),
}


def main() -> None:
    """Write all files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("samples/rgbd"))
    out = parser.parse_args().out
    for name, sample in SAMPLES.items():
        (out / name).mkdir(parents=True, exist_ok=True)
        asset, camera = draw(sample, out / name)
        if name == "mug":
            demonstrate(asset, sample.length, camera, out / name)


def draw(sample: Sample, out: Path):
    """Picture, depth and camera of one object."""
    asset = forge_asset(sample.category, sample.index)
    eye = np.array(sample.eye) / sample.length
    camera = Camera.from_fov(24.0, SIZE, SIZE, look_at(eye))
    scene, generator = Scene(asset.mesh), np.random.default_rng(5)
    buffers = scene.look(camera)
    shader = Shader(scene, ShadingConfig(supersample=3))
    rgba = shader.picture(camera, buffers, random_lighting(generator), generator)
    rgba = np.round(rgba).astype(np.uint8)
    rgba[..., 3] = 255 * buffers.mask
    Image.fromarray(rgba).save(out / "image.png", optimize=True)
    steps = np.where(buffers.mask, np.round(buffers.depth * sample.length / STEP), 0)
    Image.fromarray(steps.astype(np.uint16)).save(out / "depth.png", optimize=True)
    content = {"intrinsics": camera.intrinsics.tolist(), "depth_scale": STEP}
    write_json(out / "camera.json", content)
    return asset, camera


def demonstrate(asset, length: float, camera: Camera, out: Path) -> None:
    """The grasp by the handle, and the way points of pouring."""
    frame: FunctionalFrame = asset.frames["pour-with"]
    handle = asset.mesh.part_names.index("handle")
    points = asset.mesh.triangles[asset.mesh.face_parts == handle].reshape(-1, 3)
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    outward = middle - frame.origin
    outward[2] = 0
    approach = -outward / np.linalg.norm(outward)
    closing = np.cross(frame.axes[:, 2], approach)
    grasp = np.eye(4)
    grasp[:3, :3] = np.stack([closing, np.cross(approach, closing), approach], axis=1)
    grasp[:3, 3] = middle
    lip = frame.origin + frame.axes[:, 0] * frame.size / 2
    motion = [
        turned(frame.axes[:, 1], lip, angle, 0.25) @ grasp for angle in np.linspace(0, 110, 9)
    ]
    grasps = [{"name": "grasp", "gripper_width": 0.04}]
    write(out / "grasp.json", np.stack([grasp]), length, camera, grasps)
    steps = [{"name": f"pour-{n}", "time": 0.25 * n} for n in range(len(motion) + 1)]
    write(out / "pour.json", np.stack([grasp, *motion]), length, camera, steps)


def turned(axis: np.ndarray, point: np.ndarray, degrees: float, lift: float) -> np.ndarray:
    """The turn about a line, then up."""
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_rotvec(degrees * axis, degrees=True).as_matrix()
    matrix[:3, 3] = point - matrix[:3, :3] @ point + [0, 0, lift]
    return matrix


def write(path: Path, poses: np.ndarray, length: float, camera: Camera, others: list) -> None:
    """Poses in normalised object coordinates as a file in metres of camera 1."""
    local = camera.world_to_camera @ poses
    local[:, :3, 3] *= length
    write_json(path, PoseFile("camera1", local, tuple(others)).to_json())


if __name__ == "__main__":
    main()
