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

from funcorr.correspondence.affine_prior import AffinePriorConfig, fit_affine_prior
from funcorr.correspondence.confidence import Calibration
from funcorr.correspondence.descriptors import DescriptorExtractor, PointDescriptors
from funcorr.correspondence.encoded_image import (
    EncodedImage,
    Source,
    Triples,
    as_triples,
    image_identity,
)
from funcorr.correspondence.matching import MutualNearest, Precision, mutual_nearest
from funcorr.correspondence.part_matching import (
    SMALLEST_REGION,
    PointMask,
    log_odds,
    part_at,
    part_rows,
    regions,
)
from funcorr.correspondence.prior import with_prior
from funcorr.correspondence.result import Correspondence, plain_scores
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
        part_odds: how much the log-odds of the functional part, summed over both ends, weigh in
            the ranking of matches; the paper's ranking, which only asks whether both ends are in
            the part, where 0.
        layout: how :meth:`label_transfer` lays functional parts on each other as wholes; every
            point for itself, as in the paper, where None.
        given: what evaluation hands to :meth:`encode` beside image and mask: ``"part"``, the true
            functional part (the ``oracle+`` rows), or ``"category"``.
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
    ) -> None:
        self.calibration = calibration
        self.part_odds = part_odds
        self.layout = layout
        self.name = name
        self.extractor = extractor
        self.device = torch.device(device)
        self.precision = precision
        self.given = tuple(given)
        self._described: WeakKeyDictionary[EncodedImage, tuple[str, PointDescriptors]]
        self._described = WeakKeyDictionary()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, on {self.device})"

    @property
    def fingerprint(self) -> str:
        """Changes with the weights and settings of the model."""
        return self.extractor.fingerprint + (":parts" if "part" in self.given else "")

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
            mask: the object's mask (path or array of the image's size); a name of
                :data:`funcorr.segmentation.SEGMENTERS` or a callable that finds it; without one,
                the alpha channel or a plain background tells the object.
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

        Raises:
            UserError: an image, a mask, the function or the prior is not usable.
        """
        function = check_function(function)
        first, second = self.encode(image1, mask1), self.encode(image2, mask2)
        return self._match(first, second, function, prior, part1, part2)

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
            self._match(encoded[image_identity(a)], encoded[image_identity(b)], function)
            for a, b, function in triples
        ]

    def label_transfer(
        self,
        image1: EncodedImage,
        image2: EncodedImage,
        function: str,
        points: Float[np.ndarray, "k 2"],
    ) -> Float[np.ndarray, "k 2"]:
        """Carry labelled part points of image 1 over to image 2 (the paper's label transfer).

        Each point's nearest neighbour is looked for in the predicted part of image 2 where the
        model predicts one of at least 16 pixels, else on the whole object. A model with a
        :attr:`layout` asks the other points of the part too, see
        :mod:`funcorr.correspondence.affine_prior`.

        Args:
            image1: encoded image.
            image2: encoded image.
            function: the function.
            points: K x 2 (x, y) pixels of image 1.
        """
        image1, image2 = self._paired(image1, image2)
        queries = self._describe(image1, points, function).descriptors
        second = self._describe_object(image2, function)
        part2 = part_rows(second)
        if part2 is None or self._is_tiny(image1, function):
            return image2.points[self._forward(queries, second.descriptors)]
        options, places = second.descriptors[part2], image2.points[part2]
        first = self._describe_object(image1, function)
        if self.layout is None or (part1 := part_rows(first)) is None:
            return places[self._forward(queries, options)]
        prior = fit_affine_prior(
            first.descriptors[part1],
            options,
            image1.placed(image1.points[part1]),
            image2.placed(places),
            self.layout,
        )
        nearest = mutual_nearest(
            prior.queries(queries, image1.placed(points)),
            prior.targets(options, image2.placed(places)),
        )
        return places[nearest.forward.cpu().numpy()]

    def known_part(self, image: EncodedImage, function: str) -> Bool[np.ndarray, "h w"] | None:
        """Where the functional part of an image is known to be; None where it is not known."""
        return image.part

    def _paired(
        self, image1: EncodedImage, image2: EncodedImage
    ) -> tuple[EncodedImage, EncodedImage]:
        """The two images as they are compared; for models whose features depend on the partner."""
        return image1, image2

    def _is_tiny(self, image: EncodedImage, function: str) -> bool:
        """Whether a known part has too few pixels to be looked for (released code: 16)."""
        part = self.known_part(image, function)
        return part is not None and int((part & image.mask).sum()) < SMALLEST_REGION

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
        )

    def _match(
        self,
        image1: EncodedImage,
        image2: EncodedImage,
        function: str,
        prior: Prior | None = None,
        part1: MaskLike | None = None,
        part2: MaskLike | None = None,
    ) -> Correspondence:
        image1, image2 = self._paired(image1, image2)
        first = self._describe_object(image1, function)
        second = self._describe_object(image2, function)
        if prior is not None:
            first = with_prior(first, image1.points, image1.picture.frame, prior[0])
            second = with_prior(second, image2.points, image2.picture.frame, prior[1])
        first = self._with_part(image1, first, part1)
        second = self._with_part(image2, second, part2)
        if (first.part is None) != (second.part is None):
            raise UserError(f"{self.name} predicts no functional part; give both parts, or neither")
        found = [
            self._match_region(image1, image2, first, second, *region)
            for region in regions(first, second)
        ]
        points1, points2, scores, similarity, cycle = map(np.concatenate, zip(*found, strict=True))
        order = np.argsort(-scores, kind="stable")
        return Correspondence(
            points1=points1[order],
            points2=points2[order],
            scores=scores[order],
            similarity=similarity[order],
            cycle_error=cycle[order],
            function=function,
            model=self.name,
            part1=image1.map_of(first.part),
            part2=image2.map_of(second.part),
            image1=image1.picture.rgb,
            image2=image2.picture.rgb,
            mask1=image1.mask,
            mask2=image2.mask,
            calibration=self.calibration,
            function_known=self._known_function(function),
        )

    def _known_function(self, function: str) -> KnownFunction | None:
        known = getattr(self.extractor, "known_function", None)
        return None if known is None else known(function)

    def _match_region(
        self,
        image1: EncodedImage,
        image2: EncodedImage,
        first: PointDescriptors,
        second: PointDescriptors,
        rows1: PointMask,
        rows2: PointMask,
        bonus: float,
    ) -> tuple[np.ndarray, ...]:
        """Matches of one region with one: points1, points2, scores, similarity, cycle error."""
        points1, points2 = image1.points[rows1], image2.points[rows2]
        nearest = self._nearest(first.descriptors[rows1], second.descriptors[rows2])
        forward, backward = nearest.forward.cpu().numpy(), nearest.backward.cpu().numpy()
        similarity = nearest.similarity.clamp(-1, 1).cpu().numpy().astype(np.float32)
        cycle = np.linalg.norm(points1 - points1[backward[forward]], axis=1)
        plain = plain_scores(similarity, cycle, image1.picture.size)
        scores = (plain + bonus).astype(np.float32)
        if self.part_odds and first.part is not None and second.part is not None:
            odds = log_odds(first.part[rows1]) + log_odds(second.part[rows2])[forward]
            scores += self.part_odds * (odds if bonus else odds.clip(max=0))
        return points1, points2[forward], scores, similarity, cycle.astype(np.float32)

    def _nearest(self, a: Float[Tensor, "n d"], b: Float[Tensor, "m d"]) -> MutualNearest:
        return mutual_nearest(a, b, self.precision)

    def _forward(self, a: Float[Tensor, "n d"], b: Float[Tensor, "m d"]) -> np.ndarray:
        return self._nearest(a, b).forward.cpu().numpy()

    def _describe_object(self, image: EncodedImage, function: str) -> PointDescriptors:
        """All matched points of an image; its last function is kept, for the next partner."""
        kept = self._described.get(image)
        if kept is None or kept[0] != function:
            described = self._describe(image, image.points, function)
            part = self.known_part(image, function)
            if part is not None:
                described = described.with_part(part_at(image.points, part))
            kept = function, described
            self._described[image] = kept
        return kept[1]

    def _with_part(
        self, image: EncodedImage, described: PointDescriptors, part: MaskLike | None
    ) -> PointDescriptors:
        if part is None:
            return described
        return described.with_part(part_at(image.points, image.read_part(part)))

    def _describe(
        self, image: EncodedImage, points: Float[np.ndarray, "n 2"], function: str
    ) -> PointDescriptors:
        inside = torch.from_numpy(image.crop.to_crop(points)).float().to(self.device)
        return self.extractor.describe(image.features, inside, function)
