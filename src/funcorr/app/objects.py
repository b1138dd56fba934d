"""What counts as the object in a visitor's image: what is found by itself, clicks or a mask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image

from funcorr.errors import UserError
from funcorr.images import Frame, Picture, read_frame, read_mask
from funcorr.segmentation import ObjectMask, Prompt
from funcorr.segmentation import find_object as segment
from funcorr.viz import fitted_size

WORKING_SIDE = 1024
"""Longer side of the copy that a page works on; the backbones look at 448 pixels at the most."""

WORDS = {
    "alpha": "its transparency",
    "plain background": "its plain background",
    "u2net": "the network U2-Net",
    "trunk": "the model's own features",
}
"""How a mask was found, as a visitor reads it."""


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


Shares = tuple[float, float, float, float]
"""Left, top, right and bottom of a box, in shares of the image's width and height."""

Segmenter = Callable[[UInt8[np.ndarray, "h w 3"], Sequence[Click]], Bool[np.ndarray, "h w"]]
"""An image and clicks in, a mask out: a model of your own."""


@dataclass(frozen=True)
class Subject:
    """A visitor's image and what they said about its object; hashable.

    Attributes:
        path: the uploaded file.
        marks: clicks on object and background, in order.
        mask: an uploaded mask, which counts more than clicks and a box.
        box: around the object.
    """

    path: str
    marks: tuple[Click, ...] = ()
    mask: str | None = None
    box: Shares | None = None

    @property
    def is_marked(self) -> bool:
        """Whether the visitor said what the object is, by a mask, a box or clicks on it."""
        on_object = any(mark.is_object for mark in self.marks)
        return self.mask is not None or self.box is not None or on_object

    def clicked(self, click: Click) -> Subject:
        """With one click more; a click on the object beside the box says that the box was wrong."""
        box = self.box
        if box is not None and click.is_object:
            left, top, right, bottom = box
            inside = left <= click.x <= right and top <= click.y <= bottom
            box = box if inside else None
        return replace(self, marks=(*self.marks, click), mask=None, box=box)

    def boxed(self, box: Shares) -> Subject:
        """Anew, by a box."""
        return replace(self, marks=(), mask=None, box=box)

    def undone(self) -> Subject:
        """Without the last click, or without the box where there was none."""
        return replace(self, marks=self.marks[:-1], box=self.box if self.marks else None)


def find_object(
    picture: Picture,
    subject: Subject,
    full_size: tuple[int, int],
    segmenter: Segmenter | None = None,
) -> ObjectMask:
    """The object's mask, how it was found in words, and what speaks against it.

    Args:
        picture: the subject's image at its own or at a smaller size.
        subject: where it came from and what was said about it.
        full_size: (height, width) of the upload, which an uploaded mask must have.
        segmenter: turns clicks into a mask; by default a :class:`funcorr.Prompt` does.

    Raises:
        UserError: the mask does not fit, or nothing tells the object from its surroundings.
    """
    if subject.mask is not None:
        mask = resize_mask(_read_upload_mask(subject, full_size), picture.size)
        return ObjectMask(mask, "your mask")
    if not subject.is_marked:
        found = segment(picture)
        return replace(found, source=WORDS[found.source])
    if segmenter is not None and subject.box is None:
        return ObjectMask(segmenter(picture.rgb, subject.marks), "your clicks")
    places = click_pixels(subject.marks, picture.size)
    marked = [(*place, mark.is_object) for place, mark in zip(places, subject.marks, strict=True)]
    prompt = Prompt(box_pixels(subject.box, picture.size), marked)
    return replace(segment(picture, prompt), source=f"your {prompt.said}")


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


def box_pixels(box: Shares | None, size: tuple[int, int]) -> Shares | None:
    """Left, top, right and bottom of a box in pixels of an image of (height, width)."""
    if box is None:
        return None
    left, top, right, bottom = (np.reshape(box, (2, 2)) * (size[1], size[0]) - 0.5).ravel().tolist()
    return left, top, right, bottom


def click_pixels(clicks: Sequence[Click], size: tuple[int, int]) -> Float[np.ndarray, "n 2"]:
    """Pixels (x, y) of clicks on an image of (height, width)."""
    shares = np.array([(click.x, click.y) for click in clicks], dtype=np.float64).reshape(-1, 2)
    return shares * (size[1], size[0]) - 0.5
