"""Which pixels are the object: given, by alpha, by a plain background, by a network of yours."""

from funcorr.segmentation.doubt import mask_doubt
from funcorr.segmentation.object_mask import (
    PLAIN,
    SEGMENTERS,
    MaskSource,
    ObjectMask,
    Segmenter,
    find_object,
)

__all__ = [
    "PLAIN",
    "SEGMENTERS",
    "MaskSource",
    "ObjectMask",
    "Segmenter",
    "find_object",
    "mask_doubt",
]
