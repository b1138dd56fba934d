"""The pages in a real browser, used as a person would."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from browser import AWAKE, FAINT, chromium, says, served, upload, visited
from PIL import Image

from funcorr import load_affordance_model, load_model
from funcorr.affordance import AffordanceMap
from funcorr.affordance.data.oneshot import heatmap_from_points, read_one_shot
from funcorr.correspondence.result import Correspondence

pytestmark = pytest.mark.browser

SAMPLES = Path(__file__).parents[1] / "samples"


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def page_address(tmp_path_factory):
    """``funcorr app``, with matches by chance to save time; its folder is empty at the end."""
    folder = tmp_path_factory.mktemp("app")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        with served(["app", "--port", "0", "--model", "chance"], folder / "log") as (
            address,
            process,
        ):
            yield address
    assert process.returncode == 0
    left = {path.name for path in folder.iterdir() if not path.name.startswith("torchinductor")}
    assert left == {"log"}, "torch makes a cache of its own, the page leaves nothing"
    assert "Traceback" not in (folder / "log").read_text()


def test_match_click_and_download(browser, page_address, tmp_path):
    paths = [SAMPLES / "spoon.png", SAMPLES / "shovel.png"]
    with visited(browser, page_address, ready=AWAKE) as page:
        for side, path in zip(("object1", "object2"), paths, strict=True):
            upload(page, f"{side}-upload", path)
            says(page, f"{side}-status", "Object found by its plain background")
        page.fill("#function input", "stir-with")
        page.press("#function input", "Enter")
        page.click("#match")
        page.wait_for_selector("#view2 img")
        shown = page.locator("#view1 img").bounding_box()
        bowl = {"x": 0.777 * shown["width"], "y": 0.458 * shown["height"]}
        page.click("#view1 img", position=bowl)
        says(page, "points", "confidence")
        page.fill("#typed input, #typed textarea", "400, 230")
        page.press("#typed input, #typed textarea", "Enter")
        says(page, "points", "400, 230")
        assert page.evaluate(FAINT) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280
        page.click("#prepare")
        page.wait_for_selector("#files a[download]")
        for name in ("matches.npz", "matches.json", "dense.png"):
            with page.expect_download() as waiting:
                page.locator(f"#files a[download='{name}']").first.click()
            waiting.value.save_as(tmp_path / name)
    expected = load_model("chance").match(*paths, "stir-with")
    saved = Correspondence.load(tmp_path / "matches.npz")
    assert saved.function == "stir-with"
    assert (saved.points1 == expected.points1).all()
    assert (saved.points2 == expected.points2).all()
    assert '"transfers"' in (tmp_path / "matches.json").read_text()


def test_an_example_is_matched_by_one_click(browser, page_address):
    with visited(browser, page_address, ready=AWAKE) as page:
        page.locator("table tbody tr").first.click()
        page.wait_for_selector("#view2 img")
        for side in ("object1", "object2"):
            says(page, f"{side}-status", "Object found by its plain background")


def test_bad_uploads_and_missing_images_get_one_line(browser, page_address, tmp_path):
    (tmp_path / "note.png").write_text("no image")
    with visited(browser, page_address, ready=AWAKE) as page:
        page.click("#match")
        page.locator(".toast-body", has_text="add two images first").wait_for()
        upload(page, "object1-upload", tmp_path / "note.png")
        says(page, "object1-status", "note.png is not an image")


def test_a_busy_photo_asks_for_a_click(browser, page_address):
    with visited(browser, page_address, ready=AWAKE) as page:
        upload(page, "object1-upload", SAMPLES / "coffee.png")
        says(page, "object1-status", "Is this the object?")
        page.wait_for_selector("#object1-outline img")
        page.click("#object1-outline img", position={"x": 220, "y": 110})
        says(page, "object1-status", "your clicks")
        upload(page, "object1-mask", SAMPLES / "masks" / "coffee.png")
        says(page, "object1-status", "Object found by your mask")


def test_a_box_is_dragged_around_the_object_of_a_photograph(browser, page_address, tmp_path):
    with visited(browser, page_address, ready=AWAKE) as page:
        upload(page, "object1-upload", SAMPLES / "coffee.png")
        says(page, "object1-status", "drag a box around")
        picture = page.locator("#object1-outline img")
        picture.scroll_into_view_if_needed()
        shown = picture.bounding_box()
        mask = np.asarray(Image.open(SAMPLES / "masks" / "coffee.png").convert("L")) > 127
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        scale = shown["width"] / mask.shape[1]
        places = [
            (shown["x"] + x * scale, shown["y"] + y * scale)
            for x, y in ((columns[0], rows[0]), (columns[-1], rows[-1]))
        ]
        page.mouse.move(*places[0])
        page.mouse.down()
        page.mouse.move(*np.mean(places, axis=0))
        page.mouse.move(*places[1])
        assert page.locator(".drag-frame").is_visible()
        page.mouse.up()
        says(page, "object1-status", "your box")
        assert not page.locator(".drag-frame").is_visible()
        page.click("#object1-outline img", position={"x": 220, "y": 110})
        says(page, "object1-status", "your box and clicks")


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (360, 844)])
def test_the_page_moves_to_the_answer(browser, page_address, width, height):
    with visited(browser, page_address, width, height, AWAKE) as page:
        for side, name in (("object1", "spoon.png"), ("object2", "shovel.png")):
            upload(page, f"{side}-upload", SAMPLES / name)
            says(page, f"{side}-status", "Object found by its plain background")
        page.click("#match")
        page.wait_for_selector("#view2 img")
        page.wait_for_function("""() => ['#view1 img', '#view2 img', '#points'].every(name => {
            const r = document.querySelector(name).getBoundingClientRect()
            return r.height > 0 && r.top >= 0 && r.bottom <= innerHeight
        })""")


def test_a_phone_shows_everything_and_the_keyboard_reaches_it(browser, page_address):
    with visited(browser, page_address, 360, 844, AWAKE) as page:
        page.wait_for_selector("#match")
        page.wait_for_function("document.documentElement.scrollWidth <= 360")
        page.focus("#function input")
        for _ in range(5):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == "match":
                break
        assert page.evaluate("document.activeElement.id") == "match"
        page.keyboard.press("Enter")
        page.locator(".toast-body", has_text="add two images first").wait_for()


def test_an_event_beside_the_end_of_another_is_answered(browser, page_address):
    with visited(browser, page_address, ready=AWAKE) as page:
        said = page.locator(".toast-body", has_text="add two images first")
        for milliseconds in range(0, 80, 4):
            page.focus("#function input")
            while page.evaluate("document.activeElement.id") != "match":
                page.keyboard.press("Tab")  # leaving the function is an event
            page.wait_for_timeout(milliseconds)
            page.keyboard.press("Enter")
            said.first.wait_for()
            page.evaluate("document.querySelectorAll('.toast-close').forEach(x => x.click())")
            page.wait_for_function("!document.querySelector('.toast-body')")


def test_several_verbs_at_once_by_the_shipped_model(browser, page_address, tmp_path):
    image = SAMPLES / "coffee-mug.png"
    with visited(browser, page_address, ready=AWAKE) as page:
        page.get_by_role("tab", name="Affordances").click()
        upload(page, "scene-upload", image)
        page.fill("#actions input", "drink_with")
        page.press("#actions input", "Enter")
        page.locator("#actions", has_text="drink_with").wait_for()
        page.click("#show")
        for action in ("pour", "hold", "drink_with"):
            page.locator("#heatmaps", has_text=f"{action}: peak").wait_for()
        with page.expect_download() as waiting:
            page.locator("a[download='heatmaps.npz']").first.click()
        waiting.value.save_as(tmp_path / "heatmaps.npz")
    saved = AffordanceMap.load(tmp_path / "heatmaps.npz")
    expected = load_affordance_model("funcorr-afford-small").predict(image, saved.actions)
    assert saved.actions == ("pour", "hold", "drink_with")
    np.testing.assert_allclose(saved.heatmaps, expected.heatmaps, atol=1e-4)


def test_affordances_are_clicked_and_saved(browser, tmp_path):
    out = tmp_path / "out"
    images = [SAMPLES / "coffee-mug.png", SAMPLES / "hammer.png"]
    words = ["annotate", "affordance", *images, "--actions", "pour", "hold"]
    words += ["--out", out, "--port", "0"]
    with (
        served(words, tmp_path / "log") as (address, _),
        visited(browser, address, ready=AWAKE) as page,
    ):
        says(page, "progress", "Image 1 of 2, 0 marked")
        page.wait_for_selector("#picture-outline img")
        box = page.locator("#picture-outline img").bounding_box()
        page.click("#picture-outline img", position={"x": box["width"] / 4, "y": 60})
        says(page, "action", "pour (1)")
        page.get_by_label("hold", exact=True).check()
        page.fill("#typed input, #typed textarea", "100, 300")
        page.press("#typed input, #typed textarea", "Enter")
        says(page, "action", "hold (")
        page.click("#next")
        says(page, "progress", "Image 2 of 2, 1 marked")
        page.click("#back")
        says(page, "progress", "Image 1 of 2, 1 marked")
        with visited(browser, address) as other:
            other.locator(".toast-body", has_text="another window").wait_for()
        page.focus("#typed input, #typed textarea")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")  # on the button beside it
        says(page, "progress", "1 marked")
        assert page.evaluate(FAINT) == []
    (example,) = read_one_shot(out)
    assert example.object == "coffee mug"
    ((x, y),) = [point for points in read_clicks(out).values() for point in points["pour"]]
    assert x == pytest.approx(512 / 4, abs=3)
    expected = heatmap_from_points([(x, y)], (512, 512))
    assert np.abs(example.heatmaps["pour"] - expected).max() < 0.01


def read_clicks(out):
    import json

    return json.loads((out / "clicks.json").read_text())["points"]
