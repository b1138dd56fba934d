"""The object that a box or clicks mean: a network's look there, else the trunk's, then walks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, UInt8

from funcorr.segmentation.prompt import Box, Prompt
from funcorr.segmentation.random_walk import walked
from funcorr.segmentation.trunk import TrunkSegmenter

Soft = Callable[[UInt8[np.ndarray, "h w 3"]], Float[np.ndarray, "h w"]]
"""A picture in, how surely each pixel is the object out."""

MARGIN = 0.2
"""Surroundings shown beside a box, in shares of its longer side."""

CLICK_WINDOWS = (1.0, 0.5, 0.25)
"""Windows around clicks that are looked at until an object is seen there, in shares of the
picture."""

LEVELS = 8
"""Per channel, of the colours that are counted in and beside a box."""


class Window(NamedTuple):
    """Rows and columns of a picture."""

    rows: slice
    columns: slice

    @classmethod
    def around(cls, box: Box, size: tuple[int, int]) -> Window:
        """A box and what lies beside it."""
        x0, y0, x1, y1 = box
        pad = MARGIN * max(x1 - x0, y1 - y0) + 1
        ends = ((y0, y1, size[0]), (x0, x1, size[1]))
        return cls(*(slice(max(int(a - pad), 0), min(int(b + pad) + 2, n)) for a, b, n in ends))

    def holds(self, prompt: Prompt) -> Prompt:
        """A prompt in the window's own pixels."""
        return prompt.moved(self.columns.start, self.rows.start, 1.0)

    def pasted(
        self, part: Float[np.ndarray, "h w"], size: tuple[int, int]
    ) -> Float[np.ndarray, "h2 w2"]:
        """A map of the window as one of the picture; 0 outside."""
        full = np.zeros(size, np.float32)
        full[self] = part
        return full


def follow_prompt(
    rgb: UInt8[np.ndarray, "h w 3"],
    prompt: Prompt,
    network: Soft | None = None,
    trunk: TrunkSegmenter | None = None,
) -> Float[np.ndarray, "h w"]:
    """How surely each pixel is the object that a prompt means.

    What a network sees in the box, or under all clicks, is the object. Where it sees nothing there,
    or something else than the clicks say, the trunk's features tell cells like the clicked ones, or
    those of the box, from the surroundings, and random walks draw the edge; without a trunk colours
    tell alone.

    Args:
        rgb: the picture.
        prompt: lies on it.
        network: sees salient objects.
        trunk: of the shipped models.
    """
    size = rgb.shape[:2]
    for window in _windows(prompt, size):
        if network is None:
            break
        inside = window.holds(prompt)
        soft = network(rgb[window])
        soft = np.where(inside.possible(soft.shape), soft, 0)
        if (chosen := _chosen(soft > 0.5, inside)) is not None:
            return window.pasted(np.where(chosen, soft, 0), size)
    window = next(_windows(prompt, size))
    part, inside = rgb[window], window.holds(prompt)
    prior = _prior(part, inside, trunk)
    found = walked(part, prior, inside) > 0.5  # walks are no probabilities of being right
    chosen = _chosen(found, inside)
    return window.pasted((found if chosen is None else chosen).astype(np.float32), size)


def _windows(prompt: Prompt, size: tuple[int, int]) -> Iterator[Window]:
    """The box and what lies beside it; or parts of the picture that hold all clicks."""
    if prompt.box is not None:
        yield Window.around(prompt.box, size)
        return
    places = np.array([click.pixel(size) for click in prompt.clicks if click.inside])
    low, high = places.min(axis=0), places.max(axis=0)
    for share in CLICK_WINDOWS:
        extent = np.minimum(np.maximum(np.array(size) * share, high - low + 16), size)
        start = np.clip((low + high - extent) / 2, 0, np.array(size) - extent).astype(int)
        stop = np.minimum(start + np.ceil(extent).astype(int), size)
        yield Window(*(slice(int(a), int(b)) for a, b in zip(start, stop, strict=True)))


def _chosen(mask: Bool[np.ndarray, "h w"], prompt: Prompt) -> Bool[np.ndarray, "h w"] | None:
    """The pieces that the clicks lie on, or all in a box; None where the mask says otherwise."""
    from scipy import ndimage

    labels, count = ndimage.label(mask, np.ones((3, 3)))
    at = [(int(labels[click.pixel(mask.shape)]), click.inside) for click in prompt.clicks]
    wanted = {label for label, inside in at if inside}
    if not count or 0 in wanted or wanted & {label for label, inside in at if not inside}:
        return None
    return mask if not wanted else np.isin(labels, list(wanted))


def _prior(
    rgb: UInt8[np.ndarray, "h w 3"], prompt: Prompt, trunk: TrunkSegmenter | None
) -> Float[np.ndarray, "h w"] | None:
    possible = prompt.possible(rgb.shape[:2])
    if trunk is None:
        return _colors_inside(rgb, possible)
    known = np.zeros(possible.shape, bool)
    for click in prompt.clicks:
        known[click.pixel(known.shape)] |= click.inside
        possible[click.pixel(known.shape)] &= click.inside
    found = trunk.grown(rgb, possible, known if known.any() else None)
    return np.where(prompt.possible(rgb.shape[:2]), found, 0)


def _colors_inside(
    rgb: UInt8[np.ndarray, "h w 3"], inside: Bool[np.ndarray, "h w"]
) -> Float[np.ndarray, "h w"] | None:
    """By its colour, how likely a pixel of the box is no surroundings; None without any.

    The box holds object and surroundings by halves, the rim beside it surroundings alone.
    """
    if inside.all():
        return None
    from scipy import ndimage

    cells = tuple((rgb // (256 // LEVELS)).astype(int).reshape(-1, 3).T)
    shares = []
    for where in (inside, ~inside):
        count = np.zeros((LEVELS,) * 3)
        np.add.at(count, cells, where.ravel())
        count = ndimage.gaussian_filter(count, 0.5)
        shares.append(count / count.sum() + 1e-5)
    found = (1 - 0.5 * shares[1] / shares[0]).clip(0, 1)
    return np.where(inside, found[cells].reshape(inside.shape), 0)
