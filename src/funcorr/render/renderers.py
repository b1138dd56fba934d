"""What makes the pictures: one protocol, and the renderers behind it.

Geometry (depth, parts, visible points) never comes from a renderer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import UInt8

from funcorr.geometry.cameras import Camera
from funcorr.render.config import RenderConfig
from funcorr.render.environment import TracedView, find_photographs, random_environment
from funcorr.render.lighting import random_lighting
from funcorr.render.raster import GeometryBuffers, Scene
from funcorr.render.shade import Shader, ShadingConfig


@runtime_checkable
class Renderer(Protocol):
    """Makes the pictures of one object."""

    def picture(self, number: int, buffers: GeometryBuffers) -> UInt8[np.ndarray, "h w 4"]:
        """View ``number`` as RGBA with straight alpha.

        Args:
            number: of the view.
            buffers: the exact geometry of that view; where it has a surface, alpha is above 0.
        """


class RasterRenderer:
    """The built-in renderer: soft shading over the exact geometry."""

    def __init__(
        self,
        scene: Scene,
        cameras: Sequence[Camera],
        generators: Sequence[np.random.Generator],
        shading: ShadingConfig,
    ) -> None:
        self._shader = Shader(scene, shading)
        self._views = list(zip(cameras, generators, strict=True))

    def picture(self, number: int, buffers: GeometryBuffers) -> UInt8[np.ndarray, "h w 4"]:
        """View ``number``, lit at random."""
        camera, generator = self._views[number]
        lighting = random_lighting(generator)
        return self._shader.picture(camera, buffers, lighting, generator)


def make_renderer(
    scene: Scene,
    cameras: Sequence[Camera],
    generators: Sequence[np.random.Generator],
    config: RenderConfig,
) -> Renderer:
    """The renderer that a configuration asks for, ready for all views of one object.

    Args:
        scene: the object.
        cameras: its views.
        generators: the randomness of each view.
        config: which renderer, and how much work.

    Raises:
        UserError: the renderer is not installed, or there are no HDR photographs where it says.
    """
    if config.renderer == "raster":
        return RasterRenderer(scene, cameras, generators, config.shading)
    photographs = find_photographs(config.photographs) if config.photographs else ()
    views = [
        TracedView(
            camera, random_environment(generator, photographs), int(generator.integers(2**31))
        )
        for camera, generator in zip(cameras, generators, strict=True)
    ]
    if config.renderer == "mitsuba":
        from funcorr.render.mitsuba import MitsubaRenderer

        return MitsubaRenderer(scene, views, config.tracing)
    from funcorr.render.blender import BlenderRenderer

    return BlenderRenderer(scene, views, config.tracing)
