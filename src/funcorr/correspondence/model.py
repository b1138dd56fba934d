"""The matcher: encode an image once, match it by any function, get pixels back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Literal
from weakref import WeakKeyDictionary

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from funcorr.correspondence.affine_prior import AffinePriorConfig
from funcorr.correspondence.confidence import Calibration
from funcorr.correspondence.descriptors import (
    DescriptorExtractor,
    HalvedExtractor,
    PointDescriptors,
)
from funcorr.correspondence.encoded_image import (
    EncodedImage,
    Source,
    Triples,
    as_triples,
    image_identity,
)
from funcorr.correspondence.matching import MutualNearest, Precision, mutual_nearest
from funcorr.correspondence.part_matching import (
    DescribedObject,
    RegionMatches,
    carry_to_part,
    match_region,
    part_at,
    regions,
)
from funcorr.correspondence.prior import with_prior
from funcorr.correspondence.result import Correspondence
from funcorr.correspondence.sampling import PointSample, every_point
from funcorr.errors import UserError
from funcorr.functions import check_function
from funcorr.functions.known import KnownFunction
from funcorr.images import (
    Crop,
    HeatmapLike,
    MaskLike,
    Picture,
    mask_pixels,
    read_image,
)
from funcorr.images.crop import thinned
from funcorr.segmentation import MaskSource, ObjectMask, find_object

Prior = tuple[HeatmapLike, HeatmapLike]
"""A heatmap of image 1 and one of image 2."""

Given = Literal["part", "category"]
"""What evaluation may hand to :meth:`Matcher.encode` beside image and mask."""


class Matcher:
    """Dense functional correspondence between two segmented objects.

    Args:
        name: what results and tables call the model.
        extractor: makes the features.
        device: where it computes; features and matches stay on it, results come back as numpy.
        precision: of the search for nearest neighbours, see
            :func:`funcorr.correspondence.matching.mutual_nearest`.
        calibration: what its scores mean, where that was measured.
        transfer_calibration: the same for the scores of label transfer.
        part_odds: how much the log-odds of the functional part, summed over both ends, weigh in
            the ranking of matches; the paper's ranking, which only asks whether both ends are in
            the part, where 0.
        layout: how label transfer lays functional parts on each other as wholes; every point for
            itself, as in the paper, where None.
        given: what evaluation hands to :meth:`encode` beside image and mask: ``"part"``, the true
            functional part (the ``oracle+`` rows), or ``"category"``.
        exact: describe and search every point of an object; else an even sample of them, see
            :mod:`funcorr.correspondence.sampling`.
    """

    def __init__(
        self,
        name: str,
        extractor: DescriptorExtractor,
        device: torch.device | str = "cpu",
        precision: Precision = "fp32",
        calibration: Calibration | None = None,
        layout: AffinePriorConfig | None = None,
        part_odds: float = 0.0,
        given: Sequence[Given] = (),
        transfer_calibration: Calibration | None = None,
        exact: bool = False,
    ) -> None:
        self.calibration = calibration
        self.transfer_calibration = transfer_calibration
        self.exact = exact
        self.part_odds = part_odds
        self.layout = layout
        self.name = name
        self.extractor = extractor
        self.device = torch.device(device)
        self.precision = precision
        self.given = tuple(given)
        self._kept: WeakKeyDictionary[EncodedImage, tuple[tuple[str, bool], DescribedObject]]
        self._kept = WeakKeyDictionary()
        self._halves: WeakKeyDictionary[EncodedImage, Any] = WeakKeyDictionary()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, on {self.device})"

    @property
    def fingerprint(self) -> str:
        """Changes with the weights and settings of the model."""
        parts = ":parts" if "part" in self.given else ""
        return f"{self.extractor.fingerprint}{parts}{':exact' if self.exact else ''}"

    def encode(
        self,
        image: Source,
        mask: MaskSource | None = None,
        part: MaskLike | None = None,
        category: str = "",
    ) -> EncodedImage:
        """Find the object, crop it, run the backbone: the expensive step, once per image.

        Args:
            image: a path, PIL image, ``uint8`` H x W x 3 array or ``float`` 3 x H x W tensor; an
                :class:`EncodedImage` passes through.
            mask: the object's mask (path or array of the image's size); a
                :class:`funcorr.Prompt` of a box or clicks; a name of
                :data:`funcorr.segmentation.SEGMENTERS` or a callable that finds it; without one
                the alpha channel, a plain background or the best network that is here tells the
                object. The result says which in ``mask_source`` and ``mask_doubt``.
            part: mask of the functional part, where it is known (path or array of the image's
                size): it takes the place of a predicted one.
            category: what the object is, for models that ask about it.

        Raises:
            UserError: the image or a mask is not usable, or was encoded by another model.
        """
        [encoded] = self.encode_many([(image, mask)])
        if part is None and not category:
            return encoded
        known = encoded.part if part is None else encoded.read_part(part)
        return replace(encoded, part=known, category=category or encoded.category)

    def encode_many(
        self, images: Sequence[tuple[Source, MaskSource | None]], batch: int = 8
    ) -> list[EncodedImage]:
        """Encode (image, mask) pairs together; equal to encoding them one by one.

        Args:
            images: images and masks as :meth:`encode` takes them.
            batch: how many go through the backbone together; changes only memory and time.

        Raises:
            UserError: an image or mask is not usable, or was encoded by another model.
        """
        encoded: list[EncodedImage] = []
        for start in range(0, len(images), batch):
            ready = [self._located(*pair) for pair in images[start : start + batch]]
            fresh = [r for r in ready if not isinstance(r, EncodedImage)]
            windows = [crop.apply(picture.rgb, found.mask) for picture, found, crop in fresh]
            features = iter(self._features(windows) if windows else ())
            encoded += [
                r if isinstance(r, EncodedImage) else self._assemble(*r, next(features))
                for r in ready
            ]
        return encoded

    def match(
        self,
        image1: Source,
        image2: Source,
        function: str,
        mask1: MaskSource | None = None,
        mask2: MaskSource | None = None,
        prior: Prior | None = None,
        part1: MaskLike | None = None,
        part2: MaskLike | None = None,
        max_points: int | None = None,
        exact: bool | None = None,
    ) -> Correspondence:
        """Match every object pixel of image 1 to its best partner on image 2.

        Where the model predicts part masks, or they are known, part is matched to part and rest to
        rest.

        Args:
            image1: an image as :meth:`encode` takes it, or its result.
            image2: the same.
            function: ``verb-preposition``, for instance ``"pour-with"``; any words are legal.
            mask1: object mask of image 1, see :meth:`encode`.
            mask2: object mask of image 2.
            prior: a heatmap per image, H x W in [0, 1], of where the action takes place, for
                instance from an affordance model; see
                :func:`funcorr.correspondence.prior.with_prior`.
            part1: mask of the functional part of image 1, see :meth:`encode`.
            part2: the same of image 2.
            max_points: return the matches of an even grid of at most so many object pixels.
            exact: describe and search every point (the reference); None takes the model's choice.

        Raises:
            UserError: an image, a mask, the function or the prior is not usable, or ``max_points``
                is below 1.
        """
        function = check_function(function)
        if max_points is not None and max_points < 1:
            raise UserError(f"max_points must be at least 1, got {max_points}")
        first, second = self.encode(image1, mask1, part1), self.encode(image2, mask2, part2)
        whole = self.exact if exact is None else exact
        return self._match(first, second, function, prior, max_points, whole)

    def match_batch(self, pairs: Triples) -> list[Correspondence]:
        """Match (image 1, image 2, function) triples; equals calling :meth:`match` in a loop.

        An image that occurs in several triples (the same object or the same path) is encoded once.

        Args:
            pairs: images as :meth:`encode` takes them without a mask, or encoded ones, which may
                have masks and known parts.

        Raises:
            UserError: an image or a function is not usable.
        """
        triples = as_triples(pairs)
        images = {image_identity(image): image for a, b, _ in triples for image in (a, b)}
        encoded = dict(
            zip(images, self.encode_many([(image, None) for image in images.values()]), strict=True)
        )
        return [
            self._match(
                encoded[image_identity(a)], encoded[image_identity(b)], function, exact=self.exact
            )
            for a, b, function in triples
        ]

    def known_part(self, image: EncodedImage, function: str) -> Bool[np.ndarray, "h w"] | None:
        """Where the functional part of an image is known to be; None where it is not known."""
        return image.part

    def _paired(
        self, image1: EncodedImage, image2: EncodedImage
    ) -> tuple[EncodedImage, EncodedImage]:
        """The two images as they are compared; for models whose features depend on the partner."""
        return image1, image2

    def _located(
        self, image: Source, mask: MaskSource | None
    ) -> EncodedImage | tuple[Picture, ObjectMask, Crop]:
        if isinstance(image, EncodedImage):
            if image.fingerprint != self.fingerprint:
                raise UserError(
                    f"this image was encoded by another model than {self.name}; encode it again"
                )
            if mask is not None:
                raise UserError("an encoded image has its mask already; pass mask to encode")
            return image
        picture = read_image(image)
        found = find_object(picture, mask)
        return picture, found, Crop.around(found.mask, self.extractor.input_size)

    def _features(self, windows: Sequence[UInt8[np.ndarray, "s s 3"]]) -> Iterable[Any]:
        batch = torch.from_numpy(np.stack(windows)).to(self.device)
        return self.extractor.features(batch.movedim(3, 1).float() / 255)

    def _assemble(
        self, picture: Picture, found: ObjectMask, crop: Crop, features: Any
    ) -> EncodedImage:
        return EncodedImage(
            picture,
            found.mask,
            crop,
            mask_pixels(found.mask),
            features,
            self.fingerprint,
            mask_source=found.source,
            mask_doubt=found.doubt,
        )

    def _match(
        self,
        image1: EncodedImage,
        image2: EncodedImage,
        function: str,
        prior: Prior | None = None,
        max_points: int | None = None,
        exact: bool = False,
    ) -> Correspondence:
        image1, image2 = self._paired(image1, image2)
        first, second = (self._described(i, function, exact) for i in (image1, image2))
        if prior is not None:
            first, second = (with_prior(d, p) for d, p in zip((first, second), prior, strict=True))
        if (first.part is None) != (second.part is None):
            raise UserError(f"{self.name} predicts no functional part; give both parts, or neither")
        found = [
            match_region(first, second, region, self._nearest, self.part_odds)
            for region in regions(first, second)
        ]
        matches = RegionMatches(*map(np.concatenate, zip(*found, strict=True)))
        order = np.lexsort([matches.rows, -matches.scores])
        if max_points is not None:
            order = order[thinned(image1.points, max_points)[matches.rows[order]]]
        carried = carry_to_part(first, second, self.layout, self._nearest)
        rows = matches.rows[order]
        size = image1.picture.size
        return Correspondence(
            points1=image1.points[rows],
            points2=matches.points2[order],
            scores=matches.scores[order],
            similarity=matches.similarity[order],
            cycle_error=matches.cycle_error[order],
            function=function,
            model=self.name,
            part1=first.part_map,
            part2=second.part_map,
            image1=image1.picture.rgb,
            image2=image2.picture.rgb,
            mask1=image1.mask,
            mask2=image2.mask,
            calibration=self.calibration,
            transfer_calibration=self.transfer_calibration,
            function_known=self._known_function(function),
            transferred=None if carried is None else carried.points[rows],
            transfer_scores=None if carried is None else carried.scores(size)[rows],
        )

    def _known_function(self, function: str) -> KnownFunction | None:
        known = getattr(self.extractor, "known_function", None)
        return None if known is None else known(function)

    def _nearest(self, a: Float[Tensor, "n d"], b: Float[Tensor, "m d"]) -> MutualNearest:
        return mutual_nearest(a, b, self.precision)

    def _described(self, image: EncodedImage, function: str, exact: bool) -> DescribedObject:
        """The object of an image; its last function is kept, for the next partner."""
        kept = self._kept.get(image)
        if kept is None or kept[0] != (function, exact):
            kept = (function, exact), self._describe(image, function, exact)
            self._kept[image] = kept
        return kept[1]

    def _describe(self, image: EncodedImage, function: str, exact: bool) -> DescribedObject:
        known = self.known_part(image, function)
        given = image.part is not None
        if known is not image.part:
            image = replace(image, part=known)
        sample = every_point(image.points) if exact else image.sample
        described = self._descriptors(image, sample, function)
        part = None if described.part is None else described.part.cpu().numpy().astype(np.float32)
        if known is not None:
            part = part_at(sample.points, known)
        return DescribedObject(image, sample, described.descriptors, part, given)

    def _descriptors(
        self, image: EncodedImage, sample: PointSample, function: str
    ) -> PointDescriptors:
        """Of a sample; what is the same for every function is kept for the image's own sample."""
        inside = torch.from_numpy(image.crop.to_crop(sample.points)).float().to(self.device)
        extractor = self.extractor
        if not (isinstance(extractor, HalvedExtractor) and sample is image.sample):
            return extractor.describe(image.features, inside, function)
        if image not in self._halves:
            self._halves[image] = extractor.halves(image.features, inside)
        return extractor.describe_halves(self._halves[image], function)
