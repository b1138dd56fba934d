"""Matching inside given part masks: true ones are the ceiling of what a part finder can bring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float

from funcorr.correspondence.describer import Description
from funcorr.correspondence.model import EncodedImage, Matcher
from funcorr.images import read_mask


@dataclass(frozen=True, eq=False)
class GuidedImage(EncodedImage):
    """An encoded image that brings its functional part along.

    Attributes:
        part: H x W, the part that serves the function it will be matched by.
    """

    part: Bool[np.ndarray, "h w"]


class GuidedMatcher(Matcher):
    """A matcher that is told where the functional part is, instead of predicting it.

    Part is matched to part and rest to rest, part matches rank first, label transfer looks inside
    the part only; under 16 pixels in a region it matches plainly: as :class:`Matcher` does with
    the masks of a trained head. The masks may be the true ones of a benchmark or boxes of a
    vision-language model. An image that was encoded without a part is matched plainly.
    """

    needs_parts = True
    """Evaluation passes the part masks of the benchmark to :meth:`encode`."""

    @property
    def fingerprint(self) -> str:
        """Differs from that of the plain matcher with the same features."""
        return f"{self.describer.fingerprint}:parts"

    def encode(self, image: Any, mask: Any = None, part: Any = None) -> EncodedImage:
        """Encode an image and keep its part.

        Args:
            image: see :meth:`Matcher.encode`.
            mask: the object's mask, see :meth:`Matcher.encode`.
            part: mask (path or array of the image's size) of the functional part.

        Raises:
            UserError: the image or a mask is not usable.
        """
        encoded = super().encode(image, mask)
        if part is None:
            return encoded
        found = read_mask(part, encoded.picture.size, "the part mask")
        return GuidedImage(**{**vars(encoded), "part": found})

    def _describe(
        self, image: EncodedImage, points: Float[np.ndarray, "n 2"], function: str
    ) -> Description:
        descriptors = super()._describe(image, points, function).descriptors
        if not isinstance(image, GuidedImage):
            return Description(descriptors, None)
        limits = np.array(image.part.shape[::-1]) - 1
        columns, rows = points.round().astype(int).clip(0, limits).T
        inside = torch.from_numpy(image.part[rows, columns]).float().to(self.device)
        return Description(descriptors, inside)
