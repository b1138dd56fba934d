"""Images and masks at the edge of the library: read, validate, crop and undo.

Pixels are ``(x, y)``, x right, y down; integer coordinates are pixel centres, so an image of width
W spans [-0.5, W - 0.5]. Arrays are indexed ``[row, column]``.
"""

from funcorr.images.crop import Crop, mask_pixels, resize_points
from funcorr.images.decode import Frame, read_frame
from funcorr.images.heatmaps import read_heatmap
from funcorr.images.masks import read_mask
from funcorr.images.picture import ImageLike, Picture, read_image
from funcorr.images.points import read_points
from funcorr.images.types import HeatmapLike, MaskLike, PointsLike

__all__ = [
    "Crop",
    "Frame",
    "HeatmapLike",
    "ImageLike",
    "MaskLike",
    "Picture",
    "PointsLike",
    "mask_pixels",
    "read_frame",
    "read_heatmap",
    "read_image",
    "read_mask",
    "read_points",
    "resize_points",
]
