"""The pages: links lead somewhere, nothing is left out, the guides' code runs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image
from scipy.spatial.transform import Rotation

import funcorr
from funcorr.cli.main import COMMANDS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]+)[^)]*\)")
CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file(page):
    text = CODE.sub("", page.read_text())
    dead = [link for link in LINK.findall(text) if not (page.parent / link).exists()]
    assert not dead


def test_every_page_is_in_the_contents():
    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text())

    def leaves(node):
        inner = node.values() if isinstance(node, dict) else node
        return (
            {node} if isinstance(node, str) else {leaf for each in inner for leaf in leaves(each)}
        )

    assert leaves(config["nav"]) == {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")}


def test_every_command_is_in_the_reference():
    page = (DOCS / "reference/commands.md").read_text()
    assert not [words for words in COMMANDS if f"`funcorr {words}`" not in page]


def test_every_public_name_is_in_the_reference():
    pages = "".join(page.read_text() for page in (DOCS / "reference").glob("*.md"))
    names = re.findall(r"^::: ([\w.]+)$", pages, re.MULTILINE)
    assert {name.rsplit(".", 1)[1] for name in names} >= set(funcorr.__all__) - {"metrics"}
    metrics = {name for name in names if name.startswith("funcorr.metrics")}
    assert metrics == {
        f"funcorr.metrics.{m}" for m in ("transfer", "discovery", "heatmap", "parts")
    }


@pytest.fixture
def run_guide(tmp_path, monkeypatch):
    """Runs all code of a page in one namespace, in a folder with the samples."""
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "rgbd").symlink_to(ROOT / "samples" / "rgbd")
    for name in ("coffee-mug.png", "wine-bottle.png"):
        Image.open(ROOT / "samples" / name).resize((96, 96)).save(tmp_path / "samples" / name)
    monkeypatch.chdir(tmp_path)

    def run(guide):
        text = (DOCS / f"{guide}.md").read_text()
        blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
        assert blocks
        names = {}
        exec("".join(blocks), names)
        return names

    return run


@pytest.mark.parametrize("guide", ["guides/match", "guides/affordance", "guides/interop"])
def test_the_code_of_a_guide_runs(guide, run_guide):
    run_guide(guide)


def test_the_code_for_robots_writes_what_ros_and_lerobot_read(run_guide, tmp_path):
    carried = run_guide("transfer")["carried"]
    messages = json.loads((tmp_path / "target.json").read_text())
    episode = (tmp_path / "episode_000000.jsonl").read_text()
    steps = [json.loads(line) for line in episode.splitlines()]
    assert len(messages) == len(steps) == len(carried) == 10
    for number, (message, step, matrix) in enumerate(zip(messages, steps, carried, strict=True)):
        header, pose = message["header"], message["pose"]
        seconds = header["stamp"]["sec"] + header["stamp"]["nanosec"] * 1e-9
        assert seconds == pytest.approx(step["timestamp"])
        assert (header["frame_id"], step["frame_index"]) == ("base_link", number)
        place = [pose["position"][axis] for axis in "xyz"]
        turned = Rotation.from_quat([pose["orientation"][axis] for axis in "xyzw"])
        np.testing.assert_allclose(place, matrix[:3, 3])
        np.testing.assert_allclose(turned.as_matrix(), matrix[:3, :3], atol=1e-9)
        np.testing.assert_allclose(step["action"][:3], place, atol=1e-6)
        turned = Rotation.from_rotvec(step["action"][3:])
        np.testing.assert_allclose(turned.as_matrix(), matrix[:3, :3], atol=1e-6)
