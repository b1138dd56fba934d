"""Part masks: how well a predicted functional part covers the true one."""

from __future__ import annotations

from numpy.typing import ArrayLike

from funcorr.metrics.checks import as_map, check_aligned


def part_iou(predicted: ArrayLike, exact: ArrayLike, threshold: float = 0.5) -> float:
    """Intersection over union of a predicted and an exact part mask.

    ``|P and E| / |P or E|`` with ``P = predicted > threshold`` and ``E = exact > 0.5``; 1 where
    both are empty. The paper does not measure it.

    Args:
        predicted: H x W probabilities, or a bool mask.
        exact: H x W bool mask.
        threshold: of the probabilities (released code: 0.5).

    Raises:
        UserError: not H x W maps of one size in [0, 1].

    Example:
        >>> part_iou([[0.9, 0.8, 0.1]], [[False, True, True]])
        0.3333333333333333
    """
    found, truth = as_map(predicted, "predicted") > threshold, as_map(exact, "exact") > 0.5
    check_aligned(found, truth, "predicted and exact")
    union = (found | truth).sum()
    return float((found & truth).sum() / union) if union else 1.0
