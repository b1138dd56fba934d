"""Images and masks at the edge of the library: read, validate, find the object, crop and undo.

Pixels are ``(x, y)``, x right, y down; integer coordinates are pixel centres, so an image of width
W spans [-0.5, W - 0.5]. Arrays are indexed ``[row, column]``.
"""

from funcorr.images.crop import Crop, mask_pixels, resize_points
from funcorr.images.doubt import mask_doubt
from funcorr.images.read import Picture, read_image, read_mask
from funcorr.images.segment import object_mask

__all__ = [
    "Crop",
    "Picture",
    "mask_doubt",
    "mask_pixels",
    "object_mask",
    "read_image",
    "read_mask",
    "resize_points",
]
