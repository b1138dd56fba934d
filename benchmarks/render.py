"""Seconds per view of the renderer: exact geometry, shaded pictures, and a whole dataset entry.

    OMP_NUM_THREADS=1 python benchmarks/render.py

Draws forged assets at 224 px from random views on one core and prints medians over all views.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from funcorr.assets.forge import forge_asset
from funcorr.assets.store import Asset
from funcorr.render.asset import RenderConfig, render_asset
from funcorr.render.lighting import random_lighting
from funcorr.render.raster import Scene
from funcorr.render.shade import Shader, ShadingConfig
from funcorr.render.views import ViewConfig

CATEGORIES = ("mug", "kettle", "bottle", "pan", "hammer", "knife")
PICTURES = {
    "picture, 1 sample, 6 sky rays": ShadingConfig(1, 6),
    "picture, 2 x 2 samples, 3 sky rays": ShadingConfig(2, 3),
}


def main() -> None:
    """Time every stage and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--views", type=int, default=8)
    options = parser.parse_args()
    assets = [forge_asset(category, 0, 0) for category in CATEGORIES]
    times: dict[str, list[float]] = {}
    for asset in assets:
        for stage, seconds in time_asset(asset, options.views).items():
            times.setdefault(stage, []).extend(seconds)
    print(f"{platform.processor() or platform.machine()}, 224 px, {len(assets)} assets")
    print("| stage | median s/view | slowest |\n|---|---|---|")
    for stage, seconds in times.items():
        print(f"| {stage} | {np.median(seconds):.4f} | {max(seconds):.4f} |")


def time_asset(asset: Asset, views: int) -> dict[str, list[float]]:
    """Seconds of each view by stage."""
    config = ViewConfig(count=views)
    cameras = config.cameras(np.random.default_rng(0))
    found: dict[str, list[float]] = {}
    scenes = {renderer: Scene(asset.mesh, renderer) for renderer in ("embree", "numpy")}
    for renderer, scene in scenes.items():
        found[f"geometry, {renderer}"] = [timed(scene.look, camera) for camera in cameras]
    for name, shading in PICTURES.items():
        shader = Shader(scenes["embree"], shading)
        found[name] = []
        for number, camera in enumerate(cameras):
            generator = np.random.default_rng(number)
            buffers, lighting = scenes["embree"].look(camera), random_lighting(generator)
            found[name].append(timed(shader.picture, camera, buffers, lighting, generator))
    with tempfile.TemporaryDirectory() as folder:
        whole = timed(render_asset, asset, folder, RenderConfig(config))
    found["dataset entry with all files"] = [whole / views]
    return found


def timed(function: Callable[..., Any], *arguments: Any) -> float:
    """Seconds that one call takes."""
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
