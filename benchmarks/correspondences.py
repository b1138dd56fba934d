"""How exact matches between views are: stored ones, and those carried through the depth.

    python benchmarks/correspondences.py VIEWS ASSETS --objects 10

Random view pairs of random objects; each pixel is cast onto the mesh and projected into the other
view. Prints pixel errors and the share that lies behind an occluder there.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from funcorr.assets.store import read_asset
from funcorr.render.dataset import Dataset, View, exact_correspondence
from funcorr.render.raster import Scene

BEHIND = 0.01
"""A surface this much nearer to the camera, in sides of the object, is an occluder."""

Found = tuple[str, np.ndarray, np.ndarray]
"""Which pixels, their errors, and whether they are hidden."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("views", type=Path)
    parser.add_argument("assets", type=Path)
    parser.add_argument("--objects", type=int, default=10)
    parser.add_argument("--pairs", type=int, default=3, help="view pairs of each object")
    options = parser.parse_args()
    generator, dataset = np.random.default_rng(0), Dataset(options.views)
    chosen = generator.choice(dataset.assets, min(options.objects, len(dataset)), replace=False)
    found: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
    for name in chosen:
        scene, asset = Scene(read_asset(options.assets / name).mesh), dataset[name]
        for _ in range(options.pairs):
            a, b = map(asset.view, generator.choice(asset.n_views, 2, replace=False).tolist())
            for which, *values in measured(scene, a, b, generator):
                found.setdefault(which, []).append((values[0], values[1]))
    for which, pairs in found.items():
        errors, hidden = (np.concatenate(each) for each in zip(*pairs, strict=True))
        print(
            f"{which}: {len(errors)} pixels, error median {np.median(errors):.2g}, "
            f"largest {errors.max():.2g} px, behind an occluder {100 * hidden.mean():.3f} percent"
        )


def measured(scene: Scene, a: View, b: View, generator: np.random.Generator) -> Iterator[Found]:
    """The errors of one pair of views."""
    pixels, others = (each.astype(float) for each in a.asset.correspondences(a.index, b.index))
    yield "stored matches", *compared(scene, a, b, pixels, others)
    rows, columns = np.nonzero(a.mask)
    centres = generator.permutation(np.stack([columns, rows], axis=1).astype(float))[:4000]
    between = centres + generator.uniform(-0.5, 0.5, centres.shape)
    for which, places in (("pixel centres", centres), ("between them", between)):
        carried, claimed = exact_correspondence(a, b, places)
        yield which, *compared(scene, a, b, places[claimed], carried[claimed])


def compared(
    scene: Scene, a: View, b: View, pixels: np.ndarray, claimed: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Distance of claimed positions from the true ones, and whether those are hidden."""
    depth = scene.depth_at(a.camera, pixels)
    hit = depth > 0
    truth, expected = b.camera.project(a.camera.unproject(pixels[hit], depth[hit]))
    seen = scene.depth_at(b.camera, truth)
    hidden = (seen > 0) & (seen < expected - BEHIND)
    return np.linalg.norm(truth - claimed[hit], axis=1), hidden


if __name__ == "__main__":
    main()
