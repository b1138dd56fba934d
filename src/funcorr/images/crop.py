"""Windows of images and back: where pixels go when an image is cut and resized."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Shaped, UInt8
from PIL import Image

from funcorr.images.shrink import shrink_factor, shrunk

MARGIN = 1.2
"""Side of the window in longest sides of the object; the paper's released processing."""


@dataclass(frozen=True)
class Crop:
    """A square window of an image, resized to ``size`` x ``size`` pixels; invertible.

    Attributes:
        left: x of the window's left edge (an edge, half a pixel before the first centre).
        top: y of the window's top edge.
        side: side of the window in image pixels.
        size: side of the result in pixels.
    """

    left: float
    top: float
    side: float
    size: int

    @classmethod
    def around(cls, mask: Bool[np.ndarray, "h w"], size: int, margin: float = MARGIN) -> Crop:
        """The window centred on the mask's box, ``margin`` times its longest side.

        The default margin is that of the paper's released processing: the object fills about
        83 percent of the frame.
        """
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        height, width = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
        side = float(max(height, width) * margin)
        center_x, center_y = (columns[0] + columns[-1]) / 2, (rows[0] + rows[-1]) / 2
        return cls(float(center_x - side / 2), float(center_y - side / 2), side, size)

    def to_crop(self, points: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
        """Image pixels to crop pixels."""
        return resize_points(points - (self.left + 0.5, self.top + 0.5), self.size / self.side)

    def to_image(self, points: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
        """Crop pixels to image pixels."""
        origin = np.array([self.left + 0.5, self.top + 0.5])
        return resize_points(points, self.side / self.size) + origin

    def intrinsics(self, of_image: Float[np.ndarray, "3 3"]) -> Float[np.ndarray, "3 3"]:
        """The camera's 3 x 3 intrinsics for crop pixels, from those for image pixels."""
        scale = self.size / self.side
        window = np.diag([scale, scale, 1.0])
        window[:2, 2] = -scale * self.left - 0.5, -scale * self.top - 0.5
        return window @ of_image

    def apply(
        self,
        rgb: UInt8[np.ndarray, "h w 3"],
        mask: Bool[np.ndarray, "h w"],
        background: int | None = 255,
    ) -> UInt8[np.ndarray, "s s 3"]:
        """Cut the window out, antialiased.

        Args:
            rgb: the image.
            mask: its object mask.
            background: grey value painted outside the mask (255: white, as the paper's test
                images), or None to keep the surroundings; outside the image it is white anyway.
        """
        factor = shrink_factor((int(self.side), int(self.side)), 4 * self.size)
        if factor > 1:
            return self._apply_shrunk(rgb, mask, background, factor)
        reach = int(np.ceil(2 * self.side / self.size)) + 2  # of the resampling filter
        x, y = int(np.floor(self.left)) - reach, int(np.floor(self.top)) - reach
        extent = int(np.ceil(self.side)) + 2 * reach + 2
        canvas = np.full((extent, extent, 3), 255 if background is None else background, np.uint8)
        rows, columns = _overlap(rgb.shape[0], y, extent), _overlap(rgb.shape[1], x, extent)
        window = rgb[rows[0], columns[0]]
        if background is not None:
            window = np.where(mask[rows[0], columns[0], None], window, np.uint8(background))
        canvas[rows[1], columns[1]] = window
        left, top = self.left + 0.5 - x, self.top + 0.5 - y
        box = (left, top, left + self.side, top + self.side)
        square = (self.size, self.size)
        return np.asarray(Image.fromarray(canvas).resize(square, Image.Resampling.BICUBIC, box=box))

    def apply_mask(self, mask: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "s s"]:
        """The mask through the window, nearest pixel; False outside the image."""
        rows, columns = np.indices((self.size, self.size))
        pixels = np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.float64)
        x, y = np.floor(self.to_image(pixels) + 0.5).astype(int).T
        height, width = mask.shape
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        values = mask[y.clip(0, height - 1), x.clip(0, width - 1)] & inside
        return values.reshape(self.size, self.size)

    def _apply_shrunk(
        self,
        rgb: UInt8[np.ndarray, "h w 3"],
        mask: Bool[np.ndarray, "h w"],
        background: int | None,
        factor: int,
    ) -> UInt8[np.ndarray, "s s 3"]:
        """The same for a large window, from means over pixels of its image."""
        rows, columns = (
            slice(
                max(int(start) // factor - 1, 0) * factor, max(int(start + self.side), 0) + factor
            )
            for start in (self.top, self.left)
        )
        left, top = (
            (self.left + 0.5 - columns.start) / factor,
            (self.top + 0.5 - rows.start) / factor,
        )
        if background is None:
            small = shrunk(rgb[rows, columns], factor)
        else:
            small = shrunk(rgb[rows, columns], factor, mask[rows, columns], background)
        inside = np.ones(small.shape[:2], bool)
        crop = Crop(left - 0.5, top - 0.5, self.side / factor, self.size)
        return crop.apply(small, inside, background)


def _overlap(length: int, start: int, extent: int) -> tuple[slice, slice]:
    """Where a window overlaps an axis of an image: in the image's indices, in the window's."""
    first, last = max(start, 0), min(start + extent, length)
    return slice(first, last), slice(first - start, last - start)


def resize_points(points: Float[np.ndarray, "*n 2"], scale: float) -> Float[np.ndarray, "*n 2"]:
    """Where points land when their image is resized by ``scale``: ``(x + 0.5) * scale - 0.5``.

    Example:
        >>> resize_points(np.array([[0.0, 1.0]]), 2.0).tolist()
        [[0.5, 2.5]]
    """
    return (points + 0.5) * scale - 0.5


def mask_pixels(mask: Bool[np.ndarray, "h w"], at_most: int = 60_000) -> Float[np.ndarray, "n 2"]:
    """The pixels of a mask as (x, y) in row-major order; an even grid of them if too many.

    The grid keeps every pixel whose row and column are multiples of the smallest step that leaves
    at most ``at_most`` pixels; a shape so thin that the grid misses it is thinned along its
    row-major order instead.
    """
    step = 1
    while np.count_nonzero(mask[::step, ::step]) > at_most:
        step += 1
    rows, columns = np.nonzero(mask[::step, ::step])
    if not len(rows):
        step, (rows, columns) = 1, np.nonzero(mask)
        keep = slice(None, None, max(-(-len(rows) // at_most), 1))
        rows, columns = rows[keep], columns[keep]
    return np.stack([columns * step, rows * step], axis=1).astype(np.float32)


def grid_step(points: Float[np.ndarray, "n 2"]) -> int:
    """Distance in pixels between neighbours of the points of :func:`mask_pixels`."""
    return max(int(np.gcd.reduce(points.astype(np.int64), axis=None)), 1)


def thinned(points: Float[np.ndarray, "n 2"], at_most: int) -> Bool[np.ndarray, " n"]:
    """Which points of :func:`mask_pixels` make an even grid of at most so many."""
    if len(points) <= at_most:
        return np.ones(len(points), bool)
    place = points.astype(np.int64) // grid_step(points)
    step, kept = 1, np.ones(len(points), bool)
    while np.count_nonzero(kept) > at_most:
        step += 1
        kept = (place % step == 0).all(1)
    return kept if kept.any() else np.arange(len(points)) % -(-len(points) // at_most) == 0


def values_at(
    points: Float[np.ndarray, "n 2"], values: Shaped[np.ndarray, "h w"]
) -> Shaped[np.ndarray, " n"]:
    """Values of a map at the pixels that points lie in; outside the map those of its border."""
    limits = np.array(values.shape[::-1]) - 1
    columns, rows = points.round().astype(int).clip(0, limits).T
    return values[rows, columns]
