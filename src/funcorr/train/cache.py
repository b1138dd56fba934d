"""Backbone maps of training views: computed once (a shard of float16 maps per asset), or live."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from rich.progress import track
from safetensors import SafetensorError, safe_open
from torch import Tensor

from funcorr.errors import UserError
from funcorr.features.backbone import Backbone, finite_maps
from funcorr.images import Crop
from funcorr.images.backgrounds import composite, random_background
from funcorr.render.dataset import Dataset, View
from funcorr.train.config import CacheConfig
from funcorr.train.sampling import ImageRef
from funcorr.weights.pretrained import write_tensors


class FeatureCache:
    """Random access to cached maps.

    Version v of view i of an asset is entry ``i * backgrounds + v``; it is the view cut out by
    :class:`funcorr.images.Crop` on its own background.

    Args:
        folder: where the shards lie; :func:`build_cache` makes it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._shards: dict[str, safe_open] = {}

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

    def stack(self, images: Sequence[ImageRef]) -> list[Tensor]:
        """The maps of some entries, B x C_i x h_i x w_i each, float32.

        Channels lie together in memory: resizing and sampling take half the time, for equal values.
        """
        loaded = [self.maps(image.asset, image.entry) for image in images]
        stacks = [torch.stack(maps) for maps in zip(*loaded, strict=True)]
        return [each.to(torch.float32, memory_format=torch.channels_last) for each in stacks]

    def _path(self, asset: str) -> Path:
        return self.folder / f"{asset}.safetensors"

    def _shard(self, asset: str) -> safe_open:
        if asset not in self._shards:
            self._shards[asset] = safe_open(self._path(asset), framework="pt")
        return self._shards[asset]


def cache_folder_for(dataset: Path, backbone: Backbone, config: CacheConfig) -> Path:
    """Where the cache of these settings belongs: another backbone or seed, another folder."""
    key = json.dumps([backbone.fingerprint, backbone.input_size, asdict(config)])
    return dataset / "features" / hashlib.sha256(key.encode()).hexdigest()[:16]


class LiveFeatures:
    """The backbone in the loop: nothing on disk, any number of backgrounds; for GPUs.

    Args:
        dataset: the rendered views.
        backbone: the frozen network.
        config: backgrounds.
    """

    def __init__(self, dataset: Dataset, backbone: Backbone, config: CacheConfig) -> None:
        self.dataset = dataset
        self.backbone = backbone
        self.config = config

    def stack(self, images: Sequence[ImageRef]) -> list[Tensor]:
        """The maps of some entries, B x C_i x h_i x w_i each, float32."""
        windows = [self._window(image) for image in images]
        return [maps.float() for maps in _encode(self.backbone, np.stack(windows))]

    def _window(self, image: ImageRef) -> UInt8[np.ndarray, "s s 3"]:
        index, version = divmod(image.entry, self.config.backgrounds)
        view = self.dataset[image.asset].view(index)
        name = f"{image.asset}/{index}/{version}"
        return training_window(view, name, self.backbone.input_size, self.config)


def build_cache(dataset: Dataset, backbone: Backbone, config: CacheConfig) -> FeatureCache:
    """Fill in the shards that are missing or of other views, with a progress bar.

    Args:
        dataset: the rendered views.
        backbone: the frozen network.
        config: versions and backgrounds.
    """
    folder = cache_folder_for(dataset.path, backbone, config)
    sources = {asset: _source(dataset.path / asset) for asset in dataset.assets}
    stale = [a for a in sources if _stored_source(folder / f"{a}.safetensors") != sources[a]]
    for asset in track(stale, description="caching features", disable=not stale):
        views = dataset[asset]
        windows = [
            training_window(views.view(i), f"{asset}/{i}/{v}", backbone.input_size, config)
            for i in range(views.n_views)
            for v in range(config.backgrounds)
        ]
        blocks = [maps.half() for maps in _encode(backbone, np.stack(windows))]
        write_tensors(
            folder / f"{asset}.safetensors",
            {f"map{index:02d}": maps for index, maps in enumerate(blocks)},
            metadata={"source": sources[asset]},
        )
    return FeatureCache(folder)


def training_window(
    view: View, name: str, size: int, config: CacheConfig
) -> UInt8[np.ndarray, "s s 3"]:
    """A view cut out, on white or on a background of its own that ``name`` decides."""
    digest = hashlib.sha256(f"{name}/{config.seed}".encode()).digest()
    generator = np.random.default_rng(int.from_bytes(digest[:8]))
    crop = Crop.around(view.mask, size)
    cut = crop.apply(view.rgb, view.mask)
    if generator.random() < config.white_share:
        return cut
    silhouette = crop.apply(np.zeros_like(view.rgb), view.mask)[..., 0] < 128
    return composite(cut, silhouette, random_background(size, generator))


def _source(folder: Path) -> str:
    """Changes with the object and the cameras of its views."""
    files = [(folder / name).read_bytes() for name in ("asset.json", "transforms.json")]
    return hashlib.sha256(b"".join(files)).hexdigest()[:16]


def _stored_source(shard: Path) -> str | None:
    """What a shard was made from; None where it is missing or broken."""
    try:
        with safe_open(shard, framework="pt") as file:
            return (file.metadata() or {}).get("source")
    except (OSError, SafetensorError):
        return None


def _encode(
    backbone: Backbone, windows: UInt8[np.ndarray, "n s s 3"], batch: int = 4
) -> list[Float[Tensor, "n c h w"]]:
    blocks = []
    for start in range(0, len(windows), batch):
        images = torch.from_numpy(windows[start : start + batch]).movedim(3, 1).float() / 255
        blocks.append(finite_maps(backbone, images))
    return [torch.cat(maps).cpu() for maps in zip(*blocks, strict=True)]
