"""Draw what a model makes of sample pairs, one row per pair: matches, colours, parts.

python scripts/sample_sheet.py --out docs/images/samples.jpg
"""

from __future__ import annotations

from pathlib import Path

import tyro

import funcorr
from funcorr.correspondence.pictures import draw_dense, draw_parts
from funcorr.io import atomic_path
from funcorr.viz import draw_sheet

PAIRS = (
    ("coffee-mug", "wine-bottle", "pour-with"),
    ("espresso-kettle", "wine-bottle", "pour-with"),
    ("coffee", "coffee-mug", "pour-with"),
    ("kitchen-knife", "scissors", "cut-with"),
    ("hammer", "coffee-mug", "pound-with"),
    ("clothes-hanger", "coffee-mug", "hang-onto"),
    ("spoon", "shovel", "scoop-with"),
    ("screwdriver", "fork", "poke-with"),
)


def main(out: Path = Path("docs/images/samples.jpg"), model: str = "funcorr-small") -> None:
    """Draw the sheet.

    Args:
        out: the PNG.
        model: row name or folder.
    """
    samples = Path("samples")
    matcher = funcorr.load_model(model)
    tiles = []
    for name1, name2, function in PAIRS:
        one, two = (
            matcher.encode(samples / f"{name}.png", samples / "masks" / f"{name}.png")
            for name in (name1, name2)
        )
        result = matcher.match(one, two, function)
        pictures = (result.draw(6), draw_dense(result), draw_parts(result))
        tiles += [p.resize((480, 480 * p.height // p.width)) for p in pictures]
    with atomic_path(out) as path:
        draw_sheet(tiles, columns=3).save(path, quality=85)


if __name__ == "__main__":
    tyro.cli(main)
