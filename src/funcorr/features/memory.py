"""Maps that several models ask for are computed once: heads on one backbone share its work."""

from __future__ import annotations

import hashlib
from collections import OrderedDict

import torch
from jaxtyping import Float

from funcorr.features.backbone import Backbone, Maps


class MapMemory:
    """Up to ``most_bytes`` of maps by backbone and picture; the least recently used go first."""

    def __init__(self, most_bytes: int = 2 * 2**30) -> None:
        self._most, self._held = most_bytes, 0
        self._maps: OrderedDict[tuple[str, str], Maps] = OrderedDict()

    def get(self, key: tuple[str, str]) -> Maps | None:
        """The maps kept under a key, or None."""
        if key in self._maps:
            self._maps.move_to_end(key)
        return self._maps.get(key)

    def keep(self, key: tuple[str, str], maps: Maps) -> None:
        """Keep maps, dropping others where they are too many."""
        self._held += _bytes(maps) - _bytes(self._maps.pop(key, ()))
        self._maps[key] = maps
        while self._held > self._most:
            self._held -= _bytes(self._maps.popitem(last=False)[1])


class RememberingBackbone:
    """A backbone that asks a memory, which many may share, before it computes the same maps."""

    def __init__(self, backbone: Backbone, memory: MapMemory) -> None:
        self._backbone, self._memory = backbone, memory
        self.name, self.fingerprint = backbone.name, backbone.fingerprint
        self.map_names, self.channels = backbone.map_names, backbone.channels
        self.strides, self.input_size = backbone.strides, backbone.input_size

    def maps(self, images: Float[torch.Tensor, "b 3 h w"]) -> Maps:
        """See :meth:`Backbone.maps`; each picture of the batch is looked up alone."""
        found = [self._one(image[None]) for image in images]
        return tuple(torch.cat(level) for level in zip(*found, strict=True))

    def _one(self, image: Float[torch.Tensor, "1 3 h w"]) -> Maps:
        content = image.cpu().contiguous().numpy()
        digest = hashlib.sha256(repr(content.shape).encode() + content.tobytes()).hexdigest()
        key = self.fingerprint, digest
        known = self._memory.get(key)
        if known is None:
            known = self._backbone.maps(image)
            self._memory.keep(key, known)
        return known


def _bytes(maps: Maps) -> int:
    return sum(each.nbytes for each in maps)
