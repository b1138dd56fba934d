"""The methods that have a name from the start."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from funcorr.segmentation.plain import plain_background_mask
from funcorr.segmentation.protocol import SEGMENTERS, Segmenter


class PlainBackground:
    """What differs from a plain background."""

    name = "plain"

    def __call__(self, rgb: UInt8[np.ndarray, "h w 3"]) -> Float[np.ndarray, "h w"]:
        """1 on the object; 0 everywhere where the background is not plain."""
        found = plain_background_mask(rgb)
        return np.zeros(rgb.shape[:2]) if found is None else found.astype(np.float64)


SEGMENTERS.register("plain")(PlainBackground)


@SEGMENTERS.register("trunk")
def _trunk() -> Segmenter:
    from funcorr.segmentation.trunk import load_trunk

    return load_trunk()


@SEGMENTERS.register("u2net")
def _u2net() -> Segmenter:
    from funcorr.segmentation.u2net import load_u2net

    return load_u2net()


@SEGMENTERS.register("rembg")
@SEGMENTERS.register("rembg:")
def _rembg(model: str = "u2net") -> Segmenter:
    from funcorr.segmentation.rembg import RembgSegmenter

    return RembgSegmenter(model)


@SEGMENTERS.register("sam:")
def _sam(model: str) -> Any:
    from funcorr.segmentation.sam import SamSegmenter

    return SamSegmenter(model)
