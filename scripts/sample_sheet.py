"""Draw what a model makes of sample pairs, one row per pair: matches, colours, parts.

python scripts/sample_sheet.py --out docs/images/samples.jpg
"""

from __future__ import annotations

from pathlib import Path

import tyro
from PIL import Image

import funcorr
from funcorr.io import atomic_path
from funcorr.viz.dense import draw_dense
from funcorr.viz.matches import draw_matches, readable_separation
from funcorr.viz.parts import draw_parts

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
    rows = []
    for name1, name2, function in PAIRS:
        one, two = (
            matcher.encode(samples / f"{name}.png", samples / "masks" / f"{name}.png")
            for name in (name1, name2)
        )
        result = matcher.match(one, two, function)
        best = result.top(6, readable_separation(result.points1, result.points2))
        pictures = (
            draw_matches(one.picture.rgb, two.picture.rgb, best.points1, best.points2),
            draw_dense(result),
            draw_parts(result),
        )
        rows.append([p.resize((480, 480 * p.height // p.width)) for p in pictures])
    heights = [max(p.height for p in row) + 8 for row in rows]
    sheet = Image.new("RGB", (3 * 488, sum(heights)), "white")
    for number, row in enumerate(rows):
        for column, picture in enumerate(row):
            sheet.paste(picture.convert("RGB"), (column * 488, sum(heights[:number])))
    with atomic_path(out) as path:
        sheet.save(path, quality=85)


if __name__ == "__main__":
    tyro.cli(main)
