"""The command line: parsing, exit codes, and what ``funcorr match`` leaves behind."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

import funcorr
from funcorr.cli import main as cli
from funcorr.cli.match import parse_points
from funcorr.correspondence.registry import rows
from funcorr.correspondence.result import Correspondence
from funcorr.errors import UserError


def match_words(scene, *more):
    words = ["match", scene / "a.png", scene / "b.png", "--function", "pour-with"]
    return [*words, "--model", "chance", "--out", scene / "out", *more]


def test_match_writes_its_files_and_lists_the_best(funcorr_command, scene):
    done = funcorr_command(*match_words(scene, "--top", 4, "--points", "20,20;3,4"))
    assert done.code == 0
    assert done.err == ""
    names = ["matches.npz", "matches.json", "matches.png", "dense.png"]
    assert sorted(path.name for path in (scene / "out").iterdir()) == sorted(names)
    report = json.loads((scene / "out" / "matches.json").read_text())
    assert list(report["files"]) == names
    assert all(path in done.out for path in report["files"].values())
    assert "no parts.png: chance predicts no functional part" in done.out
    assert len(report["matches"]) == 4
    assert set(report["matches"][0]) == {
        "point1",
        "point2",
        "confidence",
        "score",
        "similarity",
        "cycle_error",
    }
    assert [moved["point1"] for moved in report["transfers"]] == [[20, 20], [3, 4]]
    on, off = report["transfers"]
    assert on["inside"]
    assert (off["point2"], off["confidence"], off["inside"]) == (None, 0, False)
    assert "off the object" in done.out
    for name in names[2:]:
        with Image.open(scene / "out" / name) as picture:
            assert picture.width == 1200


def test_a_doubtful_mask_is_said_beside_the_answer(funcorr_command, scene):
    image = Image.new("RGB", (300, 200), (200, 200, 200))
    ImageDraw.Draw(image).ellipse((-20, 80, 80, 117), fill=(170, 160, 150))
    image.save(scene / "a.png")
    done = funcorr_command(*match_words(scene, "--json"))
    assert done.code == 0
    assert done.out == (scene / "out" / "matches.json").read_text()
    assert "reaches the edge of the picture; --click1, --box1 or --mask1 helps" in done.err
    assert done.err.count("\n") == 1


def test_the_parts_that_the_user_knows_are_the_parts(funcorr_command, scene):
    known = np.asarray(Image.open(scene / "mask_a.png").convert("L")) > 127
    known[:, : int(np.flatnonzero(known.any(0)).mean())] = False
    Image.fromarray(known).convert("L").save(scene / "part.png")
    with Image.open(scene / "b.png") as picture:
        Image.new("L", picture.size, 255).save(scene / "all.png")
    parts = ("--part1", scene / "part.png", "--part2", scene / "all.png")
    done = funcorr_command(*match_words(scene, *parts, "--mask1", scene / "mask_a.png"))
    assert done.code == 0
    found = Correspondence.load(scene / "out" / "matches.npz")
    assert (found.part1 > 0.5).tolist() == known.tolist()
    assert (scene / "out" / "parts.png").is_file()


def test_a_part_that_cannot_be_used_is_a_line(funcorr_command, scene):
    Image.new("L", (7, 7), 255).save(scene / "part.png")
    refused = funcorr_command(*match_words(scene, "--part2", scene / "part.png"))
    assert refused.is_refusal
    assert "part.png is 7 x 7 pixels" in refused.err
    refused = funcorr_command(*match_words(scene, "--part1", scene / "mask_a.png"))
    assert refused.is_refusal
    assert "chance predicts no functional part; give both parts" in refused.err


def test_the_report_agrees_with_the_arrays(funcorr_command, scene):
    mask = scene / "mask_a.png"
    assert funcorr_command(*match_words(scene, "--mask1", mask, "--top", 3)).code == 0
    report = json.loads((scene / "out" / "matches.json").read_text())
    result = Correspondence.load(scene / "out" / "matches.npz")
    assert len(result) == 18 * 18
    first = report["matches"][0]
    assert result.points1[0].tolist() == first["point1"]
    assert result.points2[0].tolist() == first["point2"]
    assert result.scores[0] == pytest.approx(first["score"], abs=1e-6)
    points = np.array([match["point1"] for match in report["matches"]])
    assert np.linalg.norm(points[0] - points[1]) >= 0.06 * 18


def test_json_alone_on_stdout_equals_the_file(scene):
    words = [str(word) for word in match_words(scene, "--json")]
    command = [sys.executable, "-m", "funcorr", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == (scene / "out" / "matches.json").read_text()
    report = json.loads(done.stdout)
    assert (report["function"], report["model"]) == ("pour-with", "chance")
    assert report["image1"] == str(scene / "a.png")


def test_a_new_run_takes_the_place_of_the_old_one(funcorr_command, scene):
    (scene / "out").mkdir()
    for name in ("parts.png", "mine.txt"):
        (scene / "out" / name).write_text("old")
    assert funcorr_command(*match_words(scene)).code == 0
    assert not (scene / "out" / "parts.png").exists()
    assert (scene / "out" / "mine.txt").read_text() == "old"


@pytest.mark.parametrize("text", ["1", "1,2,3", "a,b", "1,nan", "1,2;", ""])
def test_points_that_are_none_are_refused(text):
    with pytest.raises(UserError, match="--points takes"):
        parse_points([text])


def test_models_lists_every_row(funcorr_command):
    done = funcorr_command("models")
    assert done.code == 0
    assert all(row.name in done.out for row in rows())
    assert "funcorr-afford-small" in done.out


def test_every_command_explains_itself(funcorr_command):
    for words in cli.COMMANDS:
        done = funcorr_command(*words.split(), "--help")
        assert done.code == 0
        assert done.out.startswith(f"usage: funcorr {words}")


def written_commands():
    """What follows ``funcorr`` wherever the Makefile and the readme run it."""
    root = Path(__file__).parents[1]
    text = "\n".join((root / name).read_text() for name in ("Makefile", "README.md"))
    text = text.replace("\\\n", " ")
    return sorted(set(re.findall(r"(?:^|/|`)funcorr ([a-z][^`\n|]*)", text, re.MULTILINE)))


@pytest.mark.parametrize("words", written_commands())
def test_commands_are_written_as_they_are_understood(words):
    assert callable(cli._parse(shlex.split(words)))


def test_version_and_no_words(funcorr_command):
    assert funcorr_command("--version").out == f"funcorr {funcorr.__version__}\n"
    assert "match" in funcorr_command().out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("mach a b", "mach"),
        ("weights fetsh", "funcorr weights --help"),
        ("match a b --function pour-with --tops 3", "--top INT"),
        ("match a b --function pour-with --top many", "Error parsing --top"),
        ("match a b", "--function"),
        ("match a b --function pour-with --top 0", "--top must be at least 1"),
    ],
)
def test_wrong_usage_is_one_line(funcorr_command, words, expected):
    done = funcorr_command(*words.split())
    assert done.is_refusal, done
    assert expected in done.err
    assert not set("╭│╰─") & set(done.err)


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (UserError("one thing\nand another"), 2, "error: one thing and another\n"),
    ],
)
def test_how_a_command_may_end(funcorr_command, monkeypatch, raised, code, said):
    monkeypatch.setattr("funcorr.cli.doctor.doctor", raising(raised))
    done = funcorr_command("doctor")
    assert (done.code, done.err) == (code, said)


def test_the_unexpected_keeps_its_traceback(funcorr_command, monkeypatch):
    monkeypatch.setattr("funcorr.cli.doctor.doctor", raising(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        funcorr_command("doctor")


def test_a_reader_that_leaves_is_no_failure():
    code = "from funcorr.cli.main import main; main(['functions', 'list'])"
    command = f'{sys.executable} -c "{code}" | true'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("", "")


def raising(error):
    def command() -> None:
        """Fail."""
        raise error

    return command
