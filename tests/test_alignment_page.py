"""The alignment annotator's page: its controls on a real server, and a person in a real browser."""

import contextlib
import io
import json
import shutil
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import viser
from browser import FAINT, PATIENCE, WEBGL, chromium, served, visited

from funcorr.app.alignments import scene_view
from funcorr.app.alignments.display import MAX_FACES
from funcorr.app.alignments.library import Library
from funcorr.app.alignments.page import Page, status
from funcorr.app.alignments.placement import Box, turn_of
from funcorr.app.alignments.scene_view import GIZMOS
from funcorr.app.alignments.session import Session
from funcorr.assets.store import write_asset
from funcorr.geometry.symmetry import AXES
from funcorr.groundtruth.alignments import align_frames, read_alignments
from funcorr.groundtruth.part_regions import PartRegion
from funcorr_forge import forge_asset

PAIRS = [("mug-0000", "bowl-0000"), ("bowl-0000", "kettle-0000")]


@pytest.fixture(scope="module")
def assets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("assets")
    for name in ("mug", "bowl", "kettle"):
        write_asset(forge_asset(name, 0), folder)
    return folder


@contextlib.contextmanager
def opened(assets, pairs, out, max_faces=MAX_FACES):
    """The page on a server of its own, without a browser."""
    library = Library(assets, "pour-with", max_faces)
    with (
        contextlib.redirect_stdout(io.StringIO()),
        Session(out, "pour-with", pairs, library.start, "A. Person") as session,
    ):
        server = viser.ViserServer("127.0.0.1", 8391, verbose=False)
        page = Page(server, session, library)
        page.session = session
        yield page
        page.close()
        server.stop()


@pytest.fixture
def page(assets, tmp_path):
    with opened(assets, PAIRS, tmp_path / "a.json") as page:
        yield page


def draft(page):
    """What is saved of the current pair."""
    return json.loads(page.session.queue_file.read_text())["pairs"][0]["alignment"]


def test_turning_and_scaling_keep_the_function_in_its_place(page):
    frame = page.session.alignment.frame
    there = np.linalg.inv(page.session.alignment.similarity) @ [*frame.origin, 1]
    page.turn(90.0, "z")
    page.rescale(0.5)
    moved = np.array(draft(page)["similarity"])
    np.testing.assert_allclose((moved @ there)[:3], frame.origin, atol=1e-9)
    assert np.cbrt(np.linalg.det(moved[:3, :3])) == pytest.approx(0.5)
    page.frame_on_frame()
    assert not np.allclose(draft(page)["similarity"], moved)
    page.undo()
    np.testing.assert_allclose(draft(page)["similarity"], moved)


def test_boxes_take_the_place_of_labelled_parts_and_give_it_back(page):
    box = Box((0.1, 0.0, 0.3), turn_of((0.0, 0.0, 45.0)), (0.4, 0.3, 0.2))
    page.set_box(0, box, "")
    assert draft(page)["part1"]["names"] == []
    np.testing.assert_allclose(draft(page)["part1"]["boxes"], [box.matrix])
    page.box_on_box()
    assert page.session.alignment.part2.names == ("rim",)
    page.use_labels(0, True)
    assert draft(page)["part1"] == {"names": ["rim"], "boxes": []}
    page.use_labels(1, False)
    assert len(draft(page)["part2"]["boxes"]) == 1
    two = replace(page.session.alignment, part2=PartRegion((), (box.matrix, np.eye(4))))
    page.session.change(two)
    page.set_box(1, replace(box, size=(0.1, 0.1, 0.1)), "")  # what the page does not show stays
    first, second = draft(page)["part2"]["boxes"]
    assert (first[0][0] < box.matrix[0, 0], second) == (True, np.eye(4).tolist())


def test_a_drag_is_saved_when_it_ends_and_undone_at_once(page):
    shown = page._scene_view
    handle, size = shown._gizmos[GIZMOS[0]]
    before = page.session.alignment.similarity
    for step in (0.1, 0.2, 0.3):
        handle.position = (step, 0.0, 0.2)
        shown._moved(ended=False)
    assert not page.session.can_undo
    shown._moved(ended=True)
    zoom = shown._zoom
    expected = (np.array([0.3, 0.0, 0.2]) - zoom.position) / zoom.scale
    np.testing.assert_allclose(np.array(draft(page)["similarity"])[:3, 3], expected, atol=1e-6)
    scale = np.cbrt(np.linalg.det(page.session.alignment.similarity[:3, :3]))
    middle = np.array(handle.position)
    for factor in (1.2, 1.5):
        size.position = middle + (np.array(size.position) - middle) * factor
        shown._scaled(ended=False)
    shown._scaled(ended=True)
    scaled = np.cbrt(np.linalg.det(np.array(draft(page)["similarity"])[:3, :3]))
    assert scaled == pytest.approx(1.8 * scale)
    corner = shown._gizmos[GIZMOS[1]][1]
    grown = np.array(corner.position) + 0.1
    corner.position = grown
    page._dragged_box(0, shown._boxes[0].with_corner(tuple(grown)), True)
    assert draft(page)["part1"]["boxes"]
    for _ in range(3):
        page.undo()
    np.testing.assert_allclose(page.session.alignment.similarity, before)


def test_symmetry_by_hand_and_by_looking(page):
    page.set_symmetry(0, "flip:x")
    page.set_symmetry(1, "axis:y")
    assert (draft(page)["frame"]["symmetry"], draft(page)["symmetry2"]) == ("flip:x", "axis:y")
    page.find_symmetry()
    assert draft(page)["symmetry2"] in {f"axis:{axis}" for axis in AXES}  # the bowl
    assert draft(page)["frame"]["symmetry"] == "none"  # the mug has a handle


def test_refusals_are_said_on_the_page_and_change_nothing(page):
    page.rescale(-1.0)
    page.reject(" ")
    assert "needs a reason" in page._panel._status.content
    assert not page.session.can_undo
    page.back()
    assert page.session.index == 0
    page.accept()
    page.reject("part missing")
    assert "Every pair is decided" in status(page.session, 0, [])
    assert "1 rejected" in page._panel._status.content


def test_broken_objects_are_passed_over_and_large_ones_drawn_lighter(assets, tmp_path):
    shutil.copytree(assets, tmp_path / "assets")
    (tmp_path / "assets" / "bowl-0000" / "model.glb").write_bytes(b"glTF?")
    pairs = [("mug-0000", "bowl-0000"), ("mug-0000", "kettle-0000")]
    with opened(tmp_path / "assets", pairs, tmp_path / "a.json", max_faces=500) as page:
        said = page._panel._status.content
        assert "left out mug-0000 and bowl-0000" in said
        assert said.count("for display only, the asset is unchanged") == 2
        page.accept()
    [saved] = read_alignments(tmp_path / "a.json")
    mug, kettle = (forge_asset(name, 0) for name in ("mug", "kettle"))
    expected = align_frames(mug, kettle, "pour-with").similarity
    np.testing.assert_allclose(saved.similarity, expected, atol=1e-6)


def test_the_two_views_are_drawn(page):
    until(lambda: page._paired > 20)
    assert np.ptp(page._panel._picture.image.astype(int), axis=2).max() > 60
    shown = page._panel._picture.image
    page._panel._next_views()
    until(lambda: page._panel._picture.image is not shown)


def test_a_window_of_any_shape_shows_both_objects(page):
    for width in (390, 560, 700, 880, 1600):
        camera = SimpleNamespace(
            aspect=width / 844,
            image_width=width,
            position=scene_view.EYE,
            look_at=scene_view.TARGET,
        )
        page._scene_view.fit(camera)
        across, height = seen_by(camera)
        assert np.abs(across).max() < 1
        assert height.max() < 1
        assert height.min() > (2 * scene_view.COVERED - 1 if width < scene_view.PHONE else -1)


def seen_by(camera):
    """Where both objects' corners lie in a window, from -1 to 1 across and upwards."""
    eye, target = np.array(camera.position), np.array(camera.look_at)
    forward = (target - eye) / np.linalg.norm(target - eye)
    right = np.array([1.0, 0.0, 0.0])
    up = np.cross(right, forward)
    corners = np.array([[x, 0.0, z] for x in (-1.9, 1.9) for z in (-0.6, 0.6)]) - eye
    depth = corners @ forward * np.tan(scene_view.FIELD_OF_VIEW / 2)
    return corners @ right / depth / camera.aspect, corners @ up / depth


def field(page, label):
    """The first input of a labelled row."""
    return page.locator(f"xpath=//*[normalize-space(text())='{label}']/following::input[1]")


def until(what):
    """Waits for something that is done behind the page."""
    end = time.monotonic() + PATIENCE / 1000
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.browser
def test_a_pair_is_moved_by_its_fields_accepted_and_read_back(tmp_path):
    for name in ("mug", "bowl"):
        write_asset(forge_asset(name, 0), tmp_path / "assets")
    out, queue = tmp_path / "a.json", tmp_path / "a.pour-with.queue.json"
    words = ("annotate", "alignments", tmp_path / "assets", "--function", "pour-with")
    words = (*words, "--out", out, "--author", "A. Person", "--port", 8371)

    def drafted():
        [pair] = json.loads(queue.read_text())["pairs"] if queue.exists() else [{}]
        return (pair.get("alignment") or {}).get("similarity", [[None] * 4])[0][3]

    with served(words, tmp_path / "log.txt") as (address, _), chromium(*WEBGL) as browser:
        with visited(browser, address, 800, 600) as page:
            page.get_by_text("Pair 1 of 1").wait_for()
            assert not [said for said in page.evaluate(FAINT) if "WebGL" not in said]
            for words in ("Reject [R]", "Use labelled", "Find out"):  # folders do not open by key
                assert page.get_by_text(words).first.is_visible()
            x = field(page, "Position")
            x.fill("0.35")
            x.press("n")  # no decision while a number is typed
            x.press("Tab")
            until(lambda: drafted() == 0.35)  # saved before anyone says so
            page.get_by_text("0 skipped").wait_for()
        assert not out.exists()
        with visited(browser, address, 800, 600) as page:  # the first window was closed in mid-edit
            page.get_by_text("Pair 1 of 1").wait_for()
            until(lambda: field(page, "Position").input_value() == "0.35")
            page.get_by_text("Accept [Y]").click()
            until(out.exists)
            written = out.read_bytes()
            [saved] = read_alignments(out)
            assert (saved.similarity[0, 3], saved.author) == (0.35, "A. Person")
            page.reload()
            page.get_by_text("1 accepted").wait_for()
            until(lambda: field(page, "Position").input_value() == "0.35")
            assert out.read_bytes() == written
            page.keyboard.press("u")
            page.get_by_text("0 accepted").wait_for()
            until(lambda: read_alignments(out) == ())
            page.keyboard.press("y")
            until(lambda: len(read_alignments(out)) == 1)
