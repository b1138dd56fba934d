"""Draw docs/images/alignments.jpg: three random pairs per function, aligned by their frames.

    python scripts/draw_alignments.py ASSETS docs/images/alignments.jpg

ASSETS is a collection of the forge. Of each pair, the first object is blue and the second, moved
onto it, is orange; both are of different categories where there are two. Their free symmetries are
fixed as for ground truth: by two random views, one of each object.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from funcorr.assets import Asset, list_assets, read_asset
from funcorr.assets.mesh import Material, Mesh
from funcorr.functions.frames import view_alignment
from funcorr.geometry.cameras import Camera, look_at
from funcorr.render.camera_poses import ViewConfig
from funcorr.render.portrait import shaded
from funcorr.viz import draw_sheet

PAIRS = 3
COLUMNS = 9
SIZE = 150
SPAN = 4.0
"""Tiles show this many times the size of the frame, or both objects where they are smaller."""

FIRST = Material("first", (0.25, 0.45, 0.85), roughness=0.9)
SECOND = Material("second", (0.95, 0.55, 0.15), roughness=0.9)


def main() -> None:
    """Draw the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("assets", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    assets = [read_asset(options.assets / name) for name in list_assets(options.assets)]
    generator = np.random.default_rng(options.seed)
    functions = sorted({function for asset in assets for function in asset.functions})
    tiles = [
        picture(first, second, function, generator)
        for function in functions
        for first, second in pairs(assets, function, generator)
    ]
    draw_sheet(tiles, COLUMNS, gap=0).save(options.out, quality=80)


def pairs(
    assets: list[Asset], function: str, generator: np.random.Generator
) -> list[tuple[Asset, Asset]]:
    """Random pairs of different categories that share a function."""
    able = [asset for asset in assets if function in asset.functions]
    every = [(a, b) for a in able for b in able if a.category != b.category]
    chosen = generator.choice(len(every), PAIRS, replace=len(every) < PAIRS)
    return [every[index] for index in chosen]


def picture(
    first: Asset, second: Asset, function: str, generator: np.random.Generator
) -> Image.Image:
    """Both objects around the first one's functional frame, seen from its side."""
    frame = first.frames[function]
    views = [view.world_to_camera for view in ViewConfig(count=2).cameras(generator)]
    moved = second.mesh.transformed(view_alignment(frame, second.frames[function], *views))
    both = joined(first.mesh, moved).transformed(np.linalg.inv(frame.matrix))
    reach = np.linalg.norm(both.vertices, axis=1).max()
    eye = 3 * reach * np.array([0.4, -0.8, 0.4])
    fov = 2 * np.degrees(np.arctan(min(reach, SPAN / 2) / np.linalg.norm(eye)))
    tile = shaded(both, Camera.from_fov(fov, SIZE, SIZE, look_at(eye)))
    text = f"{function}\n{first.category}, {second.category}"
    ImageDraw.Draw(tile).multiline_text((3, 1), text, fill="black", spacing=0)
    return tile


def joined(first: Mesh, second: Mesh) -> Mesh:
    """One mesh of two colours."""
    counts = [len(first.faces), len(second.faces)]
    index = np.repeat([0, 1], counts)
    return replace(
        first,
        vertices=np.concatenate([first.vertices, second.vertices]),
        faces=np.concatenate([first.faces, second.faces + len(first.vertices)]),
        face_parts=index,
        part_names=("first", "second"),
        face_materials=index,
        materials=(FIRST, SECOND),
        uv=None,
    )


if __name__ == "__main__":
    main()
