# SPDX-License-Identifier: MIT
"""Runs inside Blender or a Python with ``bpy``: does one job of ``funcorr.render.blender``.

    python blender_worker.py JOB.json
    blender --background --python blender_worker.py -- JOB.json

Not a part of the library: nothing imports this file, and it imports nothing of funcorr. Its licence
is compatible with Blender's GPL; whoever ships it together with Blender ships the whole under the
GPL. Needs Blender 4.2 or newer.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np


def main(job_file: Path) -> None:
    """Paint every view of the job; a picture is there when it is whole."""
    folder = job_file.resolve().parent
    job = json.loads(job_file.read_text(encoding="utf-8"))
    if job["format"] != "funcorr-blender-job/1":
        sys.exit(f"this worker does not know jobs of the format {job['format']!r}")
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    set_up(scene, job)
    add_object(scene, folder, job["materials"])
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    scene.collection.objects.link(camera)
    scene.camera = camera
    for view in job["views"]:
        light(scene, np.load(folder / view["environment"]))
        aim(scene, camera, view)
        np.save(folder / "partial.npy", render(scene, folder))
        (folder / "partial.npy").replace(folder / view["out"])


def set_up(scene: Any, job: dict[str, Any]) -> None:
    """Engine, work and file format."""
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.cycles.samples = job["samples"]
    scene.cycles.use_adaptive_sampling = False
    scene.cycles.max_bounces = job["bounces"]
    scene.cycles.use_denoising = job["denoise"]
    scene.cycles.pixel_filter_type = "BOX"
    scene.cycles.filter_width = 1.0
    scene.render.film_transparent = True
    scene.render.resolution_percentage = 100
    scene.render.image_settings.file_format = "OPEN_EXR"
    scene.render.image_settings.color_mode = "RGBA"
    scene.render.image_settings.color_depth = "32"


def add_object(scene: Any, folder: Path, materials: list[dict[str, Any]]) -> None:
    """The mesh, with the smooth normals of the library."""
    arrays = np.load(folder / "object.npz")
    corners, count = arrays["corners"], len(arrays["corners"])
    mesh = bpy.data.meshes.new("object")
    faces = np.arange(3 * count).reshape(-1, 3)
    mesh.from_pydata(corners.reshape(-1, 3).tolist(), [], faces.tolist())
    mesh.polygons.foreach_set("material_index", arrays["material"])
    mesh.polygons.foreach_set("use_smooth", np.ones(count, dtype=bool))
    mesh.uv_layers.new(name="uv").data.foreach_set("uv", arrays["uv"].ravel())
    mesh.normals_split_custom_set(arrays["normals"].reshape(-1, 3).tolist())
    for number, look in enumerate(materials):
        mesh.materials.append(material(f"material{number}", look, folder))
    scene.collection.objects.link(bpy.data.objects.new("object", mesh))


def material(name: str, look: dict[str, Any], folder: Path) -> Any:
    """A principled surface."""
    made = bpy.data.materials.new(name)
    made.use_nodes = True
    nodes, links = made.node_tree.nodes, made.node_tree.links
    surface = next(node for node in nodes if node.type == "BSDF_PRINCIPLED")
    surface.inputs["Base Color"].default_value = (*look["color"], 1.0)
    surface.inputs["Roughness"].default_value = look["roughness"]
    surface.inputs["Metallic"].default_value = look["metallic"]
    if look["texture"] is not None:
        texture = nodes.new("ShaderNodeTexImage")
        texture.image = bpy.data.images.load(str(folder / look["texture"]))
        links.new(texture.outputs["Color"], surface.inputs["Base Color"])
    return made


def light(scene: Any, environment: np.ndarray) -> None:
    """The world's light; Blender counts azimuths from the other side and rows from below."""
    height, width = environment.shape[:2]
    turned = np.roll(environment, width // 2, axis=1)[::-1]
    pixels = np.concatenate([turned, np.ones((height, width, 1))], axis=2).astype(np.float32)
    for old in [image for image in bpy.data.images if image.name.startswith("environment")]:
        bpy.data.images.remove(old)
    image = bpy.data.images.new("environment", width, height, float_buffer=True, is_data=True)
    image.pixels.foreach_set(pixels.ravel())
    world = scene.world or bpy.data.worlds.new("world")
    scene.world = world
    world.use_nodes = True
    nodes, links = world.node_tree.nodes, world.node_tree.links
    nodes.clear()
    texture, back, out = (
        nodes.new(kind)
        for kind in ("ShaderNodeTexEnvironment", "ShaderNodeBackground", "ShaderNodeOutputWorld")
    )
    texture.image = image
    links.new(texture.outputs["Color"], back.inputs["Color"])
    links.new(back.outputs["Background"], out.inputs["Surface"])


def aim(scene: Any, camera: Any, view: dict[str, Any]) -> None:
    """Camera and size of one view."""
    scene.render.resolution_x, scene.render.resolution_y = view["width"], view["height"]
    scene.cycles.seed = view["seed"]
    camera.data.sensor_fit = "HORIZONTAL"
    camera.data.sensor_width = 36.0
    camera.data.lens = 36.0 * view["focal_per_width"]
    camera.data.shift_x, camera.data.shift_y = view["shift_x"], view["shift_y"]
    camera.data.clip_start = 0.01
    camera.matrix_world = np.array(view["camera_to_world"]).T.tolist()


def render(scene: Any, folder: Path) -> np.ndarray:
    """Linear premultiplied float32 pixels, row 0 at the top."""
    path = str(folder / "picture.exr")
    scene.render.filepath = path
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(path)
    width, height = image.size
    pixels = np.empty(width * height * 4, dtype=np.float32)
    image.pixels.foreach_get(pixels)
    bpy.data.images.remove(image)
    return pixels.reshape(height, width, 4)[::-1]


if __name__ == "__main__":
    import bpy  # type: ignore[import-not-found]

    main(Path(sys.argv[-1]))
