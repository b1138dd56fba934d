"""Which pixels are the object: given, alpha, plain background, a network, a prompt."""

from funcorr.segmentation import methods as _methods  # noqa: F401  (registers them)
from funcorr.segmentation.doubt import mask_doubt
from funcorr.segmentation.object_mask import PLAIN, MaskSource, find_object
from funcorr.segmentation.prompt import Box, Click, Prompt
from funcorr.segmentation.protocol import (
    SEGMENTERS,
    ObjectMask,
    PromptedSegmenter,
    Segmenter,
)

__all__ = [
    "PLAIN",
    "SEGMENTERS",
    "Box",
    "Click",
    "MaskSource",
    "ObjectMask",
    "Prompt",
    "PromptedSegmenter",
    "Segmenter",
    "find_object",
    "mask_doubt",
]
