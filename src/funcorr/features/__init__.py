"""Frozen features: the backbones, and the geometry of their dense maps."""

from funcorr.features.backbone import Backbone
from funcorr.features.grid import bilinear_sample, concatenate_maps
from funcorr.features.registry import load_backbone

__all__ = ["Backbone", "bilinear_sample", "concatenate_maps", "load_backbone"]
