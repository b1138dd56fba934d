"""The matcher: encode an image once, match it by any function, get pixels back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from numpy.typing import ArrayLike
from torch import Tensor

from funcorr.correspondence.affine_prior import AffinePrior, AffinePriorConfig, fit_affine_prior
from funcorr.correspondence.confidence import Calibration
from funcorr.correspondence.descriptors import DescriptorExtractor, PointDescriptors
from funcorr.correspondence.matching import MutualNearest, Precision, mutual_nearest
from funcorr.correspondence.part_matching import Rows, known_part, log_odds, part_rows, regions
from funcorr.correspondence.prior import with_prior
from funcorr.correspondence.result import Correspondence, plain_scores
from funcorr.errors import UserError
from funcorr.functions import check_function
from funcorr.images import Crop, Picture, mask_pixels, object_mask, read_image, read_mask

Prior = tuple[ArrayLike, ArrayLike]
"""A heatmap of image 1 and one of image 2."""


@dataclass(frozen=True, eq=False)
class EncodedImage:
    """An image after the expensive step; good for any number of functions and partners.

    Attributes:
        picture: the caller's image.
        mask: H x W, its object.
        crop: the window of the image that the backbone saw.
        points: N x 2 (x, y) object pixels that are matched (all, or an even grid of them).
        features: C x h x w, what the model made of the window.
        fingerprint: of the model that made them; another model refuses them.
    """

    picture: Picture
    mask: Bool[np.ndarray, "h w"]
    crop: Crop
    points: Float[np.ndarray, "n 2"]
    features: Float[Tensor, "c gh gw"]
    fingerprint: str


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
    ) -> None:
        self.calibration = calibration
        self.part_odds = part_odds
        self.layout = layout
        self.name = name
        self.extractor = extractor
        self.device = torch.device(device)
        self.precision = precision
        self._described: WeakKeyDictionary[EncodedImage, tuple[str, PointDescriptors]]
        self._described = WeakKeyDictionary()

    @property
    def fingerprint(self) -> str:
        """Changes with the weights and settings of the model."""
        return self.extractor.fingerprint

    def encode(self, image: Any, mask: Any = None) -> EncodedImage:
        """Find the object, crop it, run the backbone: the expensive step, once per image.

        Args:
            image: a path, PIL image, ``uint8`` H x W x 3 array or ``float`` 3 x H x W tensor; an
                :class:`EncodedImage` passes through.
            mask: the object's mask (path or array of the image's size); without one, the alpha
                channel or a plain background tells the object.

        Raises:
            UserError: the image or mask is not usable, or was encoded by another model.
        """
        return self.encode_many([(image, mask)])[0]

    def encode_many(self, images: Sequence[tuple[Any, Any]], batch: int = 8) -> list[EncodedImage]:
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
            windows = [crop.apply(picture.rgb, mask) for picture, mask, crop in fresh]
            features = iter(self._features(windows) if windows else ())
            encoded += [
                r if isinstance(r, EncodedImage) else self._assemble(*r, next(features))
                for r in ready
            ]
        return encoded

    def match(
        self,
        image1: Any,
        image2: Any,
        function: str,
        mask1: Any = None,
        mask2: Any = None,
        prior: Prior | None = None,
        part1: Any = None,
        part2: Any = None,
    ) -> Correspondence:
        """Match every object pixel of image 1 to its best partner on image 2.

        Where the model predicts part masks, or is told them, part is matched to part and rest to
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
            part1: mask of the functional part of image 1, where it is known: a path or an array of
                the image's size. It takes the place of the predicted one.
            part2: the same of image 2.

        Raises:
            UserError: an image, a mask, the function or the prior is not usable.
        """
        function = check_function(function)
        pair = self.encode(image1, mask1), self.encode(image2, mask2)
        return self._match(*pair, function, prior, (part1, part2))

    def match_batch(self, pairs: Iterable[tuple[Any, Any, str]]) -> list[Correspondence]:
        """Match (image 1, image 2, function) triples; equals calling :meth:`match` in a loop.

        An image that occurs in several triples (the same object or the same path) is encoded once.

        Args:
            pairs: images as :meth:`encode` takes them without a mask, or encoded ones.

        Raises:
            UserError: an image or a function is not usable.
        """
        triples = [(a, b, check_function(function)) for a, b, function in pairs]
        images = {_identity(image): image for a, b, _ in triples for image in (a, b)}
        encoded = dict(
            zip(images, self.encode_many([(image, None) for image in images.values()]), strict=True)
        )
        return [
            self._match(encoded[_identity(a)], encoded[_identity(b)], function)
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
        candidates = np.arange(len(image2.points)) if part2 is None else part2
        options, places = second.descriptors[candidates], image2.points[candidates]
        layout = self._layout(image1, image2, function)
        if layout is None:
            nearest = self._nearest(queries, options)
        else:
            nearest = mutual_nearest(
                layout.queries(queries, _placed(image1, points)),
                layout.targets(options, _placed(image2, places)),
            )
        return places[nearest.forward.cpu().numpy()]

    def _paired(
        self, image1: EncodedImage, image2: EncodedImage
    ) -> tuple[EncodedImage, EncodedImage]:
        """The two images as they are compared; for models whose features depend on the partner."""
        return image1, image2

    def _layout(
        self, image1: EncodedImage, image2: EncodedImage, function: str
    ) -> AffinePrior | None:
        """How the parts lie on each other, where the model asks for it and both have one."""
        if self.layout is None:
            return None
        descriptions = [self._describe_object(image, function) for image in (image1, image2)]
        part1, part2 = map(part_rows, descriptions)
        if part1 is None or part2 is None:
            return None
        first, second = descriptions
        return fit_affine_prior(
            first.descriptors[part1],
            second.descriptors[part2],
            _placed(image1, image1.points[part1]),
            _placed(image2, image2.points[part2]),
            self.layout,
        )

    def _located(self, image: Any, mask: Any) -> EncodedImage | tuple[Picture, np.ndarray, Crop]:
        if isinstance(image, EncodedImage):
            if image.fingerprint != self.fingerprint:
                raise UserError(
                    f"this image was encoded by another model than {self.name}; encode it again"
                )
            if mask is not None:
                raise UserError("an encoded image has its mask already; pass mask to encode")
            return image
        picture = read_image(image)
        found = object_mask(picture) if mask is None else read_mask(mask, picture.size)
        return picture, found, Crop.around(found, self.extractor.input_size)

    def _features(self, windows: Sequence[UInt8[np.ndarray, "s s 3"]]) -> Float[Tensor, "b c h w"]:
        batch = torch.from_numpy(np.stack(windows)).to(self.device)
        return self.extractor.features(batch.movedim(3, 1).float() / 255)

    def _assemble(
        self, picture: Picture, mask: np.ndarray, crop: Crop, features: Tensor
    ) -> EncodedImage:
        return EncodedImage(picture, mask, crop, mask_pixels(mask), features, self.fingerprint)

    def _match(
        self,
        image1: EncodedImage,
        image2: EncodedImage,
        function: str,
        prior: Prior | None = None,
        parts: tuple[Any, Any] = (None, None),
    ) -> Correspondence:
        image1, image2 = self._paired(image1, image2)
        first = self._describe_object(image1, function)
        second = self._describe_object(image2, function)
        if prior is not None:
            first = with_prior(first, image1.points, image1.picture.size, prior[0])
            second = with_prior(second, image2.points, image2.picture.size, prior[1])
        first, second = _told(image1, first, parts[0]), _told(image2, second, parts[1])
        if any(part is not None for part in parts) and (first.part is None or second.part is None):
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
            part1=_part_map(image1, first.part),
            part2=_part_map(image2, second.part),
            image1=image1.picture.rgb,
            image2=image2.picture.rgb,
            mask1=image1.mask,
            mask2=image2.mask,
            calibration=self.calibration,
        )

    def _match_region(
        self,
        image1: EncodedImage,
        image2: EncodedImage,
        first: PointDescriptors,
        second: PointDescriptors,
        rows1: Rows,
        rows2: Rows,
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

    def _describe_object(self, image: EncodedImage, function: str) -> PointDescriptors:
        """All matched points of an image; its last function is kept, for the next partner."""
        known = self._described.get(image)
        if known is None or known[0] != function:
            known = function, self._describe(image, image.points, function)
            self._described[image] = known
        return known[1]

    def _describe(
        self, image: EncodedImage, points: Float[np.ndarray, "n 2"], function: str
    ) -> PointDescriptors:
        inside = torch.from_numpy(image.crop.to_crop(points)).float().to(self.device)
        return self.extractor.describe(image.features, inside, function)


def _identity(image: Any) -> Any:
    """Equal for images that need to be encoded only once."""
    return str(image) if isinstance(image, str) or hasattr(image, "__fspath__") else id(image)


def _placed(image: EncodedImage, points: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
    """Pixels in sides of the crop, from its middle."""
    return image.crop.to_crop(points.astype(np.float64)) / image.crop.size - 0.5


def _told(image: EncodedImage, description: PointDescriptors, part: Any) -> PointDescriptors:
    """With the part that is known, if one is."""
    if part is None:
        return description
    mask = read_mask(part, image.picture.size, "the part mask")
    inside = known_part(image.points, mask)
    if not inside.any():
        raise UserError("the part mask is outside the object; expected some of the object's pixels")
    return PointDescriptors(description.descriptors, inside.to(description.descriptors.device))


def _part_map(image: EncodedImage, part: Tensor | None) -> Float[np.ndarray, "h w"] | None:
    """Probabilities at the matched points as a map of the image; 0 outside the object.

    Where only a grid of the object's pixels was matched, the others take the nearest one's value.
    """
    if part is None:
        return None
    values = part.cpu().numpy().astype(np.float32)
    rows, columns = np.nonzero(image.mask)
    if len(rows) != len(values):
        from scipy.spatial import cKDTree

        pixels = np.stack([columns, rows], axis=1)
        values = values[cKDTree(image.points).query(pixels)[1]]
    full = np.zeros(image.mask.shape, dtype=np.float32)
    full[rows, columns] = values
    return full
