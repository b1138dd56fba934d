"""Frozen features: the backbones, and the geometry of their dense maps.

Resolved on first use, so that ``import funcorr.features`` does not import torch:

- :func:`load_backbone`: a name or a folder in, a :class:`Backbone` out;
- :func:`bilinear_sample` and :func:`concatenate_maps` for the maps it gives.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from funcorr.features.backbone import Backbone as Backbone
    from funcorr.features.grid import bilinear_sample as bilinear_sample
    from funcorr.features.grid import concatenate_maps as concatenate_maps
    from funcorr.features.registry import load_backbone as load_backbone

_HOMES = {
    "Backbone": "funcorr.features.backbone",
    "bilinear_sample": "funcorr.features.grid",
    "concatenate_maps": "funcorr.features.grid",
    "load_backbone": "funcorr.features.registry",
}

__all__ = ["Backbone", "bilinear_sample", "concatenate_maps", "load_backbone"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'funcorr.features' has no attribute {name!r}")
