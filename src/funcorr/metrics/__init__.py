"""Metrics as pure functions of arrays.

Label transfer and discovery are the metrics of dense functional correspondence; KLD, SIM and NSS
those of affordance heatmaps. Every one takes plain arrays, computes in float64 and raises
:class:`funcorr.UserError` on shapes or values that it cannot score.
"""

from funcorr.metrics.discovery import discovery
from funcorr.metrics.heatmap import agd20k_map, kld, nss, separation, sim
from funcorr.metrics.heatmap_protocol import HEATMAP_PROTOCOLS, HeatmapProtocol, score_heatmap
from funcorr.metrics.transfer import label_transfer

__all__ = [
    "HEATMAP_PROTOCOLS",
    "HeatmapProtocol",
    "agd20k_map",
    "discovery",
    "kld",
    "label_transfer",
    "nss",
    "score_heatmap",
    "separation",
    "sim",
]
