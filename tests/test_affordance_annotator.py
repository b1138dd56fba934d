"""Clicking affordances: what is saved, taken back and taken up again."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from funcorr.affordance.data.oneshot import heatmap_from_points, read_one_shot
from funcorr.app.affordance_annotator import AffordanceAnnotation, find_images
from funcorr.app.affordance_page import AffordancePage
from funcorr.app.panels import view_size
from funcorr.errors import UserError


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("cell_phone.png", "mug_01.jpg"):
        Image.new("RGB", (90, 60), (120, 90, 60)).save(folder / name)
    (folder / "notes.txt").write_text("not an image")
    return folder


@pytest.fixture
def work(photos, tmp_path):
    return AffordanceAnnotation([photos], ["pour", "drink with"], tmp_path / "out")


def test_every_click_is_in_the_examples_at_once(work):
    work.add(20, 30)
    work.add(60, 10)
    work.action = "drink-with"
    work.add(5, 5)
    (example,) = read_one_shot(work.out)
    assert example.object == "cell phone"
    assert set(example.heatmaps) == {"pour", "drink-with"}
    expected = heatmap_from_points([(20, 30), (60, 10)], (60, 90))
    assert np.abs(example.heatmaps["pour"] - expected).max() <= 0.5 / 255 + 1e-6
    assert work.progress() == "Image 1 of 2, 1 marked"


def test_taking_back_ends_with_nothing(work):
    work.add(20, 30)
    work.undo()
    assert not list(work.out.glob("*.npy"))
    assert not list(work.out.glob("*.jpg"))
    work.undo()
    work.add(1, 1)
    work.add(2, 2)
    work.clear()
    assert work.progress() == "Image 1 of 2, 0 marked"


def test_work_is_taken_up_where_it_was_left(work, photos):
    work.add(20, 30)
    work.rename("mobile  phone")
    again = AffordanceAnnotation([photos], ["pour", "drink with"], work.out)
    assert again.stem == "mug_01"
    again.move(-1)
    assert again.here() == {"pour": [(20.0, 30.0)]}
    again.add(40, 40)
    (example,) = read_one_shot(work.out)
    assert example.object == "mobile phone"
    again.move(-5)
    assert again.place == 0
    again.move(5)
    assert again.place == 1


def test_a_click_on_the_view_lands_on_its_pixel(work):
    width, height = view_size((60, 90))
    assert work.view().size == (width, height)
    before = np.asarray(work.view()).astype(int)
    x, y = work.pixel(width / 3, height / 2)
    assert (x, y) == pytest.approx((90 / 3 - 0.5, 60 / 2 - 0.5), abs=0.2)
    work.add(x, y)
    changed = np.abs(np.asarray(work.view()).astype(int) - before).sum(axis=2)
    row, column = np.unravel_index(changed.argmax(), changed.shape)
    assert (column / width, row / height) == pytest.approx((1 / 3, 1 / 2), abs=0.05)


def test_only_one_window_works_on_a_folder(work):
    page = AffordancePage(work)
    progress, name, action, _ = page.show("first")
    assert "Image 1 of 2" in progress
    assert name == "cell phone"
    assert action["value"] == "pour"
    with pytest.raises(UserError, match="another window"):
        page.click("second", (10, 10), "pour")
    page.click("first", (10, 10), "pour")
    page.type("first", "4, 5", "drink-with")
    assert page.show("first")[2]["choices"] == [
        ("pour (1)", "pour"),
        ("drink-with (1)", "drink-with"),
    ]
    with pytest.raises(UserError, match="not among the actions"):
        page.choose("first", "fly")
    page.leave("first")
    assert "1 marked" in page.forward("second")[0]


def test_what_cannot_be_annotated_is_said(work, photos, tmp_path):
    with pytest.raises(UserError, match="outside its image"):
        work.add(90, 10)
    with pytest.raises(UserError, match="needs a name"):
        work.rename(" ")
    with pytest.raises(UserError, match="at least one action"):
        AffordanceAnnotation([photos], [], tmp_path / "new")
    (tmp_path / "foreign").mkdir()
    np.save(tmp_path / "foreign" / "mug.npy", np.ones((1, 2, 2), np.uint8))
    with pytest.raises(UserError, match="not made by clicking"):
        AffordanceAnnotation([photos], ["pour"], tmp_path / "foreign")
    (tmp_path / "foreign" / "clicks.json").write_text('{"format": "funcorr-clicks/2"}')
    with pytest.raises(UserError, match="no file of clicks"):
        AffordanceAnnotation([photos], ["pour"], tmp_path / "foreign")


def test_images_are_found_by_name(photos, tmp_path):
    assert [path.name for path in find_images([photos])] == ["cell_phone.png", "mug_01.jpg"]
    for places, said in (
        ([tmp_path / "absent"], "no such file"),
        ([photos / "notes.txt"], "no images there"),
        ([photos, photos / "mug_01.jpg"], "two images are called mug_01"),
    ):
        with pytest.raises(UserError, match=said):
            find_images(places)
