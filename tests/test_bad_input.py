"""Bad and odd input through the command: the right result, or one line and nothing left behind."""

from __future__ import annotations

import os
import resource
import struct
import subprocess
import sys
import zlib
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image, ImageDraw

import funcorr
from funcorr.errors import UserError


def words(scene, **changed):
    given = {"a": scene / "a.png", "b": scene / "b.png", "out": scene / "out"} | changed
    options = {"function": "pour-with", "model": "chance", "out": given.pop("out")}
    a, b = given.pop("a"), given.pop("b")
    pairs = [(f"--{name}", value) for name, value in (options | given).items()]
    return ["match", a, b, *(word for pair in pairs for word in pair)]


def gray_png(path, width, height):
    """A black PNG of any size, without holding its pixels."""
    row = bytes(1 + (width + 7) // 8)
    deflate = zlib.compressobj(1)
    data = b"".join(deflate.compress(row) for _ in range(height)) + deflate.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        for kind, body in chunks:
            checksum = struct.pack(">I", zlib.crc32(kind + body))
            file.write(struct.pack(">I", len(body)) + kind + body + checksum)
    return path


def truncated_jpeg(scene):
    with Image.open(scene / "a.png") as image:
        image.resize((300, 300)).save(scene / "whole.jpg")
    content = (scene / "whole.jpg").read_bytes()
    (scene / "half.jpg").write_bytes(content[: len(content) // 2])
    return scene / "half.jpg"


def text_as_png(scene):
    (scene / "text.png").write_text("not an image")
    return scene / "text.png"


def speckled(scene):
    noise = np.random.default_rng(0).integers(0, 255, (40, 52, 3), dtype=np.uint8)
    Image.fromarray(noise).save(scene / "noise.png")
    return scene / "noise.png"


BAD_IMAGES = {
    "missing": (lambda scene: scene / "absent.png", "no such file"),
    "folder": (lambda scene: scene, "is a folder"),
    "text": (text_as_png, "not an image that can be read"),
    "truncated": (truncated_jpeg, "is the file damaged or closed?"),
    "one pixel": (lambda scene: gray_png(scene / "dot.png", 1, 1), "at least 2 x 2"),
    "bomb": (lambda scene: gray_png(scene / "bomb.png", 20_000, 20_000), "80,000,000"),
    "large": (lambda scene: gray_png(scene / "large.png", 10_000, 9_000), "80,000,000"),
    "nothing to see": (speckled, "pass a mask"),
}


@pytest.mark.parametrize("kind", BAD_IMAGES)
@pytest.mark.parametrize("place", ["a", "b"])
def test_an_unusable_image(funcorr_command, scene, kind, place):
    make, said = BAD_IMAGES[kind]
    done = funcorr_command(*words(scene, **{place: make(scene)}))
    assert done.is_refusal, done
    assert said in done.err
    assert not (scene / "out").exists()


def saved(scene, image, name, **options):
    image.save(scene / name, **options)
    return scene / name


def drawn(mode, ink, paper="white"):
    image = Image.new(mode, (52, 40), paper)
    ImageDraw.Draw(image).ellipse((8, 10, 30, 34), fill=ink)
    return image


def deep_gray(scene):
    values = np.asarray(drawn("L", 60)).astype(np.uint16) * 257
    return saved(scene, Image.fromarray(values), "gray16.png")


def deep_rgb(scene):
    """16-bit RGB: Pillow does not write it, so the chunks are made here."""
    values = np.asarray(drawn("RGB", (30, 90, 160))).astype(">u2") * 257
    raw = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", 52, 40, 16, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(raw)),
        (b"IEND", b""),
    )
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    (scene / "rgb16.png").write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    return scene / "rgb16.png"


def clear_palette(scene):
    image = drawn("P", 1, paper=0)
    image.putpalette([250, 250, 250, 30, 90, 160])
    return saved(scene, image, "palette.png", transparency=0)


def animation(scene):
    frames = [drawn("RGB", (30, 90, 160)), drawn("RGB", (160, 90, 30))]
    return saved(scene, frames[0], "two.gif", save_all=True, append_images=frames[1:])


ODD_IMAGES = {
    "16-bit grey": deep_gray,
    "16-bit RGB": deep_rgb,
    "CMYK": lambda scene: saved(scene, drawn("RGB", "navy").convert("CMYK"), "c.jpg", quality=95),
    "palette with transparency": clear_palette,
    "animation": animation,
}


@pytest.mark.parametrize("kind", ODD_IMAGES)
def test_an_odd_image_is_read_like_the_plain_one(funcorr_command, scene, kind):
    done = funcorr_command(*words(scene, a=ODD_IMAGES[kind](scene)))
    said = "the first of 2 pictures" if kind == "animation" else ""
    assert done.code == 0
    assert said in done.err if said else done.err == ""
    found = funcorr.Correspondence.load(scene / "out" / "matches.npz").points1
    plain = np.argwhere(np.asarray(drawn("L", 0)) == 0)[:, ::-1]
    pixels = {tuple(point) for point in found.astype(int)}
    expected = {tuple(point) for point in plain}
    assert len(pixels & expected) / len(pixels | expected) > 0.95


def mask_file(scene, shape=(40, 52), box=None):
    mask = np.zeros(shape, np.uint8)
    if box:
        top, left, height, width = box
        mask[top : top + height, left : left + width] = 255
    return saved(scene, Image.fromarray(mask), "given.png")


def test_masks_that_do_not_fit(funcorr_command, scene):
    for place in ("mask1", "mask2"):
        other_size = mask_file(scene, (52, 40), (5, 5, 9, 9))
        done = funcorr_command(*words(scene, **{place: other_size}))
        assert done.is_refusal
        assert "is 40 x 52 pixels but its image is 52 x 40" in done.err
        done = funcorr_command(*words(scene, **{place: mask_file(scene)}))
        assert done.is_refusal
        assert "is empty" in done.err
    assert not (scene / "out").exists()


def test_a_mask_of_one_pixel_is_legal(funcorr_command, scene):
    mask = mask_file(scene, box=(20, 17, 1, 1))
    assert funcorr_command(*words(scene, mask1=mask)).code == 0
    result = funcorr.Correspondence.load(scene / "out" / "matches.npz")
    assert result.points1.tolist() == [[17, 20]]
    assert funcorr_command(*words(scene, mask2=mask)).code == 0
    result = funcorr.Correspondence.load(scene / "out" / "matches.npz")
    assert (result.points2 == (17, 20)).all()


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.full((3, 9, 9), np.nan), "NaN"),
        (np.full((3, 9, 9), 1.5), "in \\[0, 1\\]"),
        (np.zeros((9, 9, 5)), "expected H x W, H x W x 1, 3 or 4, or 3 x H x W"),
        (np.zeros((3, 9, 3)), "can be read in two ways"),
        (np.zeros((0, 9, 3), np.uint8), "0 x 9 x 3"),
        ([1, 2], "cannot use list"),
    ],
)
def test_an_unusable_array(array, said):
    model = funcorr.load_model("chance")
    with pytest.raises(UserError, match=said):
        model.match(array, array, "pour-with")


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ({"model": "funcorr-huge"}, "unknown model 'funcorr-huge'"),
        ({"model": "funcorr-base"}, "cannot run here"),
        ({"function": "?!"}, "unusable function"),
        ({"function": ""}, "unusable function"),
        ({"points": "1;2"}, "--points takes"),
        ({"device": "toaster"}, "device"),
    ],
)
def test_a_wrong_option(funcorr_command, scene, option, said):
    done = funcorr_command(*words(scene, **option))
    assert done.is_refusal, done
    assert said in done.err
    assert not (scene / "out").exists()


def test_unknown_words_are_a_function_too(funcorr_command, scene):
    assert funcorr_command(*words(scene, function="balance-upon")).code == 0


def test_a_place_that_cannot_be_written_is_said_before_any_work(funcorr_command, scene):
    locked = scene / "locked"
    locked.mkdir(mode=0o555)
    places = [scene / "a.png", scene / "a.png" / "deeper"]
    places.append("/proc/funcorr-out" if os.geteuid() == 0 else locked / "out")
    for place in places:
        done = funcorr_command(*words(scene, out=place, a="absent.png"))
        assert done.is_refusal
        assert str(place) in done.err
        assert "absent.png" not in done.err


@contextmanager
def files_at_most(size):
    """Larger writes fail, by the operating system's own limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("size", [0, 2_000, 20_000])
def test_writes_that_fail_leave_the_old_files(funcorr_command, scene, size):
    assert funcorr_command(*words(scene)).code == 0
    before = {path.name: path.read_bytes() for path in (scene / "out").iterdir()}
    with files_at_most(size):
        done = funcorr_command(*words(scene, function="hang-onto"))
    assert done.is_refusal, done
    assert "cannot write" in done.err
    assert {path.name: path.read_bytes() for path in (scene / "out").iterdir()} == before


def test_a_full_disk(funcorr_command, scene):
    disk = scene / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", disk], capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("mounting a small tmpfs needs privileges")
    try:
        done = funcorr_command(*words(scene, out=disk / "out"))
        assert done.is_refusal, done
        assert "No space left on device" in done.err
        assert not list(disk.iterdir())
    finally:
        subprocess.run(["umount", disk], check=True)


def test_the_installed_command_refuses_with_one_line(scene):
    command = [sys.executable, "-m", "funcorr", *map(str, words(scene, a=text_as_png(scene)))]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
