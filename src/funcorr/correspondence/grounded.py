"""Matching inside the boxes of a part finder: the paper's VLM + DINO rows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from jaxtyping import Bool

from funcorr.correspondence.descriptors import DescriptorExtractor
from funcorr.correspondence.matching import Precision
from funcorr.correspondence.model import EncodedImage
from funcorr.correspondence.oracle import GuidedMatcher
from funcorr.functions import function_words, load_taxonomy

if TYPE_CHECKING:
    from funcorr.pseudolabel.clients import PartGrounder, PartQuery


@dataclass(frozen=True)
class GroundingConfig:
    """How boxes become one mask per image. The paper and its released code do not say.

    Attributes:
        samples: answers drawn per part; above 1 only for models that draw by chance.
        share: a pixel belongs to a part when at least this share of the answers with boxes has it
            in a box; the masks of all parts that serve the function are united.
        by_function: ask once for the part that serves the function, whatever it is called, instead
            of once per part of the taxonomy.
    """

    samples: int = 1
    share: float = 0.5
    by_function: bool = False


@dataclass(frozen=True, eq=False)
class NamedImage(EncodedImage):
    """An encoded image of which it is known what it shows.

    Attributes:
        category: of the object, or nothing.
    """

    category: str


class GroundedMatcher(GuidedMatcher):
    """A matcher that asks a vision-language model where the functional part is.

    Matching is that of :class:`GuidedMatcher`. Each image is asked about once per function; parts
    come from the taxonomy where it knows the category and the function, else the question is for
    "the part to pour with". Where no box comes back, matching is plain.

    Args:
        name: what results and tables call the model.
        extractor: makes the features.
        grounder: finds parts.
        device: where the features are computed.
        precision: see :class:`funcorr.correspondence.model.Matcher`.
        config: how boxes become a mask.
    """

    needs_parts = False
    needs_category = True
    """Evaluation passes the category of the object to :meth:`encode`."""

    def __init__(
        self,
        name: str,
        extractor: DescriptorExtractor,
        grounder: PartGrounder,
        device: torch.device | str = "cpu",
        precision: Precision = "fp32",
        config: GroundingConfig | None = None,
    ) -> None:
        super().__init__(name, extractor, device, precision)
        self.grounder, self.config = grounder, config or GroundingConfig()
        self._found: WeakKeyDictionary[EncodedImage, dict[str, Bool[np.ndarray, "h w"]]]
        self._found = WeakKeyDictionary()

    @property
    def fingerprint(self) -> str:
        """Of features, grounder and config."""
        parts = (self.extractor.fingerprint, self.grounder.fingerprint, self.config)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]

    def encode(self, image: Any, mask: Any = None, category: str = "") -> EncodedImage:
        """Encode an image and keep what it shows.

        Args:
            image: see :meth:`Matcher.encode`.
            mask: the object's mask, see :meth:`Matcher.encode`.
            category: what the object is, for instance ``"kettle"``.

        Raises:
            UserError: the image or the mask is not usable.
        """
        encoded = super().encode(image, mask)
        return NamedImage(**{**vars(encoded), "category": category}) if category else encoded

    def part_mask(self, image: EncodedImage, function: str) -> Bool[np.ndarray, "h w"]:
        """Where the part that serves a function is; all False where nothing was found.

        Raises:
            UserError: the model behind the grounder cannot be used.
        """
        known = self._found.setdefault(image, {})
        if function not in known:
            category = image.category if isinstance(image, NamedImage) else ""
            masks = [self._ask(image, query) for query in self._queries(category, function)]
            known[function] = np.any(masks, axis=0) & image.mask
        return known[function]

    def _queries(self, category: str, function: str) -> list[PartQuery]:
        from funcorr.pseudolabel.clients import PartQuery

        found = load_taxonomy().find_category(category) if category else None
        parts = found.serving(function) if found and not self.config.by_function else ()
        if not parts:
            return [PartQuery(f"part to {function_words(function)}", "", category, function)]
        return [PartQuery(part.name, part.look, category, function) for part in parts]

    def _ask(self, image: EncodedImage, query: PartQuery) -> Bool[np.ndarray, "h w"]:
        """Pixels in the boxes of enough answers."""
        from funcorr.pseudolabel.clients import RequestError, in_parallel

        rgb = image.picture.rgb
        answers = in_parallel(lambda _: self.grounder.ask(rgb, query), range(self.config.samples))
        texts = [text for _, text in answers if not isinstance(text, RequestError)]
        size = (rgb.shape[0], rgb.shape[1])
        found = [boxes for text in texts if (boxes := self.grounder.read(text, size).boxes)]
        rows, columns = np.indices(size)
        pixels = np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.float64)
        inside = [np.any([box.contains(pixels) for box in boxes], axis=0) for boxes in found]
        if not inside:
            return np.zeros(size, dtype=bool)
        return (np.mean(inside, axis=0) >= self.config.share).reshape(size)
