"""What a person says about an object: a box around it, clicks on it and beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool

from funcorr.errors import UserError


class Click(NamedTuple):
    """A click on an image.

    Attributes:
        x: in pixels, 0 at the centre of the leftmost ones.
        y: in pixels, 0 at the centre of the topmost ones.
        inside: whether the place belongs to the object; else to its surroundings.
    """

    x: float
    y: float
    inside: bool = True

    def pixel(self, size: tuple[int, ...]) -> tuple[int, int]:
        """Row and column on an image of (height, width), at its edge where it lies beyond."""
        row, column = (
            min(max(round(place), 0), side - 1)
            for place, side in zip((self.y, self.x), size, strict=True)
        )
        return row, column


class Box(NamedTuple):
    """A box around an object, corners in pixels."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True)
class Prompt:
    """Which object is meant, by a box, by clicks, or both; taken wherever a mask is.

    Attributes:
        box: left, top, right, bottom in pixels of the image; kept as a :class:`Box`.
        clicks: ``(x, y)`` or ``(x, y, inside)`` in pixels of the image; ``inside=False`` marks what
            does not belong to the object; kept as :class:`Click`.
        method: who follows the prompt: ``"auto"`` or a name of
            :data:`funcorr.segmentation.SEGMENTERS` that takes prompts.

    Raises:
        UserError: neither a box nor a click on the object; a box of no area; a click that is no
            pair of finite numbers, or on the object and outside the box.

    Example:
        >>> Prompt(box=(10, 20, 50, 60)).box
        Box(x0=10.0, y0=20.0, x1=50.0, y1=60.0)
        >>> Prompt(clicks=[(12, 30), (5, 5, False)]).clicks[1].inside
        False
    """

    box: Any = None
    clicks: Any = ()
    method: str = "auto"

    def __post_init__(self) -> None:
        box: Any = None if self.box is None else _box(self.box)
        clicks = tuple(_click(click) for click in self.clicks)
        object.__setattr__(self, "box", box)
        object.__setattr__(self, "clicks", clicks)
        inside = [click for click in clicks if click.inside]
        if box is None and not inside:
            raise UserError("a prompt needs a box, or at least one click on the object")
        for x, y, _ in inside if box is not None else ():
            if not _within(x, y, box):
                raise UserError(
                    f"the click {x:g}, {y:g} on the object lies outside the box "
                    f"{_text(box)}; drop one of the two"
                )

    @property
    def said(self) -> str:
        """What it consists of, in words."""
        parts = ["box"] * (self.box is not None) + ["clicks"] * bool(self.clicks)
        return " and ".join(parts)

    def check(self, size: tuple[int, int], name: str) -> None:
        """Whether it lies on an image of (height, width).

        Raises:
            UserError: a click lies outside the image, or the whole box does.
        """
        height, width = size
        edges = Box(-0.5, -0.5, width - 0.5, height - 0.5)
        for x, y, _ in self.clicks:
            if not _within(x, y, edges):
                raise UserError(
                    f"the click {x:g}, {y:g} lies outside {name}, which is {width} x {height} "
                    f"pixels; expected x in 0 to {width - 1} and y in 0 to {height - 1}"
                )
        if self.box is not None:
            x0, y0, x1, y1 = self.box
            if x1 <= edges.x0 or y1 <= edges.y0 or x0 >= edges.x1 or y0 >= edges.y1:
                raise UserError(
                    f"the box {_text(self.box)} lies outside {name}, which is {width} x {height} "
                    "pixels"
                )

    def possible(self, size: tuple[int, int]) -> Bool[np.ndarray, "h w"]:
        """Where the object may be on an image of (height, width): in the box, if there is one."""
        inside = np.ones(size, bool)
        if self.box is not None:
            y, x = np.ogrid[: size[0], : size[1]]
            x0, y0, x1, y1 = self.box
            inside = (x >= x0 - 0.5) & (x <= x1 + 0.5) & (y >= y0 - 0.5) & (y <= y1 + 0.5)
        return inside

    def moved(self, left: float, top: float, scale: float) -> Prompt:
        """The same on a window that begins at the pixel (left, top) and is resized by scale."""

        def place(x: float, y: float) -> tuple[float, float]:
            return (x - left + 0.5) * scale - 0.5, (y - top + 0.5) * scale - 0.5

        box = None if self.box is None else (*place(*self.box[:2]), *place(*self.box[2:]))
        clicks = [(*place(x, y), inside) for x, y, inside in self.clicks]
        return Prompt(box, clicks, self.method)


def _box(values: Any) -> Box:
    numbers = _numbers(values, 4, "a box is four numbers, x0, y0, x1, y1, in pixels")
    box = Box(*numbers)
    if box.x0 >= box.x1 or box.y0 >= box.y1:
        raise UserError(
            f"the box {_text(box)} has no area: expected left, top, right, bottom with "
            "left < right and top < bottom"
        )
    return box


def _click(values: Any) -> Click:
    form = "a click is x, y in pixels, and False where it is beside the object"
    given = tuple(values) if hasattr(values, "__iter__") else (values,)
    inside = given[2] if len(given) == 3 else True
    if len(given) not in (2, 3) or inside not in (True, False, 0, 1):
        raise UserError(f"{form}; got {values!r}")
    x, y = _numbers(given[:2], 2, form)
    return Click(x, y, bool(inside))


def _numbers(values: Any, count: int, form: str) -> list[float]:
    try:
        numbers = [float(value) for value in values]
    except (TypeError, ValueError):
        raise UserError(f"{form}; got {values!r}") from None
    if len(numbers) != count or not all(map(math.isfinite, numbers)):
        raise UserError(f"{form}; got {values!r}")
    return numbers


def _within(x: float, y: float, box: Sequence[float]) -> bool:
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _text(box: Sequence[float]) -> str:
    return ", ".join(f"{value:g}" for value in box)
