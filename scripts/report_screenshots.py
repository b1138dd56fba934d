"""The pictures of docs/benchmark.md: the pages of a finished benchmark in a browser.

python scripts/report_screenshots.py data/results/real-design
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
sys.path.insert(0, str(ROOT / "tests"))

from browser import chromium, visited  # noqa: E402

MODEL = "funcorr-small"
HEIGHT = 1500
"""Pixels of a page that a picture shows."""


def shoot(page: Any, name: str) -> None:
    """Write docs/images/NAME.png: the top of the page, 256 colours."""
    width = page.viewport_size["width"]
    page.screenshot(path=IMAGES / f"{name}.png", full_page=True)
    with Image.open(IMAGES / f"{name}.png") as shot:
        top = shot.convert("RGB").crop((0, 0, width, min(HEIGHT, shot.height)))
    top.quantize(256).save(IMAGES / f"{name}.png", optimize=True)


def main(results: Path) -> None:
    """Shoot the table, and the worst and best pairs of the shipped model."""
    with (
        chromium() as browser,
        visited(browser, (results / "table.html").resolve().as_uri(), width=1100) as page,
    ):
        shoot(page, "benchmark-table")
        page.get_by_role("link", name=MODEL, exact=True).first.click()
        for picture in page.locator("figure img").all()[:12]:
            picture.scroll_into_view_if_needed()
            picture.evaluate("image => image.decode()")
        shoot(page, "benchmark-failures")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
