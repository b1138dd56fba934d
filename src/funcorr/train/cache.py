"""Backbone maps of every training view, computed once: a shard of float16 maps per asset."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from rich.progress import track
from safetensors import SafetensorError, safe_open
from torch import Tensor

from funcorr.errors import UserError
from funcorr.features.backbone import Backbone
from funcorr.images import Crop
from funcorr.render.dataset import Dataset
from funcorr.train.backgrounds import composite, random_background
from funcorr.train.config import CacheConfig
from funcorr.weights.pretrained import write_tensors


class FeatureCache:
    """Random access to cached maps.

    Version v of view i of an asset is entry ``i * backgrounds + v``; it is the view cut out by
    :class:`funcorr.images.Crop` on its own background.

    Args:
        folder: where the shards lie; :func:`build_cache` makes it.

    Use as a context manager, or call :meth:`close`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stack = ExitStack()
        self._shards: dict[str, safe_open] = {}

    def __enter__(self) -> FeatureCache:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the shards."""
        self._shards.clear()
        self._stack.close()

    def maps(self, asset: str, entry: int) -> tuple[Tensor, ...]:
        """The maps of one entry, C x h x w each, float16.

        Raises:
            UserError: the shard is missing or damaged.
        """
        try:
            shard = self._shard(asset)
            return tuple(shard.get_slice(name)[entry] for name in sorted(shard.keys()))
        except (SafetensorError, OSError, IndexError) as error:
            raise UserError(
                f"cannot read the cached features of {asset} ({error}); delete "
                f"{self._path(asset)} and run again"
            ) from None

    def _path(self, asset: str) -> Path:
        return self.folder / f"{asset}.safetensors"

    def _shard(self, asset: str) -> safe_open:
        if asset not in self._shards:
            opened = safe_open(self._path(asset), framework="pt")
            self._shards[asset] = self._stack.enter_context(opened)
        return self._shards[asset]


def cache_folder_for(dataset: Path, backbone: Backbone, config: CacheConfig) -> Path:
    """Where the cache of these settings belongs: another backbone or seed, another folder."""
    key = json.dumps([backbone.fingerprint, backbone.input_size, asdict(config)])
    return dataset / "features" / hashlib.sha256(key.encode()).hexdigest()[:16]


def build_cache(dataset: Dataset, backbone: Backbone, config: CacheConfig) -> FeatureCache:
    """Fill in the shards that are missing, with a progress bar; whole ones are kept.

    Args:
        dataset: the rendered views.
        backbone: the frozen network.
        config: versions and backgrounds.
    """
    folder = cache_folder_for(dataset.path, backbone, config)
    missing = [a for a in dataset.assets if not (folder / f"{a}.safetensors").is_file()]
    for asset in track(missing, description="caching features", disable=not missing):
        windows = np.stack(list(training_windows(dataset, asset, backbone.input_size, config)))
        tensors = {f"map{index:02d}": maps for index, maps in enumerate(_encode(backbone, windows))}
        write_tensors(folder / f"{asset}.safetensors", tensors)
    return FeatureCache(folder)


def training_windows(
    dataset: Dataset, asset: str, size: int, config: CacheConfig
) -> Iterator[UInt8[np.ndarray, "s s 3"]]:
    """Every version of every view of an asset as the square image that the backbone sees."""
    views = dataset[asset]
    for index in range(views.n_views):
        view = views.view(index)
        crop = Crop.around(view.mask, size)
        cut = crop.apply(view.rgb, view.mask)
        silhouette = crop.apply(np.zeros_like(view.rgb), view.mask)[..., 0] < 128
        for version in range(config.backgrounds):
            name = f"{asset}/{index}/{version}/{config.seed}".encode()
            seed = int.from_bytes(hashlib.sha256(name).digest()[:8])
            generator = np.random.default_rng(seed)
            if generator.random() < config.white_share:
                yield cut
            else:
                yield composite(cut, silhouette, random_background(size, generator))


def _encode(
    backbone: Backbone, windows: UInt8[np.ndarray, "n s s 3"], batch: int = 4
) -> list[Float[Tensor, "n c h w"]]:
    blocks = []
    for start in range(0, len(windows), batch):
        images = torch.from_numpy(windows[start : start + batch]).movedim(3, 1).float() / 255
        blocks.append(backbone.maps(images))
    return [torch.cat(maps).half().cpu().contiguous() for maps in zip(*blocks, strict=True)]
