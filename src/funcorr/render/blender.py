"""Pictures by Blender's Cycles, which runs in a process and an environment of its own.

Blender is never imported: a job goes out as files, ``job.json`` beside ``object.npz``, and pictures
come back as files. ``blender_worker.py`` does the job on the other side. The command is that of
:data:`COMMAND`: a ``blender`` program, or a Python that has the package ``bpy``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image

from funcorr.assets.mesh import Material
from funcorr.errors import UserError
from funcorr.geometry.cameras import OPENGL_FROM_OPENCV, Camera
from funcorr.io import write_json
from funcorr.render.config import PathTracing
from funcorr.render.environment import TracedView
from funcorr.render.normals import corner_normals
from funcorr.render.raster import GeometryBuffers, Scene
from funcorr.render.shade import linear_from_srgb, premultiplied_to_rgba, tinted_texture

COMMAND = "FUNCORR_BLENDER"
"""Environment variable with the program; where it is not set, ``blender`` is looked for."""

JOB = "funcorr-blender-job/1"
WORKER = Path(__file__).with_name("blender_worker.py")


class BlenderRenderer:
    """Paints all views of one scene at once, when it is made.

    Args:
        scene: the object.
        views: cameras and their light.
        config: how much work to do; its variant is Mitsuba's and means nothing here.

    Raises:
        UserError: there is no Blender, or it failed.
    """

    def __init__(
        self, scene: Scene, views: Sequence[TracedView], config: PathTracing | None = None
    ) -> None:
        self.config = config or PathTracing()
        with tempfile.TemporaryDirectory() as folder:
            write_job(Path(folder), scene, views, self.config)
            _run(Path(folder))
            self._pictures = [
                _read(Path(folder, f"{number:04d}.npy"), view.camera)
                for number, view in enumerate(views)
            ]

    def picture(self, number: int, buffers: GeometryBuffers) -> UInt8[np.ndarray, "h w 4"]:
        """View ``number``, RGBA with straight alpha."""
        pixels = self._pictures[number]
        return premultiplied_to_rgba(
            pixels[..., :3], pixels[..., 3], buffers.mask, 1 / self.config.samples
        )


def write_job(
    folder: Path,
    scene: Scene,
    views: Sequence[TracedView],
    config: PathTracing,
) -> None:
    """Write the files of a job.

    ``object.npz`` holds ``corners`` and ``normals`` (F x 3 x 3), ``uv`` (F x 3 x 2, v up) and
    ``material`` (F). ``environment-0000.npy`` is h x 2h x 3 as in
    :mod:`funcorr.render.environment`. View i is answered by ``000i.npy``: float32 H x W x 4, linear
    and premultiplied.
    """
    mesh = scene.mesh
    np.savez(
        folder / "object.npz",
        corners=scene.triangles.astype(np.float32),
        normals=corner_normals(scene.mesh, scene.face_normals).astype(np.float32),
        uv=(np.zeros((len(mesh.faces), 3, 2)) if mesh.uv is None else mesh.uv).astype(np.float32),
        material=mesh.face_materials.astype(np.int32),
    )
    for number, view in enumerate(views):
        np.save(folder / f"environment-{number:04d}.npy", view.environment)
    content = {
        "format": JOB,
        "samples": config.samples,
        "bounces": config.bounces,
        "denoise": config.denoise,
        "materials": [_material(m, folder, number) for number, m in enumerate(mesh.materials)],
        "views": [_view(number, view.camera, view.seed) for number, view in enumerate(views)],
    }
    write_json(folder / "job.json", content)


def _material(material: Material, folder: Path, number: int) -> dict[str, Any]:
    texture = None
    if material.texture is not None:
        texture = f"texture-{number:04d}.png"
        Image.fromarray(tinted_texture(material.texture, material.color)).save(folder / texture)
    color = linear_from_srgb(np.array(material.color, np.float64)).tolist()
    roughness, metallic = max(material.roughness, 0.05), material.metallic
    return {"color": color, "texture": texture, "roughness": roughness, "metallic": metallic}


def _view(number: int, camera: Camera, seed: int) -> dict[str, Any]:
    width, height = camera.width, camera.height
    return {
        "environment": f"environment-{number:04d}.npy",
        "out": f"{number:04d}.npy",
        "seed": seed,
        "width": width,
        "height": height,
        "focal_per_width": camera.intrinsics[0, 0] / width,
        "shift_x": 0.5 - (camera.intrinsics[0, 2] + 0.5) / width,
        "shift_y": ((camera.intrinsics[1, 2] + 0.5) - height / 2) / width,
        "camera_to_world": (camera.camera_to_world @ OPENGL_FROM_OPENCV).tolist(),
    }


def _run(folder: Path) -> None:
    program = os.environ.get(COMMAND) or shutil.which("blender")
    if not program:
        raise UserError(
            f"there is no Blender here; set {COMMAND} to the program, or to a Python with bpy"
        )
    words = [program, str(WORKER), str(folder / "job.json")]
    if Path(program).name.startswith("blender"):
        options = ["--background", "--factory-startup", "--python-exit-code", "1", "--python"]
        words = [program, *options, str(WORKER), "--", str(folder / "job.json")]
    clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    try:
        done = subprocess.run(words, env=clean, capture_output=True, text=True, check=False)
    except OSError as error:
        raise UserError(f"cannot start {program}, named in {COMMAND}: {error.strerror}") from None
    if done.returncode:
        said = ((done.stderr or done.stdout).strip().splitlines() or ["it said nothing"])[-1]
        raise UserError(f"Blender failed with exit code {done.returncode}: {said}")


def _read(path: Path, camera: Camera) -> Float32[np.ndarray, "h w 4"]:
    try:
        pixels = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise UserError(f"Blender left no picture {path.name}: {error}") from None
    if pixels.shape != (camera.height, camera.width, 4):
        raise UserError(f"Blender's picture {path.name} has the shape {pixels.shape}")
    return pixels.astype(np.float32)
