"""Estimates of mutual information from critic scores, a file each.

Every estimator has one form: ``estimate(scores, positives, negatives)`` in nats, to be raised.
``scores`` is N x M, the critic T of every row with every column. ``positives`` weighs the pairs
that belong together, draws from the joint distribution (True and False are weights too);
``negatives`` marks pairs drawn from the product of the marginals. Pairs in neither count for
nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from torch import Tensor

from funcorr.affordance.information.donsker_varadhan import donsker_varadhan
from funcorr.affordance.information.infonce import infonce
from funcorr.affordance.information.jensen_shannon import jensen_shannon
from funcorr.affordance.information.nwj import nwj

EstimatorName = Literal["infonce", "jensen-shannon", "donsker-varadhan", "nwj"]

ESTIMATORS: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "infonce": infonce,
    "jensen-shannon": jensen_shannon,
    "donsker-varadhan": donsker_varadhan,
    "nwj": nwj,
}
"""By the names that configurations use."""

__all__ = [
    "ESTIMATORS",
    "EstimatorName",
    "donsker_varadhan",
    "infonce",
    "jensen_shannon",
    "nwj",
]
