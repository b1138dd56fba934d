"""Which layers, sizes and mixtures of the embedded features serve matching by function best.

    python benchmarks/features.py BENCH DATASET --out docs/features.md

Every row is a feature extractor without a head, scored on BENCH (both directions, macro means, the
paper's protocol). Whitening statistics come from DATASET, which must not share objects with BENCH.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import tyro
from rich.progress import track

from funcorr.benchmark.evaluate import evaluate
from funcorr.benchmark.table import markdown
from funcorr.correspondence.descriptors import FeatureExtractor
from funcorr.correspondence.model import Matcher
from funcorr.features import Backbone, bilinear_sample, load_backbone
from funcorr.features.whitening import Moments, Whitening
from funcorr.images import Crop, mask_pixels
from funcorr.render.dataset import Dataset

LITE, FOCUS = "efficientnet-lite2", "dinov2-small-focus"
SOURCES: dict[str, dict[str, Any]] = {
    f"{LITE}@352": {"blocks": (10, 14, 19)},
    f"{LITE}@448": {"blocks": (10, 14, 19)},
    f"{FOCUS}@224": {"layers": (8, 9, 10, 11), "final_norm": True},
    f"{FOCUS}@336": {"layers": (8, 9, 10, 11), "final_norm": True},
    f"{FOCUS}@448": {"layers": (8, 9, 10, 11), "final_norm": True},
}
INPUT = 448

Key = tuple[str, int]
"""A source and the number of one of its maps."""


class Store:
    """Maps of every source, remembered by the image's content."""

    def __init__(self) -> None:
        self.backbones: dict[str, Backbone] = {
            name: load_backbone(name, **options) for name, options in SOURCES.items()
        }
        self._known: dict[tuple[bytes, str], tuple[torch.Tensor, ...]] = {}

    def maps(self, images: torch.Tensor, name: str) -> tuple[torch.Tensor, ...]:
        """All maps of one source for one image."""
        key = (images.half().numpy().tobytes()[::97], name)
        if key not in self._known:
            size = self.backbones[name].input_size
            resized = torch.nn.functional.interpolate(
                images, (size, size), mode="bilinear", antialias=True
            )
            self._known[key] = self.backbones[name].maps(resized)
        return self._known[key]


class Selected:
    """Some maps of some sources as one backbone, each whitened or not; images computed once."""

    name = "selected"
    strides = ()
    input_size = INPUT

    def __init__(
        self, store: Store, keys: Sequence[Key], whiten: dict[Key, Whitening] | None
    ) -> None:
        self.store, self.keys, self.whiten = store, list(keys), whiten
        self.fingerprint = f"{self.keys}{whiten is not None}"
        self.map_names = tuple(f"{name}:{index}" for name, index in keys)
        self.channels = tuple(store.backbones[name].channels[index] for name, index in keys)

    def maps(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The chosen maps."""
        found = [self.store.maps(images, name)[index] for name, index in self.keys]
        if self.whiten is not None:
            found = [self.whiten[key].apply(m) for key, m in zip(self.keys, found, strict=True)]
        return tuple(found)


def whitenings(store: Store, dataset: Dataset, views: int, points: int) -> dict[Key, Whitening]:
    """Statistics of every map over object pixels of some views."""
    generator = np.random.default_rng(0)
    moments: dict[Key, Moments] = {}
    for asset in track(dataset.assets, "whitening"):
        for index in range(min(views, dataset[asset].n_views)):
            view = dataset[asset].view(index)
            crop = Crop.around(view.mask, INPUT)
            window = torch.from_numpy(crop.apply(view.rgb, view.mask).copy())
            image = window.movedim(2, 0)[None].float() / 255
            pixels = generator.permutation(crop.to_crop(mask_pixels(view.mask)))[:points]
            for name in SOURCES:
                for number, maps in enumerate(store.maps(image, name)):
                    rows = bilinear_sample(maps, torch.from_numpy(pixels).float(), (INPUT, INPUT))
                    moments.setdefault((name, number), Moments(maps.shape[1])).add(rows)
            store._known.clear()
    return {key: each.whitening() for key, each in moments.items()}


def candidates() -> dict[str, tuple[list[Key], bool]]:
    """Name -> (maps, whitened)."""
    single = [
        (f"{LITE}@352", 0),
        (f"{LITE}@352", 1),
        (f"{LITE}@352", 2),
        (f"{LITE}@448", 1),
        (f"{LITE}@448", 2),
        *[(f"{FOCUS}@336", number) for number in range(4)],
        (f"{FOCUS}@448", 2),
    ]
    rows = {f"{_title(key)}, whitened": ([key], True) for key in single}
    rows |= {_title(key): ([key], False) for key in single[1:3] + single[7:8]}
    for lite, focus in ((352, 336), (448, 336), (448, 448), (352, 224)):
        a, b = f"{LITE}@{lite}", f"{FOCUS}@{focus}"
        name = f"Lite2 14 + 19 @{lite} + focus 10 @{focus}"
        rows[f"{name}, whitened"] = ([(a, 1), (a, 2), (b, 2)], True)
    keys = [(f"{LITE}@448", 1), (f"{LITE}@448", 2), (f"{FOCUS}@336", 2)]
    rows["Lite2 14 + 19 @448 + focus 10 @336"] = (keys, False)
    rows["Lite2 14 @448 + focus 10 @336, whitened"] = ([keys[0], keys[2]], True)
    rows["Lite2 19 @448 + focus 10 @336, whitened"] = (keys[1:], True)
    return rows


def _title(key: Key) -> str:
    name, number = key
    options = SOURCES[name]
    layers = options["blocks"] if "blocks" in options else options["layers"]
    short = "Lite2" if name.startswith(LITE) else "focus"
    return f"{short} {layers[number]} @{name.split('@')[1]}"


def main(
    bench: tyro.conf.Positional[Path],
    dataset: tyro.conf.Positional[Path],
    out: Path = Path("docs/features.md"),
    views: int = 2,
    points: int = 200,
) -> None:
    """Score every candidate and write the table.

    Args:
        bench: benchmark folder.
        dataset: multi-view dataset for the whitening statistics.
        out: the page to write.
        views: views per asset for the statistics.
        points: object pixels per view for the statistics.
    """
    torch.set_num_threads(1)
    store = Store()
    statistics = whitenings(store, Dataset(dataset), views, points)
    table: dict[str, Any] = {}
    for name, (keys, whiten) in track(candidates().items(), "rows"):
        backbone = Selected(store, keys, statistics if whiten else None)
        with tempfile.TemporaryDirectory() as folder:
            results = evaluate(bench, Matcher(name, FeatureExtractor(backbone)), folder)
        table[name] = results["overall"]
        out.write_text(markdown(table, "features"), encoding="utf-8")


if __name__ == "__main__":
    tyro.cli(main)
