"""Names and streams that are no UTF-8, and outputs that nobody reads: the work counts."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

CHANCE = ("--function", "pour-with", "--model", "chance")


def run(*words, redirect="", **environment):
    """``funcorr WORDS`` in a process of its own, its output redirected by a shell."""
    command = b" ".join(b"'" + os.fsencode(word) + b"'" for word in map(os.fspath, words))
    line = os.fsencode(sys.executable) + b" -m funcorr " + command + redirect.encode()
    return subprocess.run(
        line, shell=True, capture_output=True, check=False, env={**os.environ, **environment}
    )


@pytest.mark.parametrize(
    ("name", "environment"),
    [
        (b"mug-\xe9\xff.png", {}),
        ("\u676f\U0001f375.png".encode(), {}),
        ("\u676f\U0001f375.png".encode(), {"PYTHONIOENCODING": "cp1252"}),
        ("\u676f.png".encode(), {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}),
        (b"mug-\xe9.png", {"PYTHONIOENCODING": "ascii"}),
    ],
    ids=repr,
)
def test_any_file_name_on_any_output(scene, name, environment):
    image = os.fsencode(scene) + b"/" + name
    os.rename(os.fsencode(scene / "a.png"), image)
    out = scene / "out"
    done = run("match", image, scene / "b.png", *CHANCE, "--out", out, "--json", **environment)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.decode(environment.get("PYTHONIOENCODING", "utf-8")))
    kept = json.loads((out / "matches.json").read_text(encoding="utf-8"))
    assert said == kept
    assert kept["image1"].encode("utf-8", "surrogateescape") == image


@pytest.mark.parametrize("redirect", [" >&-", " 2>&-", " >&- 2>&-", " <&- >&-", " | true"])
def test_an_output_that_is_closed_changes_nothing(scene, redirect):
    out = scene / "out"
    words = ("match", scene / "a.png", scene / "b.png", *CHANCE, "--out", out)
    done = run(*words, redirect=redirect)
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr
    assert {path.name for path in out.iterdir()} >= {"matches.npz", "matches.json", "matches.png"}
    assert json.loads((out / "matches.json").read_text())["function"] == "pour-with"


@pytest.mark.parametrize("redirect", ["", " >&-"])
def test_a_refusal_is_one_line_also_where_it_names_such_a_file(scene, redirect):
    done = run("match", b"no-\xe9.png", scene / "b.png", *CHANCE, redirect=redirect)
    assert done.returncode == 2
    assert done.stderr.startswith(b"error: ")
    assert done.stderr.count(b"\n") == 1


def test_a_reader_that_goes_away_does_not_fail_the_command():
    """The pipe breaks while the command is still at it; its own exit code counts."""
    line = f"'{sys.executable}' -m funcorr functions list; echo $? >&2"
    done = subprocess.run(
        f"( {line} ) | true", shell=True, capture_output=True, check=False, text=True
    )
    assert done.stderr.strip() == "0"


@pytest.mark.parametrize("words", [("functions", "list"), ("--help",), ("--version",)])
def test_an_output_on_a_full_disk_is_one_line(words):
    done = run(*words, redirect=" >/dev/full")
    assert done.returncode == 2
    assert done.stderr == b"error: cannot write to standard output: No space left on device\n"
    assert run(*words, redirect=" 2>/dev/full").returncode == 0


@pytest.mark.parametrize("redirect", [" 2>&-", " >&- 2>&-", " 2>/dev/full"])
def test_a_refusal_nobody_reads_keeps_its_exit_code(scene, redirect):
    assert run("match", "gone.png", scene / "b.png", *CHANCE, redirect=redirect).returncode == 2
