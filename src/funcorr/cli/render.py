"""``funcorr render``: a folder of assets into a multi-view dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import tyro


def render(
    src: Annotated[Path, tyro.conf.Positional],
    out: Path,
    views: int = 20,
    size: int = 224,
    points: int = 100_000,
    cameras: Literal["random", "labelling"] = "random",
    uniform_in: Literal["area", "angle"] = "area",
    radius: float = 2.0,
    fov: float = 39.6,
    jitter: float = 0.0,
    roll: float = 0.0,
    tilt: float = 0.0,
    supersample: int = 2,
    renderer: Literal["raster", "mitsuba", "blender"] = "raster",
    tracer: Literal["auto", "embree", "numpy"] = "auto",
    samples: int = 16,
    hdri: Path | None = None,
    seed: int = 0,
    workers: int = 1,
    resume: bool = False,
    engine: Literal["processes", "ray"] = "processes",
) -> None:
    """Render a folder of assets into a multi-view dataset with exact depth, parts and matches.

    Args:
        src: folder of assets, as ``funcorr assets forge`` writes it.
        out: folder of the dataset.
        views: views per asset.
        size: side of the square images in pixels.
        points: surface samples per asset, by which views are matched; a dataset with 20000
            takes less than half of the disk.
        cameras: random views, or nineteen fixed ones for labelling.
        uniform_in: spread random views evenly over the sphere's area, or over the elevation angle
            as in the paper.
        radius: distance of the cameras from the object, whose longest side is 1.
        fov: field of view in degrees.
        jitter: random change of camera distance and field of view, as a share.
        roll: largest random turn of the image in degrees.
        tilt: largest random lean of each object in degrees.
        supersample: samples per pixel and axis, of the raster renderer.
        renderer: who paints the pictures; mitsuba and blender trace paths and are slower.
        tracer: of the geometry: embree, plain numpy (no shadows), or embree where it is installed.
        samples: paths per pixel, of mitsuba and blender.
        hdri: folder of HDR photographs (.exr, .hdr) that light the pictures of mitsuba and blender;
            skies and lamps are drawn where it is not given.
        seed: of cameras, light and surface samples.
        workers: processes.
        resume: go on with a dataset that is there; assets whose files changed are rendered again.
        engine: processes on this machine, or the Ray cluster of RAY_ADDRESS.
    """
    from funcorr.render.camera_poses import ViewConfig
    from funcorr.render.config import PathTracing, RenderConfig
    from funcorr.render.shade import ShadingConfig
    from funcorr.render.write import render_dataset

    view_config = ViewConfig(
        kind=cameras,
        count=views,
        size=size,
        radius=radius,
        fov=fov,
        uniform_in=uniform_in,
        radius_jitter=jitter,
        fov_jitter=jitter,
        roll=roll,
        tilt=tilt,
    )
    shading = ShadingConfig(supersample, 6 if supersample == 1 else 3)
    config = RenderConfig(
        view_config,
        shading,
        points,
        renderer,
        tracer,
        PathTracing(samples),
        "" if hdri is None else str(hdri),
        seed,
    )
    report = render_dataset(src, out, config, workers, resume, engine)
    for name, problem in report.failed.items():
        print(f"left out {name}: {problem}")
    print(
        f"{out}: {len(report.rendered)} assets rendered, {len(report.skipped)} were there already, "
        f"{len(report.failed)} left out"
    )
