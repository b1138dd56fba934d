"""Render objects once each and keep them as cutouts, so that a stopped build goes on."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Int16, UInt8

from funcorr.assets.mesh import Mesh
from funcorr.assets.store import Asset
from funcorr.geometry.cameras import Camera
from funcorr.groundtruth.affordance.actions import action_parts
from funcorr.groundtruth.affordance.composite import Cutout
from funcorr.io import read_arrays, write_arrays
from funcorr.render.camera_poses import ViewConfig
from funcorr.render.lighting import random_lighting
from funcorr.render.raster import GeometryBuffers, Scene
from funcorr.render.shade import Shader, ShadingConfig

SMALLEST_PART = 40
"""Pixels of a part that a person would see and click on."""

CAMERAS = ViewConfig(elevation=(-35.0, 65.0), roll=25.0)
SHADING = ShadingConfig(2, 3)


def cutout(
    asset: Asset, key: str, number: int, views: int, size: int, seed: int, cache: Path
) -> Cutout:
    """One object from one of several random views: the one that shows most of its actions.

    Args:
        asset: the object.
        key: name in the cache; views and light depend on it.
        number: of the picture within its category.
        views: how many views there are to choose from; 1 takes what comes.
        size: side of the rendering in pixels.
        seed: of cameras and light.
        cache: folder of an npz per picture, made when missing.
    """
    actions = action_parts(asset.category, asset.parts, asset.mesh.part_names)
    path = cache / f"{key}.npz"
    if not path.exists():
        generator = np.random.default_rng([seed, zlib.crc32(key.encode())])
        cameras = replace(CAMERAS, count=views, size=size).cameras(generator)
        rgba, parts = _rendered(asset.mesh, actions, cameras, generator)
        write_arrays(path, rgba=rgba, parts=parts)
    arrays = read_arrays(path, ("rgba", "parts"), "a cutout")
    names = asset.mesh.part_names
    return Cutout(asset.category, number, **arrays, part_names=names, actions=actions)


def _rendered(
    mesh: Mesh,
    actions: dict[str, tuple[str, ...]],
    cameras: Sequence[Camera],
    generator: np.random.Generator,
) -> tuple[UInt8[np.ndarray, "h w 4"], Int16[np.ndarray, "h w"]]:
    """Colours and part indices of the best view, cropped to the object."""
    scene = Scene(mesh)
    seen = [scene.look(camera) for camera in cameras]
    best = max(range(len(seen)), key=lambda i: _visible_actions(seen[i], mesh, actions))
    light = random_lighting(generator)
    rgba = Shader(scene, SHADING).picture(cameras[best], seen[best], light, generator)
    rows, columns = np.nonzero(rgba[..., 3])
    window = np.s_[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    return rgba[window], seen[best].parts(mesh)[window]


def _visible_actions(
    buffers: GeometryBuffers, mesh: Mesh, actions: dict[str, tuple[str, ...]]
) -> int:
    """How many actions have a part that can be seen."""
    parts = buffers.parts(mesh)
    pixels = {name: int((parts == i).sum()) for i, name in enumerate(mesh.part_names)}
    return sum(sum(pixels[p] for p in names) >= SMALLEST_PART for names in actions.values())
