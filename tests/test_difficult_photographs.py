"""Photographs and prompts that go wrong: one clear line, or a right mask with its doubt."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from funcorr import Prompt, UserError
from funcorr.images import Picture, read_image
from funcorr.segmentation import find_object
from funcorr.segmentation.doubt import faint_share

PAPER, BLUE, SKIN = (240, 240, 238), (40, 60, 150), (220, 170, 140)
SIZE = (160, 120)


def drawn(*shapes):
    """Shapes (kind, corners, colour) on paper."""
    image = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(image)
    for kind, corners, colour in shapes:
        getattr(draw, kind)(corners, fill=colour)
    return image


def picture(*shapes):
    return Picture(np.asarray(drawn(*shapes)))


def overlap(found, corners):
    truth = np.zeros(SIZE[::-1], bool)
    x0, y0, x1, y1 = corners
    truth[y0 : y1 + 1, x0 : x1 + 1] = True
    return (found & truth).sum() / (found | truth).sum()


EMPTY = picture()
NOISE = Picture(np.random.default_rng(0).integers(0, 255, (*SIZE[::-1], 3)).astype(np.uint8))


@pytest.mark.parametrize("scene", [EMPTY, NOISE], ids=["empty", "noise"])
def test_no_object_is_a_line_with_what_helps(scene):
    with pytest.raises(UserError, match=r"cannot tell the object .* box or a click") as error:
        find_object(scene)
    assert "\n" not in str(error.value)


def test_no_object_in_a_box_is_a_line():
    with pytest.raises(UserError, match="the segmenter box sees no object"):
        find_object(EMPTY, Prompt(box=(30, 30, 100, 90)))


@pytest.mark.parametrize(
    ("scene", "prompt"),
    [
        (EMPTY, Prompt(clicks=[(50, 50)])),
        (picture(("ellipse", (50, 20, 110, 100), (246, 246, 244))), Prompt(clicks=[(15, 15)])),
    ],
)
def test_a_prompt_where_nothing_is_gives_a_doubt(scene, prompt):
    assert "its outline follows no edge" in find_object(scene, prompt).doubt


def test_of_many_objects_the_larger_is_taken_and_the_others_are_named():
    balls = [("ellipse", (10 + 50 * k, 40, 40 + 50 * k + 5 * (k == 1), 75), BLUE) for k in range(3)]
    scene = picture(*balls)
    found = find_object(scene)
    assert found.doubt == "3 objects seen; the larger was taken, a click chooses another"
    chosen = find_object(scene, Prompt(clicks=[(25, 57)]))
    assert chosen.doubt is None
    assert chosen.mask[57, 25]
    assert not chosen.mask[57, 75]


def test_an_object_cut_by_the_border_has_its_doubt():
    scene = picture(("rectangle", (100, 30, 160, 80), BLUE))
    found = find_object(scene, Prompt(box=(95, 25, 159, 85)))
    assert overlap(found.mask, (100, 30, 159, 80)) > 0.9
    assert found.doubt == "it reaches the edge of the picture"
    assert find_object(scene, Prompt(clicks=[(130, 60)])).doubt is not None


def test_a_hand_in_front_is_left_out_by_clicks():
    scene = picture(("rectangle", (50, 20, 80, 110), BLUE), ("rectangle", (0, 50, 100, 75), SKIN))
    found = find_object(scene, Prompt(clicks=[(65, 30), (65, 95), (30, 62, False)]))
    assert found.mask[25:45, 55:75].all()
    assert found.mask[82:105, 55:75].all()
    assert not found.mask[52:73, 5:45].any()
    with pytest.raises(UserError, match="cannot tell the object"):
        find_object(scene)


def test_a_hand_in_a_box_has_its_doubt():
    scene = picture(("rectangle", (50, 20, 80, 110), BLUE), ("rectangle", (0, 50, 100, 75), SKIN))
    found = find_object(scene, Prompt(box=(45, 15, 85, 115)))
    assert overlap(found.mask, (50, 20, 80, 110)) > 0.7
    assert found.doubt is not None


def test_glass_has_its_doubt():
    """Hardly another colour than what is behind it."""
    scene = picture(("ellipse", (50, 20, 110, 100), (236, 237, 236)))
    assert find_object(scene, Prompt(clicks=[(80, 60)])).doubt is not None
    with pytest.raises(UserError, match="the segmenter box sees no object"):
        find_object(scene, Prompt(box=(45, 15, 115, 105)))
    with pytest.raises(UserError, match="cannot tell the object"):
        find_object(scene)


@pytest.mark.parametrize("suffix", ["gif", "png", "webp"])
def test_of_an_animation_the_first_picture_is_taken_and_that_is_said(suffix, tmp_path):
    first, *others = (drawn(("rectangle", (x, 30, x + 40, 80), BLUE)) for x in (30, 60, 90))
    options = {"lossless": True} if suffix == "webp" else {}
    path = tmp_path / f"moving.{suffix}"
    first.save(path, save_all=True, append_images=others, duration=100, **options)
    found = find_object(read_image(path))
    assert overlap(found.mask, (30, 30, 70, 80)) > 0.9
    assert found.doubt == "the first of 3 pictures of the file was taken"
    still = tmp_path / f"still.{suffix}"
    first.save(still, **options)
    assert find_object(read_image(still)).doubt is None


def test_the_pictures_of_a_phones_file_are_no_animation(tmp_path):
    """A phone's JPEG may hold a preview or a depth map beside the photograph (MPO)."""
    scene = drawn(("rectangle", (30, 30, 70, 80), BLUE))
    scene.save(tmp_path / "phone.jpg", "MPO", save_all=True, append_images=[scene], quality=95)
    assert find_object(read_image(tmp_path / "phone.jpg")).doubt is None


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--method", "rembg"], "rembg"),
        (["--method", "sam:nowhere"], "nowhere"),
        (["--method", "u2nett"], "'u2nett' is neither a mask file nor a segmenter"),
        (["--click", "300,20"], "the click 300, 20 lies outside"),
        (["--box", "200,10,260,50"], "the box 200, 10, 260, 50 lies outside"),
        (["--box", "20,20,20,50"], "has no area"),
        (["--click", "10,10", "--box", "20,20,60,60"], "lies outside the box"),
        (["--method", "mask.png", "--click", "10,10"], "drop one of the two"),
    ],
)
def test_what_cannot_be_done_is_one_line(words, says, tmp_path, funcorr_command, monkeypatch):
    monkeypatch.chdir(tmp_path)
    drawn(("rectangle", (30, 30, 70, 80), BLUE)).save("a.png")
    Image.new("L", SIZE, 255).save("mask.png")
    outcome = funcorr_command("mask", "a.png", *words, "--out", "out")
    assert outcome.is_refusal, outcome
    assert says in outcome.err
    assert not (tmp_path / "out").exists()


def test_an_outline_on_an_edge_is_not_faint():
    rgb = np.full((60, 80, 3), 200, np.uint8)
    rgb[20:40, 30:60] = 60
    mask = rgb[..., 0] < 100
    assert faint_share(rgb, mask) == 0
    half = mask.copy()
    half[:, 45:] = False  # 20 + 2 * 14 pixels of outline lie on an edge, 20 do not
    assert faint_share(rgb, half) == pytest.approx(14 / 66, abs=0.01)
    assert faint_share(rgb, np.ones_like(mask)) == 0
