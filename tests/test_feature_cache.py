"""Frozen features: computed once, again when the views change, or live; all the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from funcorr.errors import UserError
from funcorr.render.camera_poses import ViewConfig
from funcorr.render.config import RenderConfig
from funcorr.render.dataset import Dataset
from funcorr.render.shade import ShadingConfig
from funcorr.render.write import render_dataset
from funcorr.train.cache import LiveFeatures, build_cache, cache_folder_for, training_window
from funcorr.train.config import CacheConfig
from funcorr.train.sampling import ImageRef
from funcorr_forge import forge_many

CONFIG = CacheConfig(backbone="pooled", backgrounds=2)


class Pooled:
    """Mean colours of 4 x 4 and 2 x 2 cells; counts the pictures that it saw."""

    name, fingerprint, map_names = "pooled", "pooled-1", ("fine", "coarse")
    input_size, channels, strides = 32, (3, 3), (8, 16)

    def __init__(self) -> None:
        self.seen = 0

    def maps(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        self.seen += len(images)
        return F.adaptive_avg_pool2d(images, 4), F.adaptive_avg_pool2d(images, 2)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    forge_many(folder / "assets", ["mug"], per_category=2)
    config = RenderConfig(ViewConfig(count=2, size=48), ShadingConfig(1, 1), points=500)
    render_dataset(folder / "assets", folder / "views", config)
    return folder


@pytest.fixture
def dataset(rendered: Path, tmp_path: Path) -> Dataset:
    shutil.copytree(rendered / "views", tmp_path / "views")
    return Dataset(tmp_path / "views")


def test_every_view_is_encoded_once(dataset: Dataset) -> None:
    backbone = Pooled()
    build_cache(dataset, backbone, CONFIG)
    assert backbone.seen == 2 * 2 * CONFIG.backgrounds
    build_cache(dataset, backbone, CONFIG)
    assert backbone.seen == 2 * 2 * CONFIG.backgrounds


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_white_backgrounds_have_their_share(dataset: Dataset, share: float) -> None:
    view, config = dataset[dataset.assets[0]].view(0), CacheConfig(white_share=share)
    windows = [training_window(view, str(k), 32, config) for k in range(200)]
    white = np.mean([(window[0, 0] == 255).all() for window in windows])
    assert white == pytest.approx(share, abs=0.1)


def test_live_features_equal_cached_ones(dataset: Dataset) -> None:
    images = [ImageRef("mug-0000", 0), ImageRef("mug-0001", 3), ImageRef("mug-0000", 1)]
    cached = build_cache(dataset, Pooled(), CONFIG).stack(images)
    for one, other in zip(
        cached, LiveFeatures(dataset, Pooled(), CONFIG).stack(images), strict=True
    ):
        torch.testing.assert_close(one, other, atol=1e-3, rtol=0)


def test_only_an_asset_whose_views_changed_is_encoded_again(dataset: Dataset) -> None:
    build_cache(dataset, Pooled(), CONFIG)
    cameras = dataset.path / "mug-0001" / "transforms.json"
    cameras.write_text(cameras.read_text().replace('"w": 48', '"w":  48'))
    backbone = Pooled()
    build_cache(dataset, backbone, CONFIG)
    assert backbone.seen == 2 * CONFIG.backgrounds


@pytest.mark.parametrize("kept", [0, 100])
def test_an_empty_or_truncated_shard_is_made_again(dataset: Dataset, kept: int) -> None:
    backbone = Pooled()
    build_cache(dataset, backbone, CONFIG)
    shard = cache_folder_for(dataset.path, backbone, CONFIG) / "mug-0000.safetensors"
    shard.write_bytes(shard.read_bytes()[:kept])
    before = backbone.seen
    again = build_cache(dataset, backbone, CONFIG)
    assert torch.isfinite(again.maps("mug-0000", 0)[0]).all()
    assert backbone.seen == before + 2 * CONFIG.backgrounds


def test_other_backgrounds_have_their_own_cache(dataset: Dataset) -> None:
    places = {
        cache_folder_for(dataset.path, Pooled(), CacheConfig(backbone="pooled", seed=seed))
        for seed in range(3)
    }
    assert len(places) == 3


def test_an_entry_that_is_not_there_is_a_clear_line(dataset: Dataset) -> None:
    cache = build_cache(dataset, Pooled(), CONFIG)
    with pytest.raises(UserError, match="cannot read the cached features of mug-0000"):
        cache.maps("mug-0000", 99)
