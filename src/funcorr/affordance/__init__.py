"""Affordance heatmaps: where on an object an action takes place.

Resolved on first use, so that ``import funcorr.affordance`` does not import torch:

- :func:`load_affordance_model`: a name, a folder or a hub id in, an :class:`AffordanceModel` out;
- :class:`AffordanceMap`, the result of a prediction;
- :mod:`funcorr.affordance.information`, estimates of mutual information, and
  :mod:`funcorr.affordance.constraints`, the two losses made of them;
- :mod:`funcorr.affordance.data`, examples and data sets.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from funcorr.affordance.model import AffordanceModel as AffordanceModel
    from funcorr.affordance.registry import load_affordance_model as load_affordance_model
    from funcorr.affordance.result import AffordanceMap as AffordanceMap

_HOMES = {
    "AffordanceMap": "funcorr.affordance.result",
    "AffordanceModel": "funcorr.affordance.model",
    "load_affordance_model": "funcorr.affordance.registry",
}

__all__ = ["AffordanceMap", "AffordanceModel", "load_affordance_model"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'funcorr.affordance' has no attribute {name!r}")
