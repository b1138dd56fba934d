"""The object's mask: given, or found by one of the methods that have a name."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, UInt8

from funcorr.errors import UserError
from funcorr.images import MaskLike, Picture, read_mask
from funcorr.registry import Registry
from funcorr.segmentation.plain import plain_background_mask

AUTO = "auto"

PLAIN = "plain background"


@runtime_checkable
class Segmenter(Protocol):
    """A method that tells the object from its surroundings."""

    name: str
    """What it is called where masks are explained."""

    def __call__(self, rgb: UInt8[np.ndarray, "h w 3"]) -> Float[np.ndarray, "h w"]:
        """How surely each pixel is the object, in [0, 1]; above one half is the object."""
        ...


if TYPE_CHECKING:
    MaskSource = MaskLike | Callable[[UInt8[np.ndarray, "h w 3"]], Float[np.ndarray, "h w"]]
else:  # what callers bring is refused in words of its own
    MaskSource = Any

SEGMENTERS: Registry[Callable[[], Segmenter]] = Registry("segmenter", "funcorr.segmenters")
"""Methods by name, each made by a call without arguments; other packages add theirs by entry
points."""


@dataclass(frozen=True, eq=False)
class ObjectMask:
    """Which pixels are the object, and who said so.

    Attributes:
        mask: H x W.
        source: ``"given"``, ``"alpha"``, ``"plain background"``, or a segmenter's name.
    """

    mask: Bool[np.ndarray, "h w"]
    source: str


def find_object(picture: Picture, mask: MaskSource | None = AUTO) -> ObjectMask:
    """The object of a picture.

    Args:
        picture: the picture.
        mask: a mask of the picture's size (path, array, tensor, PIL image); ``"auto"`` or None for
            the alpha channel, else a plain background; a name of :data:`SEGMENTERS`; or a
            callable that takes H x W x 3 ``uint8`` and gives H x W in [0, 1].

    Raises:
        UserError: the mask does not fit, or nothing tells the object from its surroundings.
    """
    if mask is None or (isinstance(mask, str) and mask == AUTO):
        return _automatic(picture)
    if isinstance(mask, str) and mask in SEGMENTERS and not Path(mask).exists():
        return _segmented(picture, SEGMENTERS[mask](), mask)
    given: Any = mask
    if callable(given) and not isinstance(given, os.PathLike) and not hasattr(given, "shape"):
        return _segmented(picture, given, getattr(given, "name", "your segmenter"))
    return ObjectMask(read_mask(given, picture.frame), "given")


def _automatic(picture: Picture) -> ObjectMask:
    if picture.alpha_mask is not None:
        return ObjectMask(picture.alpha_mask, "alpha")
    found = plain_background_mask(picture.rgb)
    if found is None:
        raise UserError(
            f"cannot tell the object from the background in {picture.name}: pass a mask "
            "(a PNG of the same size, white on the object), an image with a transparent "
            "background, or a photo on a plain background"
        )
    return ObjectMask(found, PLAIN)


def _segmented(picture: Picture, segmenter: Callable[..., Any], name: str) -> ObjectMask:
    soft = np.asarray(segmenter(picture.rgb))
    if soft.shape != picture.size or soft.dtype.kind not in "bf":
        raise UserError(
            f"the segmenter {name} gave {soft.dtype} of {soft.shape} for {picture.name}; expected "
            f"floats in [0, 1] of {picture.size}"
        )
    if not np.isfinite(soft).all() or soft.min() < 0 or soft.max() > 1:
        raise UserError(f"the segmenter {name} gave values outside [0, 1] for {picture.name}")
    mask = soft > 0.5
    if not mask.any():
        raise UserError(f"the segmenter {name} sees no object in {picture.name}; pass a mask")
    return ObjectMask(mask, name)


@SEGMENTERS.register("plain")
def _plain() -> Segmenter:
    return _Plain()


class _Plain:
    name = PLAIN

    def __call__(self, rgb: UInt8[np.ndarray, "h w 3"]) -> Float[np.ndarray, "h w"]:
        found = plain_background_mask(rgb)
        return np.zeros(rgb.shape[:2]) if found is None else found.astype(np.float64)
