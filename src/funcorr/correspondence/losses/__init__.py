"""The three losses of the paper and ours, one per file, as pure functions of descriptors."""

from funcorr.correspondence.losses.aligned import aligned_loss
from funcorr.correspondence.losses.functional import functional_loss
from funcorr.correspondence.losses.mask import mask_loss
from funcorr.correspondence.losses.spatial import spatial_loss

__all__ = ["aligned_loss", "functional_loss", "mask_loss", "spatial_loss"]
