"""The pictures of docs/app.md and docs/annotate.md: the pages in a browser, at work.

python scripts/screenshots.py [app] [affordance] [alignments]
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

from browser import AWAKE, WEBGL, chromium, served, visited  # noqa: E402

PHONE = (390, 844)
SETTLED = 1500
"""Milliseconds until pictures are drawn and messages have faded in."""

FITS = "document.documentElement.scrollWidth <= innerWidth"


def shoot(page: Any, name: str, whole: bool = False) -> None:
    """Write docs/images/NAME.png; nothing may stick out at the side."""
    page.wait_for_timeout(SETTLED)
    assert page.evaluate(FITS), f"{name} is wider than the window"
    page.screenshot(path=IMAGES / f"{name}.png", full_page=whole)


def matcher(browser: Any, address: str) -> None:
    """The first example: best matches and a point, and the part on a phone."""
    with visited(browser, address, ready=AWAKE) as page:
        page.locator("table tbody tr").first.click()
        page.wait_for_selector("#view2 img")
        click(page, "view1", 0.55, 0.2)
        page.locator("#points", has_text="confidence").wait_for()
        shoot(page, "app", whole=True)
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        before = page.get_attribute("#view1 img", "src")
        page.get_by_label("Functional part", exact=True).check()
        redrawn(page, "view1", before)
        page.locator("#answer").evaluate("element => element.scrollIntoView()")
        shoot(page, "app-phone")


def outline(browser: Any, address: str) -> None:
    """A photograph whose object is marked by clicks."""
    with visited(browser, address, ready=AWAKE) as page:
        page.set_input_files("#object1-upload input[type=file]", SAMPLES / "coffee.png")
        page.wait_for_selector("#object1-outline img")
        for x, y in ((0.55, 0.2), (0.52, 0.6)):
            before = page.get_attribute("#object1-outline img", "src")
            click(page, "object1-outline", x, y)
            redrawn(page, "object1-outline", before)
        shoot(page, "app-outline")


def affordances(browser: Any, address: str) -> None:
    """Three verbs at once."""
    with visited(browser, address, ready=AWAKE) as page:
        page.get_by_role("tab", name="Affordances").click()
        page.set_input_files("#scene-upload input[type=file]", SAMPLES / "coffee-mug.png")
        page.fill("#actions input", "drink_with")
        page.press("#actions input", "Enter")
        page.click("#show")
        page.locator("#heatmaps", has_text="drink_with: peak").wait_for()
        shoot(page, "app-affordances")


def transfer(browser: Any, address: str) -> None:
    """The sample carried over, and its scene on a phone."""
    with visited(browser, address, ready=AWAKE) as page:
        page.get_by_role("tab", name="Transfer").click()
        page.click("#rgbd-samples")
        page.locator("#rgbd-object2-status", has_text="transparency").wait_for()
        page.click("#carry")
        page.locator("#rgbd-scene canvas").wait_for()
        page.locator("#rgbd-words").evaluate("element => element.scrollIntoView()")
        page.wait_for_timeout(8 * SETTLED)  # scenes are drawn while they are in sight
        shoot(page, "app-transfer")
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        page.locator("#rgbd-answer").evaluate("element => element.scrollIntoView()")
        page.wait_for_timeout(4 * SETTLED)
        shoot(page, "app-transfer-phone")


def annotator(browser: Any, address: str) -> None:
    """Two clicks for an action, and the page on a phone."""
    with visited(browser, address, ready=AWAKE) as page:
        for number, (x, y) in enumerate(((0.23, 0.5), (0.25, 0.6)), start=1):
            click(page, "picture-outline", x, y)
            page.locator("#action", has_text=f"hold ({number})").wait_for()
        shoot(page, "annotate-affordance")
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        shoot(page, "annotate-affordance-phone")


def aligner(browser: Any, address: str) -> None:
    """A pair as it starts, the handles of a box, and the page on a phone."""
    with visited(browser, address) as page:
        page.get_by_text("Pair 1 of 1").wait_for()
        page.locator(".mantine-Notification-closeButton").first.click()  # software rendering
        page.wait_for_timeout(4 * SETTLED)
        shoot(page, "annotate-alignments")
        page.get_by_text("Box 1 [2]").click()
        shoot(page, "annotate-box")
    with visited(browser, address, *PHONE) as page:
        page.get_by_text("Pair 1 of 1").wait_for()
        page.locator(".mantine-Notification-closeButton").first.click()
        page.wait_for_timeout(4 * SETTLED)
        shoot(page, "annotate-phone")


def click(page: Any, element: str, x: float, y: float) -> None:
    """A click on a picture, at shares of its width and height."""
    box = page.locator(f"#{element} img").bounding_box()
    place = {"x": box["width"] * x, "y": box["height"] * y}
    page.click(f"#{element} img", position=place)


def redrawn(page: Any, element: str, before: str) -> None:
    """Wait until a picture is another one."""
    changed = "([id, src]) => document.querySelector(`#${id} img`).src != src"
    page.wait_for_function(changed, arg=[element, before])


def shoot_app(folder: Path) -> None:
    """The page of ``funcorr app``."""
    with chromium() as browser, served(["app", "--port", "0"], folder / "log") as (address, _):
        matcher(browser, address)
        outline(browser, address)
        affordances(browser, address)


def shoot_transfer(folder: Path) -> None:
    """The tab in 3D of ``funcorr app``."""
    words = ["app", "--port", "0"]
    with chromium(*WEBGL) as browser, served(words, folder / "log") as (address, _):
        transfer(browser, address)


def shoot_affordance(folder: Path) -> None:
    """The page of ``funcorr annotate affordance``."""
    images = [SAMPLES / f"{name}.png" for name in ("coffee-mug", "hammer", "scissors")]
    words = ["annotate", "affordance", *images, "--actions", "hold", "pour", "drink-with"]
    words += ["--out", "one-shot", "--port", "0"]
    with chromium() as browser, served(words, folder / "log", folder) as (address, _):
        annotator(browser, address)


def shoot_alignments(folder: Path) -> None:
    """The page of ``funcorr annotate alignments``."""
    from funcorr.assets.store import write_asset
    from funcorr_forge import forge_asset

    for name in ("mug", "bottle"):
        write_asset(forge_asset(name, 1), folder / "assets")
    words = ["annotate", "alignments", "assets", "--function", "pour-with", "--port", "8399"]
    with chromium(*WEBGL) as browser, served(words, folder / "log", folder) as (address, _):
        aligner(browser, address)


PAGES = {
    "app": shoot_app,
    "transfer": shoot_transfer,
    "affordance": shoot_affordance,
    "alignments": shoot_alignments,
}


def main() -> None:
    """Make those that are named, or all."""
    for name in sys.argv[1:] or PAGES:
        with tempfile.TemporaryDirectory() as folder:
            PAGES[name](Path(folder))


if __name__ == "__main__":
    main()
