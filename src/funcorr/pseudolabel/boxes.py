"""Boxes, and one parser for the many ways in which models write them down."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from funcorr.errors import UserError
from funcorr.images import resize_points
from funcorr.pseudolabel.answer_text import answer_alone
from funcorr.pseudolabel.number_groups import NumberGroup, Units, number_groups

SLACK = 0.02
"""Corners that leave the image by at most this share of its side are pulled back onto it."""

_DECLINED = re.compile(
    r"\b(?:can(?:no|')t|can not|unable|sorry|not (?:visible|present|shown|there|found|possible)|"
    r"(?:is|are) no\b|no (?:such|box|boxes|visible|match)|none|null|"
    r"(?:do|does|did)(?: not|n't) (?:see|show|have|contain|appear|find)|"
    r"isn't|aren't)|\[\s*\]",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Box:
    """An upright rectangle in the pixels of one image.

    Integer coordinates are pixel centres, so a box around the whole of a W x H image is
    ``(-0.5, -0.5, W - 0.5, H - 0.5)``, and the box of the single pixel (3, 4) is
    ``(2.5, 3.5, 3.5, 4.5)``.

    Attributes:
        x0: left edge.
        y0: top edge.
        x1: right edge, greater than ``x0``.
        y1: bottom edge, greater than ``y0``.
        score: confidence of the model, 1 where it gives none.

    Example:
        >>> box = Box(-0.5, -0.5, 9.5, 4.5)
        >>> box.area, box.iou(Box(-0.5, -0.5, 4.5, 4.5))
        (50.0, 0.5)
    """

    x0: float
    y0: float
    x1: float
    y1: float
    score: float = 1.0

    def __post_init__(self) -> None:
        if not np.isfinite([*self.corners, self.score]).all():
            raise UserError(f"a box has finite corners, got {self.corners}")
        if self.x1 <= self.x0 or self.y1 <= self.y0:
            raise UserError(
                f"a box is (left, top, right, bottom) with left < right and top < bottom, "
                f"got {self.corners}"
            )

    @classmethod
    def around(cls, mask: Bool[np.ndarray, "h w"]) -> Box:
        """The smallest box that holds all pixels of a mask.

        Raises:
            UserError: the mask is empty.
        """
        rows, columns = np.nonzero(mask)
        if len(rows) == 0:
            raise UserError("an empty mask has no box; expected at least one pixel")
        low, high = (columns.min(), rows.min()), (columns.max(), rows.max())
        return cls(low[0] - 0.5, low[1] - 0.5, high[0] + 0.5, high[1] + 0.5)

    @property
    def corners(self) -> tuple[float, float, float, float]:
        """(x0, y0, x1, y1)."""
        return self.x0, self.y0, self.x1, self.y1

    @property
    def width(self) -> float:
        """Pixels from left to right."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Pixels from top to bottom."""
        return self.y1 - self.y0

    @property
    def area(self) -> float:
        """Square pixels."""
        return self.width * self.height

    @property
    def center(self) -> tuple[float, float]:
        """(x, y) of the middle."""
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def contains(self, points: Float[np.ndarray, "n 2"]) -> Bool[np.ndarray, " n"]:
        """Which (x, y) points lie in the box, edges included."""
        low, high = self.corners[:2], self.corners[2:]
        return np.all((points >= low) & (points <= high), axis=1)

    def iou(self, other: Box) -> float:
        """Intersection over union with another box of the same image."""
        width = min(self.x1, other.x1) - max(self.x0, other.x0)
        height = min(self.y1, other.y1) - max(self.y0, other.y0)
        common = max(width, 0.0) * max(height, 0.0)
        return common / (self.area + other.area - common)

    def resized(self, scale: tuple[float, float], shift: tuple[float, float] = (0.0, 0.0)) -> Box:
        """The box after the image is resized by (x, y) factors and then moved by (x, y) pixels."""
        corners = np.array(self.corners, dtype=np.float64).reshape(2, 2)
        (x0, x1), (y0, y1) = (
            (resize_points(corners[:, axis], scale[axis]) + shift[axis]).tolist() for axis in (0, 1)
        )
        return Box(x0, y0, x1, y1, self.score)

    def clipped(self, size: tuple[int, int]) -> Box | None:
        """The part of the box inside an image of (height, width), or None if there is none."""
        height, width = size
        x0, x1 = (min(max(x, -0.5), width - 0.5) for x in (self.x0, self.x1))
        y0, y1 = (min(max(y, -0.5), height - 0.5) for y in (self.y0, self.y1))
        return Box(x0, y0, x1, y1, self.score) if x0 < x1 and y0 < y1 else None


@dataclass(frozen=True)
class BoxAnswer:
    """What an answer says about where a part is.

    Attributes:
        boxes: the boxes, in the answer's order, each once.
        malformed: how many things in it look like boxes but are none: cut off, of three or five
            numbers, upside down, outside the image.
        declined: it has no box and says that the part is not there, or that it will not answer.
    """

    boxes: tuple[Box, ...]
    malformed: int = 0
    declined: bool = False


def parse_boxes(text: str, size: tuple[int, int], units: Units = "thousandths") -> BoxAnswer:
    """Read every box in the answer of a model, whatever its form. Never raises on odd answers.

    Understood are, alone or in prose, in any number: brackets ``[[x0,y0,x1,y1;x0,y0,x1,y1]]``;
    JSON or something near it, cut off or not, with lists under any key or with named corners
    (``xmin``, ``x1``, ``left``, ``x``/``y``/``width``/``height``, ``cx``/``cy``/``w``/``h``);
    pairs of corners ``(x0,y0),(x1,y1)``, also named (``top_left``, ``bottom_right``); ``<box>`` and
    ``<bbox>`` tags; location tokens ``<loc_123>``, ``<123>`` (thousand bins, x first) and
    ``<loc0123>`` (1024 bins, y first); four bare numbers. Numbers that are all at most 1 and
    numbers with a per cent sign are fractions of the sides, whatever ``units`` says; a key such as
    ``bbox_xywh`` says the order (``xyxy``, ``yxyx``, ``xywh``, ``cxcywh``), and lists under
    ``box_2d`` have y first and count thousandths. Reasoning blocks do not count (see
    :func:`funcorr.pseudolabel.answer_text.answer_alone`).

    Args:
        text: the answer.
        size: (height, width) of the image that the model saw.
        units: what other numbers count: thousandths of the image's sides, or pixels from its
            top left corner.

    Returns:
        Boxes in pixels of that image (centres at integers).

    Example:
        >>> parse_boxes("The spout is at [[100,200,300,400]].", (1000, 1000)).boxes
        (Box(x0=99.5, y0=199.5, x1=299.5, y1=399.5, score=1.0),)
        >>> parse_boxes("I cannot see a spout.", (1000, 1000)).declined
        True
    """
    text = unicodedata.normalize("NFKC", answer_alone(text))
    groups, broken = number_groups(text)
    found = [_box(group, size, units) for group in groups]
    boxes = tuple(dict.fromkeys(box for box in found if box is not None))
    malformed = broken + found.count(None)
    declined = not boxes and not malformed and bool(_DECLINED.search(text))
    return BoxAnswer(boxes, malformed, declined)


def _box(group: NumberGroup, size: tuple[int, int], units: Units) -> Box | None:
    """A group of four numbers in image pixels, or None where it is no box."""
    corners = np.array(_corners(group), dtype=np.float64)
    sides = np.array([size[1], size[0]] * 2, dtype=np.float64)
    counted = group.units or ("fractions" if (np.abs(corners) <= 1).all() else units)
    if counted == "thousandths":
        corners = corners / 1000
    elif counted == "pixels":
        corners = corners / sides
    upright = corners[0] < corners[2] and corners[1] < corners[3]
    inside = (corners >= -SLACK).all() and (corners <= 1 + SLACK).all()
    if not (upright and inside):
        return None
    x0, y0, x1, y1 = (float(edge) for edge in corners.clip(0, 1) * sides - 0.5)
    return Box(x0, y0, x1, y1, group.score) if x0 < x1 and y0 < y1 else None


def _corners(group: NumberGroup) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a group, whatever its order."""
    a, b, c, d = group.numbers
    if group.order == "yxyx":
        return b, a, d, c
    if group.order == "xywh":
        return a, b, a + c, b + d
    if group.order == "cxcywh":
        return a - c / 2, b - d / 2, a + c / 2, b + d / 2
    return a, b, c, d
