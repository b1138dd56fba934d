"""Ground truth drawn for the eye: both pictures of a pair, matched pixels in one colour."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw

from funcorr.benchmark.pairs import Benchmark, ImagePair
from funcorr.benchmark.pictures import position_colors
from funcorr.images import resize_points
from funcorr.runs import atomic_path

PANEL = 224
"""Longer side of a picture on the sheet, pixels."""

CAPTION, GAP, COLUMNS, RADIUS = 14, 6, 4, 1.5


def write_check_sheets(benchmark: Benchmark, out: Path | str) -> list[Path]:
    """Draw every pair of a benchmark, a sheet per function.

    Args:
        benchmark: the benchmark.
        out: folder of the sheets, ``<function>.png``.

    Returns:
        The files.
    """
    files = []
    for function in benchmark.functions:
        pairs = [pair for pair in benchmark.pairs if pair.function == function]
        files.append(Path(out) / f"{function.replace(' ', '_')}.png")
        with atomic_path(files[-1]) as temporary:
            _sheet([draw_pair(benchmark, pair) for pair in pairs]).save(temporary)
    return files


def draw_pair(benchmark: Benchmark, pair: ImagePair) -> Image.Image:
    """One pair with its ground truth, and its id and objects above."""
    points = benchmark.ground_truth(pair)
    colors = position_colors(points[0])
    panels = []
    for key, ends in zip(("image1", "image2"), points, strict=True):
        with Image.open(benchmark.file(pair, key)) as image:
            panels.append(_dotted(np.asarray(image.convert("RGB")), ends, colors))
    width, height = panels[0].size
    tile = Image.new("RGB", (2 * width, height + CAPTION), "white")
    for number, panel in enumerate(panels):
        tile.paste(panel, (number * width, CAPTION))
    title = f"{pair.id}  {pair.asset1} / {pair.asset2}  {len(points[0])} points"
    ImageDraw.Draw(tile).text((2, 1), title, fill="black")
    return tile


def _dotted(
    rgb: UInt8[np.ndarray, "h w 3"],
    points: Float[np.ndarray, "n 2"],
    colors: list[tuple[int, ...]],
) -> Image.Image:
    """The picture paled, with a dot per point."""
    paled = Image.fromarray((255 - (255 - rgb.astype(np.float64)) * 0.6).astype(np.uint8))
    scale = PANEL / max(paled.size)
    panel = paled.resize((round(paled.width * scale), round(paled.height * scale)))
    pen = ImageDraw.Draw(panel)
    for (x, y), color in zip(resize_points(points, scale).tolist(), colors, strict=True):
        pen.ellipse((x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS), fill=color)
    return panel


def _sheet(tiles: list[Image.Image]) -> Image.Image:
    width, height = tiles[0].width + GAP, tiles[0].height + GAP
    columns = min(COLUMNS, len(tiles))
    sheet = Image.new("RGB", (columns * width, -(-len(tiles) // columns) * height), "white")
    for number, tile in enumerate(tiles):
        sheet.paste(tile, (number % columns * width, number // columns * height))
    return sheet
