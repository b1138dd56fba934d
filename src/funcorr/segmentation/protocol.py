"""What a method is that tells an object from its surroundings, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, UInt8

from funcorr.registry import Registry
from funcorr.segmentation.prompt import Prompt


@runtime_checkable
class Segmenter(Protocol):
    """A method that tells the object from its surroundings."""

    name: str
    """What it is called where masks are explained."""

    def __call__(self, rgb: UInt8[np.ndarray, "h w 3"]) -> Float[np.ndarray, "h w"]:
        """How surely each pixel is the object, in [0, 1]; above one half is the object."""
        ...


@runtime_checkable
class PromptedSegmenter(Protocol):
    """A method that is told by a box or by clicks which object is meant."""

    name: str

    def prompted(self, rgb: UInt8[np.ndarray, "h w 3"], prompt: Prompt) -> Float[np.ndarray, "h w"]:
        """How surely each pixel is the object that the prompt means."""
        ...


SEGMENTERS: Registry[Callable[..., Segmenter]] = Registry("segmenter", "funcorr.segmenters", ":")
"""Methods by name, each made by a call without arguments; other packages add theirs by entry
points. A name that ends in ``:`` stands for all longer ones; the rest of the name
is handed to the call."""


@dataclass(frozen=True, eq=False)
class ObjectMask:
    """Which pixels are the object, who said so, and what speaks against it.

    Attributes:
        mask: H x W.
        source: ``"given"``, ``"alpha"``, ``"plain background"``, or a segmenter's name; after a
            prompt ``"box"``, ``"clicks"`` or ``"box and clicks"`` with the method's name.
        doubt: why the mask may be wrong, in words; None without a doubt.
    """

    mask: Bool[np.ndarray, "h w"]
    source: str
    doubt: str | None = None

    def __iter__(self) -> Iterator[Any]:
        """Unpacks as mask and source."""
        return iter((self.mask, self.source))

    def doubted(self, doubt: str | None) -> ObjectMask:
        """The same with one reason more."""
        reasons = [reason for reason in (self.doubt, doubt) if reason]
        return replace(self, doubt="; ".join(reasons) or None)
