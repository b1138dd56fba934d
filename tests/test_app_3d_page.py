"""The tab that carries poses over in 3D, in a real browser."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from browser import AWAKE, FAINT, WEBGL, chromium, says, served, upload, visited
from PIL import Image

from funcorr.transfer.pose_file import read_poses

pytestmark = pytest.mark.browser

SAMPLES = Path(__file__).parents[1] / "samples" / "rgbd"


@pytest.fixture(scope="module")
def browser():
    with chromium(*WEBGL) as started:
        yield started


@pytest.fixture(scope="module")
def page_address(tmp_path_factory):
    """``funcorr app`` with the shipped model, whose matches agree on a pose."""
    log = tmp_path_factory.mktemp("app3d") / "log"
    with served(["app", "--port", "0"], log) as (address, _):
        yield address
    assert "Traceback" not in log.read_text()


def test_two_rgbd_views_are_uploaded_and_seen_in_3d(browser, page_address, tmp_path):
    mug, jug = (SAMPLES / name for name in ("mug", "jug"))
    with visited(browser, page_address, ready=AWAKE) as page:
        page.get_by_role("tab", name="Transfer").click()
        for number, folder in ((1, mug), (2, jug)):
            upload(page, f"rgbd-object{number}-upload", folder / "image.png")
            upload(page, f"rgbd-depth{number}", folder / "depth.png")
            says(page, f"rgbd-object{number}-status", "Object found by its transparency")
        page.click("#carry")
        page.locator(".toast-body", has_text="add the camera of object 1 first").wait_for()
        for number, folder in ((1, mug), (2, jug)):
            upload(page, f"rgbd-camera{number}", folder / "camera.json")
        upload(page, "rgbd-poses", mug / "pour.json")
        page.locator("#rgbd-poses", has_text=".json").wait_for()
        page.click("#carry")
        says(page, "rgbd-words", "Confidence 0.")
        _wait_for_scene(page)
        page.locator(".toast-body").wait_for(state="detached")
        assert page.evaluate(FAINT) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280
        with page.expect_download() as waiting:
            page.locator("#rgbd-files a[download='carried-pour.json']").first.click()
        waiting.value.save_as(tmp_path / "carried.json")
    assert len(read_poses(tmp_path / "carried.json", "camera2").poses) == 10


def test_the_sample_in_3d_fits_a_phone(browser, page_address):
    with visited(browser, page_address, 390, 844, AWAKE) as page:
        page.get_by_role("tab", name="Transfer").click()
        page.click("#rgbd-samples")
        says(page, "rgbd-object2-status", "Object found by its transparency")
        page.click("#carry")
        says(page, "rgbd-words", "Confidence 0.")
        _wait_for_scene(page)
        page.wait_for_function("document.documentElement.scrollWidth <= 390")


def _wait_for_scene(page):
    """Until the objects are drawn: colours that are neither the ground nor its frame."""
    canvas = page.locator("#rgbd-scene canvas")
    canvas.wait_for()
    for _ in range(100):
        pixels = np.asarray(Image.open(io.BytesIO(canvas.screenshot())).convert("RGB")).astype(int)
        blue = (pixels[..., 2] - pixels[..., 0] > 80).mean()  # axes of z
        orange = (pixels[..., 0] - pixels[..., 2] > 120).mean()  # axes of x
        if min(blue, orange) > 0.0005:
            return
        page.wait_for_timeout(500)
    raise AssertionError("nothing is drawn")
