"""The alignment annotator in a real browser: a gizmo moved by its fields, saved, read back."""

import json
import time

import pytest
from browser import PATIENCE, WEBGL, chromium, served, visited

from funcorr.assets.forge import forge_asset
from funcorr.assets.store import write_asset
from funcorr.benchmark.alignments import read_alignments

pytestmark = pytest.mark.browser


def field(page, label):
    """The first input of a labelled row."""
    return page.locator(f"xpath=//*[normalize-space(text())='{label}']/following::input[1]")


def until(what):
    """Waits for something that is done behind the page."""
    end = time.monotonic() + PATIENCE / 1000
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_pair_is_moved_by_its_fields_accepted_and_read_back(tmp_path):
    for name in ("mug", "bowl"):
        write_asset(forge_asset(name, 0), tmp_path / "assets")
    out, queue = tmp_path / "a.json", tmp_path / "a.queue.json"
    words = ("annotate", "alignments", tmp_path / "assets", "--function", "pour-with")
    words = (*words, "--out", out, "--author", "A. Person", "--port", 8371)

    def drafted():
        [pair] = json.loads(queue.read_text())["pairs"] if queue.exists() else [{}]
        return (pair.get("alignment") or {}).get("similarity", [[None] * 4])[0][3]

    with (
        served(words, tmp_path / "log.txt") as (address, _),
        chromium(*WEBGL) as browser,
        visited(browser, address, 900, 700) as page,
    ):
        page.get_by_text("Pair 1 of 1").wait_for()
        x = field(page, "Position")
        x.fill("0.35")
        x.press("Tab")
        until(lambda: drafted() == 0.35)  # saved before anyone says so
        page.get_by_text("Accept [Enter]").click()
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
