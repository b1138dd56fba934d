"""Matching inside given part masks: true ones are the ceiling of what a part finder can bring."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from funcorr.correspondence.descriptors import PointDescriptors
from funcorr.correspondence.model import EncodedImage, Matcher
from funcorr.correspondence.part_matching import SMALLEST_REGION, known_part
from funcorr.images import read_mask


@dataclass(frozen=True, eq=False)
class GuidedImage(EncodedImage):
    """An encoded image that brings its functional part along.

    Attributes:
        part: H x W, the part that serves the function it will be matched by.
    """

    part: Bool[np.ndarray, "h w"]


class Unguided(EncodedImage):
    """An encoded image that is to be matched plainly."""


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
        return f"{self.extractor.fingerprint}:parts"

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

    def part_mask(self, image: EncodedImage, function: str) -> Bool[np.ndarray, "h w"] | None:
        """Where the functional part is, or None where nobody said."""
        return image.part if isinstance(image, GuidedImage) else None

    def label_transfer(
        self,
        image1: EncodedImage,
        image2: EncodedImage,
        function: str,
        points: Float[np.ndarray, "k 2"],
    ) -> Float[np.ndarray, "k 2"]:
        """See :meth:`Matcher.label_transfer`.

        A part of under 16 pixels in either image opens the whole object 2 (released code).
        """
        part = self.part_mask(image1, function)
        if part is not None and (part & image1.mask).sum() < SMALLEST_REGION:
            names = [field.name for field in fields(EncodedImage)]
            image2 = Unguided(*(getattr(image2, name) for name in names))
        return super().label_transfer(image1, image2, function, points)

    def _describe(
        self, image: EncodedImage, points: Float[np.ndarray, "n 2"], function: str
    ) -> PointDescriptors:
        descriptors = super()._describe(image, points, function).descriptors
        part = None if isinstance(image, Unguided) else self.part_mask(image, function)
        if part is None:
            return PointDescriptors(descriptors, None)
        return PointDescriptors(descriptors, known_part(points, part).to(self.device))
