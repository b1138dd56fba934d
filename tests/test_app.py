"""What lies behind the page of ``funcorr app``, without a browser."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import time
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from funcorr.affordance import AffordanceMap
from funcorr.app.affordance_tab import AffordanceTab
from funcorr.app.events import _answer
from funcorr.app.folder import remove_unused
from funcorr.app.guards import Uploads
from funcorr.app.match_tab import MatchTab
from funcorr.app.object_input import ObjectInputs
from funcorr.app.objects import Click, Subject, find_object, working_copy
from funcorr.app.panels import MODES, PIN_NAMES, outline_view, view_size
from funcorr.app.uploads import gr, read_upload
from funcorr.app.visit import RecentlyUsed, Visit
from funcorr.correspondence.chance import ChanceMatcher
from funcorr.correspondence.result import Correspondence
from funcorr.errors import UserError
from funcorr.functions.known import KnownFunction
from funcorr.images import Picture, read_image, read_mask


class CountingMatcher(ChanceMatcher):
    """Chance, and how often the expensive step was taken."""

    encodings = 0

    def _features(self, windows):
        self.encodings += len(windows)
        return super()._features(windows)


@pytest.fixture
def visit():
    return Visit(CountingMatcher())


@pytest.fixture
def tab(tmp_path):
    (tmp_path / "files").mkdir()
    return MatchTab(
        ObjectInputs(lambda: Visit(CountingMatcher()), RecentlyUsed(4)), tmp_path / "files"
    )


@pytest.fixture
def paths(scene):
    return str(scene / "a.png"), str(scene / "b.png")


@pytest.fixture
def busy_photo(tmp_path):
    """A red disc on stripes: no plain background."""
    stripes = np.zeros((90, 120, 3), np.uint8)
    stripes[:, ::8], stripes[:, 4::8] = (20, 60, 20), (60, 120, 60)
    image = Image.fromarray(stripes)
    ImageDraw.Draw(image).ellipse((40, 20, 90, 70), fill=(220, 30, 30))
    image.save(tmp_path / "busy.png")
    disc = Image.new("L", image.size)
    ImageDraw.Draw(disc).ellipse((40, 20, 90, 70), fill=255)
    return str(tmp_path / "busy.png"), np.asarray(disc) > 127


def overlap(a, b):
    return (a & b).sum() / (a | b).sum()


def zip_bomb(path: Path, side: int) -> Path:
    """A PNG of side x side black pixels in a few kilobytes."""
    rows = zlib.compress(bytes(side * (side // 8 + 1)), 9)
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)), (b"IDAT", rows)]
    packed = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in (*chunks, (b"IEND", b""))
    ]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(packed))
    return path


def test_one_click_finds_the_object_in_a_busy_photo(busy_photo):
    path, disc = busy_photo
    picture = read_image(path)
    with pytest.raises(UserError, match="cannot tell the object"):
        find_object(picture, Subject(path), picture.size)
    click = Click(65 / 120, 45 / 90, True)
    found = find_object(picture, Subject(path, (click,)), picture.size)
    assert found.source == "your clicks"
    assert overlap(found.mask, disc) > 0.9


def test_a_click_on_the_background_takes_away(busy_photo):
    path, disc = busy_photo
    picture = read_image(path)
    on, off = Click(65 / 120, 45 / 90, True), Click(50 / 120, 45 / 90, False)
    without = find_object(picture, Subject(path, (on, off)), picture.size).mask
    assert disc[45, 50]
    assert not without[45, 50]
    assert without[45, 65]
    with pytest.raises(UserError, match="cannot tell the object"):
        find_object(picture, Subject(path, (off,)), picture.size)


def test_clicks_mean_the_same_place_at_any_size(busy_photo):
    path, disc = busy_photo
    with Image.open(path) as image:
        large = read_image(image.resize((360, 270), Image.Resampling.NEAREST))
    subject = Subject(path, (Click(65 / 120, 45 / 90, True),))
    mask = find_object(large, subject, large.size).mask
    assert overlap(mask[1::3, 1::3], disc) > 0.9


def test_a_given_segmenter_turns_clicks_into_the_mask(busy_photo):
    path, _ = busy_photo
    asked = []

    def upper_half(rgb, clicks):
        asked.append((rgb.shape, clicks))
        return np.arange(len(rgb))[:, None] < np.full((1, rgb.shape[1]), len(rgb) / 2)

    clicks = (Click(0.5, 0.25, True),)
    found = Visit(CountingMatcher(), upper_half).find(Subject(path, clicks))
    assert asked == [((90, 120, 3), clicks)]
    assert (found.mask[:45].all(), found.mask[45:].any()) == (True, False)
    assert found.how == "your clicks"


def test_a_mask_counts_more_than_clicks_and_must_fit(scene):
    path, mask = str(scene / "a.png"), str(scene / "mask_a.png")
    picture = working_copy(read_image(path), 26)
    assert picture.size == (20, 26)
    found = find_object(picture, Subject(path, (Click(0.5, 0.5, True),), mask), (40, 52))
    assert found.source == "your mask"
    small = np.asarray(read_mask(mask, (40, 52)))[::2, ::2]
    assert overlap(found.mask, small) > 0.85
    with pytest.raises(UserError, match="the mask is 52 x 40 pixels but its image is 30 x 30"):
        find_object(picture, Subject(path, (), mask), (30, 30))


def test_a_working_copy_keeps_its_transparency():
    alpha = np.zeros((2000, 1000), bool)
    alpha[500:1500, 250:750] = True
    copy = working_copy(Picture(np.zeros((2000, 1000, 3), np.uint8), alpha, "x"))
    assert copy.size == (1024, 512)
    assert copy.alpha_mask.mean() == pytest.approx(0.25, abs=0.01)
    assert copy.alpha_mask[512, 256]


def test_an_image_is_encoded_once_whatever_is_asked(visit, paths):
    visit.subjects = [Subject(paths[0]), Subject(paths[1])]
    for function in ("pour-with", "Hold ", "pour-with"):
        assert visit.match(function).function == function.strip().lower()
    assert visit.model.encodings == 2
    visit.subjects.reverse()
    visit.match("pour-with")
    assert visit.model.encodings == 2
    visit.subjects[0] = Subject(paths[0], (Click(0.4, 0.5, True),))
    visit.match("pour-with")
    assert visit.model.encodings == 3


def test_the_files_hold_every_pixel_at_full_size(visit, tmp_path):
    large = Image.new("RGB", (1500, 900), "white")
    ImageDraw.Draw(large).rectangle((300, 200, 1000, 700), fill=(40, 80, 160))
    large.save(tmp_path / "large.png")
    path = str(tmp_path / "large.png")
    visit.subjects = [Subject(path), Subject(path)]
    result = visit.match("cut-with")
    assert result.image1.shape == (614, 1024, 3)
    assert len(result) <= 10_000
    visit.pins.append((511.0, 306.0))
    files = visit.write_files(tmp_path)
    assert {file.name for file in files} == {
        "matches.npz", "matches.json", "matches.png", "dense.png"
    }  # fmt: skip
    saved = Correspondence.load(tmp_path / "matches.npz")
    expected = visit.model.match(path, path, "cut-with")
    assert (saved.points1 == expected.points1).all()
    assert (saved.points2 == expected.points2).all()
    assert '"image1": "large.png"' in (tmp_path / "matches.json").read_text()
    assert "748.77" in (tmp_path / "matches.json").read_text()  # the pin: 511.5 * 1500 / 1024 - 0.5


def test_the_least_recent_is_forgotten_and_made_again():
    made = []
    recent = RecentlyUsed(2)
    for key in "abac":
        recent.get(key, lambda key=key: made.append(key))
    assert list(recent) == ["a", "c"]
    recent.get("b", lambda: made.append("b"))
    recent.drop("unknown")
    assert made == ["a", "b", "c", "b"]


def test_a_visit_from_upload_to_points(tab, paths):
    for place, path in enumerate(paths):
        status, _, outline, _ = tab.objects.uploaded("me", path, place)
        assert status.startswith("Object found by its plain background; it covers")
        assert outline.size == view_size((40, 52))
    shown, view1, view2, words, _ = tab.match("me", *paths, "pour-with", MODES[0])
    assert shown["visible"]
    assert view1.size == view2.size == view_size((40, 52))
    assert "Click a point" in words
    *_, words = tab.clicked("me", (300, 270), MODES[1])
    row = words.splitlines()[2].split(" | ")
    assert row[0] == "| A"
    assert row[1] == "24, 21"  # (300.5, 270.5) * 52 / 640 - 0.5
    assert 0 <= float(row[3].strip(" |")) <= 1
    *_, words, typed = tab.typed("me", "20, 20", MODES[0])
    assert "| B | 20, 20 |" in words
    assert typed == ""
    for _ in range(20):
        *_, words = tab.clicked("me", (300, 270), MODES[0])
    assert words.count("\n") == 1 + len(PIN_NAMES)
    assert "Click a point" in tab.cleared("me", MODES[2])[-1] + tab.cleared("me", MODES[0])[-1]


@pytest.mark.parametrize(
    ("nearest", "similarity", "said"),
    [
        ("pour-with", 1.0, None),
        ("poor-with", 0.6, "**pour-with is no trained function; did you mean poor-with?**"),
        ("drain-by", 0.8, "**pour-with is no trained function, but drain-by is close to it"),
        ("cut-with", 0.3, "**pour-with is no trained function and far from all that are"),
    ],
)
def test_a_function_that_was_not_trained_is_told_with_the_answer(
    tmp_path, paths, nearest, similarity, said
):
    class Taught(CountingMatcher):
        def match(self, *args, **options):
            known = KnownFunction("pour-with", nearest, similarity)
            return replace(super().match(*args, **options), function_known=known)

    tab = MatchTab(ObjectInputs(lambda: Visit(Taught()), RecentlyUsed(4)), tmp_path)
    words = tab.match("me", *paths, "pour-with", MODES[0])[3]
    assert words.startswith(said or "Click a point")
    assert "Click a point" in words
    words = tab.clicked("me", (300, 270), MODES[0])[-1]
    assert words.startswith(said or "| |")
    assert "| A |" in words


def test_visitors_do_not_see_each_other(tab, paths):
    tab.match("me", *paths, "pour-with", MODES[0])
    tab.clicked("me", (300, 270), MODES[0])
    with pytest.raises(UserError, match="match two images first"):
        tab.view("you", MODES[0])
    tab.match("you", paths[1], paths[0], "cut-with", MODES[0])
    assert "Click a point" in tab.view("you", MODES[0])[-1]
    assert "| A |" in tab.view("me", MODES[0])[-1]


def test_a_new_image_drops_the_old_points(tab, paths):
    tab.match("me", *paths, "pour-with", MODES[0])
    tab.clicked("me", (300, 270), MODES[0])
    assert "Click a point" in tab.match("me", *paths[::-1], "pour-with", MODES[0])[3]


def test_clicks_on_the_outline_and_back(tab, busy_photo):
    path, _ = busy_photo
    status, details, picture, _ = tab.objects.uploaded("me", path, 0)
    assert "The background is not plain" in status
    assert details["open"]
    assert picture.size == view_size((90, 120))
    status, *_ = tab.objects.marked("me", (347, 240), path, "Object", 0)
    assert status.startswith("Object found by your clicks")
    assert "not plain" in tab.objects.undone("me", path, 0)[0]
    tab.objects.marked("me", (347, 240), path, "Object", 0)
    assert "not plain" in tab.objects.restarted("me", path, 0)[0]
    assert tab.objects.uploaded("me", None, 0)[2] is None


def test_a_doubtful_outline_asks_for_a_click(tab, tmp_path):
    image = Image.new("RGB", (300, 200), (200, 200, 200))
    ImageDraw.Draw(image).ellipse((-20, 80, 80, 117), fill=(170, 160, 150))
    image.save(tmp_path / "cut.png")
    path = str(tmp_path / "cut.png")
    status, details, *_ = tab.objects.uploaded("me", path, 0)
    assert "it reaches the edge of the picture" in status
    assert details["open"]
    status = tab.objects.marked("me", (60, 210), path, "Object", 0)[0]
    assert status.startswith("**Is this the object? By your clicks, ")


def test_a_dragged_box_finds_the_object_and_clicks_refine_it(tab, busy_photo):
    path, truth = busy_photo
    tab.objects.uploaded("me", path, 0)
    rows, columns = np.flatnonzero(truth.any(axis=1)), np.flatnonzero(truth.any(axis=0))
    height, width = truth.shape
    ends = columns[0] / width, rows[0] / height, (columns[-1] + 1) / width, (rows[-1] + 1) / height
    shares = ",".join(f"{end:.5f}" for end in ends)
    status, _, outline, line = tab.objects.boxed("me", shares, path, 0)
    assert "your box" in status
    assert line == ""
    subject = tab.objects.visit("me").subjects[0]
    found = tab.objects.visit("me").find(subject).mask
    assert (found & truth).sum() / (found | truth).sum() > 0.8
    bare = outline_view(read_image(path).rgb, found, ())
    assert (np.asarray(outline) != np.asarray(bare)).any()  # the box is drawn
    inside = int((columns.mean() + 0.5) / width * view_size(truth.shape)[0])
    middle = int((rows.mean() + 0.5) / height * view_size(truth.shape)[1])
    assert "your box and clicks" in tab.objects.marked("me", (inside, middle), path, "Object", 0)[0]
    tab.objects.undone("me", path, 0)
    assert tab.objects.visit("me").subjects[0] == subject
    assert "not plain" in tab.objects.undone("me", path, 0)[0]
    tab.objects.boxed("me", shares, path, 0)
    tab.objects.marked("me", (3, 3), path, "Object", 0)
    assert tab.objects.visit("me").subjects[0].box is None  # the object lies elsewhere
    assert "not plain" in tab.objects.restarted("me", path, 0)[0]


@pytest.mark.parametrize(
    "shares", ["", "0.1,0.1,0.1,0.9", "0.4,0.2,0.1,0.9", "a,b,c,d", "-1,0,1,1"]
)
def test_a_box_of_no_area_is_a_line(tab, paths, shares):
    with pytest.raises(UserError, match="the box has no area: drag from one corner"):
        tab.objects.boxed("me", shares, paths[0], 0)


def test_a_box_in_which_nothing_is_seen_says_so(tab, tmp_path):
    Image.new("RGB", (120, 90), (230, 230, 230)).save(tmp_path / "paper.png")
    status, details, *_ = tab.objects.boxed("me", "0.2,0.2,0.6,0.6", str(tmp_path / "paper.png"), 0)
    assert "sees no object" in status
    assert details["open"]


def test_nothing_stays_open_from_the_picture_before(tab, paths, busy_photo):
    assert tab.objects.uploaded("me", busy_photo[0], 0)[1]["open"]
    _, details, _, mask = tab.objects.uploaded("me", paths[0], 0)
    assert details["open"] is False
    assert mask is None


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda tab, a, b: tab.match("me", None, None, "cut-with", MODES[0]), "add two images"),
        (lambda tab, a, b: tab.match("me", a, None, "cut-with", MODES[0]), "add an image first"),
        (lambda tab, a, b: tab.match("me", a, b, "!!", MODES[0]), "unusable function '!!'"),
        (lambda tab, a, b: tab.match("me", a, b, None, MODES[0]), "unusable function ''"),
        (
            lambda tab, a, b: tab.objects.marked("me", (1, 1), None, "Object", 0),
            "add an image first",
        ),
        (lambda tab, a, b: tab.prepare("me"), "match two images first"),
    ],
)
def test_what_is_missing_is_said(tab, paths, ask, said):
    with pytest.raises(UserError, match=said):
        ask(tab, *paths)


@pytest.mark.parametrize(
    ("text", "said"), [("here", "two numbers"), ("1, nan", "finite"), ("99, 5", "outside object 1")]
)
def test_typed_points_are_checked(tab, paths, text, said):
    tab.match("me", *paths, "pour-with", MODES[0])
    with pytest.raises(UserError, match=said):
        tab.typed("me", text, MODES[0])


class Verbs:
    """An affordance model that is always half sure, and counts its encodings."""

    encodings = 0

    def encode(self, picture):
        self.encodings += 1
        return picture

    def predict(self, picture, actions):
        maps = np.full((len(actions), *picture.size), 0.5, np.float32)
        return AffordanceMap(maps, tuple(actions), "verbs", picture.rgb)


def test_several_verbs_on_one_image(paths, tmp_path):
    verbs = Verbs()
    tab = AffordanceTab(lambda: verbs, tmp_path)
    shown, files = tab.predict("me", paths[0], ["Pour", "pour", "sit_on"])
    assert [caption for _, caption in shown["value"]] == ["pour: peak 0.50", "sit_on: peak 0.50"]
    assert {Path(file).name for file in files["value"]} == {
        "heatmaps.npz", "affordance.json", "overlay.png"
    }  # fmt: skip
    tab.predict("me", paths[0], ["cut"])
    assert verbs.encodings == 1
    for path, actions, said in ((None, ["cut"], "add an image"), (paths[0], [], "choose 1 to")):
        with pytest.raises(UserError, match=said):
            tab.predict("me", path, actions)


def test_bad_uploads_are_named_as_the_visitor_knows_them(tmp_path):
    (tmp_path / "note.png").write_text("no image")
    (tmp_path / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 40)
    Image.effect_noise((99, 99), 50).save(tmp_path / "whole.jpg")
    (tmp_path / "half.jpg").write_bytes((tmp_path / "whole.jpg").read_bytes()[:2000])
    Image.new("RGB", (1, 1)).save(tmp_path / "dot.png")
    for name, said in (
        ("half.jpg", "half.jpg: image file is truncated.*is the file damaged"),
        ("dot.png", "dot.png has 1 x 1 pixels; expected at least 2 x 2"),
        ("note.png", "note.png is not an image"),
        ("cut.png", "cut.png"),
        ("gone.png", "gone.png is no longer here"),
        (zip_bomb(tmp_path / "bomb.png", 8000).name, "8000 x 8000 pixels; expected at most 40,0"),
        (zip_bomb(tmp_path / "huge.png", 20_000).name, "too many pixels"),
    ):
        with pytest.raises(UserError, match=said) as refusal:
            read_upload(str(tmp_path / name))
        assert str(tmp_path) not in str(refusal.value)


def test_a_page_that_is_ended_while_it_starts_leaves_nothing_behind(tmp_path):
    code = """
from funcorr.app.folder import upload_folder
with upload_folder() as folder:
    (folder / "a.png").touch()
    print("here", flush=True)
    while True:
        pass
"""
    words = [sys.executable, "-c", code]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout.readline() == b"here\n"
        assert len(list(tmp_path.rglob("a.png"))) == 1
        process.terminate()
    assert process.returncode == 143
    assert not list(tmp_path.iterdir())


def test_only_what_nobody_used_is_removed(tmp_path, scene):
    old, new = tmp_path / "x" / "old.png", tmp_path / "new.png"
    old.parent.mkdir()
    for path in (old, new):
        path.write_bytes((scene / "a.png").read_bytes())
    for path in (old, new, *scene.glob("*.png")):
        os.utime(path, (time.time() - 1000,) * 2)
    read_upload(str(new))
    for path in scene.glob("?.png"):
        path.unlink()
    mask = scene / "mask_a.png"
    assert remove_unused(tmp_path, 500, {mask}) == 1
    assert mask.exists()
    assert new.exists()
    assert not old.parent.exists()


def test_a_folder_that_is_about_to_be_filled_stays(tmp_path):
    fresh, stale, above = tmp_path / "fresh", tmp_path / "stale", tmp_path / "above"
    for folder in (fresh, stale, above / "below"):
        folder.mkdir(parents=True)
    (above / "below" / "old.png").touch()
    for old in (stale, above / "below" / "old.png"):
        os.utime(old, (0, 0))
    assert remove_unused(tmp_path, 500) == 1
    assert list(tmp_path.iterdir()) == [fresh]


def test_errors_become_one_line_and_no_traceback(caplog):
    def refuses():
        raise UserError("that is no image")

    def breaks():
        raise RuntimeError("secret /path")

    with pytest.raises(gr.Error, match="that is no image"):
        _answer(refuses, None, [])
    with pytest.raises(gr.Error) as failure:
        _answer(breaks, None, [])
    assert "secret" not in str(failure.value)
    assert "secret" in caplog.text


def test_a_file_equal_to_an_example_stays_everyones() -> None:
    uploads = Uploads()
    uploads.share("examples/spoon.png")
    uploads.note("ann", ["examples/spoon.png", "brought/mine.png"])
    assert not uploads.is_foreign("bob", "examples/spoon.png")
    assert uploads.is_foreign("bob", "brought/mine.png")
    assert not uploads.is_foreign("ann", "brought/mine.png")
    assert not uploads.is_foreign("bob", "nobody/brought.png")
