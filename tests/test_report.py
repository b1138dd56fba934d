"""The pages of a benchmark: complete, without a network, and looked at in a browser."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest
from browser import chromium, visited
from flat_objects import BOARDS, KnowingModel
from PIL import Image

from funcorr.benchmark.pair_pictures import GAP, PANEL, draw_case
from funcorr.benchmark.paper_table import TABLE_1
from funcorr.benchmark.report import BEST, WORST
from funcorr.benchmark.run import run_rows
from funcorr.groundtruth.build import build_benchmark
from funcorr.groundtruth.dense import GroundTruthConfig
from funcorr.groundtruth.pair_sampling import BuildConfig
from funcorr.io import read_json, write_json
from funcorr.viz import point_colors

CONFIG = BuildConfig(
    per_function=6, across=0.5, image_size=None, ground_truth=GroundTruthConfig(max_points=20)
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two rows that ran, one that failed, one without weights; the set counts as the paper's."""
    out = tmp_path_factory.mktemp("report")
    bench = build_benchmark(BOARDS, out / "bench", CONFIG)
    head = read_json(bench.path / "benchmark.json")
    write_json(bench.path / "benchmark.json", {**head, "paper_set": "objaverse"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FUNCORR_CACHE", str(out / "empty"))
        run_rows(bench.path, out / "out", ["chance", KnowingModel(), "no <model>", "sd"])
    return out / "out"


class Links(HTMLParser):
    """Everything that a page points at, and its anchors."""

    def __init__(self, page):
        super().__init__()
        self.targets, self.anchors = [], set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.targets += [found[key] for key in ("href", "src") if key in found]
        self.anchors |= {found["id"]} if "id" in found else set()


def test_every_link_leads_somewhere_in_the_folder(folder):
    pages = [folder / "table.html", *sorted((folder / "failures").glob("*.html"))]
    assert len(pages) == 3
    for page in pages:
        links = Links(page)
        assert links.targets.pop(0) == "data:,"
        for target in links.targets:
            file, _, anchor = target.partition("#")
            there = page if not file else (page.parent / file).resolve()
            assert there.is_file(), target
            assert folder.resolve() in there.resolve().parents
            assert not anchor or anchor in Links(there).anchors


def test_each_function_has_its_worst_and_best_pairs(folder):
    page = next((folder / "failures").glob("*-chance.html")).read_text()
    assert re.findall(r'<h2 id="([^"]*)"', page) == ["cut-with", "pour-with"]
    sections = page.split("<h2 id=")[1:]
    for section in sections:
        shown = [
            float(value) for value in re.findall(r"AP@23 ↑ ([0-9.]+)(?:</span|&nbsp)", section)
        ]
        worst, best = shown[:WORST], shown[WORST:]
        assert len(best) == BEST
        assert worst == sorted(worst)
        assert best == sorted(best, reverse=True)
        assert max(worst) <= min(best)
    assert page.count("<figure>") == len(list((folder / "failures").glob("*-chance/*.jpg")))


def test_the_table_has_the_papers_figures_and_says_what_is_missing(folder):
    page = (folder / "table.html").read_text()
    for name, row in TABLE_1["objaverse"].items():
        line = next(x for x in page.split("<tr") if f"<td>{name} (paper)</td>" in x)
        assert all(f"<td>{value:.3f}</td>" in line for value in row)
    assert "no &lt;model&gt;" in page
    assert "<code>funcorr weights fetch stable-diffusion-1.5</code>" in page
    text = (folder / "table.md").read_text()
    assert "| full (paper) | 0.172 | 0.480 | - | 0.223 |" in text
    assert "## Minus knowing, all pairs" in text


def test_equal_colours_lie_where_the_points_are():
    rgb = np.full((100, 100, 3), 255, np.uint8)
    gt1, gt2 = np.array([[20.0, 50.0], [80.0, 50.0]]), np.array([[50.0, 20.0], [50.0, 80.0]])
    prediction = {"transferred": gt2[::-1], "points1": gt1, "points2": gt2}
    prediction |= {"scores": np.array([0.2, 0.9])}
    row = np.asarray(draw_case(rgb, rgb, gt1, gt2, prediction))
    assert row.shape == (PANEL, 5 * PANEL + 4 * GAP, 3)

    def color(panel, point):
        x, y = ((point + 0.5) * PANEL / 100 - 0.5).round().astype(int)
        return tuple(row[y, x + panel * (PANEL + GAP)])

    first, second = point_colors(gt1)
    assert [color(0, p) for p in gt1] == [first, second]
    assert [color(1, p) for p in gt2] == [first, second]
    assert [color(2, p) for p in gt2] == [second, first]
    assert color(3, gt1[1]) == color(4, gt2[1]) != color(3, gt1[0]) == color(4, gt2[0])


@pytest.mark.browser
def test_pages_in_a_browser(folder, tmp_path):
    with chromium() as browser:
        with visited(browser, (folder / "table.html").as_uri()) as page:
            assert page.locator("td.best").count() > 10
            page.screenshot(path=tmp_path / "table.png", full_page=True)
            page.get_by_role("link", name="chance", exact=True).first.click()
            assert page.title() == "chance on bench"
            for picture in page.locator("figure img").all():
                picture.scroll_into_view_if_needed()
                picture.evaluate("image => image.decode()")
                assert picture.evaluate("image => image.naturalWidth") == 5 * PANEL + 4 * GAP
            page.screenshot(path=tmp_path / "failures.png", full_page=True)
        for width in (1280, 420):
            with visited(browser, (folder / "table.html").as_uri(), width=width) as page:
                wide = page.evaluate("document.documentElement.scrollWidth")
                assert wide <= width
    for name in ("table.png", "failures.png"):
        with Image.open(tmp_path / name) as shot:
            assert len(shot.convert("RGB").getcolors(2**24)) > 50
