"""What every backbone offers."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float

from funcorr.errors import UserError

Maps = tuple[torch.Tensor, ...]


@runtime_checkable
class Backbone(Protocol):
    """A frozen network: a batch of images in, one or more dense maps out.

    Cell (i, j) of an h x w map stands for the image region of height H / h and width W / w at row
    i and column j (:mod:`funcorr.features.grid` samples by that rule). A batch gives what its
    images give one by one, to 1e-5.
    """

    @property
    def name(self) -> str:
        """What :func:`load_backbone` was asked for."""

    @property
    def map_names(self) -> tuple[str, ...]:
        """A name per map, for instance ``("block14", "block19")``."""

    @property
    def channels(self) -> tuple[int, ...]:
        """Channels per map."""

    @property
    def strides(self) -> tuple[int, ...]:
        """Input pixels per cell, per map."""

    @property
    def input_size(self) -> int:
        """Recommended side of a square input, in pixels; any H x W works."""

    @property
    def fingerprint(self) -> str:
        """A hash of weights and settings: equal fingerprints, equal maps."""

    def maps(self, images: Float[torch.Tensor, "b 3 h w"]) -> tuple[torch.Tensor, ...]:
        """Dense maps ``B x C x h x w`` of RGB images in [0, 1] of any size, without gradients.

        Sides that the strides do not divide are stretched to the next multiple, so that the cells
        cover the image edge to edge.
        """


def finite_maps(backbone: Backbone, images: Float[torch.Tensor, "b 3 h w"]) -> Maps:
    """The maps of a backbone, checked by :func:`check_finite` where they leave it."""
    return check_finite(backbone.maps(images), backbone.name)


def check_finite(maps: Maps, name: str) -> Maps:
    """The same maps.

    Raises:
        UserError: one of them, made by the backbone ``name``, has NaN or infinite values.
    """
    if not all(torch.isfinite(values).all() for values in maps):
        raise UserError(
            f"the features of the backbone {name} have NaN or infinite values: its weights are "
            "damaged, or its precision is too low for it"
        )
    return maps


def check_images(images: torch.Tensor) -> None:
    """Refuse what is not a batch of finite RGB images.

    Raises:
        UserError: wrong shape, an empty image, an integer type, or NaN.
    """
    if images.ndim != 4 or images.shape[1] != 3 or 0 in images.shape:
        raise UserError(f"a backbone takes images B x 3 x H x W, got {tuple(images.shape)}")
    if not images.is_floating_point():
        raise UserError(f"a backbone takes RGB floats in [0, 1], got {images.dtype}")
    if not torch.isfinite(images).all():
        raise UserError("the images hold NaN or infinite values; expected RGB in [0, 1]")
