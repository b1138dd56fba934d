"""Who paints the pictures: one protocol, and the renderers behind it.

Geometry (depth, parts, visible points) never comes from a painter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

import numpy as np
from jaxtyping import UInt8

from funcorr.errors import UserError
from funcorr.geometry.cameras import Camera
from funcorr.render.environment import find_photographs, random_environment
from funcorr.render.lighting import random_lighting
from funcorr.render.raster import GeometryBuffers, Scene
from funcorr.render.shade import Shader, ShadingConfig
from funcorr.render.variant import Variant

if TYPE_CHECKING:
    from funcorr.render.asset import RenderConfig

Renderer = Literal["raster", "mitsuba", "blender"]


@dataclass(frozen=True)
class PathTracing:
    """How much work goes into a path-traced picture.

    Attributes:
        samples: paths per pixel; the paper takes 100 (in Cycles).
        bounces: longest path.
        denoise: remove the noise; without it take 128 samples or more.
        variant: of Mitsuba, see :func:`funcorr.render.variant.load_mitsuba`.
    """

    samples: int = 16
    bounces: int = 6
    denoise: bool = True
    variant: Variant = "auto"

    def __post_init__(self) -> None:
        if not (1 <= self.samples <= 65536 and 1 <= self.bounces <= 64):
            raise UserError("path tracing takes 1 to 65536 samples and 1 to 64 bounces")


@runtime_checkable
class Painter(Protocol):
    """Paints the views of one object."""

    def picture(self, number: int, buffers: GeometryBuffers) -> UInt8[np.ndarray, "h w 4"]:
        """View ``number`` as RGBA with straight alpha.

        Args:
            number: of the view.
            buffers: the exact geometry of that view; where it has a surface, alpha is above 0.
        """


class RasterPainter:
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


def make_painter(
    scene: Scene,
    cameras: Sequence[Camera],
    generators: Sequence[np.random.Generator],
    config: RenderConfig,
) -> Painter:
    """The painter that a configuration asks for, ready for all views of one object.

    Args:
        scene: the object.
        cameras: its views.
        generators: the randomness of each view.
        config: which renderer, and how much work.

    Raises:
        UserError: the renderer is not installed, or there are no HDR photographs where it says.
    """
    if config.renderer == "raster":
        return RasterPainter(scene, cameras, generators, config.shading)
    photographs = find_photographs(config.photographs) if config.photographs else ()
    environments = [random_environment(generator, photographs) for generator in generators]
    seeds = [int(generator.integers(2**31)) for generator in generators]
    if config.renderer == "mitsuba":
        from funcorr.render.mitsuba import MitsubaPainter

        return MitsubaPainter(scene, cameras, environments, seeds, config.tracing)
    from funcorr.render.blender import BlenderPainter

    return BlenderPainter(scene, cameras, environments, seeds, config.tracing)
