"""Kinds of objects: the decorator, the rules of use, and kinds that other packages bring."""

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import pytest

from funcorr.assets.store import read_asset
from funcorr.errors import UserError
from funcorr.functions import load_taxonomy
from funcorr_forge import CATEGORIES, catalogue, families, forge_asset, kind, registry, splits, use
from funcorr_forge.catalogue import check_categories
from funcorr_forge.uses import RULES, point_uses

PAGE = Path(__file__).parents[1] / "docs" / "extend.md"


@pytest.fixture(autouse=True)
def own_kinds_only(monkeypatch):
    """What a test registers is forgotten after it."""
    kinds = dict(registry.KINDS)
    monkeypatch.setattr(registry, "KINDS", kinds)
    monkeypatch.setattr(catalogue, "KINDS", kinds)


def test_there_is_one_rule_for_every_function():
    assert set(RULES) == set(load_taxonomy().functions)
    assert all(set(axes) <= set("xyz") and len(axes) == 2 for axes in RULES.values())


def test_a_use_takes_the_directions_of_its_rule_unless_others_are_given():
    uses = use("cut spread", "blade edge", (5, 0, 1), 10)
    assert set(uses) == {"cut-with", "spread-with"}
    cut = uses["cut-with"]
    assert cut.parts == ("blade", "edge")
    np.testing.assert_array_equal(cut.frame.axes, [[1, 0, 0], [0, 0, -1], [0, 1, 0]])
    [one] = use("cut", "edge", (0, 0, 0), 1, y=(0, 1, 0)).values()  # another second direction
    np.testing.assert_array_equal(one.frame.axes, np.eye(3))
    [two] = use("scrape", "edge", (0, 0, 0), 1, x=(0, 1, 0), z=(0, 0, 1)).values()
    np.testing.assert_array_equal(two.frame.axes[:, [0, 2]].T, [[0, 1, 0], [0, 0, 1]])


def test_flat_points_may_be_turned_over_and_round_ones_anyhow():
    for flat, symmetry, side in ((True, "flip:x", [0, 1, 0]), (False, "axis:x", [0, 0, 1])):
        [pierce] = point_uses("pierce", 4.0, 1.0, flat=flat).values()
        assert pierce.frame.symmetry == symmetry
        assert pierce.frame.axes[:, 2].tolist() == side
        assert pierce.frame.origin.tolist() == [4, 0, 0]


def test_an_unknown_function_names_the_known_ones():
    with pytest.raises(UserError, match="no function 'por'; expected one of pour, sift, scoop"):
        use("por", "rim", (0, 0, 0), 1)


def test_families_hold_every_kind_once_and_can_be_asked_for():
    members = [name for names in families().values() for name in names]
    assert sorted(members) == sorted(CATEGORIES)
    assert list(CATEGORIES) == sorted(CATEGORIES)
    assert check_categories(["Jaws"]) == list(families()["jaws"])
    assert not set(families()) & (set(CATEGORIES) | set(splits()))


def test_two_functions_cannot_make_one_kind():
    @kind("Claw-Hammer", family="heads")
    def claw_hammer(rng):
        raise NotImplementedError

    assert registry.KINDS["Claw-Hammer"].make is claw_hammer
    for name in ("claw hammer", "mug"):
        with pytest.raises(UserError, match=f"'{name}' .* is known already"):
            kind(name, family="heads")(lambda rng: None)


def installed(folder, name, files, points):
    """A distribution as pip would leave it in a folder."""
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = [f"{key} = {value}" for key, value in points.items()]
    (info / "entry_points.txt").write_text("\n".join(["[funcorr.assets]", *lines]) + "\n")
    for file, text in files.items():
        (folder / file).write_text(text)


MAKER = """
from funcorr_forge import Blueprint, kind, use
from funcorr_forge.solids import block

@kind("{name}", family="blocks")
def made(rng):
    return Blueprint(block((4, 4, rng.uniform(1, 2)), 0.1, "base") + block((1, 1, 9), 0.1, "post"),
                     use("press", "base", (0, 0, -1), 4))
"""


def test_a_kind_of_another_package_is_loaded_when_it_is_asked_for(tmp_path, monkeypatch):
    installed(tmp_path, "posts", {"posts_a.py": MAKER.format(name="post")}, {"Post": "posts_a"})
    monkeypatch.syspath_prepend(tmp_path)
    assert check_categories(["mug"]) == ["mug"]
    assert "posts_a" not in sys.modules
    assert check_categories(["POST", "mug", "post"]) == ["post", "mug"]
    asset = forge_asset("post", 2)
    assert (asset.id, asset.functions) == ("post-0002", ("press-with",))
    assert "post" not in CATEGORIES


@pytest.mark.parametrize(
    ("files", "points", "asked", "expected"),
    [
        ({"a1.py": MAKER.format(name="mug")}, {"mug": "a1"}, "mug", "brought by funcorr-forge and"),
        ({"a2.py": MAKER.format(name="mug")}, {"beaker": "a2"}, "beaker", "'mug' of a2 is known"),
        ({"a3.py": "import not_there"}, {"vat": "a3"}, "vat", "ModuleNotFoundError: No module"),
        ({"a4.py": "1 / 0"}, {"tub": "a4"}, "tub", "'tub' of strange does not load: ZeroDivision"),
        ({"a5.py": MAKER.format(name="keg")}, {"tun": "a5"}, "tun", "registers no kind 'tun'"),
        ({}, {"urn": "a6:urn"}, "cask", "unknown category 'cask'; .*, urn, the families are"),
    ],
)
def test_a_kind_that_clashes_or_fails_is_one_clear_line(
    tmp_path, monkeypatch, funcorr_command, files, points, asked, expected
):
    installed(tmp_path / "lib", "strange", files, points)
    monkeypatch.syspath_prepend(tmp_path / "lib")
    done = funcorr_command("assets", "forge", "--out", tmp_path / "out", "--categories", asked)
    assert done.is_refusal
    assert re.search(expected, done.err), done.err
    assert not (tmp_path / "out").exists()
    done = funcorr_command(
        *("assets", "forge", "--out", tmp_path / "out", "--categories", "bowl"),
        *("--per-category", 1),
    )
    assert done.code == 0  # the others are made all the same


def test_two_packages_cannot_bring_one_kind(tmp_path, monkeypatch):
    for name in ("first", "second"):
        files = {f"{name}_pail.py": MAKER.format(name="pail")}
        installed(tmp_path / name, name, files, {"pail": f"{name}_pail"})
        monkeypatch.syspath_prepend(tmp_path / name)
    with pytest.raises(UserError, match=r"'pail' is brought by (first|second) and .*; rename or"):
        check_categories(["pail"])


def test_the_kind_of_the_page_is_installed_and_made(tmp_path):
    """docs/extend.md: its file and its entry point in a wheel, then the command of the page."""
    text = PAGE.read_text(encoding="utf-8").partition("## A kind of object")[2]
    [code] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    [table] = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    project = tomllib.loads(table)["project"]
    info = "my_scrapers-1.0.dist-info"
    files = {
        "ice_scraper.py": code,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[funcorr.assets]\n"
        + "".join(f"{k} = {v}\n" for k, v in project["entry-points"]["funcorr.assets"].items()),
    }
    wheel = tmp_path / "my_scrapers-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        archive.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in files))
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps"]
    subprocess.run([*pip, "--target", tmp_path / "lib", wheel], check=True)
    path = os.pathsep.join([str(tmp_path / "lib"), *filter(None, [os.environ.get("PYTHONPATH")])])
    words = ["assets", "forge", "--out", "assets", "--categories", "ice-scraper,mug"]
    done = subprocess.run(
        [sys.executable, "-m", "funcorr", *words, "--per-category", "1", "--workers", "2"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "2 assets in assets" in done.stdout
    asset = read_asset(tmp_path / "assets" / "ice-scraper-0000")
    assert asset.parts == {
        "lift-with": ("blade", "edge"),
        "scrape-with": ("edge",),
        "hold-by": ("handle",),
    }
    assert asset.generator == f"funcorr-forge {distribution('funcorr-forge').version}"
