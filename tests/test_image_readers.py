"""One reader for pictures, masks and heatmaps: every mode, depth, layout and orientation."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from funcorr.errors import UserError
from funcorr.images import read_frame, read_heatmap, read_image, read_mask

HEIGHT, WIDTH = 20, 30
OBJECT = np.zeros((HEIGHT, WIDTH), bool)
OBJECT[4:15, 6:21] = True
RGB = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
TURNED = {2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud, 6: lambda a: np.rot90(a, 1)}
"""What a camera stores so that the orientation brings it upright."""


def png(array, path, orientation=1, **options):
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = array if isinstance(array, Image.Image) else Image.fromarray(array)
    image.save(path, exif=exif, **options)
    return path


def palette(levels, colors):
    image = Image.fromarray(levels.astype(np.uint8), mode="P")
    image.putpalette([channel for color in colors for channel in color])
    return image


def masks():
    """Ways to write the same mask."""
    one = OBJECT.astype(np.uint8)
    yield "bool", OBJECT
    yield "0 and 1", one
    yield "0 and 255", one * 255
    yield "one label", one * 7
    yield "int64", OBJECT.astype(np.int64)
    yield "float", OBJECT.astype(np.float64)
    yield "tensor", torch.from_numpy(OBJECT)
    yield "bfloat16", torch.from_numpy(OBJECT).bfloat16()
    yield "1 x H x W", one[None] * 255
    yield "H x W x 1", one[..., None] * 255
    yield "1-bit", Image.fromarray(one * 255).convert("1")
    yield "16-bit", Image.fromarray(OBJECT.astype(np.uint16) * 65535)
    yield "16-bit, 1", Image.fromarray(OBJECT.astype(np.uint16))
    yield "grey as RGB", Image.fromarray(one * 255).convert("RGB")
    yield "one colour", Image.fromarray(OBJECT[..., None] * np.uint8([200, 0, 0]))
    yield "palette, dark colour", palette(one, [(0, 0, 0), (90, 0, 0)])
    yield "palette, white", palette(one, [(0, 0, 0), (255, 255, 255)])
    yield "cut-out", Image.fromarray(np.dstack([RGB, one * 255]))
    yield "grey cut-out", Image.fromarray(np.dstack([RGB[..., 0], one * 255]))
    yield "white with alpha", Image.fromarray(np.dstack([RGB * 0 + 255, one * 255]))
    yield "opaque alpha", Image.fromarray(np.dstack([*3 * [one * 255], one * 0 + 255]))
    yield "non-contiguous", np.asfortranarray(one * 255)


@pytest.mark.parametrize("source", [pytest.param(source, id=name) for name, source in masks()])
def test_a_mask_is_the_same_however_it_is_written(source):
    np.testing.assert_array_equal(read_mask(source, (HEIGHT, WIDTH)), OBJECT)


def test_soft_edges_are_cut_at_one_half():
    soft = np.zeros((40, 60), np.uint8)
    soft[10:30, 10:50], soft[10:30, 9], soft[10:30, 50] = 255, 100, 180
    found = read_mask(soft, (40, 60))
    assert not found[:, 9].any()
    assert found[10:30, 50].all()


AMBIGUOUS = {
    "labels": OBJECT.astype(np.uint8) * 2 + np.arange(HEIGHT)[:, None] // 10,
    "trimap": np.where(OBJECT, 255, np.where(np.arange(WIDTH) < 10, 128, 0)).astype(np.uint8),
    "photograph": RGB[..., 0],
    "two bright colours": palette(
        OBJECT.astype(np.uint8) + (np.arange(WIDTH) > 15), [(0, 0, 0), (250, 0, 0), (0, 250, 0)]
    ),
    "two greys": np.where(OBJECT, 200, 180).astype(np.uint8),
    "a constant": np.full((HEIGHT, WIDTH), 90, np.uint8),
    "16-bit labels": np.uint16([0, 150, 300, 500])[OBJECT * (1 + np.arange(WIDTH) % 3)],
    "below 0": OBJECT.astype(np.int16) - 1,
}


@pytest.mark.parametrize("source", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_what_could_be_two_masks_is_refused_and_the_remedy_works(source):
    with pytest.raises(UserError, match="255 on the object and 0 elsewhere") as refused:
        read_mask(source, (HEIGHT, WIDTH))
    assert "\n" not in str(refused.value)
    read_mask(np.where(OBJECT, 255, 0), (HEIGHT, WIDTH))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (np.zeros((HEIGHT, WIDTH), np.uint8), "empty"),
        (np.full((HEIGHT, WIDTH), np.nan), "NaN"),
        (OBJECT * 1.5, "outside"),
        (OBJECT[:-1], "never resized"),
        (np.dstack([RGB, np.zeros((HEIGHT, WIDTH), np.uint8)]), "transparent everywhere"),
        (np.stack([OBJECT] * 3), "3 masks"),
    ],
)
def test_unusable_masks_are_a_line(source, said):
    with pytest.raises(UserError, match=said):
        read_mask(source, (HEIGHT, WIDTH))


@pytest.mark.parametrize("orientation", TURNED)
def test_pictures_and_masks_are_turned_alike(orientation, tmp_path):
    stored = TURNED[orientation]
    picture = png(stored(RGB), tmp_path / "p.png", orientation)
    mask = png(stored(OBJECT).astype(np.uint8) * 255, tmp_path / "m.png", orientation)
    found = read_image(picture)
    np.testing.assert_array_equal(found.rgb, RGB)
    np.testing.assert_array_equal(read_mask(mask, found.frame), OBJECT)
    assert read_frame(picture) == found.frame


def test_a_mask_that_may_lie_otherwise_than_its_turned_picture_is_refused(tmp_path):
    picture = read_image(png(np.fliplr(RGB), tmp_path / "p.png", 2))
    with pytest.raises(UserError, match="which way up"):
        read_mask(OBJECT, picture.frame)
    sideways = read_image(png(np.rot90(RGB), tmp_path / "s.png", 6))
    np.testing.assert_array_equal(read_mask(OBJECT, sideways.frame), OBJECT)  # its size tells
    with pytest.raises(UserError, match="EXIF"):
        read_mask(np.rot90(OBJECT), sideways.frame)


@settings(max_examples=60)
@given(
    dtype=st.sampled_from(["uint8", "float32", "float64", "float16", "bfloat16", "uint16"]),
    layout=st.sampled_from(["hwc", "chw", "fortran", "batch"]),
    tensor=st.booleans(),
    bgr=st.booleans(),
)
def test_an_array_is_the_same_picture_in_any_type_and_layout(dtype, layout, tensor, bgr):
    values = RGB[..., ::-1] if bgr else RGB
    array = {
        "hwc": values,
        "chw": values.transpose(2, 0, 1),
        "fortran": np.asfortranarray(values),
        "batch": values[None],
    }[layout]
    if dtype == "uint16":
        array = array.astype(np.uint16) * 257
    elif dtype != "uint8":
        array = array.astype(np.float32) / 255
        array = array.astype(dtype) if dtype != "bfloat16" else array
    source = torch.from_numpy(np.ascontiguousarray(array)) if tensor else array
    if dtype == "bfloat16":
        source = torch.from_numpy(np.ascontiguousarray(array)).bfloat16()
    found = read_image(source, order="bgr" if bgr else "rgb").rgb.astype(int)
    assert np.abs(found - RGB).max() <= {"bfloat16": 1, "float16": 1}.get(dtype, 0)


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_greys_of_any_depth_keep_their_range(bits):
    ramp = np.linspace(0, 2**bits - 1, HEIGHT * WIDTH).round().reshape(HEIGHT, WIDTH)
    found = read_image(ramp.astype(np.uint16 if bits > 8 else np.uint8)).rgb[..., 0]
    expected = ramp / (2**bits - 1) * 255
    assert np.abs(found - expected).max() <= 0.51


def test_streams_closed_files_and_other_sources(tmp_path):
    path = png(RGB, tmp_path / "p.png")
    with path.open("rb") as file:
        np.testing.assert_array_equal(read_image(file).rgb, RGB)
    np.testing.assert_array_equal(read_image(io.BytesIO(path.read_bytes())).rgb, RGB)
    with Image.open(path) as closed:
        pass
    for source, said in (
        (closed, "closed"),
        (io.BytesIO(b"no"), "not an image"),
        (3, "cannot use"),
    ):
        with pytest.raises(UserError, match=said):
            read_image(source)
    with pytest.raises(UserError, match="is for arrays"):
        read_image(path, order="bgr")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
def test_heatmaps_keep_their_range(dtype, tmp_path):
    true = np.linspace(0, 1, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH)
    white = np.iinfo(dtype).max if np.issubdtype(dtype, np.integer) else 1
    values = (true * white).round().astype(dtype) if white > 1 else true.astype(dtype)
    found = read_heatmap(values, (HEIGHT, WIDTH))
    assert np.abs(found - true).max() <= 0.51 / white if white > 1 else 1e-6
    if white > 1:
        Image.fromarray(values).save(tmp_path / "h.png")
        np.testing.assert_array_equal(read_heatmap(tmp_path / "h.png"), found)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (np.full((9, 9), np.nan), "NaN"),
        (np.full((9, 9), -0.1), "0 to 1"),
        (np.linspace(0, 90, 81).reshape(9, 9), "do not tell what 1"),
        (RGB[:9, :9], "coloured"),
        (np.zeros((5, 9)), "never resized"),
    ],
)
def test_heatmaps_of_an_unclear_range_or_size_are_refused(source, said):
    with pytest.raises(UserError, match=said):
        read_heatmap(source, (9, 9))
