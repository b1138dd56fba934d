"""The script behind the benchmark sets asks for commands that there are."""

import importlib.util
import sys
from pathlib import Path

import pytest

from funcorr.cli.main import _parse

SCRIPT = Path(__file__).parents[1] / "scripts" / "make_benchmark.py"


@pytest.fixture
def script():
    spec = importlib.util.spec_from_file_location("make_benchmark", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_benchmark"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["make_benchmark"]


@pytest.mark.parametrize(
    "words",
    [
        ["forge-unseen-dev"],
        ["real-design", "--depth", "exact"],
        ["forge-seen", "--depth", "sensor"],
        ["real-design", "--package", "furniture.deb"],
        ["real-design", "--per-function", "5"],
    ],
)
def test_every_step_is_a_command(script, words, monkeypatch, tmp_path):
    asked, name = [], "-".join([words[0], *words[2:]] if "--depth" in words else words[:1])
    monkeypatch.setattr(script, "funcorr", asked.append)
    words = ["x", *words, "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", words)
    script.main()
    calls = [_parse(words) for words in asked]
    assert [words[0] for words in asked] == ["assets", "render", "pairs"]
    assert len(calls) == 3
    assert str(tmp_path / name) in asked[2]
    assert ("--depth" in asked[2], "--sensor" in asked[2]) == (
        "--depth" in words,
        "sensor" in words,
    )
    assert f"{tmp_path / words[1]}-views" in asked[2]
    count = asked[2][asked[2].index("--per-function") + 1]
    assert count == ("5" if "--per-function" in words else script.SETS[words[1]].pairs)
    (tmp_path / name).mkdir()
    (tmp_path / name / "benchmark.json").write_text("{}")
    script.main()
    assert len(asked) == 5  # the finished benchmark is kept
