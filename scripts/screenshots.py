"""The pictures of docs/app.md: the pages in a browser, doing what the text says.

python scripts/screenshots.py
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
SAMPLES = ROOT / "samples"
sys.path.insert(0, str(ROOT / "tests"))

from browser import chromium, served, visited  # noqa: E402

SETTLED = 1500
"""Milliseconds until pictures are drawn and messages have faded in."""


def shoot(page: Any, name: str, whole: bool = False) -> None:
    """Write docs/images/NAME.png."""
    page.wait_for_timeout(SETTLED)
    page.screenshot(path=IMAGES / f"{name}.png", full_page=whole)


def matcher(browser: Any, address: str) -> None:
    """The first example: best matches, dense colours, and the parts on a phone."""
    with visited(browser, address) as page:
        page.locator("table tbody tr").first.click()
        page.wait_for_selector("#view2 img")
        box = page.locator("#view1 img").bounding_box()
        page.click("#view1 img", position={"x": box["width"] * 0.55, "y": box["height"] * 0.2})
        page.locator("#points", has_text="confidence").wait_for()
        shoot(page, "app", whole=True)
        choose(page, "Dense colours")
        shoot(page, "app-dense")
        page.set_viewport_size({"width": 390, "height": 844})
        choose(page, "Functional part")
        shoot(page, "app-phone")


def choose(page: Any, mode: str) -> None:
    """Show another mode, from the top of the answer."""
    before = page.get_attribute("#view1 img", "src")
    page.get_by_label(mode, exact=True).check()
    changed = "before => document.querySelector('#view1 img').src != before"
    page.wait_for_function(changed, arg=before)
    page.locator("#answer").evaluate("element => element.scrollIntoView()")


def outline(browser: Any, address: str) -> None:
    """A photograph whose object is marked by clicks."""
    with visited(browser, address) as page:
        page.set_input_files("#object1-upload input[type=file]", SAMPLES / "coffee.png")
        page.wait_for_selector("#object1-outline img")
        for share in ((0.55, 0.2), (0.52, 0.6)):
            before = page.get_attribute("#object1-outline img", "src")
            box = page.locator("#object1-outline img").bounding_box()
            place = {"x": box["width"] * share[0], "y": box["height"] * share[1]}
            page.click("#object1-outline img", position=place)
            changed = "before => document.querySelector('#object1-outline img').src != before"
            page.wait_for_function(changed, arg=before)
        shoot(page, "app-outline")


def annotator(browser: Any, address: str) -> None:
    """Two clicks for an action."""
    with visited(browser, address) as page:
        for number, share in enumerate(((0.23, 0.5), (0.25, 0.6)), start=1):
            box = page.locator("#picture-outline img").bounding_box()
            place = {"x": box["width"] * share[0], "y": box["height"] * share[1]}
            page.click("#picture-outline img", position=place)
            page.locator("#action", has_text=f"hold ({number})").wait_for()
        shoot(page, "annotate-affordance")


def main() -> None:
    """Make all of them."""
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        log = Path(name) / "log"
        with served(["app", "--port", "0"], log) as (address, _):
            matcher(browser, address)
            outline(browser, address)
        images = [str(SAMPLES / f"{each}.png") for each in ("coffee-mug", "hammer", "scissors")]
        words = ["annotate", "affordance", *images, "--actions", "hold", "pour", "drink-with"]
        with served([*words, "--out", f"{name}/one-shot", "--port", "0"], log) as (address, _):
            annotator(browser, address)


if __name__ == "__main__":
    main()
