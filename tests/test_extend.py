"""The page "Add your own": every piece of code on it runs, as a package of its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from plugins import make_package, run_with

PAGE = (Path(__file__).parent.parent / "docs" / "extend.md").read_text(encoding="utf-8")


def code_of(section: str) -> str:
    """The first block of Python below a heading of the page."""
    _, _, rest = PAGE.partition(f"\n## {section}\n")
    return re.search(r"```python\n(.*?)```", rest, flags=re.DOTALL)[1]


def entry_point_of(section: str) -> tuple[str, str]:
    """Group and line of the entry point below a heading of the page."""
    _, _, rest = PAGE.partition(f"\n## {section}\n")
    found = re.search(r'entry-points."([\w.]+)"\]\n(\S+) = "([\w:.]+)"', rest)
    return found[1], f"{found[2]} = {found[3]}"


def package_of(section: str, folder: Path) -> Path:
    group, line = entry_point_of(section)
    module = line.partition("= ")[2].partition(":")[0]
    return make_package(folder, module, code_of(section), **{group.replace(".", "_"): line})


def match_with(folder, model, scene, *more):
    words = ("--function", "pour-with", "--model", model, "--out", folder / "out")
    return run_with(
        folder, "-m", "funcorr", "match", scene / "a.png", scene / "b.png", *words, *more
    )


def test_a_backbone(tmp_path, scene):
    package_of("A backbone", tmp_path)
    done = match_with(tmp_path, "features:colours", scene)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "matches.npz").is_file()


def test_a_model_row(tmp_path, scene):
    package_of("A model row", tmp_path)
    done = match_with(tmp_path, "upside-down", scene)
    assert done.returncode == 0, done.stderr
    listed = run_with(tmp_path, "-m", "funcorr", "models")
    assert "upside-down" in listed.stdout


def test_a_segmenter(tmp_path, scene):
    package_of("A segmenter", tmp_path)
    done = match_with(tmp_path, "chance", scene, "--mask1", "darker")
    assert done.returncode == 0, done.stderr
    code = f"""
import funcorr, my_segmenters
model = funcorr.load_model("chance")
named = model.encode({str(scene / "a.png")!r}, mask="darker")
called = model.encode({str(scene / "a.png")!r}, mask=my_segmenters.Darker())
assert (named.mask == called.mask).all()
print(named.mask_source, called.mask_source, named.mask_doubt)
"""
    assert run_with(tmp_path, "-c", code).stdout.split() == ["darker", "darker", "None"]


def test_a_labeller(tmp_path, made_views):
    package_of("A labeller", tmp_path)
    words = ("--labeller", "whole", "--model", "whole-view", "--views", "all")
    done = run_with(tmp_path, "-m", "funcorr", "label", made_views, *words)
    assert done.returncode == 0, done.stderr
    assert "1 assets labelled" in done.stdout


@pytest.fixture
def made_views(tmp_path):
    """A dataset with one mug in two views."""
    from funcorr.render.camera_poses import ViewConfig
    from funcorr.render.config import RenderConfig
    from funcorr.render.shade import ShadingConfig
    from funcorr.render.write import render_dataset
    from funcorr_forge import forge_many

    forge_many(tmp_path / "assets", ["mug"], per_category=1)
    config = RenderConfig(ViewConfig(count=2, size=48), ShadingConfig(1, 1), points=500)
    render_dataset(tmp_path / "assets", tmp_path / "views", config)
    return tmp_path / "views"


def test_a_package_that_cannot_be_imported_is_one_line(tmp_path, scene):
    make_package(tmp_path, "broken", "import nothing_here", funcorr_models="wrong = broken:load")
    done = match_with(tmp_path, "wrong", scene)
    assert done.returncode == 2
    assert done.stderr.startswith("error: the model 'wrong' of broken cannot be loaded")
    assert done.stderr.count("\n") == 1
    assert match_with(tmp_path, "chance", scene).returncode == 0


def test_names_of_the_house_are_not_taken_over(tmp_path, scene):
    make_package(tmp_path, "taker", "load = None", funcorr_models="chance = taker:load")
    assert match_with(tmp_path, "chance", scene).returncode == 0
