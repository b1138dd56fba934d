"""Large images are worked on at a size that can be used, in bounded memory."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from funcorr.affordance.peaks import hot_boxes, hot_points
from funcorr.correspondence.pictures import draw_dense, draw_parts
from funcorr.correspondence.registry import load_model
from funcorr.images import Crop, mask_pixels, nearest, read_image, shrink
from funcorr.images.nearest import NearestPoints
from funcorr.images.shrink import enlarged, shrink_factor, shrunk
from funcorr.segmentation import find_object
from funcorr.viz import parts
from funcorr.viz.heatmap import draw_heatmaps

HEIGHT, WIDTH = 300, 470


@pytest.fixture
def small_is_large(monkeypatch):
    """Images of 50,000 pixels count as large."""
    monkeypatch.setattr(shrink, "LARGE", 50_000)
    monkeypatch.setattr(nearest, "LARGEST_SEARCHED", 5_000)


def object_picture(height=HEIGHT, width=WIDTH):
    """An ellipse with a handle, whose colour changes along x, on paper; and its mask."""
    y, x = np.mgrid[:height, :width] / height
    mask = ((x - 0.6) / 0.4) ** 2 + ((y - 0.5) / 0.3) ** 2 < 1
    mask |= (np.abs(y - 0.5) < 0.06) & (x > 0.6) & (x < 1.4)
    rgb = np.full((height, width, 3), 235, np.uint8)
    rgb[mask] = (160, 60, 40)
    rgb[..., 1] += (mask * x * 60).astype(np.uint8)
    return rgb, mask


@given(height=st.integers(1, 40), width=st.integers(1, 40), factor=st.integers(1, 7))
def test_shrinking_takes_means_and_enlarging_comes_back(height, width, factor):
    rgb = np.random.default_rng(height).integers(0, 256, (height, width, 3), dtype=np.uint8)
    small = shrunk(rgb, factor)
    assert small.shape == (-(-height // factor), -(-width // factor), 3)
    for row, column in np.ndindex(small.shape[:2]):
        block = rgb[row * factor :, column * factor :][:factor, :factor].reshape(-1, 3)
        assert (
            np.abs(small[row, column] - block.mean(axis=0)).max() <= 1
        )  # Pillow rounds in fixed point
    back = enlarged(small[..., 0] > 127, factor, (height, width))
    assert back.shape == (height, width)


def test_strips_make_no_difference(monkeypatch):
    rgb, _ = object_picture()
    whole = shrunk(rgb, 3)
    monkeypatch.setattr(shrink, "STRIP", 7)
    assert (shrunk(rgb, 3) == whole).all()


def test_ordinary_images_are_not_shrunk():
    assert shrink_factor((2000, 4000), 1000) == 1
    assert shrink_factor((2001, 4000), 1000) == 4


def test_the_object_of_a_large_picture_is_found(small_is_large, monkeypatch):
    monkeypatch.setattr("funcorr.segmentation.plain.LONGEST", 160)
    rgb, mask = object_picture()
    assert (find_object(read_image(rgb)).mask == mask).mean() > 0.995


@given(
    shift=st.tuples(st.integers(-90, 90), st.integers(-60, 60)),
    background=st.sampled_from([255, 0, None]),
)
def test_a_large_window_shows_the_same(shift, background):
    rgb, mask = object_picture()
    wide = Crop.around(mask, 24, margin=1.3)
    window = replace(wide, left=wide.left + shift[0], top=wide.top + shift[1])
    wanted = window.apply(rgb, mask, background).astype(float)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shrink, "LARGE", 50_000)
        found = window.apply(rgb, mask, background)
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).mean() < 2.5


@given(side=st.integers(2, 90), at_most=st.integers(1, 900), seed=st.integers(0, 9))
def test_the_matched_pixels_are_those_of_the_slow_rule(side, at_most, seed):
    mask = np.random.default_rng(seed).random((side, side + 7)) < 0.3
    rows, columns = np.nonzero(mask)
    step = 1
    while (keep := (rows % step == 0) & (columns % step == 0)).sum() > at_most:
        step += 1
    if not keep.any():
        keep = np.arange(len(rows)) % max(-(-len(rows) // at_most), 1) == 0
    wanted = np.stack([columns[keep], rows[keep]], axis=1)
    assert (mask_pixels(mask, at_most) == wanted).all()


@pytest.mark.parametrize("at_most", [200, 900, 100_000])
def test_values_spread_over_a_large_mask_are_the_nearest_or_close(at_most, small_is_large):
    _, mask = object_picture()
    points = mask_pixels(mask, at_most)
    values = (points[:, 0] / WIDTH).astype(np.float32)
    full = NearestPoints.of(points, mask).spread(values)
    assert full.dtype == np.float32
    assert (full[~mask] == 0).all()
    rows, columns = np.nonzero(mask)
    wanted = values[cKDTree(points).query(np.stack([columns, rows], axis=1))[1]]
    step = np.sqrt(mask.sum() / len(points))
    assert np.abs(full[rows, columns] - wanted).max() <= 1.5 * step / WIDTH
    assert (full[points[:, 1].astype(int), points[:, 0].astype(int)] == values).all()


def test_large_pictures_are_drawn_at_the_size_of_their_panels(small_is_large, monkeypatch):
    rgb, mask = object_picture(1500, 2350)
    part = mask & (np.indices(mask.shape)[1] > 1500)
    result = load_model("chance").match(
        rgb, rgb, "hold", mask, mask, part1=part, part2=part, max_points=3000
    )
    assert result.part1.shape == mask.shape
    painted = []
    paint = parts.paint_parts
    monkeypatch.setattr(parts, "paint_parts", lambda *a: painted.append(a[0]) or paint(*a))
    drawn = [np.asarray(draw(result), float) for draw in (draw_dense, draw_parts)]
    assert max(max(image.shape) for image in painted[0]) < 1200
    monkeypatch.setattr("funcorr.correspondence.pictures.smaller", lambda image, _: image)
    monkeypatch.setattr("funcorr.correspondence.pictures.resize_points", lambda points, _: points)
    for small, draw in zip(drawn, (draw_dense, draw_parts), strict=True):
        whole = np.asarray(draw(result), float)
        assert small.shape == whole.shape
        assert np.abs(small - whole).mean() < 4


def test_heatmaps_of_large_images(small_is_large, monkeypatch):
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    heat = np.exp(-((y - 90) ** 2 + (x - 300) ** 2) / 4000).astype(np.float32)
    heat += np.float32(0.6) * np.exp(-((y - 200) ** 2 + (x - 60) ** 2) / 900).astype(np.float32)
    rgb, _ = object_picture()
    wanted = hot_points(heat, 2), hot_boxes(heat), draw_heatmaps(rgb, heat[None], ["hold"])
    monkeypatch.setattr("funcorr.affordance.peaks.LONGEST", 100)
    monkeypatch.setattr("funcorr.viz.canvas.LONGEST", 200)
    monkeypatch.setattr(shrink, "LARGE", 50_000)
    for found, true in zip(hot_points(heat, 2), wanted[0], strict=True):
        assert np.hypot(found.x - true.x, found.y - true.y) <= 4
        assert found.score == heat[found.y, found.x]
    for found, true in zip(hot_boxes(heat), wanted[1], strict=True):
        assert np.abs(np.subtract(found[:4], true[:4])).max() <= 4
        assert found.area == pytest.approx(true.area, rel=0.2)
    drawn = np.asarray(draw_heatmaps(rgb, heat[None], ["hold"]), float)
    assert np.abs(drawn - np.asarray(wanted[2], float)).mean() < 1


PANORAMA = """
import numpy as np
from funcorr.correspondence.files import describe, write_match
from funcorr.correspondence.registry import load_model
from pathlib import Path
import resource, sys
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
rgb = np.full((4000, 6000, 3), 235, np.uint8)
rgb[1000:3000, 1000:5000] = (160, 60, 40)
model = load_model("chance")
before = peak()
result = model.match(rgb, rgb[::20, ::20], "hold")
write_match(result, describe(result, "a", "b"), Path(sys.argv[1]))
print(peak() - before)
"""


def test_a_panorama_is_matched_in_bounded_memory(tmp_path):
    words = [sys.executable, "-c", PANORAMA, str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert float(done.stdout) < 0.35, "GiB above the program and the picture"


def test_a_mask_shrinks_with_its_picture_strip_by_strip():
    random = np.random.default_rng(0)
    rgb = random.integers(0, 256, (300, 70, 3), np.uint8)
    mask = random.random((300, 70)) < 0.5
    painted = np.where(mask[..., None], rgb, np.uint8(200))
    for factor in (1, 2, 3):
        np.testing.assert_array_equal(shrunk(rgb, factor, mask, 200), shrunk(painted, factor))
