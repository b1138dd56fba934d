"""Geometry of dense maps, written once: which cell lies under which pixel.

A map of h x w cells covers its image of H x W pixels edge to edge. Pixels have integer centres, so
pixel x lies at ``(x + 0.5) w / W - 0.5`` in cells (the half-pixel convention; torch calls it
``align_corners=False``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float

from funcorr.errors import UserError


def bilinear_sample(
    maps: Float[torch.Tensor, "*one c h w"],
    pixels: Float[torch.Tensor, "n 2"],
    image_size: tuple[int, int],
) -> Float[torch.Tensor, "n c"]:
    """Features at points of one image.

    Args:
        maps: its map, c x h x w or 1 x c x h x w.
        pixels: n points (x, y) of the image, integers at pixel centres; between the cell centres
            the value is bilinear, outside them it is clamped to the border cells.
        image_size: (height, width) of the image that the map covers.

    Raises:
        UserError: more than one map.

    Example:
        >>> ramp = torch.arange(4.0).reshape(1, 1, 4)  # 4 cells over 8 pixels
        >>> pixels = torch.tensor([[0.5, 0.0], [1.5, 0.0]])
        >>> bilinear_sample(ramp, pixels, image_size=(2, 8)).flatten().tolist()
        [0.0, 0.5]
    """
    batch = maps if maps.ndim == 4 else maps[None]
    if len(batch) != 1:
        raise UserError(f"bilinear_sample takes one map c x h x w, got {tuple(maps.shape)}")
    return bilinear_sample_batch(batch, pixels[None], image_size)[0]


def bilinear_sample_batch(
    maps: Float[torch.Tensor, "b c h w"],
    pixels: Float[torch.Tensor, "b n 2"],
    image_size: tuple[int, int],
) -> Float[torch.Tensor, "b n c"]:
    """Features at n points of each of b images; see :func:`bilinear_sample`."""
    height, width = image_size
    size = torch.tensor([width, height], dtype=maps.dtype, device=maps.device)
    grid = (2 * pixels.to(size) + 1) / size - 1
    sampled = F.grid_sample(
        maps, grid[:, None], mode="bilinear", padding_mode="border", align_corners=False
    )
    return sampled[:, :, 0].transpose(1, 2)


def resize_map(maps: Float[torch.Tensor, "b c h w"], size: tuple[int, int]) -> torch.Tensor:
    """Bilinear resize under the half-pixel convention, with antialiasing where it shrinks."""
    height, width = maps.shape[-2:]
    if (height, width) == tuple(size):
        return maps
    shrinks = size[0] < height or size[1] < width
    return F.interpolate(maps, size, mode="bilinear", align_corners=False, antialias=shrinks)


def resize_to_multiple(images: Float[torch.Tensor, "b c h w"], step: int) -> torch.Tensor:
    """Stretch each side to the next multiple of ``step``; a network then covers it edge to edge."""
    height, width = (math.ceil(side / step) * step for side in images.shape[-2:])
    return resize_map(images, (height, width))


def finest_size(maps: Sequence[torch.Tensor]) -> tuple[int, int]:
    """(h, w) of the map with the most cells."""
    finest = max(maps, key=lambda each: each.shape[-2] * each.shape[-1])
    return int(finest.shape[-2]), int(finest.shape[-1])  # also where a graph is traced


def on_finest_grid(maps: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """All maps of one batch, resized to the grid of the one with the most cells."""
    size = finest_size(maps)
    return [resize_map(each, size) for each in maps]


def concatenate_maps(
    maps: Sequence[torch.Tensor], size: tuple[int, int] | None = None
) -> Float[torch.Tensor, "b c h w"]:
    """One descriptor per cell out of several maps of the same images.

    Each map is resized, L2-normalised per cell, all are concatenated along the channels, and the
    result is L2-normalised again: every map has the same say in a cosine.

    Args:
        maps: B x C_i x h_i x w_i each.
        size: (h, w) of the result; None takes the grid with the most cells.
    """
    size = size or finest_size(maps)
    parts = [F.normalize(resize_map(each, size), dim=1) for each in maps]
    return F.normalize(torch.cat(parts, dim=1), dim=1)
