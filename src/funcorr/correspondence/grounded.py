"""Matching inside the boxes of a part finder: the paper's VLM + DINO rows."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np
import torch
from jaxtyping import Bool

from funcorr.correspondence.descriptors import DescriptorExtractor
from funcorr.correspondence.encoded_image import EncodedImage
from funcorr.correspondence.matching import Precision
from funcorr.correspondence.model import Matcher
from funcorr.pseudolabel.part_finder import FoundPart, PartFinder


class GroundedMatcher(Matcher):
    """A matcher that asks a vision-language model where the functional part is.

    Each image is asked about once per function, unless its part is known. Where no box comes back,
    matching is plain; :meth:`questions` tells how often that was for want of an answer.

    Args:
        name: what results and tables call the model.
        extractor: makes the features.
        finder: finds parts.
        device: where the features are computed.
        precision: see :class:`funcorr.correspondence.model.Matcher`.
    """

    def __init__(
        self,
        name: str,
        extractor: DescriptorExtractor,
        finder: PartFinder,
        device: torch.device | str = "cpu",
        precision: Precision = "fp32",
    ) -> None:
        super().__init__(name, extractor, device, precision, given=("category",))
        self.finder = finder
        self._found: WeakKeyDictionary[EncodedImage, dict[str, FoundPart]]
        self._found = WeakKeyDictionary()

    @property
    def fingerprint(self) -> str:
        """Of features, grounder and config."""
        return self.finder.fingerprint_with(self.extractor.fingerprint)

    def known_part(self, image: EncodedImage, function: str) -> Bool[np.ndarray, "h w"]:
        """Where the part that serves a function is; all False where nothing was found.

        Raises:
            UserError: the model behind the grounder cannot be used.
        """
        if image.part is not None:
            return image.part
        found = self._found.setdefault(image, {})
        if function not in found:
            found[function] = self.finder.find(image.picture.rgb, image.category, function)
        return found[function].mask & image.mask

    def questions(self, image: EncodedImage, function: str) -> tuple[int, int]:
        """How many questions were asked about an image, and how many of them got no answer."""
        found = self._found.get(image, {}).get(function)
        return (found.asked, found.unanswered) if found else (0, 0)
