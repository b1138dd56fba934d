"""Metrics as pure functions of arrays.

Label transfer and discovery are the metrics of dense functional correspondence, part IoU that of
its part masks, ``keypoint_pck`` and ``part_hits`` what can be said of matches where keypoints or
parts alone are known, ``pose`` that of what is carried over in 3D; KLD, SIM and NSS those of
affordance heatmaps. Every one takes plain arrays, computes in float64 and raises
:class:`funcorr.UserError` on shapes or values that it cannot score.
``LabelTransferScore`` and ``DiscoveryScore`` are torchmetrics classes over the same functions
(extra ``metrics``).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from funcorr.metrics.discovery import discovery, released_scores
from funcorr.metrics.heatmap import agd20k_map, kld, nss, separation, sim
from funcorr.metrics.heatmap_protocol import HEATMAP_PROTOCOLS, HeatmapProtocol, score_heatmap
from funcorr.metrics.parts import part_hits, part_iou
from funcorr.metrics.pose import pose
from funcorr.metrics.transfer import keypoint_pck, label_transfer

if TYPE_CHECKING:
    from funcorr.metrics.classes import DiscoveryScore as DiscoveryScore
    from funcorr.metrics.classes import LabelTransferScore as LabelTransferScore

__all__ = [
    "HEATMAP_PROTOCOLS",
    "DiscoveryScore",
    "HeatmapProtocol",
    "LabelTransferScore",
    "agd20k_map",
    "discovery",
    "keypoint_pck",
    "kld",
    "label_transfer",
    "nss",
    "part_hits",
    "part_iou",
    "pose",
    "released_scores",
    "score_heatmap",
    "separation",
    "sim",
]


def __getattr__(name: str) -> Any:
    if name in ("DiscoveryScore", "LabelTransferScore"):
        return getattr(import_module("funcorr.metrics.classes"), name)
    raise AttributeError(f"module 'funcorr.metrics' has no attribute {name!r}")
