"""Reading images and masks, finding the object, cropping and undoing the crop."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from funcorr.errors import UserError
from funcorr.images import (
    Crop,
    mask_pixels,
    read_image,
    read_mask,
    resize_points,
)
from funcorr.segmentation import find_object, mask_doubt

RNG = np.random.default_rng(0)
NOISE = RNG.integers(0, 256, (11, 17, 3), dtype=np.uint8)


def disc(height, width, x, y, radius):
    rows, columns = np.indices((height, width))
    return (columns - x) ** 2 + (rows - y) ** 2 <= radius**2


@pytest.mark.parametrize(
    "source",
    [
        NOISE,
        Image.fromarray(NOISE),
        torch.from_numpy(NOISE).movedim(2, 0).float() / 255,
        (NOISE.transpose(2, 0, 1) / 255).astype(np.float32),
    ],
    ids=["array", "PIL", "tensor", "float array"],
)
def test_every_kind_of_source_gives_the_same_pixels(source):
    picture = read_image(source)
    assert picture.size == (11, 17)
    assert (picture.rgb == NOISE).all()
    assert read_image(picture) is picture


def test_exif_orientation_is_applied(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rows of the file are columns of the picture
    Image.fromarray(NOISE).save(tmp_path / "turned.png", exif=exif)
    assert (read_image(tmp_path / "turned.png").rgb == np.rot90(NOISE, -1)).all()


def test_sixteen_bit_grey_keeps_its_values():
    values = np.arange(0, 256, 2, dtype=np.uint16).reshape(8, 16) * 257
    assert (read_image(Image.fromarray(values)).rgb[..., 1] == values // 257).all()


def test_alpha_becomes_a_mask_and_hidden_colours_become_white():
    alpha = np.zeros((11, 17), np.uint8)
    alpha[3:6, 4:12] = 255
    alpha[6, 4:12] = 100
    picture = read_image(np.dstack([NOISE, alpha]))
    assert (picture.alpha_mask == (alpha == 255)).all()
    assert (picture.rgb[3:6, 4:12] == NOISE[3:6, 4:12]).all()
    assert (picture.rgb[alpha == 0] == 255).all()
    assert (find_object(picture).mask == picture.alpha_mask).all()


@pytest.mark.parametrize("alpha", [0, 255])
def test_alpha_that_separates_nothing_is_ignored(alpha):
    picture = read_image(np.dstack([NOISE, np.full((11, 17), alpha, np.uint8)]))
    assert picture.alpha_mask is None
    assert (picture.rgb == NOISE).all()


@given(
    x=st.integers(20, 60), y=st.integers(20, 40), radius=st.integers(6, 15), slope=st.floats(0, 0.4)
)
def test_the_object_is_found_on_a_plain_background(x, y, radius, slope):
    truth = disc(64, 80, x, y, radius) & ~disc(64, 80, x, y, radius // 3)
    paper = 200 + slope * np.indices((64, 80))[1]
    rgb = np.where(truth[..., None], (150, 40, 30), paper[..., None]).astype(np.uint8)
    assert (find_object(read_image(rgb)).mask == truth).all()
    assert mask_doubt(read_image(rgb), truth) is None


def pale_ball(paper, darkness):
    """A white ball with a shaded side on light paper, and where it is."""
    y, x = np.mgrid[-1.9:1.9:300j, -2.5:2.5:400j]
    ball = x**2 + y**2 < 1
    grey = np.where(ball, 255 - darkness * (x**2 + y**2) * (1 + x) / 2, paper)
    noisy = (grey + RNG.normal(0, 1, grey.shape)).clip(0, 255).astype(np.uint8)
    return np.repeat(noisy[..., None], 3, axis=2), ball


@pytest.mark.parametrize("paper", [245, 253])
def test_a_white_object_on_white_paper_is_missed_and_that_is_said(paper):
    rgb, ball = pale_ball(paper, 60)
    found = find_object(read_image(rgb)).mask
    assert (found & ball).sum() < 0.5 * ball.sum()
    assert "hardly differs" in mask_doubt(read_image(rgb), found)
    dark, ball = pale_ball(120, 60)
    assert mask_doubt(read_image(dark), find_object(read_image(dark)).mask) is None


@pytest.mark.parametrize(
    ("mask", "said"),
    [
        (disc(300, 400, 200, 295, 40), "edge of the picture"),
        (disc(300, 400, 200, 150, 8), "covers only 0.2%"),
        (sum(disc(300, 400, x, 150, 20) for x in range(40, 400, 60)) > 0, "6 pieces"),
    ],
)
def test_strange_masks_are_doubted_unless_they_are_the_alpha_channel(mask, said):
    rgb = np.where(mask[..., None], np.uint8(40), np.uint8(240)).repeat(3, axis=2)
    assert said in mask_doubt(read_image(rgb), mask)
    with_alpha = np.dstack([rgb, mask * np.uint8(255)])
    assert mask_doubt(read_image(with_alpha), mask) is None


def test_the_object_is_the_same_however_many_rows_are_looked_at_together(monkeypatch):
    rgb = np.full((70, 50, 3), 230, np.uint8) - np.indices((70, 50))[0][..., None].astype(np.uint8)
    rgb[20:45, 10:33] = (20, 120, 60)
    whole = find_object(read_image(rgb)).mask
    monkeypatch.setattr("funcorr.segmentation.plain.ROWS_AT_ONCE", 9)
    assert (find_object(read_image(rgb)).mask == whole).all()
    assert whole.sum() == 25 * 23


@pytest.mark.parametrize("rgb", [NOISE, np.full((20, 20, 3), 99, np.uint8)])
def test_without_a_plain_background_or_an_object_a_mask_is_asked_for(rgb):
    with pytest.raises(UserError, match="pass a mask"):
        find_object(read_image(rgb))


@pytest.mark.parametrize("kind", ["bool", "uint8", "zero-one", "float", "PIL", "path"])
def test_every_kind_of_mask_is_read(kind, tmp_path):
    truth = disc(11, 17, 8, 5, 4)
    grey = truth.astype(np.uint8) * 255
    Image.fromarray(grey).save(tmp_path / "mask.png")
    source = {
        "bool": truth,
        "uint8": grey,
        "zero-one": truth.astype(np.int64),
        "float": truth.astype(np.float32),
        "PIL": Image.fromarray(grey),
        "path": tmp_path / "mask.png",
    }[kind]
    assert (read_mask(source, (11, 17)) == truth).all()


@pytest.mark.parametrize(
    ("mask", "said"),
    [
        (np.ones((17, 11), bool), "is 11 x 17 pixels but its image is 17 x 11"),
        (np.zeros((11, 17), bool), "is empty"),
        (np.full((11, 17), np.nan), "NaN"),
        (np.full((11, 17), 7.0), "outside"),
    ],
)
def test_a_mask_that_does_not_fit_is_refused(mask, said):
    with pytest.raises(UserError, match=said):
        read_mask(mask, (11, 17))


@given(
    left=st.floats(-40, 40),
    top=st.floats(-40, 40),
    side=st.floats(1, 200),
    size=st.integers(8, 300),
    x=st.floats(-50, 250),
    y=st.floats(-50, 250),
)
def test_a_crop_undoes_itself(left, top, side, size, x, y):
    crop, point = Crop(left, top, side, size), np.array([[x, y]])
    assert np.allclose(crop.to_image(crop.to_crop(point)), point, atol=1e-6)


@given(st.floats(-40, 40), st.floats(-40, 40), st.floats(1, 200), st.integers(8, 300))
def test_a_crop_has_the_intrinsics_of_its_window(left, top, side, size):
    crop, intrinsics = (
        Crop(left, top, side, size),
        np.array([[300.0, 0, 31], [0, 310, 23], [0, 0, 1]]),
    )
    ray = np.array([0.1, -0.2, 1.0])
    seen, cropped = (matrix @ ray for matrix in (intrinsics, crop.intrinsics(intrinsics)))
    assert np.allclose(cropped[None, :2], crop.to_crop(seen[None, :2]))
    assert cropped[2] == 1


def test_a_crop_shows_what_its_coordinates_say():
    rgb = np.full((50, 90, 3), 255, np.uint8)
    rgb[30:34, 62:66] = (200, 0, 0)
    mask = np.zeros((50, 90), bool)
    mask[20:44, 50:80] = True
    crop = Crop.around(mask, 144)
    assert crop.side == pytest.approx(36)
    rows, columns = np.nonzero(crop.apply(rgb, mask)[..., 1] < 100)
    seen = np.array([[columns.mean(), rows.mean()]])
    assert np.allclose(crop.to_image(seen), [[63.5, 31.5]], atol=0.01)


def test_the_surroundings_are_painted_or_kept():
    mask = disc(11, 17, 8, 5, 3)
    crop = Crop(-0.5, -0.5, 11, 11)
    inside = mask[:, :11]
    assert (crop.apply(NOISE, mask)[~inside] == 255).all()
    grey = crop.apply(NOISE, mask, background=40)
    assert (grey[~inside] == 40).all()
    assert (grey[inside] == NOISE[:, :11][inside]).all()
    assert (crop.apply(NOISE, mask, background=None) == NOISE[:, :11]).all()


@given(scale=st.floats(0.1, 10), width=st.integers(1, 50))
def test_resizing_maps_edges_to_edges(scale, width):
    edges = np.array([[-0.5, width - 0.5]])
    assert np.allclose(resize_points(edges, scale), [[-0.5, width * scale - 0.5]])


@given(at_most=st.integers(1, 500), x=st.integers(0, 39), radius=st.integers(0, 15))
def test_the_matched_pixels_are_few_enough_and_on_the_object(at_most, x, radius):
    mask = disc(30, 40, x, 11, radius)
    points = mask_pixels(mask, at_most).astype(int)
    assert 1 <= len(points) <= at_most
    assert mask[points[:, 1], points[:, 0]].all()
    assert len(points) == mask.sum() or mask.sum() > at_most
    assert (np.diff(points[:, 1] * 40 + points[:, 0]) > 0).all()


@given(width=st.integers(2, 60), at_most=st.integers(1, 59))
def test_a_line_that_the_grid_misses_is_thinned_along_itself(width, at_most):
    mask = np.zeros((3, width), bool)
    mask[1] = True
    points = mask_pixels(mask, at_most)
    assert 1 <= len(points) <= at_most or len(points) == width <= at_most
