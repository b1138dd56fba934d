"""Seconds per view of every renderer, objects per second of the forge, and memory over many assets.

    OMP_NUM_THREADS=1 python benchmarks/render.py --mitsuba --blender PYTHON_WITH_BPY --forge 74
    OMP_NUM_THREADS=1 python benchmarks/render.py --views 0 --plan 37
    OMP_NUM_THREADS=1 python benchmarks/render.py --views 0 --memory 1000

Draws forged objects at 224 px from random views and prints medians. CPU seconds (all threads, and
child processes) stand beside wall time: they say what an idle machine would need.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from funcorr.assets.store import Asset, write_asset
from funcorr.render.asset import render_asset
from funcorr.render.camera_poses import ViewConfig
from funcorr.render.config import PathTracing, RenderConfig
from funcorr.render.environment import TracedView, random_environment
from funcorr.render.lighting import random_lighting
from funcorr.render.raster import Scene
from funcorr.render.shade import Shader, ShadingConfig
from funcorr_forge import CATEGORIES, forge_asset

OBJECTS = ("mug", "kettle", "bottle", "pan", "hammer", "knife")
PICTURES = {
    "picture, 1 sample, 6 sky rays": ShadingConfig(1, 6),
    "picture, 2 x 2 samples, 3 sky rays": ShadingConfig(2, 3),
    "picture, 2 x 2 samples, 16 sky rays": ShadingConfig(2, 16),
}
CYCLES = "Cycles, 16 samples, denoised, further views"
PLANS = ((2_000, 2), (1_000_000, 256))
"""Assets and cores of the runs that are planned."""
PLANNED_VIEWS = 20
Times = tuple[float, float]
"""Wall seconds and CPU seconds."""


def main() -> None:
    """Time what was asked for and print tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--views", type=int, default=8)
    parser.add_argument("--objects", type=int, default=len(OBJECTS))
    parser.add_argument("--mitsuba", action="store_true", help="also path tracing with Mitsuba")
    parser.add_argument("--blender", help="also Cycles: a blender program, or a Python with bpy")
    parser.add_argument("--forge", type=int, default=0, help="categories of the forge to time")
    parser.add_argument("--plan", type=int, default=0, help="categories to plan large runs from")
    parser.add_argument("--memory", type=int, default=0, help="assets to make in one process")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    print(f"{cpu_name()}, 224 px, {options.objects} objects, load {load:.0f}")
    if options.views:
        print_views(options)
    if options.forge:
        print_forge(options.forge)
    if options.plan:
        print_plans(options.plan)
    if options.memory:
        print_memory(options.memory)


def print_views(options: argparse.Namespace) -> None:
    """Seconds per view by stage."""
    times: dict[str, list[Times]] = {}
    for category in OBJECTS[: options.objects]:
        asset = forge_asset(category, 0, 0)
        for stage, each in (*raster(asset, options.views), *traced(asset, options)):
            times.setdefault(stage, []).extend(each)
    print("| stage | median s/view | slowest | median CPU s/view |\n|---|---:|---:|---:|")
    for stage, found in times.items():
        wall, cpu = np.array(found).T
        print(f"| {stage} | {np.median(wall):.4f} | {wall.max():.4f} | {np.median(cpu):.4f} |")
    if options.blender:
        slow = np.median([cpu for _, cpu in times[CYCLES]])
        for name in PICTURES:
            fast = np.median([cpu for _, cpu in times[name]])
            print(f"{name}: {slow / fast:.1f} views in the CPU time of one of Cycles")


def raster(asset: Asset, views: int) -> Iterator[tuple[str, list[Times]]]:
    """The built-in renderer, by stage."""
    config = ViewConfig(count=views)
    cameras = config.cameras(np.random.default_rng(0))
    scenes = {tracer: Scene(asset.mesh, tracer) for tracer in ("embree", "numpy")}
    for tracer, scene in scenes.items():
        yield f"geometry, {tracer}", [timed(scene.look, camera) for camera in cameras]
    for name, shading in PICTURES.items():
        shader, found = Shader(scenes["embree"], shading), []
        for number, camera in enumerate(cameras):
            generator = np.random.default_rng(number)
            buffers, lighting = scenes["embree"].look(camera), random_lighting(generator)
            found.append(timed(shader.picture, camera, buffers, lighting, generator))
        yield name, found
    with tempfile.TemporaryDirectory() as folder:
        wall, cpu = timed(render_asset, asset, folder, RenderConfig(config))
    yield "dataset entry with all files", [(wall / views, cpu / views)]


def traced(asset: Asset, options: argparse.Namespace) -> Iterator[tuple[str, list[Times]]]:
    """The path tracers at 16 samples with denoising; set-up is left out of Mitsuba's views."""
    views, scene = max(2, options.views // 2), Scene(asset.mesh)
    cameras = ViewConfig(count=views).cameras(np.random.default_rng(0))
    generators = np.random.default_rng(0).spawn(views)
    lit = [
        TracedView(camera, random_environment(generator), seed)
        for seed, (camera, generator) in enumerate(zip(cameras, generators, strict=True))
    ]
    work = PathTracing(16)
    if options.mitsuba:
        from funcorr.render.mitsuba import MitsubaRenderer

        painter = MitsubaRenderer(scene, lit, work)
        found = [timed(painter.picture, i, scene.look(c)) for i, c in enumerate(cameras)]
        yield "Mitsuba, 16 samples, denoised, first view of an object", found[:1]
        yield "Mitsuba, 16 samples, denoised, further views", found[1:]
    if options.blender:
        from funcorr.render.blender import COMMAND, BlenderRenderer

        os.environ[COMMAND] = options.blender
        first = timed(BlenderRenderer, scene, lit[:1], work)
        both = timed(BlenderRenderer, scene, lit, work)
        wall, cpu = ((b - f) / (views - 1) for f, b in zip(first, both, strict=True))
        yield "Cycles, 16 samples, denoised, start and first view of an object", [first]
        yield CYCLES, [(wall, cpu)]


def print_forge(categories: int) -> None:
    """Objects per second by category."""
    names = some(categories)
    wall, cpu = np.array(
        [np.min([timed(forge_asset, name, i, 0) for i in range(3)], axis=0) for name in names]
    ).T
    print(f"forge, {len(names)} categories, best of 3 objects each:")
    print(f"median {np.median(wall):.3f} s, {np.median(cpu):.3f} CPU s;", end=" ")
    print(f"{1 / np.median(wall):.0f} objects a second, {1 / np.median(cpu):.0f} a CPU second")
    slowest = np.argsort(cpu)[::-1][:3]
    print("slowest:", ", ".join(f"{names[i]} {cpu[i]:.3f} CPU s" for i in slowest))


def some(categories: int) -> list[str]:
    """This many categories, spread over the list."""
    return list(CATEGORIES)[:: max(1, len(CATEGORIES) // categories)]


def print_plans(categories: int) -> None:
    """What large runs take, by the means over one object of each category, default pictures."""
    forged, rendered, sizes = [], [], []
    for name in some(categories):
        with tempfile.TemporaryDirectory() as folder:
            asset, config = forge_asset(name, 0, 0), RenderConfig(ViewConfig(count=PLANNED_VIEWS))
            forged.append(timed(forge_asset, name, 0, 0)[1])
            forged[-1] += timed(write_asset, asset, Path(folder, "assets"))[1]
            rendered.append(timed(render_asset, asset, Path(folder, "views"), config)[1])
            files = [file.stat().st_size for file in Path(folder).rglob("*") if file.is_file()]
            sizes.append((sum(files), len(files)))
    forge, render = np.mean(forged), np.mean(rendered)
    size, files = np.mean(sizes, axis=0)
    print(f"means of {len(forged)} categories: forge {forge:.3f} CPU s an object,", end=" ")
    print(f"{PLANNED_VIEWS} views {render:.2f} CPU s, {size / 1e6:.1f} MB in {files:.0f} files")
    for assets, cores in PLANS:
        hours = assets * np.array([forge, render]) / 3600
        print(f"{assets} assets: forge {hours[0]:.2f} and views {hours[1]:.1f} CPU hours,", end=" ")
        print(f"{hours.sum() / cores:.1f} hours on {cores} cores, {assets * size / 1e9:.1f} GB")


def print_memory(assets: int) -> None:
    """Resident memory of one process that makes and renders many objects."""
    config = RenderConfig(ViewConfig(count=1, size=64), ShadingConfig(1, 1), points=1000)
    kinds = list(CATEGORIES)
    for number in range(assets):
        with tempfile.TemporaryDirectory() as folder:
            asset = forge_asset(kinds[number % len(kinds)], number // len(kinds), 0)
            render_asset(asset, folder, config)
        if (number + 1) % max(1, assets // 10) == 0:
            print(f"after {number + 1} assets: {resident():.0f} MB resident", flush=True)


def timed(function: Callable[..., Any], *arguments: Any) -> Times:
    """Wall and CPU seconds that one call takes, with its threads and child processes."""
    start, before = time.perf_counter(), cpu_seconds()
    function(*arguments)
    return time.perf_counter() - start, cpu_seconds() - before


def cpu_seconds() -> float:
    """CPU time of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def resident() -> float:
    """Resident memory of this process in MB, on Linux."""
    with open("/proc/self/statm") as file:  # noqa: PTH123
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


def cpu_name() -> str:
    """What Linux calls the CPU, or what Python does."""
    try:
        with open("/proc/cpuinfo") as file:  # noqa: PTH123
            names = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.machine()


if __name__ == "__main__":
    main()
