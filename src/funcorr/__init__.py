"""funcorr: what is this part for, and which point of that other object does the same job?

The public surface, resolved on first use so that ``import funcorr`` stays cheap:

- :func:`load_model`: a name, a folder or a hub id in, a matcher out;
- :class:`TrainedMatcher`, to and from a folder or the hub;
- :class:`Correspondence`, the result of a match;
- :func:`transfer_pose`: a match and two :class:`RGBDView` in, a :class:`PoseTransfer` out;
- :class:`Prompt`: which object is meant, by a box or clicks;
- :func:`load_affordance_model` and :class:`AffordanceMap`, the same for heatmaps of actions;
- :mod:`funcorr.metrics`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from funcorr import metrics as metrics
    from funcorr.affordance.registry import load_affordance_model as load_affordance_model
    from funcorr.affordance.result import AffordanceMap as AffordanceMap
    from funcorr.correspondence.encoded_image import EncodedImage as EncodedImage
    from funcorr.correspondence.registry import load_model as load_model
    from funcorr.correspondence.result import Correspondence as Correspondence
    from funcorr.correspondence.trained import TrainedMatcher as TrainedMatcher
    from funcorr.errors import UserError as UserError
    from funcorr.segmentation.prompt import Prompt as Prompt
    from funcorr.transfer.pose import PoseTransfer as PoseTransfer
    from funcorr.transfer.pose import transfer_pose as transfer_pose
    from funcorr.transfer.rgbd import RGBDView as RGBDView

__version__ = "0.1.0"

_HOMES = {
    "AffordanceMap": "funcorr.affordance.result",
    "Correspondence": "funcorr.correspondence.result",
    "EncodedImage": "funcorr.correspondence.encoded_image",
    "PoseTransfer": "funcorr.transfer.pose",
    "RGBDView": "funcorr.transfer.rgbd",
    "TrainedMatcher": "funcorr.correspondence.trained",
    "Prompt": "funcorr.segmentation.prompt",
    "UserError": "funcorr.errors",
    "load_affordance_model": "funcorr.affordance.registry",
    "load_model": "funcorr.correspondence.registry",
    "transfer_pose": "funcorr.transfer.pose",
}

__all__ = [
    "AffordanceMap",
    "Correspondence",
    "EncodedImage",
    "PoseTransfer",
    "Prompt",
    "RGBDView",
    "TrainedMatcher",
    "UserError",
    "load_affordance_model",
    "load_model",
    "metrics",
    "transfer_pose",
]


def __getattr__(name: str) -> Any:
    if name == "metrics":
        return import_module("funcorr.metrics")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'funcorr' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
