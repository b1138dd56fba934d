"""Ground truth drawn for the eye: both pictures of a pair, matched pixels in one colour."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from funcorr.groundtruth.pairs import Benchmark, ImagePair
from funcorr.images import read_image
from funcorr.io import atomic_path
from funcorr.viz import captioned, dotted, draw_sheet, paled, point_colors

PANEL = 224
"""Longer side of a picture on the sheet, pixels."""

GAP, COLUMNS, RADIUS = 6, 4, 1.5


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
            tiles = [draw_pair(benchmark, pair) for pair in pairs]
            draw_sheet(tiles, COLUMNS, GAP).save(temporary)
    return files


def draw_pair(benchmark: Benchmark, pair: ImagePair) -> Image.Image:
    """One pair with its ground truth, and its id and objects above."""
    points = benchmark.ground_truth(pair)
    colors = point_colors(points[0])
    panels = []
    for key, ends in zip(("image1", "image2"), points, strict=True):
        rgb = paled(read_image(benchmark.file(pair, key)).rgb, 0.6)
        panels.append(dotted(rgb, ends, colors, PANEL, RADIUS))
    title = f"{pair.id}  {pair.asset1} / {pair.asset2}  {len(points[0])} points"
    return captioned(draw_sheet(panels, len(panels), gap=0), title)
