"""The metrics as torchmetrics classes: they accumulate, and processes are joined by summing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from numpy.typing import ArrayLike

from funcorr.errors import UserError, require
from funcorr.metrics.discovery import discovery
from funcorr.metrics.transfer import label_transfer

if TYPE_CHECKING:
    from torchmetrics import Metric
else:
    Metric = require("torchmetrics", extra="metrics").Metric


class _MeanOfPairs(Metric):
    """Means over directed pairs of named values; the states are sums."""

    is_differentiable = False
    full_state_update = False

    def __init__(self, names: Sequence[str], **options: Any) -> None:
        super().__init__(**options)
        self._names = tuple(names)
        zeros = torch.zeros(len(names), dtype=torch.float64)
        self.add_state("total", default=zeros, dist_reduce_fx="sum")
        self.add_state("pairs", default=torch.tensor(0), dist_reduce_fx="sum")

    def _add(self, values: Sequence[float]) -> None:
        self.total += torch.tensor(values, dtype=torch.float64, device=self.total.device)
        self.pairs += 1

    def compute(self) -> dict[str, torch.Tensor]:
        """Mean of every value over the directed pairs seen so far.

        Raises:
            UserError: none was seen.
        """
        if self.pairs == 0:
            raise UserError("nothing to average: call update with at least one directed pair")
        return dict(zip(self._names, self.total / self.pairs, strict=True))


class LabelTransferScore(_MeanOfPairs):
    """Normalized distance and PCK, macro means over directed pairs.

    One ``update`` is one image pair in one direction, scored by
    :func:`funcorr.metrics.label_transfer`; ``compute`` gives ``normalized_distance`` and ``pck@k``.

    Args:
        image_size: (height, width) in pixels.
        thresholds: distances in pixels.
        protocol: ``"paper"`` or ``"released-code"``.
        options: of :class:`torchmetrics.Metric`.

    Example:
        >>> score = LabelTransferScore(thresholds=(10,))
        >>> score.update([[0, 0], [30, 0]], [[0, 0], [0, 0]])
        >>> score.update([[5, 0]], [[0, 0]])
        >>> score.compute()["pck@10"].item()
        0.75
    """

    def __init__(
        self,
        image_size: Sequence[int] = (224, 224),
        thresholds: Sequence[int | float] = (23, 10),
        protocol: str = "paper",
        **options: Any,
    ) -> None:
        names = ["normalized_distance", *(f"pck@{k}" for k in thresholds)]
        super().__init__(names, **options)
        self.image_size, self.thresholds, self.protocol = image_size, thresholds, protocol

    def update(self, pred2: ArrayLike, gt2: ArrayLike) -> None:
        """Score one directed pair; see :func:`funcorr.metrics.label_transfer`."""
        pred2, gt2 = _arrays(pred2, gt2)
        found = label_transfer(pred2, gt2, self.image_size, self.thresholds, self.protocol)
        self._add([found["normalized_distance"], *found["pck"].values()])


class DiscoveryScore(_MeanOfPairs):
    """Best F1 and average precision of ranked matches, macro means over directed pairs.

    One ``update`` is one image pair in one direction, scored by
    :func:`funcorr.metrics.discovery`; ``compute`` gives ``best_f1@k`` and ``ap@k``.

    Args:
        thresholds: distances in pixels.
        cutoffs: number of cutoffs of the ranking.
        options: of :class:`torchmetrics.Metric`.

    Example:
        >>> score = DiscoveryScore(thresholds=(1,))
        >>> exact = [[1, 2], [3, 4]]
        >>> score.update(exact, exact, [0.9, 0.1], exact, exact)
        >>> score.compute()["best_f1@1"].item()
        1.0
    """

    higher_is_better = True

    def __init__(
        self, thresholds: Sequence[int | float] = (23, 10), cutoffs: int = 100, **options: Any
    ) -> None:
        names = [f"{metric}@{k}" for metric in ("best_f1", "ap") for k in thresholds]
        super().__init__(names, **options)
        self.thresholds, self.cutoffs = thresholds, cutoffs

    def update(
        self,
        points1: ArrayLike,
        points2: ArrayLike,
        scores: ArrayLike,
        gt1: ArrayLike,
        gt2: ArrayLike,
    ) -> None:
        """Score one directed pair; see :func:`funcorr.metrics.discovery`."""
        points1, points2, scores, gt1, gt2 = _arrays(points1, points2, scores, gt1, gt2)
        found = discovery(points1, points2, scores, gt1, gt2, self.thresholds, self.cutoffs)
        self._add([found[k][m] for m in ("best_f1", "ap") for k in self.thresholds])


def _arrays(*values: ArrayLike) -> list[Any]:
    """Tensors of any device as arrays; other values as they are."""
    return [v.detach().cpu().numpy() if isinstance(v, torch.Tensor) else v for v in values]
