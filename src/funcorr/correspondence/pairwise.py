"""Features that are made for a pair: levels of a backbone, reduced for both images together.

The rows ``sd`` and ``sd-dino`` of the paper's Table 1 (after "A Tale of Two Features", Zhang et
al., NeurIPS 2023).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from funcorr.correspondence.descriptors import PointDescriptors
from funcorr.correspondence.encoded_image import EncodedImage
from funcorr.correspondence.matching import Precision
from funcorr.correspondence.model import Matcher
from funcorr.features.backbone import Backbone, finite_maps
from funcorr.features.grid import bilinear_sample, finest_size, resize_map

Levels = tuple[Tensor, ...]


@dataclass
class FeatureGroup:
    """One backbone's share of a descriptor; every group has the same say in a cosine.

    Attributes:
        backbone: sees the image at its own input size.
        components: dimensions that co-PCA leaves of each of its maps; None keeps the maps.
    """

    backbone: Backbone
    components: int | None = None


class PairwiseFeatureExtractor:
    """Levels once per image, one map per image of a pair.

    Args:
        groups: the backbones; images are cut out at the largest input size among them.
    """

    def __init__(self, groups: Sequence[FeatureGroup]) -> None:
        self.groups = list(groups)
        self.input_size = max(group.backbone.input_size for group in groups)
        made = [(g.backbone.fingerprint, g.backbone.input_size, g.components) for g in groups]
        self.fingerprint = hashlib.sha256(repr(made).encode()).hexdigest()[:16]

    @torch.no_grad()
    def features(self, images: Float[Tensor, "b 3 s s"]) -> list[list[Levels]]:
        """Per image and group the backbone's maps; independent of the partner, run once."""
        found = []
        for group in self.groups:
            side = group.backbone.input_size
            found.append(finite_maps(group.backbone, resize_map(images, (side, side))))
        return [[tuple(m[i] for m in maps) for maps in found] for i in range(len(images))]

    @torch.no_grad()
    def together(
        self, first: list[Levels], second: list[Levels]
    ) -> tuple[Float[Tensor, "c h w"], Float[Tensor, "c h w"]]:
        """One map per image: groups reduced, brought to the finest grid, unit length each."""
        reduced: tuple[list[Levels], list[Levels]] = [], []
        for group, *levels in zip(self.groups, first, second, strict=True):
            pairs = [co_pca(a, b, group.components) for a, b in zip(*levels, strict=True)]
            for maps, one in zip(reduced, zip(*pairs, strict=True), strict=True):
                maps.append(one)
        return _joined(reduced[0]), _joined(reduced[1])

    @torch.no_grad()
    def describe(
        self, features: Float[Tensor, "c h w"], points: Float[Tensor, "n 2"], function: str
    ) -> PointDescriptors:
        """Sampled bilinearly, of unit length; no part mask."""
        size = (self.input_size, self.input_size)
        return PointDescriptors(
            F.normalize(bilinear_sample(features[None], points, size), dim=1), None
        )


def _joined(groups: Sequence[Levels]) -> Float[Tensor, "c h w"]:
    """Levels of all groups on the finest grid: unit length per group and as a whole."""
    rows, columns = finest_size([level for levels in groups for level in levels])
    parts = [
        torch.cat([resize_map(level[None], (rows, columns))[0] for level in levels])
        for levels in groups
    ]
    return F.normalize(torch.cat([F.normalize(part, dim=0) for part in parts]), dim=0)


def co_pca(
    first: Float[Tensor, "c h w"], second: Float[Tensor, "c h2 w2"], components: int | None
) -> tuple[Float[Tensor, "d h w"], Float[Tensor, "d h2 w2"]]:
    """Project two maps onto the principal directions of all their cells together.

    The directions are those of the centred cells; the cells are projected as they are, so that
    cosines keep what the two images have in common.

    Args:
        first: map of one image.
        second: map of the other.
        components: how many directions, largest variance first; None or more than c keeps the
            maps as they are.

    Example:
        >>> maps = torch.zeros(3, 2, 2)
        >>> maps[1] = torch.arange(4.0).reshape(2, 2)
        >>> co_pca(maps, maps, 1)[0].abs().flatten().tolist()
        [0.0, 1.0, 2.0, 3.0]
    """
    if components is None or components >= len(first):
        return first, second
    cells = torch.cat([first.flatten(1), second.flatten(1)], dim=1).double()
    centred = cells - cells.mean(dim=1, keepdim=True)
    basis = torch.linalg.eigh(centred @ centred.T).eigenvectors.flip(1)[:, :components].to(first)
    reduced = (torch.einsum("cd,chw->dhw", basis, each) for each in (first, second))
    return next(reduced), next(reduced)


class PairwiseFeatureMatcher(Matcher):
    """A matcher whose features depend on both images of a pair.

    Args:
        name: what results and tables call the model.
        extractor: makes the features.
        device: where it computes.
        precision: see :class:`Matcher`.
    """

    def __init__(
        self,
        name: str,
        extractor: PairwiseFeatureExtractor,
        device: torch.device | str = "cpu",
        precision: Precision = "fp32",
    ) -> None:
        super().__init__(name, extractor, device, precision)
        self._together = extractor.together
        self._last: tuple[EncodedImage, ...] = ()

    def _paired(
        self, image1: EncodedImage, image2: EncodedImage
    ) -> tuple[EncodedImage, EncodedImage]:
        """The two images with their common features; those of the last pair are kept.

        Threads may come between: what is returned is never looked up again in what is kept.
        """
        known = self._last
        if not known or {*map(id, known[:2])} != {id(image1), id(image2)}:
            maps = self._together(image1.features, image2.features)
            ready = (replace(i, features=m) for i, m in zip((image1, image2), maps, strict=True))
            known = self._last = (image1, image2, *ready)
        first, _, ready1, ready2 = known
        return (ready1, ready2) if first is image1 else (ready2, ready1)
