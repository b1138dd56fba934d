"""Photoreal pictures by path tracing, with Mitsuba 3 and Intel's Open Image Denoise.

Only colours come from here: depth, parts and matches are those of :mod:`funcorr.render.raster`, and
every pixel that has a surface there gets some alpha here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, UInt8

from funcorr.assets.mesh import Material
from funcorr.errors import require
from funcorr.geometry.cameras import Camera
from funcorr.render.config import PathTracing
from funcorr.render.environment import TracedView
from funcorr.render.normals import corner_normals
from funcorr.render.raster import GeometryBuffers, Scene
from funcorr.render.shade import linear_from_srgb, premultiplied_to_rgba, tinted_texture
from funcorr.render.variant import load_mitsuba


class MitsubaRenderer:
    """Paints the views of one scene.

    Args:
        scene: the object.
        views: cameras and their light.
        config: how much work to do.

    Raises:
        UserError: Mitsuba or the denoiser is not installed, or LLVM was asked for and is missing.
    """

    def __init__(
        self, scene: Scene, views: Sequence[TracedView], config: PathTracing | None = None
    ) -> None:
        self.config = config or PathTracing()
        self._mitsuba = load_mitsuba(self.config.variant)
        self._oidn = require("pyoidn", extra="photoreal") if self.config.denoise else None
        self._views = views
        self._object = _shapes(self._mitsuba, scene)

    def picture(self, number: int, buffers: GeometryBuffers) -> UInt8[np.ndarray, "h w 4"]:
        """View ``number``, RGBA with straight alpha."""
        camera, environment, seed = self._views[number]
        scene = self._mitsuba.load_dict(
            {
                "type": "scene",
                "integrator": _integrator(self.config),
                "sensor": _sensor(self._mitsuba, camera),
                "light": _light(self._mitsuba, environment),
                **self._object,
            }
        )
        rendered = self._mitsuba.render(scene, spp=self.config.samples, seed=seed)
        channels = np.array(rendered, dtype=np.float32).reshape(camera.height, camera.width, -1)
        color, alpha = np.nan_to_num(channels[..., :3]), channels[..., 3]
        if self._oidn is not None:
            albedo, normal = (np.nan_to_num(channels[..., i : i + 3]) for i in (4, 7))
            color = self._oidn.denoise(color, np.clip(albedo, 0, 1), normal, hdr=True)
        return premultiplied_to_rgba(color, alpha, buffers.mask, 1 / self.config.samples)


def _integrator(config: PathTracing) -> dict[str, Any]:
    paths = {"type": "path", "max_depth": config.bounces, "hide_emitters": True}
    return {"type": "aov", "aovs": "albedo:albedo,normal:sh_normal", "paths": paths}


def _sensor(mitsuba: Any, camera: Camera) -> dict[str, Any]:
    """The camera; Mitsuba looks along z with x to the left, and counts pixels from their edges."""
    focal, width, height = camera.intrinsics[0, 0], camera.width, camera.height
    flip = np.diag([-1.0, -1.0, 1.0, 1.0])
    return {
        "type": "perspective",
        "fov_axis": "x",
        "fov": float(np.degrees(2 * np.arctan(width / 2 / focal))),
        "principal_point_offset_x": float(0.5 - (camera.intrinsics[0, 2] + 0.5) / width),
        "principal_point_offset_y": float(0.5 - (camera.intrinsics[1, 2] + 0.5) / height),
        "near_clip": 1e-2,
        "to_world": mitsuba.ScalarTransform4f(camera.camera_to_world @ flip),
        "film": {
            "type": "hdrfilm",
            "width": width,
            "height": height,
            "pixel_format": "rgba",
            "component_format": "float32",
            "rfilter": {"type": "box"},
        },
        "sampler": {"type": "multijitter"},
    }


def _light(mitsuba: Any, environment: Float32[np.ndarray, "h w 3"]) -> dict[str, Any]:
    turn = mitsuba.ScalarTransform4f().rotate([0, 0, 1], -90)
    upright = mitsuba.ScalarTransform4f().rotate([1, 0, 0], 90)
    return {
        "type": "envmap",
        "bitmap": mitsuba.Bitmap(np.ascontiguousarray(environment)),
        "to_world": turn @ upright,
    }


def _shapes(mitsuba: Any, scene: Scene) -> dict[str, Any]:
    """A shape per material, with the same smooth normals as the raster renderer's."""
    mesh, normals = scene.mesh, corner_normals(scene.mesh, scene.face_normals)
    uv = np.zeros((len(mesh.faces), 3, 2)) if mesh.uv is None else mesh.uv
    shapes = {}
    for number, material in enumerate(mesh.materials):
        chosen = mesh.face_materials == number
        if chosen.any():
            corners = (scene.triangles[chosen], normals[chosen], uv[chosen])
            shapes[f"shape{number}"] = _shape(mitsuba, material, *corners)
    return shapes


def _shape(
    mitsuba: Any,
    material: Material,
    corners: Float[np.ndarray, "f 3 3"],
    normals: Float[np.ndarray, "f 3 3"],
    uv: Float[np.ndarray, "f 3 2"],
) -> Any:
    properties = mitsuba.Properties()
    properties["mesh_bsdf"] = mitsuba.load_dict(_surface(mitsuba, material))
    count = 3 * len(corners)
    shape = mitsuba.Mesh(material.name, count, len(corners), properties, True, True)
    values = mitsuba.traverse(shape)
    values["vertex_positions"] = corners.astype(np.float32).ravel()
    values["vertex_normals"] = normals.astype(np.float32).ravel()
    values["vertex_texcoords"] = (uv * (1, -1) + (0, 1)).astype(np.float32).ravel()
    values["faces"] = np.arange(count, dtype=np.uint32)
    values.update()
    return shape


def _surface(mitsuba: Any, material: Material) -> dict[str, Any]:
    color: dict[str, Any] = {
        "type": "rgb",
        "value": linear_from_srgb(np.array(material.color, np.float32)).tolist(),
    }
    if material.texture is not None:
        tinted = tinted_texture(material.texture, material.color)
        color = {"type": "bitmap", "bitmap": mitsuba.Bitmap(tinted), "wrap_mode": "repeat"}
    principled = {
        "type": "principled",
        "base_color": color,
        "roughness": max(material.roughness, 0.05),
        "metallic": material.metallic,
    }
    return {"type": "twosided", "surface": principled}
