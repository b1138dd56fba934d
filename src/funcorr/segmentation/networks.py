"""The networks that come with funcorr, and which of them are here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from funcorr.weights.resolver import find

if TYPE_CHECKING:
    from funcorr.segmentation.trunk import TrunkSegmenter
    from funcorr.segmentation.u2net import U2NetSegmenter


def u2net_if_here() -> U2NetSegmenter | None:
    """U2-Net, where its weights were fetched; nothing is fetched now."""
    from funcorr.segmentation.u2net import NAME, load_u2net

    return load_u2net() if _is_here(NAME) else None


def trunk_if_here() -> TrunkSegmenter | None:
    """The trunk of the shipped models, where its weights were fetched; nothing is fetched now."""
    from funcorr.segmentation.trunk import WEIGHTS, load_trunk

    return load_trunk() if _is_here(WEIGHTS) else None


def _is_here(weights: str) -> bool:
    return find(weights) is not None


INSTALLED: tuple[Callable[[], U2NetSegmenter | TrunkSegmenter | None], ...]
INSTALLED = (u2net_if_here, trunk_if_here)
"""Networks that are asked where neither alpha nor a plain background tells the object, the best
one first (docs/masks.md)."""
