"""One prediction against one ground truth, by the evaluation of AGD20K or one of its variants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from funcorr.metrics.checks import as_map
from funcorr.metrics.heatmap import agd20k_map, kld, nss, resize_map, sim

_SMALLEST = 1e-7
"""Probabilities are kept this far from 0 and 1 before their logits are taken."""


@dataclass(frozen=True)
class HeatmapProtocol:
    """What an evaluation does to the maps, and how it counts.

    Attributes:
        size: (height, width) at which maps are compared; None for the ground truth's own size.
        spread: how a prediction becomes a distribution: ``"min-max"``, or ``"softmax"`` over the
            logits of all pixels.
        zero_gt: what an all-zero ground truth does: it is scored as it is (KLD 0, the best value),
            taken as ``"uniform"``, or its image is left out (``"skip"``).
        threshold: of the ground truth's region in NSS.
        inclusive: whether values at the threshold belong to the region.
        ddof: of the standard deviation in NSS.
        eps: added to the prediction in KLD.
        log_eps: added inside the logarithm in KLD.
    """

    size: tuple[int, int] | None = (224, 224)
    spread: Literal["min-max", "softmax"] = "min-max"
    zero_gt: Literal["score", "uniform", "skip"] = "score"
    threshold: float = 0.1
    inclusive: bool = False
    ddof: int = 0
    eps: float = 1e-12
    log_eps: float = 1e-12


HEATMAP_PROTOCOLS: Mapping[str, HeatmapProtocol] = {
    "agd20k": HeatmapProtocol(),
    "cross-view-ag-journal": HeatmapProtocol(size=None),
    "wsag-plsp": HeatmapProtocol(
        spread="softmax", zero_gt="uniform", inclusive=True, ddof=1, eps=1e-10, log_eps=0.0
    ),
}
"""Evaluations by name. ``agd20k`` is that of Cross-View-AG (CVPR), LOCATE, OOAL and SelectiveCL;
the other two belong to Cross-View-AG's journal version (on another test set) and to WSAG-PLSP.
Their figures are not comparable with the first."""


def score_heatmap(
    pred: ArrayLike, gt: ArrayLike, protocol: HeatmapProtocol | None = None
) -> dict[str, float] | None:
    """KLD, SIM and NSS of one prediction; both maps are brought to the protocol's size.

    Args:
        pred: prediction in [0, 1], of any size.
        gt: ground truth in [0, 1], of any size.
        protocol: AGD20K's where None.

    Returns:
        ``{"kld", "sim", "nss"}``, or None where the protocol leaves the image out.

    Raises:
        UserError: a map is no H x W array in [0, 1].

    Example:
        >>> import numpy as np
        >>> gt = np.eye(8)
        >>> {name: round(value, 6) for name, value in score_heatmap(gt, gt).items()}["sim"]
        1.0
    """
    protocol = protocol or HeatmapProtocol()
    truth = as_map(gt, "gt")
    if not truth.any():
        if protocol.zero_gt == "skip":
            return None
        truth = np.ones_like(truth) if protocol.zero_gt == "uniform" else truth
    size = protocol.size or truth.shape
    truth = resize_map(truth, size)
    prediction = _distribution(pred, size, protocol.spread)
    return {
        "kld": kld(prediction, truth, protocol.eps, protocol.log_eps),
        "sim": sim(prediction, truth),
        "nss": nss(prediction, truth, protocol.threshold, protocol.ddof, protocol.inclusive),
    }


def _distribution(
    pred: ArrayLike, size: tuple[int, int], how: Literal["min-max", "softmax"]
) -> Float[np.ndarray, "h w"]:
    if how == "min-max":
        return agd20k_map(pred, size)
    probability = resize_map(as_map(pred, "pred"), size).clip(_SMALLEST, 1 - _SMALLEST)
    odds = probability / (1 - probability)  # the softmax over logits is the share of the odds
    return odds / odds.sum()
