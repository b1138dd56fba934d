"""An image after the expensive step: what is matched, by any function and with any partner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from torch import Tensor

from funcorr.images import Crop, Picture
from funcorr.segmentation import PLAIN, mask_doubt


@dataclass(frozen=True, eq=False, repr=False)
class EncodedImage:
    """An image after the expensive step; good for any number of functions and partners.

    Attributes:
        picture: the caller's image.
        mask: H x W, its object.
        crop: the window of the image that the backbone saw.
        points: N x 2 (x, y) object pixels that are matched (all, or an even grid of them).
        features: what the model made of the window, C x h x w for most models.
        fingerprint: of the model that made them; another model refuses them.
        part: H x W, its functional part, where that is known; it takes the place of a predicted
            one.
        category: what the object is, or nothing.
        mask_source: who said which pixels are the object: ``"given"``, ``"alpha"``,
            ``"plain background"`` or a segmenter's name.
    """

    picture: Picture
    mask: Bool[np.ndarray, "h w"]
    crop: Crop
    points: Float[np.ndarray, "n 2"]
    features: Any
    fingerprint: str
    part: Bool[np.ndarray, "h w"] | None = None
    category: str = ""
    mask_source: str = "given"

    @property
    def mask_doubt(self) -> str | None:
        """Why a mask that was found on a plain background may be wrong; None without a doubt."""
        return mask_doubt(self.picture, self.mask) if self.mask_source == PLAIN else None

    def __repr__(self) -> str:
        height, width = self.picture.size
        part = "" if self.part is None else f", part of {self.part.sum():,} known"
        return (
            f"EncodedImage({self.picture.name}, {width} x {height}, object of "
            f"{self.mask.sum():,} pixels{part})"
        )

    def placed(self, points: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
        """Pixels in sides of the window, from its middle."""
        return self.crop.to_crop(points.astype(np.float64)) / self.crop.size - 0.5

    def map_of(self, values: Float[Tensor, " n"] | None) -> Float[np.ndarray, "h w"] | None:
        """Values of the matched points as a map of the image; 0 outside the object.

        Where only a grid of the object's pixels was matched, the others take the nearest one's.
        """
        if values is None:
            return None
        known = values.cpu().numpy().astype(np.float32)
        rows, columns = np.nonzero(self.mask)
        if len(rows) != len(known):
            from scipy.spatial import cKDTree

            pixels = np.stack([columns, rows], axis=1)
            known = known[cKDTree(self.points).query(pixels)[1]]
        full = np.zeros(self.mask.shape, dtype=np.float32)
        full[rows, columns] = known
        return full
