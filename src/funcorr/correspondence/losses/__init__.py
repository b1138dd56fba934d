"""The three losses of the paper, one per file, as pure functions of descriptors."""

from funcorr.correspondence.losses.functional import functional_loss
from funcorr.correspondence.losses.mask import mask_loss
from funcorr.correspondence.losses.spatial import spatial_loss

__all__ = ["functional_loss", "mask_loss", "spatial_loss"]
