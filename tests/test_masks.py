"""Masks of every format: the right pixels, or one line that says what to do."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from funcorr.app.objects import Subject, find_object
from funcorr.correspondence.registry import load_model
from funcorr.errors import UserError
from funcorr.images import Frame, read_image, read_mask

RNG = np.random.default_rng(0)
SIZE = (60, 80)
TRUTH = np.zeros(SIZE, bool)
TRUTH[15:45, 20:50] = True
RGB = RNG.integers(90, 200, (*SIZE, 3), dtype=np.uint8)
GREY = TRUTH.astype(np.uint8) * 255


def palette_image(indices, colors):
    image = Image.fromarray(indices.astype(np.uint8)).convert("P")
    image.putdata(indices.ravel().tolist())
    image.putpalette([value for color in colors for value in color])
    return image


def colored(*colors):
    """An RGB image with the colours in stripes on the object, on the first one."""
    picture = np.full((*SIZE, 3), colors[0], np.uint8)
    for place, color in enumerate(colors[1:]):
        picture[TRUTH & (np.indices(SIZE)[1] // 5 % (len(colors) - 1) == place)] = color
    return picture


def labels(*values):
    return colored(*[(v, v, v) for v in values])[..., 0]


RIGHT = {
    "bool": TRUTH,
    "bool H x W x 1": TRUTH[..., None],
    "bool 1 x H x W": torch.from_numpy(TRUTH)[None],
    "bool 1 x 1 x H x W": torch.from_numpy(TRUTH)[None, None],
    "0 and 1": TRUTH.astype(np.uint8),
    "0 and 1, int64": TRUTH.astype(np.int64),
    "0 and 1, tensor": torch.from_numpy(TRUTH).long(),
    "0 and 1, file mode L": Image.fromarray(TRUTH.astype(np.uint8)),
    "1-bit": Image.fromarray(TRUTH),
    "8-bit": GREY,
    "16-bit": TRUTH.astype(np.uint16) * 65535,
    "16-bit 0 and 1": Image.fromarray(TRUTH.astype(np.uint16)),
    "16-bit 0 and 255": Image.fromarray(GREY.astype(np.uint16)),
    "12 bits": TRUTH.astype(np.uint16) * 4095,
    "32-bit": Image.fromarray(TRUTH.astype(np.int32) * 255),
    "one label": TRUTH.astype(np.uint8) * 7,
    "big-endian": TRUTH.astype(">u2") * 65535,
    "lifted blacks": np.where(TRUTH, 240, 12).astype(np.uint8),
    "float": TRUTH.astype(np.float64),
    "bfloat16": torch.from_numpy(TRUTH).bfloat16(),
    "half": TRUTH.astype(np.float16),
    "probability": np.where(TRUTH, 0.9, 0.1),
    "probability of three levels at edges": np.where(TRUTH, 1, np.roll(TRUTH, 1, axis=1) / 3),
    "RGB": np.dstack([GREY] * 3),
    "RGB tensor": torch.from_numpy(np.dstack([GREY] * 3)).movedim(2, 0),
    "red on black": colored((0, 0, 0), (200, 0, 0)),
    "dark red on black": colored((0, 0, 0), (60, 0, 0)),
    "palette, black and red": palette_image(TRUTH * 1, [(0, 0, 0), (200, 0, 0)]),
    "palette, black and dark": palette_image(TRUTH * 1, [(0, 0, 0), (40, 10, 0)]),
    "palette, greys": palette_image(TRUTH * 3, [(0, 0, 0)] * 3 + [(255, 255, 255)]),
    "palette, indices as greys": palette_image(TRUTH * 1, [(i, i, i) for i in range(256)]),
    "palette, white is index 0": palette_image(~TRUTH * 1, [(255, 255, 255), (0, 0, 0)]),
    "CMYK": Image.fromarray(np.dstack([GREY] * 3)).convert("CMYK"),
    "soft edges": Image.fromarray(GREY).filter(ImageFilter.GaussianBlur(1.5)),
    "cut-out": np.dstack([RGB, GREY]),
    "cut-out, hidden pixels black": np.dstack([RGB * TRUTH[..., None], GREY]),
    "cut-out, white everywhere": np.dstack([np.full_like(RGB, 255), GREY]),
    "cut-out, black everywhere": np.dstack([np.zeros_like(RGB), GREY]),
    "cut-out, soft alpha": np.dstack([RGB, np.where(TRUTH, 250, 60).astype(np.uint8)]),
    "cut-out, floats": np.dstack([RGB, GREY]) / 255,
    "cut-out, LA": Image.merge("LA", [Image.fromarray(RGB[..., 0]), Image.fromarray(GREY)]),
    "cut-out, La": Image.fromarray(np.dstack([RGB, GREY])).convert("LA").convert("La"),
    "cut-out, RGBa": Image.fromarray(np.dstack([RGB, GREY])).convert("RGBa"),
    "opaque RGBA": np.dstack([*[GREY] * 3, np.full(SIZE, 255, np.uint8)]),
    "opaque LA": Image.merge("LA", [Image.fromarray(GREY), Image.new("L", SIZE[::-1], 255)]),
}


@pytest.mark.parametrize("kind", RIGHT)
def test_the_objects_pixels_are_found(kind):
    found = read_mask(RIGHT[kind], SIZE)
    assert found.dtype == bool
    assert (found != TRUTH).mean() < (0.01 if "soft edges" in kind else 1e-9)


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp", "gif", "webp", "jpg"])
def test_the_same_from_files_of_every_kind(tmp_path, suffix):
    for name, source in (("one", TRUTH), ("grey", GREY), ("rgb", np.dstack([GREY] * 3))):
        path = tmp_path / f"{name}.{suffix}"
        image = Image.fromarray(source)
        image.convert("L" if suffix == "jpg" and name == "one" else image.mode).save(path)
        assert (read_mask(path, SIZE) == TRUTH).mean() > 0.995, name


FLAT = np.zeros(SIZE, np.uint8)
AMBIGUOUS = {
    "two bright palette colours": (
        palette_image(labels(0, 1, 2), [(0, 0, 0), (255, 0, 0), (255, 255, 0)]),
        "several colours",
    ),
    "palette without black": (
        palette_image(TRUTH * 1, [(120, 120, 180), (180, 120, 120)]),
        "several colours",
    ),
    "two colours of objects": (colored((0, 0, 0), (255, 0, 0), (0, 255, 0)), "several colours"),
    "photograph": (RGB, "several colours"),
    "grey photograph": (RGB[..., 0], "several levels|grey picture"),
    "photograph on white": (
        np.where(TRUTH, RNG.integers(40, 200, SIZE), 255).astype(np.uint8),
        "grey picture",
    ),
    "labels": (labels(0, 1, 2), "several levels up to 2"),
    "labels with a void": (labels(0, 1, 255), r"regions of several levels \(0, 1, 255\)"),
    "labels 0 to 9 with a void": (labels(*range(10), 255), "regions of several levels"),
    "ten bright labels": (labels(0, *range(225, 256, 3)), "regions of several levels"),
    "bright labels": (labels(0, 150, 255), "regions of several levels"),
    "float labels": (labels(0, 1, 2) / 2, "regions of 3 values"),
    "trimap": (labels(0, 128, 255), "regions of several levels"),
    "16-bit labels": (labels(0, 1, 2).astype(np.uint16) * 256, "several levels up to 512"),
    "far 16-bit labels": (labels(0, 100, 200).astype(np.uint16) * 256, "regions of several"),
    "labels from 1": (labels(1, 2), "neither of which is background"),
    "bright alone": (labels(200, 255), "neither of which is background"),
    "no background": (labels(150, 200, 255), "no pixel below 150"),
    "one value": (np.full(SIZE, 7, np.uint8), "is 7 everywhere"),
    "negative": (TRUTH.astype(np.int16) * -1, "below 0"),
    "alpha and a mask": (np.dstack([*[GREY] * 3, GREY.T.reshape(SIZE)]), "an alpha channel and"),
    "transparent": (np.dstack([RGB, FLAT]), "transparent everywhere"),
    "three masks": (np.stack([TRUTH] * 3), "3 masks"),
    "three soft masks": (torch.rand(3, *SIZE), "3 masks"),
    "logits": (np.where(TRUTH, 8.0, -8.0), r"outside \[0, 1\]"),
    "floats of 255": (GREY.astype(np.float32), r"outside \[0, 1\]"),
    "empty": (FLAT, "is empty"),
    "empty, all soft": (np.full(SIZE, 0.4), "is empty"),
    "stack": (np.zeros((2, 5, *SIZE)), "cannot use"),
}


@pytest.mark.parametrize("kind", AMBIGUOUS)
def test_what_does_not_tell_the_object_is_refused(kind, tmp_path):
    source, said = AMBIGUOUS[kind]
    with pytest.raises(UserError, match=said) as caught:
        read_mask(source, SIZE)
    assert "\n" not in str(caught.value)
    if "everywhere" in said or "several" in said or "below" in said:
        assert "labels == your label" in str(caught.value)


def test_the_remedy_for_label_images_works():
    image = labels(0, 1, 2)
    with pytest.raises(UserError, match="labels == your label"):
        read_mask(image, SIZE)
    assert (read_mask((image == 2) * 255, SIZE) == (image == 2)).all()


@given(data=st.data())
def test_a_mask_survives_every_way_of_being_soft(data):
    """Enlarging, blurring and JPEG never turn a mask into something ambiguous."""
    height, width = data.draw(st.integers(50, 90)), data.draw(st.integers(50, 90))
    y, x = np.mgrid[:height, :width]
    truth = (x - width / 2) ** 2 + (y - height / 2) ** 2 < (min(height, width) / 3) ** 2
    image = Image.fromarray(truth.astype(np.uint8) * 255)
    blur = data.draw(st.floats(0, 2))
    soft = image.filter(ImageFilter.GaussianBlur(blur))
    scale = data.draw(st.sampled_from([0.5, 1, 2, 3.3]))
    how = data.draw(st.sampled_from([Image.Resampling.BILINEAR, Image.Resampling.BICUBIC]))
    size = (round(width * scale), round(height * scale))
    found = read_mask(soft.resize(size, how), size[::-1])
    wanted = np.asarray(image.resize(size, Image.Resampling.NEAREST)) > 127
    assert (found == wanted).mean() > 0.95


@pytest.mark.parametrize(("suffix", "quality"), [("jpg", 5), ("jpg", 40), ("webp", 5)])
def test_the_flat_patches_of_hard_compression_are_no_labels(tmp_path, suffix, quality):
    path = tmp_path / f"mask.{suffix}"
    soft = Image.fromarray(GREY).filter(ImageFilter.GaussianBlur(1))
    soft.save(path, quality=quality)
    assert (read_mask(path, SIZE) == TRUTH).mean() > 0.97


SWAPPED = (5, 6, 7, 8)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("square", [False, True])
def test_masks_turn_as_their_pictures_do_or_are_refused(tmp_path, orientation, square):
    stored = TRUTH[:, :60] if square else TRUTH
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(stored.astype(np.uint8) * 255)
    image.save(tmp_path / "turned.png", exif=exif)
    image.save(tmp_path / "plain.png")
    Image.fromarray(RGB[:, : stored.shape[1]]).save(tmp_path / "photo.png", exif=exif)
    frame = read_image(tmp_path / "photo.png").frame
    upright = read_image(tmp_path / "turned.png").rgb[..., 0] > 127
    assert (read_mask(tmp_path / "turned.png", frame) == upright).all()
    if orientation == 1:
        return
    tells = orientation in SWAPPED and not square
    said = "is 80 x 60 pixels but its image is 60 x 80" if tells else "do not tell which way"
    with pytest.raises(UserError, match=said):
        read_mask(tmp_path / "plain.png", frame)
    if tells:
        assert (read_mask(upright, frame) == upright).all(), "its size tells that it is upright"
    plain = Frame(*stored.shape)
    with pytest.raises(UserError, match=r"but its image is|do not tell which way"):
        read_mask(tmp_path / "turned.png", plain)


def test_the_matcher_the_command_and_the_page_agree(tmp_path, funcorr_command):
    Image.fromarray(RGB).save(tmp_path / "photo.png")
    cut = tmp_path / "cut.png"
    Image.fromarray(np.dstack([RGB, GREY])).save(cut)
    encoded = load_model("chance").encode(tmp_path / "photo.png", mask=cut, part=cut)
    assert (encoded.mask == TRUTH).all()
    assert (encoded.part == TRUTH).all()
    subject = Subject(str(tmp_path / "photo.png"), (), str(cut))
    found = find_object(read_image(tmp_path / "photo.png"), subject, SIZE)
    assert (found.source, (found.mask == TRUTH).all()) == ("your mask", True)
    other = palette_image(labels(0, 1, 2), [(0, 0, 0), (255, 0, 0), (255, 255, 0)])
    other.save(tmp_path / "labels.png")
    done = funcorr_command(
        *("match", tmp_path / "photo.png", cut, "--function", "hold", "--model", "chance"),
        *("--mask1", tmp_path / "labels.png", "--out", tmp_path / "out"),
    )
    assert done.is_refusal
    assert "several colours" in done.err
    assert not (tmp_path / "out").exists()
    with pytest.raises(UserError, match="the mask has several colours"):
        find_object(
            read_image(tmp_path / "photo.png"),
            Subject(str(tmp_path / "photo.png"), (), str(tmp_path / "labels.png")),
            SIZE,
        )


def test_the_page_notices_a_mask_of_the_stored_pixels(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 3
    Image.fromarray(RGB).save(tmp_path / "photo.jpg", exif=exif)
    Image.fromarray(GREY).save(tmp_path / "mask.png")
    subject = Subject(str(tmp_path / "photo.jpg"), (), str(tmp_path / "mask.png"))
    with pytest.raises(UserError, match="do not tell which way up"):
        find_object(read_image(tmp_path / "photo.jpg"), subject, SIZE)


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ("a.png", "got a str of 1"),
        ({"a": 1}, "got a str of 1"),
        (("a.png", "b.png", "pour-with"), "got a str of 5"),
        ([("a.png", "b.png")], "got a tuple of 2"),
        ([("a.png", "b.png", "pour-with", None, None)], "got a tuple of 5"),
        ([(("a.png", "m.png"), ("b.png", "m.png"))], "got a tuple of 2"),
        ([("a.png", "pour-with", RGB)], "got a tuple of 3"),
        ([RGB], "got a ndarray of 60"),
        ([None], "got a None"),
        (None, "got a None"),
        (7, "got a 7"),
    ],
)
def test_a_wrong_nesting_of_a_batch_is_shown_the_form(pairs, said):
    with pytest.raises(UserError, match=r"\(image1, image2, function\)") as caught:
        load_model("chance").match_batch(pairs)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_batch_takes_masks_and_parts_with_encoded_images():
    matcher = load_model("chance")
    one = matcher.encode(RGB, TRUTH)
    [batch] = matcher.match_batch([[one, one, "hold"]])
    assert (batch.points1 == matcher.match(one, one, "hold").points1).all()
    assert TRUTH[tuple(batch.points1.astype(int).T[::-1])].all()
