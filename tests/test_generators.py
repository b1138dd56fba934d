"""Generators of assets are other packages, found by their entry point."""

import ast
from pathlib import Path
from types import SimpleNamespace

import pytest

import funcorr
from funcorr.assets import generators
from funcorr.assets.generators import AssetGenerator, load_generator
from funcorr.errors import MissingExtraError, UserError


@pytest.fixture
def without_forge(monkeypatch):
    monkeypatch.setattr(generators, "entry_points", lambda group: ())


def test_the_forge_is_a_generator():
    forge = load_generator("forge")
    assert isinstance(forge, AssetGenerator)
    assert forge.forge_asset("mug", 3, seed=1).generator.startswith("funcorr-forge ")


@pytest.mark.parametrize("command", [["assets", "forge"], ["assets", "agd"]])
def test_where_the_forge_is_missing_one_line_says_what_to_install(
    funcorr_command, without_forge, tmp_path, command
):
    done = funcorr_command(*command, "--out", tmp_path / "out")
    assert done.is_refusal
    assert "'funcorr-forge', which is not installed: pip install ./forge" in done.err
    assert "'funcorr[forge]'" in done.err
    assert not (tmp_path / "out").exists()


def test_a_missing_generator_can_be_caught_as_an_import_error(without_forge):
    with pytest.raises(ImportError, match="funcorr-forge") as caught:
        load_generator()
    assert isinstance(caught.value, MissingExtraError)


def test_what_is_no_generator_is_refused(monkeypatch):
    point = SimpleNamespace(name="ore", value="ore:mine", load=lambda: SimpleNamespace(dig=1))
    monkeypatch.setattr(generators, "entry_points", lambda group: (point,))
    with pytest.raises(UserError, match="ore:mine is no generator of assets; expected forge_asset"):
        load_generator("ore")


def test_funcorr_imports_the_forge_nowhere():
    for file in Path(funcorr.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(name.startswith("funcorr_forge") for name in names), file
