"""How a picture is shown to a model, and the way of its boxes back."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from funcorr.errors import UserError
from funcorr.pseudolabel.boxes import Box, BoxAnswer

WHITE = (255, 255, 255)


@dataclass(frozen=True)
class Framing:
    """What is done to a picture before a model sees it.

    The defaults are the settings of the paper's pseudo-labels: padded to a square with white, sent
    as JPEG. That the picture sits in the middle of the square is our choice; the paper does not
    say where.

    Attributes:
        square: pad the shorter side.
        fill: colour of the padding.
        longest: pictures with a longer side are made smaller, for servers that refuse large ones;
            None sends them as they are.
        encoding: file format of what is sent; PNG loses nothing, JPEG is smaller.
        quality: of the JPEG.
    """

    square: bool = True
    fill: tuple[int, int, int] = WHITE
    longest: int | None = None
    encoding: Literal["JPEG", "PNG"] = "JPEG"
    quality: int = 95

    def __post_init__(self) -> None:
        if self.longest is not None and self.longest < 1:
            raise UserError(f"the longest side sent must be at least 1 pixel, got {self.longest}")

    def plan(self, size: tuple[int, int]) -> FramePlan:
        """Where a picture of (height, width) goes in what the model sees."""
        height, width = size
        side = max(size)
        left, top = ((side - width) // 2, (side - height) // 2) if self.square else (0, 0)
        canvas = (side, side) if self.square else size
        scale = min(1.0, self.longest / side) if self.longest else 1.0
        sent = tuple(max(1, round(length * scale)) for length in canvas)
        return FramePlan(size, left, top, canvas, (sent[0], sent[1]))

    def apply(self, rgb: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h2 w2 3"]:
        """The picture as the model sees it."""
        plan = self.plan((rgb.shape[0], rgb.shape[1]))
        canvas = Image.new("RGB", plan.canvas[::-1], self.fill)
        canvas.paste(Image.fromarray(rgb), (plan.left, plan.top))
        if plan.sent != plan.canvas:
            canvas = canvas.resize(plan.sent[::-1], Image.Resampling.BICUBIC)
        return np.array(canvas)

    def data_url(self, rgb: UInt8[np.ndarray, "h w 3"]) -> str:
        """The framed picture as a ``data:`` URL, the form that chat servers take."""
        file = io.BytesIO()
        options = {"quality": self.quality} if self.encoding == "JPEG" else {}
        Image.fromarray(self.apply(rgb)).save(file, self.encoding, **options)
        content = base64.b64encode(file.getvalue()).decode("ascii")
        return f"data:image/{self.encoding.lower()};base64,{content}"


@dataclass(frozen=True)
class FramePlan:
    """Sizes and places of one framing.

    Attributes:
        size: (height, width) of the picture.
        left: columns of padding before it.
        top: rows of padding above it.
        canvas: (height, width) of the padded picture.
        sent: (height, width) of what the model sees.
    """

    size: tuple[int, int]
    left: int
    top: int
    canvas: tuple[int, int]
    sent: tuple[int, int]

    def to_picture(self, box: Box) -> Box | None:
        """A box of what the model saw in pixels of the picture; None if it is all padding.

        Example:
            >>> plan = Framing().plan((50, 100))
            >>> plan.to_picture(Box(-0.5, -0.5, 99.5, 99.5)).corners
            (-0.5, -0.5, 99.5, 49.5)
        """
        scale = (self.canvas[1] / self.sent[1], self.canvas[0] / self.sent[0])
        return box.resized(scale, (-self.left, -self.top)).clipped(self.size)

    def answer_to_picture(self, answer: BoxAnswer) -> BoxAnswer:
        """All boxes of an answer in pixels of the picture; boxes in the padding are malformed."""
        moved = [self.to_picture(box) for box in answer.boxes]
        boxes = tuple(box for box in moved if box is not None)
        return replace(answer, boxes=boxes, malformed=answer.malformed + moved.count(None))
