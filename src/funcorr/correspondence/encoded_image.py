"""An image after the expensive step: what is matched, by any function and with any partner."""

from __future__ import annotations

from collections.abc import Iterable, Sized
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float

from funcorr.correspondence.sampling import PointSample, sample_points
from funcorr.errors import UserError
from funcorr.functions import check_function
from funcorr.images import Crop, ImageLike, MaskLike, Picture, read_mask
from funcorr.images.crop import values_at
from funcorr.images.nearest import NearestPoints


@dataclass(frozen=True, eq=False, repr=False)
class EncodedImage:
    """An image after the expensive step; good for any number of functions and partners.

    Attributes:
        picture: the caller's image.
        mask: H x W, its object.
        crop: the window of the image that the backbone saw.
        points: N x 2 (x, y) object pixels that are matched (all, or an even grid of them).
        features: what the model made of the window, C x h x w for most models.
        fingerprint: of the model that made them; another model refuses them.
        part: H x W, its functional part, where that is known; it takes the place of a predicted
            one.
        category: what the object is, or nothing.
        mask_source: who said which pixels are the object: ``"given"``, ``"alpha"``,
            ``"plain background"``, a segmenter's name, or what a prompt said.
        mask_doubt: why the mask may be wrong, in words; None without a doubt.
    """

    picture: Picture
    mask: Bool[np.ndarray, "h w"]
    crop: Crop
    points: Float[np.ndarray, "n 2"]
    features: Any
    fingerprint: str
    part: Bool[np.ndarray, "h w"] | None = None
    category: str = ""
    mask_source: str = "given"
    mask_doubt: str | None = None

    @cached_property
    def sample(self) -> PointSample:
        """The points that are described and searched in place of all."""
        part = None if self.part is None else values_at(self.points, self.part)
        return sample_points(self.points, part=part)

    @cached_property
    def _nearest(self) -> NearestPoints:
        return NearestPoints.of(self.points, self.mask)

    @cached_property
    def window_area(self) -> float:
        """How many pixels of the model's input the object covers."""
        return float(self.mask.sum() * (self.crop.size / self.crop.side) ** 2)

    def __repr__(self) -> str:
        height, width = self.picture.size
        part = "" if self.part is None else f", part of {self.part.sum():,} known"
        return (
            f"EncodedImage({self.picture.name}, {width} x {height}, object of "
            f"{self.mask.sum():,} pixels{part})"
        )

    def placed(self, points: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
        """Pixels in sides of the window, from its middle."""
        return self.crop.to_crop(points.astype(np.float64)) / self.crop.size - 0.5

    def map_of(self, values: Float[np.ndarray, " n"]) -> Float[np.ndarray, "h w"]:
        """Values of the matched points as a map of the image; 0 outside the object.

        Where only a grid of the object's pixels was matched, the others take the nearest one's.
        """
        return self._nearest.spread(values)

    def read_part(self, part: MaskLike) -> Bool[np.ndarray, "h w"]:
        """A mask of the functional part, checked.

        Raises:
            UserError: it is not usable, of another size, or outside the object.
        """
        mask = read_mask(part, self.picture.frame, "the part mask")
        if not (mask & self.mask).any():
            raise UserError(
                "the part mask is outside the object; expected some of the object's pixels"
            )
        return mask


if TYPE_CHECKING:
    Source = ImageLike | EncodedImage
    Triple = tuple[Source, Source, str]
    Triples = Iterable[Triple]
else:  # what callers bring is refused in words of its own
    Source = Triple = Triples = Any


def as_triples(pairs: Triples) -> list[Triple]:
    """Two images and a function each, or a line that shows the form."""
    if not isinstance(pairs, Iterable):
        raise _not_triples(pairs)
    return [_as_triple(pair) for pair in pairs]


def _as_triple(pair: Triple) -> Triple:
    if not isinstance(pair, tuple | list) or len(pair) != 3 or not isinstance(pair[2], str):
        raise _not_triples(pair)
    return pair[0], pair[1], check_function(pair[2])


def _not_triples(found: object) -> UserError:
    kind = type(found).__name__
    shown = f"{kind} of {len(found)}" if isinstance(found, Sized) else repr(found)[:60]
    return UserError(
        f"match_batch takes a list of (image1, image2, function), got a {shown}; masks and "
        "parts go with images: (model.encode(a, mask), model.encode(b, mask), 'pour-with')"
    )


def image_identity(image: Source) -> str | int:
    """Equal for images that need to be encoded only once."""
    return str(image) if isinstance(image, str) or hasattr(image, "__fspath__") else id(image)
