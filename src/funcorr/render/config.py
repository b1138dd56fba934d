"""What a rendered dataset looks like: every choice, and the limits of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from funcorr.errors import UserError
from funcorr.render.camera_poses import ViewConfig
from funcorr.render.raster import Tracer
from funcorr.render.shade import ShadingConfig
from funcorr.render.variant import Variant

RendererName = Literal["raster", "mitsuba", "blender"]


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


@dataclass(frozen=True)
class RenderConfig:
    """Everything that decides what a dataset looks like; kept in ``dataset.json``.

    Attributes:
        views: the cameras.
        shading: the work per picture of the renderer ``"raster"``.
        points: surface samples per asset; 100,000 as in the paper. Fewer take less disk: see
            ``docs/rendering.md``.
        renderer: what makes the pictures: ``"raster"`` (built in), ``"mitsuba"`` or ``"blender"``.
        tracer: of the geometry, and of the raster renderer's shadows: ``"embree"``, ``"numpy"`` (no
            shadows), or ``"auto"`` for embree where it is installed.
        tracing: the work per picture of the other renderers.
        photographs: folder of HDR photographs that light the other renderers' pictures; where
            empty, skies and lamps are drawn.
        seed: of cameras, light and surface samples, together with the asset's id.
    """

    views: ViewConfig = field(default_factory=ViewConfig)
    shading: ShadingConfig = field(default_factory=lambda: ShadingConfig(2, 3))
    points: int = 100_000
    renderer: RendererName = "raster"
    tracer: Tracer = "auto"
    tracing: PathTracing = field(default_factory=PathTracing)
    photographs: str = ""
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.points <= 1_000_000:
            raise UserError(f"{self.points} surface points; expected 1 to 1,000,000")
