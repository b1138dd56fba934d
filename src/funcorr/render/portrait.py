"""One picture of an object, as it looks or coloured by part."""

from __future__ import annotations

import colorsys
from dataclasses import replace

import numpy as np
from PIL import Image, ImageDraw

from funcorr.assets.mesh import Material, Mesh
from funcorr.assets.store import Asset
from funcorr.geometry.cameras import Camera, look_at
from funcorr.render.lighting import random_lighting
from funcorr.render.raster import Scene
from funcorr.render.shade import Shader

TILE = 192
EYE = np.array([0.9, -1.5, 1.2]) * 1.15
"""In front, above and a little aside."""

GOLDEN = 0.618034
"""Turns of the colour wheel from a part to the next: no two of a few parts look alike."""


def portrait(asset: Asset, by_part: bool = False, size: int = TILE) -> Image.Image:
    """One shaded picture of an object on white, with its name.

    Args:
        asset: the object.
        by_part: give each part a colour of its own.
        size: side in pixels.
    """
    mesh = colored_by_part(asset.mesh) if by_part else asset.mesh
    tile = shaded(mesh, Camera.from_fov(33.0, size, size, look_at(EYE)))
    ImageDraw.Draw(tile).text((4, 2), asset.id, fill="black")
    return tile


def shaded(mesh: Mesh, camera: Camera) -> Image.Image:
    """A mesh on white, always in the same light."""
    generator = np.random.default_rng(0)
    scene, light = Scene(mesh), random_lighting(generator)
    rgba = Shader(scene).picture(camera, scene.look(camera), light, generator)
    tile = Image.new("RGB", (camera.width, camera.height), "white")
    tile.paste(Image.fromarray(rgba[..., :3]), mask=Image.fromarray(rgba[..., 3]))
    return tile


def colored_by_part(mesh: Mesh) -> Mesh:
    """The same shape with a matte material per part."""
    colors = [
        colorsys.hls_to_rgb(number * GOLDEN % 1, 0.55, 0.75)
        for number in range(len(mesh.part_names))
    ]
    looks = zip(mesh.part_names, colors, strict=True)
    materials = tuple(Material(name, color, roughness=0.9) for name, color in looks)
    return replace(mesh, materials=materials, face_materials=mesh.face_parts, uv=None)
