"""A contact sheet of labels, for the eye."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image
from skimage.segmentation import find_boundaries

from funcorr.io import atomic_path
from funcorr.pseudolabel.view_queries import WHITE
from funcorr.render.dataset import AssetViews, Dataset, View
from funcorr.viz import captioned, draw_sheet

TILE, GAP, VIEWS = 170, 6, 3
ORANGE = np.array([240, 120, 20])
OPACITY = 0.6


def write_sheet(dataset: Path | str, labeller: str, path: Path | str, categories: int = 10) -> None:
    """Draw for one asset of every category how one function's parts were labelled in three views.

    Orange is what the labeller takes for the parts; a black line goes around the exact ones, where
    they are known.

    Args:
        dataset: multi-view dataset.
        labeller: name of its labels.
        path: the picture, two categories a row.
        categories: most categories shown, evenly chosen from all.

    Raises:
        UserError: there are no such labels.
    """
    labelled, exact = Dataset(dataset, labels=labeller), Dataset(dataset)
    first: dict[str, str] = {}
    for name in labelled.assets:
        first.setdefault(labelled[name].category, name)
    names = list(first.values())
    chosen = np.linspace(0, len(names) - 1, min(categories, len(names))).astype(int)
    drawn = [_draw_asset(labelled[names[index]], exact[names[index]]) for index in chosen]
    with atomic_path(path) as temporary:
        draw_sheet(drawn, columns=2, gap=GAP).save(temporary)


def _draw_asset(labelled: AssetViews, exact: AssetViews) -> Image.Image:
    function = labelled.functions[0]
    best = sorted(
        range(labelled.n_views), key=lambda i: -int(labelled.view(i).part_mask(function).sum())
    )[:: max(1, exact.n_views // (2 * VIEWS))][:VIEWS]
    tiles = [
        Image.fromarray(_tile(labelled.view(i), exact.view(i), function)).resize((TILE, TILE))
        for i in best
    ]
    caption = f"{labelled.id}: {function} ({', '.join(labelled.serving(function))})"
    return captioned(draw_sheet(tiles, VIEWS, gap=0), caption)


def _tile(labelled: View, exact: View, function: str) -> UInt8[np.ndarray, "h w 3"]:
    """One view, cut out around the object, with its label and the line around the exact part."""
    picture = labelled.on_background(WHITE).astype(np.float64)
    mask = labelled.part_mask(function)
    picture[mask] = (1 - OPACITY) * picture[mask] + OPACITY * ORANGE
    if function in exact.asset.parts:
        picture[find_boundaries(exact.part_mask(function), mode="inner")] = 0
    rows, columns = np.nonzero(exact.mask)
    middle = (int(rows.min() + rows.max()) // 2, int(columns.min() + columns.max()) // 2)
    side = int(max(np.ptp(rows), np.ptp(columns))) // 2 + 6
    padded = np.pad(picture, ((side, side), (side, side), (0, 0)), constant_values=255)
    return padded[middle[0] : middle[0] + 2 * side, middle[1] : middle[1] + 2 * side].astype("u1")
