"""Render objects once each and keep them as cutouts, so that a stopped build goes on."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Int16, UInt8

from funcorr.assets.mesh import Mesh
from funcorr.assets.store import Asset
from funcorr.groundtruth.affordance.actions import action_parts
from funcorr.groundtruth.affordance.composite import Cutout
from funcorr.io import read_arrays, write_arrays
from funcorr.render.camera_poses import ViewConfig
from funcorr.render.lighting import random_lighting
from funcorr.render.raster import GeometryBuffers, Scene
from funcorr.render.shade import Shader, ShadingConfig

SMALLEST_PART = 40
"""Pixels of a part that a person would see and click on."""


@dataclass(frozen=True)
class CutoutConfig:
    """How objects are rendered.

    Attributes:
        size: side of the rendering in pixels.
        elevation: band of camera elevations in degrees.
        roll: largest turn of the image in degrees.
        shading: the work per picture.
        seed: of shapes, cameras and light.
    """

    size: int = 224
    elevation: tuple[float, float] = (-35.0, 65.0)
    roll: float = 25.0
    shading: ShadingConfig = field(default_factory=lambda: ShadingConfig(2, 3))
    seed: int = 0


def cutout(
    asset: Asset, key: str, number: int, views: int, config: CutoutConfig, cache: Path
) -> Cutout:
    """One object from one of several random views: the one that shows most of its actions.

    Args:
        asset: the object.
        key: name in the cache; views and light depend on it.
        number: of the picture within its category.
        views: how many views there are to choose from; 1 takes what comes.
        config: how to render.
        cache: folder of an npz per picture, made when missing.
    """
    actions = action_parts(asset.category, asset.parts, asset.mesh.part_names)
    path = cache / f"{key}.npz"
    if not path.exists():
        rgba, parts = _rendered(asset.mesh, actions, key, views, config)
        write_arrays(path, rgba=rgba, parts=parts)
    arrays = read_arrays(path, ("rgba", "parts"), "a cutout")
    names = asset.mesh.part_names
    return Cutout(asset.category, number, **arrays, part_names=names, actions=actions)


def _rendered(
    mesh: Mesh, actions: dict[str, tuple[str, ...]], name: str, views: int, config: CutoutConfig
) -> tuple[UInt8[np.ndarray, "h w 4"], Int16[np.ndarray, "h w"]]:
    """Colours and part indices, cropped to the object."""
    generator = np.random.default_rng([config.seed, zlib.crc32(name.encode())])
    cameras = ViewConfig(
        count=views, size=config.size, elevation=config.elevation, roll=config.roll
    ).cameras(generator)
    scene = Scene(mesh)
    seen = [scene.look(camera) for camera in cameras]
    best = max(range(views), key=lambda i: _shown(seen[i], mesh, actions))
    shader = Shader(scene, config.shading)
    light = random_lighting(generator)
    rgba = shader.picture(cameras[best], seen[best], light, generator)
    rows, columns = np.nonzero(rgba[..., 3])
    window = np.s_[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    return rgba[window], seen[best].parts(mesh)[window]


def _shown(buffers: GeometryBuffers, mesh: Mesh, actions: dict[str, tuple[str, ...]]) -> int:
    """How many actions have a part that can be seen."""
    parts = buffers.parts(mesh)
    pixels = {name: int((parts == i).sum()) for i, name in enumerate(mesh.part_names)}
    return sum(sum(pixels[p] for p in names) >= SMALLEST_PART for names in actions.values())
