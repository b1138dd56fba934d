"""The script behind the page of results: tables between markers, remade from run folders."""

import importlib.util
import sys
from pathlib import Path

import pytest
from flat_objects import BOARDS
from test_benchmark_run import CONFIG

from funcorr.benchmark.paper_table import COLUMNS
from funcorr.groundtruth.build import build_benchmark
from funcorr.groundtruth.pair_geometry import GeometryConfig

ROOT = Path(__file__).parents[1]


def loaded(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def script():
    return loaded("correspondence_results")


def run(script, monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["x", *map(str, words)])
    script.main()


def test_one_command_evaluates_the_sets_and_remakes_the_page(script, monkeypatch, tmp_path):
    build_benchmark(BOARDS, tmp_path / "boards", CONFIG)
    page = tmp_path / "page.md"
    page.write_text(
        "# Results\n\n<!-- mine -->\nold\n<!-- end of mine -->\nwords\n"
        "<!-- other -->\nkept\n<!-- end of other -->\n"
    )
    where = "--out", tmp_path / "out", "--page", page
    run(script, monkeypatch, f"mine={tmp_path / 'boards'}", *where, "--rows", "chance,sd")
    text = page.read_text()
    assert "old" not in text
    assert text.startswith("# Results\n\n<!-- mine -->\n\n8 image pairs")
    for heading in (
        "All pairs",
        "Within categories",
        "95 percent",
        "AP@23 ↑ per function",
    ):
        assert f"\n### {heading}" in text
    assert "| sd | its pretrained weights are not here | `funcorr weights fetch" in text
    assert text.endswith("words\n<!-- other -->\nkept\n<!-- end of other -->\n")
    run(script, monkeypatch, *where)
    assert page.read_text() == text


def test_rows_are_divided_by_the_plain_features(script, tmp_path):
    lines = [
        ["model", "pairs", *COLUMNS],
        ["features:fused", "overall", "0.5", "0.5", "0", *["0.2"] * 4],
        ["features:fused", "within", *["0.9"] * 7],
        ["ours", "overall", "0.25", "1", "0.1", *["0.5"] * 4],
        ["full (paper)", "overall", *["0.1"] * 7],
    ]
    file = tmp_path / "table.csv"
    file.write_text("\n".join(map(",".join, lines)))
    heading, table = script.ratios(file)
    assert heading == "### Divided by features:fused, all pairs"
    assert table.splitlines()[2:] == ["| ours | 0.50 | 2.00 | nan | 2.50 | 2.50 | 2.50 | 2.50 |"]
    file.write_text("\n".join(map(",".join, [lines[0], lines[3]])))
    assert script.ratios(file) == []


def test_the_page_has_a_place_for_every_set(script):
    text = script.PAGE.read_text(encoding="utf-8")
    for name in ("forge-seen", "forge-unseen-dev", "forge-unseen-test", "real-design"):
        assert f"<!-- {name} -->\n" in text
        assert f"<!-- end of {name} -->" in text


def test_poses_have_a_page_of_their_own_with_the_ceiling(monkeypatch, tmp_path):
    build_benchmark(BOARDS, tmp_path / "boards", CONFIG, geometry=GeometryConfig())
    page, script = tmp_path / "page.md", loaded("transfer_results")
    page.write_text("words\n<!-- pose boards -->\nold\n<!-- end of pose boards -->\nmore\n")
    where = "--out", tmp_path / "out", "--page", page
    run(script, monkeypatch, tmp_path / "boards", *where, "--rows", "chance")
    text = page.read_text()
    assert text.startswith("words\n<!-- pose boards -->\n\n8 image pairs, each in both directions.")
    assert text.endswith("\n\n<!-- end of pose boards -->\nmore\n")
    tables = text.split("\n\n")
    rows, matching = (
        {line.split(" | ")[0]: line.split(" | ") for line in tables[k].splitlines()} for k in (2, 4)
    )
    assert "pose@20 ↑" in rows["| model"]
    assert tables[3].startswith("| from confidence | chance | exact matches |")
    assert "| 0 | " in tables[3]
    assert matching["| exact matches"][1] == "1.000"
    exact, chance = rows["| exact matches"], rows["| chance"]
    assert float(exact[3].split()[0]) > 0.9 > float(chance[3].split()[0])
    assert float(exact[4]) < 10 < float(chance[4])
    assert exact[6] == "0.00 |"
    assert "| pose@10 | chance | exact matches |" in text
    run(script, monkeypatch, *where)
    assert page.read_text() == text
