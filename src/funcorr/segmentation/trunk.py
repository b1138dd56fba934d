"""The object as the shipped trunk sees it: what its features tell from the picture's rim."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from PIL import Image

from funcorr.features.dinov2 import Dinov2Backbone
from funcorr.segmentation.random_walk import walked
from funcorr.weights.resolver import resolve

NAME = "trunk"

WEIGHTS = "dinov2-small-focus"
"""A ViT fine-tuned for saliency, part of the shipped models; its last block is what is salient."""

INPUT_SIZE = 448
"""Side of the square it looks at: 32 x 32 cells."""

RIDGE = 100.0
"""Of the regression, beside sums over cells of weights with sum 1000; results hardly change from
a third of it to three times as much."""

ROUNDS = 10
"""How often the object's cells are told anew from the others."""


class TrunkSegmenter:
    """Salient or marked objects by ridge regression on the trunk's last block.

    Cells that belong to the surroundings are known: the rim of the picture, or what lies beside a
    box. The others are taken for the object, the regression of object against surroundings on the
    features is fitted, cells below one half go over to the surroundings, and so on. Where cells of
    the object are known they alone stand for it at first.
    """

    name = NAME

    def __init__(self, device: str | torch.device | None = None) -> None:
        self._backbone = Dinov2Backbone(resolve(WEIGHTS), WEIGHTS, (-1,), device=device)

    def __call__(self, rgb: UInt8[np.ndarray, "h w 3"]) -> Float[np.ndarray, "h w"]:
        """The object that the features tell from the picture's rim, up to the colours' edges."""
        return walked(rgb, self.grown(rgb, np.ones(rgb.shape[:2], bool), None))

    def grown(
        self,
        rgb: UInt8[np.ndarray, "h w 3"],
        possible: Bool[np.ndarray, "h w"],
        known: Bool[np.ndarray, "h w"] | None,
    ) -> Float[np.ndarray, "h w"]:
        """How surely each pixel is the object.

        Args:
            rgb: the picture.
            possible: where it may be; where that is everywhere, not on the rim.
            known: some of its pixels, if any are known.
        """
        cells = self._cells(rgb)
        rows, columns = cells.shape[:2]
        inside = ~_cells_of(~possible, (rows, columns))
        if inside.all():
            inside[[0, -1]], inside[:, [0, -1]] = False, False
        found = inside.astype(np.float64).ravel()
        flat = cells.reshape(rows * columns, -1)
        if known is not None:
            marked = _cells_of(known, (rows, columns)).ravel()
            found = _regressed(flat, marked, ~inside.ravel() & ~marked)
        else:
            for _ in range(ROUNDS):
                is_object = found > 0.5
                if not is_object.any():
                    break
                found = np.where(inside.ravel(), _regressed(flat, is_object, ~is_object), 0)
        soft = Image.fromarray(found.reshape(rows, columns).astype(np.float32))
        full = soft.resize(rgb.shape[1::-1], Image.Resampling.BICUBIC)
        return np.asarray(full).clip(0, 1)

    def _cells(self, rgb: UInt8[np.ndarray, "h w 3"]) -> Float[np.ndarray, "r c d"]:
        [cells] = self._backbone.maps(looked_at(rgb))
        return unit_cells(cells)


def looked_at(rgb: UInt8[np.ndarray, "h w 3"]) -> Float[torch.Tensor, "1 3 s s"]:
    """The picture as the backbone takes it."""
    square = Image.fromarray(rgb).resize((INPUT_SIZE,) * 2, Image.Resampling.BICUBIC)
    return torch.from_numpy(np.array(square)).movedim(2, 0)[None].float() / 255


def unit_cells(cells: Float[torch.Tensor, "1 d r c"]) -> Float[np.ndarray, "r c d"]:
    """The cells of a map, each of length 1."""
    moved = cells[0].movedim(0, 2)
    found: np.ndarray = (moved / moved.norm(dim=-1, keepdim=True)).double().cpu().numpy()
    return found


@lru_cache(maxsize=1)
def load_trunk() -> TrunkSegmenter:
    """The method, its weights fetched when they are not here yet; read once per process.

    Raises:
        MissingWeightsError: the weights are neither here nor reachable.
    """
    return TrunkSegmenter()


def _regressed(
    cells: Float[np.ndarray, "n d"], object_: Bool[np.ndarray, " n"], other: Bool[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """Ridge regression of 1 on the object and 0 beside it, both of equal weight; at every cell."""
    weights = 500.0 * (object_ / max(object_.sum(), 1) + other / max(other.sum(), 1))
    used = weights > 0
    mean = np.average(cells[used], axis=0, weights=weights[used])
    x, w = cells[used] - mean, weights[used, None]
    gram = x.T @ (w * x) + RIDGE * np.eye(x.shape[1])
    slope = np.linalg.solve(gram, x.T @ (w[:, 0] * (object_[used] - 0.5)))
    return (cells - mean) @ slope + 0.5


def _cells_of(mask: Bool[np.ndarray, "h w"], size: tuple[int, int]) -> Bool[np.ndarray, "r c"]:
    """The cells of a grid in which pixels of a mask lie."""
    rows, columns = np.nonzero(mask)
    cells = np.zeros(size, bool)
    cells[rows * size[0] // mask.shape[0], columns * size[1] // mask.shape[1]] = True
    return cells
