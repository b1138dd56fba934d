"""Whatever a caller hands over is read as the same pixels, or refused in one line."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from funcorr.errors import UserError
from funcorr.images import read_frame, read_image, read_mask

RGB = np.random.default_rng(0).integers(0, 256, (11, 17, 3), dtype=np.uint8)
DISC = np.add.outer((np.arange(11) - 5) ** 2, (np.arange(17) - 8) ** 2) <= 16
FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
EXACT = {torch.uint8: 0, torch.float16: 1, torch.bfloat16: 1, torch.float32: 0, torch.float64: 0}


def with_orientation(path, pixels, orientation, **options):
    """Saved as a camera does that was turned: ``pixels`` are what is stored."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels).save(path, exif=exif, **options)
    return path


TURNS = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).swapaxes(0, 1),
    8: lambda a: np.rot90(a),
}


@given(
    dtype=st.sampled_from(list(EXACT)),
    first=st.booleans(),
    contiguous=st.booleans(),
    batched=st.booleans(),
    as_numpy=st.booleans(),
)
def test_every_dtype_and_layout_gives_the_same_pixels(dtype, first, contiguous, batched, as_numpy):
    values = torch.from_numpy(RGB)
    values = values if dtype == torch.uint8 else (values.double() / 255).to(dtype)
    if first:
        values = values.movedim(2, 0)
    if contiguous:
        values = values.contiguous()
    if batched:
        values = values[None]
    source = values.numpy() if as_numpy and dtype != torch.bfloat16 else values
    found = read_image(source).rgb
    assert np.abs(found.astype(int) - RGB).max() <= EXACT[dtype]


@pytest.mark.parametrize("dtype", ["<u2", ">u2", "<f4", ">f4", ">f8", "i4", "i8", "?"])
def test_grey_arrays_of_any_byte_order(dtype):
    grey = RGB[..., 0]
    values = {"f": grey / 255, "b": DISC}.get(np.dtype(dtype).kind, grey).astype(dtype)
    wanted = DISC * 255 if dtype == "?" else grey
    assert (read_image(values).rgb == wanted[..., None]).all()
    assert (read_image(values[..., None]).rgb == wanted[..., None]).all()


def test_views_of_arrays_are_read_as_they_look():
    big = np.repeat(np.repeat(RGB, 2, 0), 2, 1)
    for view, wanted in (
        (RGB[:, ::-1], RGB[:, ::-1]),
        (big[::2, ::2], RGB),
        (np.asfortranarray(RGB), RGB),
        (RGB[::-1].transpose(2, 0, 1), RGB[::-1]),
    ):
        assert (read_image(view).rgb == wanted).all()


@pytest.mark.parametrize(
    ("bits", "white"), [(8, 255), (10, 1023), (12, 4095), (14, 16383), (16, 65535)]
)
def test_deep_greys_use_their_real_range(tmp_path, bits, white):
    ramp = np.linspace(0, white, 256).astype(np.uint16).reshape(8, 32)
    for name in ("a.png", "a.tif"):
        Image.fromarray(ramp).save(tmp_path / name)
        found = read_image(tmp_path / name).rgb[..., 1]
        assert (found.min(), found.max()) == (0, 255), bits
        assert np.abs(found - ramp / white * 255).max() <= 0.51
    assert (read_image(ramp).rgb == read_image(tmp_path / "a.png").rgb).all()


MODES = ("1", "L", "P", "RGB", "RGBA", "LA", "PA", "CMYK", "YCbCr", "HSV", "I", "I;16", "F", "RGBX")


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_of_pillow_is_the_picture_it_shows(mode):
    grey = np.where(DISC, 230, 20).astype(np.uint8)
    image = Image.fromarray(grey)
    if mode == "F":
        image = Image.fromarray((grey / 255).astype(np.float32))
    elif mode.startswith("I"):
        image = Image.fromarray(grey.astype(np.uint16 if "16" in mode else np.int32))
    elif mode in ("LA", "PA", "RGBA"):
        image = image.convert("LA" if mode == "LA" else "RGBA").convert(mode)
    else:
        image = image.convert("RGB").convert(mode, dither=Image.Dither.NONE)
    assert image.mode == mode
    found = read_image(image).rgb
    assert found[DISC].min() > 200
    assert found[~DISC].max() < 60
    assert (read_mask(image, (11, 17)) == DISC).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp"])
def test_exif_turns_pictures_and_their_frames(tmp_path, orientation, suffix):
    smooth = np.repeat(np.repeat(RGB[:4, :6], 8, 0), 8, 1)
    options = {"jpg": {"quality": 100, "subsampling": 0}, "webp": {"lossless": True}}
    path = with_orientation(
        tmp_path / f"a.{suffix}", smooth, orientation, **options.get(suffix, {})
    )
    picture, upright = read_image(path), TURNS[orientation](smooth)
    assert picture.size == upright.shape[:2]
    assert np.abs(picture.rgb.astype(int) - upright).mean() < 4
    assert picture.frame == read_frame(path) == (*upright.shape[:2], orientation)


def test_exif_behind_the_pixels_of_a_png_counts_too(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(RGB).save(tmp_path / "a.png")
    content = (tmp_path / "a.png").read_bytes()
    late = content[:-12] + chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0")) + content[-12:]
    (tmp_path / "a.png").write_bytes(late)
    assert read_frame(tmp_path / "a.png") == read_image(tmp_path / "a.png").frame == (17, 11, 6)


def test_bgr_only_when_it_is_said():
    assert (read_image(RGB[..., ::-1], order="bgr").rgb == RGB).all()
    assert (read_image(RGB).rgb == RGB).all()
    with pytest.raises(UserError, match="arrays of colours"):
        read_image(Image.fromarray(RGB), order="bgr")
    with pytest.raises(UserError, match="'rgb' or 'bgr'"):
        read_image(RGB, order="BGR")


def test_files_in_any_form(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(RGB).save(path)

    class Place:
        def __fspath__(self):
            return str(path)

    with path.open("rb") as file:
        sources = (path, str(path), Place(), file, io.BytesIO(path.read_bytes()))
        for source in sources:
            assert (read_image(source).rgb == RGB).all()
        assert (read_image(file).rgb == RGB).all(), "a second time"
    with Image.open(path) as image:
        image.load()
    assert (read_image(image).rgb == RGB).all(), "decoded before it was closed"


def closed(path):
    with Image.open(path) as image:
        return image


def cut_off(path):
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return Image.open(path)


def closed_file(path):
    with path.open("rb") as file:
        return file


@pytest.mark.parametrize("spoil", [closed, cut_off, closed_file, lambda path: path.open()])
@pytest.mark.parametrize("suffix", ["png", "jpg", "tif"])
def test_images_that_can_no_longer_be_read_are_a_line(tmp_path, spoil, suffix):
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(np.repeat(np.repeat(RGB, 20, 0), 20, 1)).save(path)
    source = spoil(path)
    for read in (read_image, lambda it: read_mask(it, (220, 340))):
        with pytest.raises(UserError) as caught:
            read(source)
        assert "\n" not in str(caught.value)
    if not isinstance(source, Image.Image) or source.fp is not None:
        source.close()


def nan_tiff(path):
    Image.fromarray(np.full((8, 9), np.nan, np.float32)).save(path / "a.tif")
    return path / "a.tif"


class Elsewhere:
    """An array of another library that does not come over: on a device, or deleted."""

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("Array has been\ndeleted")


REFUSED = {
    "an array that is gone": (lambda _: Elsewhere(), "this Elsewhere as an image: Array has been"),
    "too many values": (
        lambda _: np.broadcast_to(np.float32(1), (10**6, 10**6)),
        "1000000 x 1000000 values; expected at most 80,000,000 pixels",
    ),
    "too long a path": (lambda _: "a" * 5000, "name too long"),
    "a folder": (lambda path: path, "is a folder"),
    "NaN": (lambda _: np.full((5, 6, 3), np.nan), "NaN"),
    "infinite": (lambda _: torch.full((3, 5, 6), torch.inf).bfloat16(), "NaN or infinite"),
    "NaN file": (nan_tiff, "NaN"),
    "floats beyond 1": (lambda _: RGB.astype(np.float32), "divide it by its white"),
    "negative floats": (lambda _: RGB / 255 - 0.5, r"must lie in \[0, 1\]"),
    "negative integers": (lambda _: RGB.astype(np.int64) - 1, "expected integers of 8 to 16 bits"),
    "32 bits": (lambda _: RGB.astype(np.int64) * 1000, "expected integers of 8 to 16 bits"),
    "F of 255": (lambda _: Image.fromarray(RGB[..., 0]).convert("F"), "divide it by its white"),
    "two layouts": (lambda _: np.zeros((3, 40, 3), np.uint8), "two ways"),
    "many images": (lambda _: np.zeros((2, 9, 9, 3), np.uint8), "2 x 9 x 9 x 3"),
    "two channels": (lambda _: np.zeros((9, 9, 2), np.uint8), "9 x 9 x 2"),
    "complex": (lambda _: np.zeros((9, 9), complex), "complex"),
    "words": (lambda _: np.full((9, 9), "a"), "cannot use an array"),
    "objects": (lambda _: np.full((9, 9), None), "cannot use an array"),
    "masked": (lambda _: np.ma.masked_equal(RGB, 3), "masked array"),
    "meta tensor": (lambda _: torch.zeros(3, 9, 9, device="meta"), "cannot use this Tensor"),
    "list": (lambda _: RGB.tolist(), "cannot use list"),
    "None": (lambda _: None, "cannot use NoneType"),
    "bytes": (lambda _: b"\x89PNG", "cannot use bytes"),
    "deep alpha": (lambda _: np.zeros((9, 9, 4), np.uint16), "alpha channel must be uint8"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_picture_is_one_line(tmp_path, kind):
    make, said = REFUSED[kind]
    with pytest.raises(UserError, match=said) as caught:
        read_image(make(tmp_path))
    assert "\n" not in str(caught.value)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def deep_png(values):
    """A PNG with colours of 16 bits."""
    height, width, _ = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    head = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def test_colours_of_12_bits_in_16_are_named(tmp_path):
    values = RGB.astype(np.uint16)
    for shift in (0, 4):
        (tmp_path / "deep.png").write_bytes(deep_png(values << shift))
        with pytest.raises(UserError, match="16 bits that use the lowest 12"):
            read_image(tmp_path / "deep.png")
    (tmp_path / "full.png").write_bytes(deep_png(values << 8))
    assert (read_image(tmp_path / "full.png").rgb == RGB).all()


def test_alpha_of_every_source_is_a_mask(tmp_path):
    alpha = DISC.astype(np.uint8) * 255
    both = np.dstack([RGB, alpha])
    Image.fromarray(both).save(tmp_path / "a.png")
    clear = Image.fromarray(np.where(DISC, 200, 7).astype(np.uint8))
    clear.save(tmp_path / "grey.png", transparency=7)
    clear.convert("P").save(tmp_path / "palette.png", transparency=7)
    deep = Image.fromarray(np.where(DISC, 40_000, 7).astype(np.uint16))
    deep.info["transparency"] = 7
    for source in (
        tmp_path / "a.png",
        tmp_path / "grey.png",
        tmp_path / "palette.png",
        deep,
        both,
        both / 255,
        torch.from_numpy(both).movedim(2, 0),
    ):
        picture = read_image(source)
        assert (picture.alpha_mask == DISC).all()
        assert (picture.rgb[~DISC] == 255).all()
        assert (read_mask(source, (11, 17)) == DISC).all()
