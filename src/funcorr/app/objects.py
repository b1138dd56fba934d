"""What counts as the object in a visitor's image: alpha, plain background, clicks or a mask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image

from funcorr.errors import UserError
from funcorr.images import Frame, Picture, read_frame, read_mask
from funcorr.segmentation import find_object as segment
from funcorr.viz import fitted_size

WORKING_SIDE = 1024
"""Longer side of the copy that a page works on; the backbones look at 448 pixels at the most."""

WALK_SIDE = 192
"""Longer side at which the random walker walks: an answer within about half a second."""

STIFFNESS = 300.0
"""How hard colour edges are to cross (``beta`` of scikit-image's random walker, whose default is
130); found by eye on the sample photographs."""

TOLERANCE = 1e-3
"""Of the walker's solver (scikit-image's default); rough at the edges, which are thresholded."""

SEED_RADIUS = 2
"""A click marks this many pixels around it at the walker's size."""


class Click(NamedTuple):
    """A click on an image.

    Attributes:
        x: share of the image's width, 0 at its left edge, 1 at its right edge.
        y: share of its height.
        is_object: whether the place belongs to the object or to the background.
    """

    x: float
    y: float
    is_object: bool


Segmenter = Callable[[UInt8[np.ndarray, "h w 3"], Sequence[Click]], Bool[np.ndarray, "h w"]]
"""An image and clicks in, a mask out: :func:`walk_from_clicks`, or a model of your own."""


@dataclass(frozen=True)
class Subject:
    """A visitor's image and what they said about its object; hashable.

    Attributes:
        path: the uploaded file.
        marks: clicks on object and background, in order.
        mask: an uploaded mask, which counts more than clicks.
    """

    path: str
    marks: tuple[Click, ...] = ()
    mask: str | None = None

    @property
    def is_marked(self) -> bool:
        """Whether the visitor said what the object is, by a mask or by clicks on it."""
        return self.mask is not None or any(mark.is_object for mark in self.marks)


def find_object(
    picture: Picture,
    subject: Subject,
    full_size: tuple[int, int],
    segmenter: Segmenter | None = None,
) -> tuple[Bool[np.ndarray, "h w"], str]:
    """The object's mask and how it was found: mask, clicks, alpha or plain background.

    Args:
        picture: the subject's image at its own or at a smaller size.
        subject: where it came from and what was said about it.
        full_size: (height, width) of the upload, which an uploaded mask must have.
        segmenter: turns clicks into a mask; by default :func:`walk_from_clicks`.

    Raises:
        UserError: the mask does not fit, or nothing tells the object from its surroundings.
    """
    if subject.mask is not None:
        return resize_mask(_read_upload_mask(subject, full_size), picture.size), "your mask"
    if subject.is_marked:
        return (segmenter or walk_from_clicks)(picture.rgb, subject.marks), "your clicks"
    how = "its plain background" if picture.alpha_mask is None else "its transparency"
    return segment(picture).mask, how


def _read_upload_mask(subject: Subject, size: tuple[int, int]) -> Bool[np.ndarray, "h w"]:
    path = str(subject.mask)
    try:
        return read_mask(path, Frame(*size, read_frame(subject.path).orientation))
    except UserError as error:
        raise UserError(str(error).replace(path, "the mask")) from None


def working_copy(picture: Picture, longest: int = WORKING_SIDE) -> Picture:
    """The picture itself, or a copy whose longer side is ``longest``, alpha included."""
    if max(picture.size) <= longest:
        return picture
    height, width = fitted_size(picture.size, longest)
    rgb = Image.fromarray(picture.rgb).resize((width, height), Image.Resampling.BOX)
    alpha = picture.alpha_mask
    small = None if alpha is None else resize_mask(alpha, (height, width))
    return Picture(np.asarray(rgb), small, picture.name)


def resize_mask(mask: Bool[np.ndarray, "h w"], size: tuple[int, int]) -> Bool[np.ndarray, "h2 w2"]:
    """A mask at another (height, width): where at least half of a pixel is covered."""
    if mask.shape == tuple(size):
        return mask
    cover = Image.fromarray(mask.astype(np.float32)).resize(size[::-1], Image.Resampling.BILINEAR)
    return np.asarray(cover) >= 0.5


def walk_from_clicks(
    rgb: UInt8[np.ndarray, "h w 3"], clicks: Sequence[Click]
) -> Bool[np.ndarray, "h w"]:
    """Segment by random walks from clicks (Grady 2006, scikit-image).

    Without a click on the background, the border of the image counts as background where no
    object click is near.

    Raises:
        UserError: no click lies on the object.
    """
    from skimage.segmentation import random_walker

    if not any(click.is_object for click in clicks):
        raise UserError("click at least once on the object, so that it can be told from the rest")
    small = working_copy(Picture(rgb), WALK_SIDE)
    probability = random_walker(
        small.rgb / 255.0,
        _seeds(clicks, small.size),
        beta=STIFFNESS,
        mode="cg_j",
        tol=TOLERANCE,
        prob_tol=1.0,
        channel_axis=-1,
        return_full_prob=True,
    )
    rough = Image.fromarray(probability[0].astype(np.float32))
    return np.asarray(rough.resize(rgb.shape[1::-1], Image.Resampling.BICUBIC)) >= 0.5


def click_pixels(clicks: Sequence[Click], size: tuple[int, int]) -> Float[np.ndarray, "n 2"]:
    """Pixels (x, y) of clicks on an image of (height, width)."""
    shares = np.array([(click.x, click.y) for click in clicks], dtype=np.float64).reshape(-1, 2)
    return shares * (size[1], size[0]) - 0.5


def _seeds(clicks: Sequence[Click], size: tuple[int, int]) -> np.ndarray:
    """1 on the object, 2 on the background, 0 where unknown; later clicks win."""
    seeds = np.zeros(size, dtype=np.int32)
    if all(click.is_object for click in clicks):
        seeds[[0, -1]], seeds[:, [0, -1]] = 2, 2
    rows, columns = np.ogrid[: size[0], : size[1]]
    for click, (x, y) in zip(clicks, click_pixels(clicks, size), strict=True):
        near = (rows - y) ** 2 + (columns - x) ** 2 <= SEED_RADIUS**2
        near[int(np.clip(round(y), 0, size[0] - 1)), int(np.clip(round(x), 0, size[1] - 1))] = True
        seeds[near] = 1 if click.is_object else 2
    return seeds
