"""Pixel lists of a dataset: the same from disk as in memory, and not in memory."""

from __future__ import annotations

import gc
import os
import tracemalloc
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from made_training import CONFIG, made_asset

from funcorr.errors import UserError
from funcorr.render.dataset import Dataset
from funcorr.train import training_views
from funcorr.train.sampling import Sampler
from funcorr.train.spool import ArraySpool
from funcorr.train.training_views import TrainingAsset, load_training_assets

VIEWS, PIXELS = 10, 100_000
MEGABYTE = 1 << 20


def big_asset(name: str, input_size: int) -> TrainingAsset:
    """Ten views of 2.5 MB, each array new."""
    asset = made_asset(name, "axe" if name < "a5" else "knife", seed=int(name[1:]))
    views = []
    for number in range(VIEWS):
        view = asset.views[number % len(asset.views)]
        rows = np.arange(PIXELS) % len(view.pixels)
        taken = {key: getattr(view, key)[rows] for key in ("pixels", "parts", "surface")}
        views.append(replace(view, **taken))
    return replace(asset, views=tuple(views))


class Names(Dataset):
    """As much of a dataset as loading asks of one."""

    def __init__(self, path: Path, count: int) -> None:
        self.path, self.assets = path, [f"a{number}" for number in range(count)]

    def __getitem__(self, name: str) -> str:
        return name


def test_pixel_lists_are_not_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_views, "_training_asset", big_asset)
    gc.collect()
    tracemalloc.start()
    loaded = load_training_assets(Names(tmp_path, 8), 64)
    gc.collect()
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    listed = sum(
        getattr(view, each.name).nbytes
        for asset in loaded
        for view in asset.views
        for each in fields(view)
    )
    assert listed > 130 * MEGABYTE
    assert held < 3 * MEGABYTE
    assert peak < 3 * listed / 8  # one object at a time, with what making it takes
    assert not [*tmp_path.iterdir()]


def test_lists_from_disk_are_those_that_were_read(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(training_views, "_training_asset", big_asset)
    loaded = load_training_assets(Names(tmp_path, 2), 64)
    for found in loaded:
        expected = big_asset(found.name, 64)
        assert (found.category, found.parts) == (expected.category, expected.parts)
        np.testing.assert_array_equal(found.point_parts, expected.point_parts)
        for view, other in zip(found.views, expected.views, strict=True):
            for each in fields(view):
                array, wanted = getattr(view, each.name), getattr(other, each.name)
                assert array.dtype == wanted.dtype
                np.testing.assert_array_equal(array, wanted)


@settings(deadline=None, max_examples=30)
@given(
    st.lists(
        st.one_of(
            arrays(np.float32, st.tuples(st.integers(0, 4), st.just(2))),
            arrays(np.float32, st.integers(0, 4)),
            arrays(np.uint32, st.integers(0, 4)),
        ),
        max_size=8,
    )
)
def test_a_spool_gives_back_what_it_took(taken: list[np.ndarray]) -> None:
    with ArraySpool("/nowhere") as spool:
        places = [spool.put(array) for array in taken]
        read = spool.reader()
    for array, place in zip(taken, places, strict=True):
        found = read(place)
        assert (found.dtype, found.shape) == (array.dtype, array.shape)
        np.testing.assert_array_equal(found, array)


def test_files_are_few_whatever_the_number_of_views(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    with ArraySpool(tmp_path) as spool:
        places = [spool.put(np.ones((3, 2), np.float32)) for _ in range(500)]
        read = spool.reader()
    kept = [read(place) for place in places]
    assert len(os.listdir("/proc/self/fd")) <= before + 2
    assert not kept[0].flags.writeable


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    class Full:
        def write(self, data: bytes) -> None:
            raise OSError(28, "No space left on device")

    with ArraySpool(tmp_path) as spool:
        spool.put(np.ones(3))
        spool._files = dict.fromkeys(spool._files, Full())
        with pytest.raises(UserError, match="cannot write"):
            spool.put(np.ones(3))


def test_sampling_reads_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_views, "_training_asset", big_asset)
    loaded = load_training_assets(Names(tmp_path, 2), 64)
    held = [big_asset(asset.name, 64) for asset in loaded]
    drawn, expected = (
        Sampler(assets, CONFIG).batch(np.random.default_rng(0)) for assets in (loaded, held)
    )
    for one, other in zip(drawn.functional, expected.functional, strict=True):
        np.testing.assert_array_equal(one.points, other.points)
        np.testing.assert_array_equal(one.distances, other.distances)
