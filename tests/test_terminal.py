"""What the commands look like on a terminal of 80 columns."""

from __future__ import annotations

import pytest

from funcorr.cli import doctor
from funcorr.cli import main as cli
from funcorr.cli.models import heatmap_rows
from funcorr.cli.tables import print_paragraph
from funcorr.correspondence.registry import rows
from funcorr.weights.catalog import CATALOG

MODELS = [row.name for row in [*rows(), *heatmap_rows()]]
FOUND = [finding.item for finding in doctor.examine() if finding.topic != "cache"]


@pytest.mark.parametrize(
    ("command", "column", "names"),
    [("models", 0, MODELS), ("doctor", 1, FOUND), ("weights list", 0, list(CATALOG))],
)
def test_a_row_is_one_whole_line(funcorr_command, monkeypatch, command, column, names):
    monkeypatch.setenv("COLUMNS", "80")
    table, *below = funcorr_command(*command.split()).out.split("\n\n")
    lines = [line.rstrip() for line in table.splitlines()]
    assert len(lines) == 3 + len(names)
    assert max(map(len, lines)) <= 80
    assert "…" not in table
    starts = [line.partition("  ")[2 * column].strip() for line in lines[3:]]
    assert all(start.startswith(name) for start, name in zip(starts, names, strict=True))
    assert below


def test_what_a_row_has_no_room_for_stands_below(funcorr_command, monkeypatch, tmp_path):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("FUNCORR_CACHE", str(tmp_path))
    for command in ("models", "doctor"):
        out = funcorr_command(command).out
        below = out.partition("\n\n")[2]
        assert "funcorr weights fetch dinov2-small-focus" in " ".join(below.split())
        commands = [line for line in out.splitlines() if line.startswith("  funcorr ")]
        assert all("&&" not in line for line in commands)
    out = funcorr_command("weights", "list").out
    assert all(entry.what in " ".join(out.split()) for entry in CATALOG.values())
    assert out.endswith(f"cache: {tmp_path}\n")


def test_doctor_ends_with_what_works(funcorr_command, monkeypatch, tmp_path):
    monkeypatch.setitem(doctor.EXTRAS, "app", (("no_such_module",), "pages"))
    monkeypatch.setitem(doctor.EXTRAS, "photoreal", (("json",), "path-traced renderings"))
    last = " ".join(funcorr_command("doctor").out.split("\n\n")[-1].split())
    assert last.startswith("Works here: funcorr match with funcorr-small, funcorr afford with ")
    assert "path-traced renderings" in last
    assert "pages" not in last
    monkeypatch.setenv("FUNCORR_CACHE", str(tmp_path))
    last = " ".join(funcorr_command("doctor").out.split("\n\n")[-1].split())
    assert last.startswith(f"Works here: 1 of {len(rows())} models for matching")
    assert "afford" not in last


def test_help_lists_everyday_commands_first(funcorr_command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    done = funcorr_command("--help")
    assert done == funcorr_command() == funcorr_command("-h")
    assert max(map(len, done.out.splitlines())) <= 80
    head, everyday, research, _ = done.out.split("\n\n")[-4:]
    assert "same job" in " ".join(head.split())
    listed = [_commands(everyday), _commands(research)]
    every = dict.fromkeys(words.partition(" ")[0] for words in cli.COMMANDS)
    assert listed[0] == [name for name in cli.EVERYDAY if name in every]
    assert listed[1] == [name for name in every if name not in cli.EVERYDAY]
    assert "(list, fetch)" in research
    assert "match       Match two objects by function" in everyday


@pytest.mark.parametrize(
    ("command", "text"),
    [("match", "Without it the alpha channel"), ("afford", "Any words are legal")],
)
def test_help_breaks_lines_only_where_the_terminal_ends(
    funcorr_command, monkeypatch, command, text
):
    """However the docstring is broken that it comes from."""
    monkeypatch.setenv("COLUMNS", "500")
    assert text in funcorr_command(command, "--help").out


def _commands(section):
    return [line.split()[0] for line in section.splitlines()[1:] if not line.startswith("   ")]


@pytest.mark.parametrize(("top", "said"), [(1, "1 distinct match for"), (3, "3 distinct matches")])
def test_match_ends_with_a_sentence_and_the_picture(funcorr_command, scene, top, said):
    words = ("match", scene / "a.png", scene / "b.png", "--function", "pour-with", "--top", top)
    done = funcorr_command(*words, "--model", "chance", "--out", scene / "out")
    sentence, picture = done.out.splitlines()[-2:]
    assert sentence.startswith(said)
    assert sentence.endswith(").")
    assert picture == f"open {scene / 'out' / 'matches.png'}"


def test_words_longer_than_a_line_stay_whole(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    print_paragraph("see https://example.org/a-long/path and so on")
    expected = ["see", "  https://example.org/a-long/path", "  and so on"]
    assert capsys.readouterr().out.splitlines() == expected
