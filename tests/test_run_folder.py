"""Run folders: who owns one, what is refused, what is discarded, and that the advice works."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcorr import __version__
from funcorr.errors import UserError
from funcorr.run_folder import Stage, claim, flat, log_until

VALUES = st.none() | st.integers(0, 2) | st.text("ab", max_size=2) | st.lists(st.integers(0, 1))
CONFIGS = st.dictionaries(
    st.sampled_from("abc"), VALUES | st.dictionaries(st.sampled_from("de"), VALUES), max_size=3
)


def stages(export, scores=None):
    """A run of two stages: predictions, and results that are made of them."""
    return (
        Stage("predictions", {"export": export}, ["predictions"]),
        Stage("results", {"scores": scores}, ["results.json", "*.md"]),
    )


def work(folder, *claimed, **options):
    """Write what is not there yet; the names of the files that were written."""
    written = []
    with claim(folder, *claimed, **options):
        for name in ("predictions/1.npz", "predictions/2.npz", "results.json", "table.md"):
            if not (folder / name).exists():
                (folder / name).parent.mkdir(exist_ok=True)
                (folder / name).write_text(json.dumps([dict(stage.config) for stage in claimed]))
                written.append(name)
    return written


def stop(*_):
    raise KeyboardInterrupt


def contents(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def told(config):
    """Absent, None and empty are one."""
    return {name: value for name, value in flat(config).items() if value is not None}


@given(CONFIGS, CONFIGS)
def test_a_folder_is_gone_on_with_exactly_where_the_settings_are_equal(first, second):
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        assert len(work(folder, *stages(first))) == 4
        before = contents(folder)
        if told(first) == told(second):
            assert work(folder, *stages(second)) == []
        else:
            with pytest.raises(UserError, match="holds the predictions of another configuration"):
                work(folder, *stages(second))
        assert contents(folder) == before


@given(st.tuples(CONFIGS, CONFIGS), st.tuples(CONFIGS, CONFIGS))
def test_overwriting_discards_what_depends_on_the_change_and_nothing_else(first, second):
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        work(folder, *stages(*first))
        (folder / "thesis.tex").write_text("mine")
        written = work(folder, *stages(*second), overwrite=True)
        same = [told(a) == told(b) for a, b in zip(first, second, strict=True)]
        assert len(written) == (0 if all(same) else 2 if same[0] else 4)
        assert (folder / "thesis.tex").read_text() == "mine"
        assert work(folder, *stages(*second)) == []


def test_the_record_keeps_the_settings_and_the_version(tmp_path):
    work(tmp_path, *stages({"size": (2, 3)}, 5))
    assert json.loads((tmp_path / "config.json").read_text()) == {
        "export": {"size": [2, 3]},
        "scores": 5,
        "generator": f"funcorr {__version__}",
    }


def test_a_refusal_tells_what_changed(tmp_path):
    many = dict.fromkeys("abcdefg", 0)
    work(tmp_path / "run", *stages({"name": "x" * 40, **many}, "paper"))
    with pytest.raises(UserError) as refusal:
        work(tmp_path / "run", *stages({"name": "y" * 40, **many, "a": None}, "code"))
    assert str(refusal.value) == (
        f"{tmp_path / 'run'} holds the predictions of another configuration (export.name, "
        'export.a: 0 -> null, scores: "paper" -> "code"); choose another folder'
    )
    with pytest.raises(UserError, match=r"export.a: 0 -> 1, .*, export.d: 0 -> 1, 3 more\)"):
        work(tmp_path / "run", *stages({"name": "x" * 40, **dict.fromkeys(many, 1)}, "paper"))


ACCIDENTS = {
    "no record": lambda record: record.unlink(),
    "empty": lambda record: record.write_text(""),
    "half written": lambda record: record.write_text(record.read_text()[:20]),
    "no text": lambda record: record.write_bytes(b"\xff\xfe"),
    "of another kind": lambda record: record.write_text("[1, 2]"),
    "of another version": lambda record: record.write_text('{"format": "old/1"}'),
    "of other predictions": lambda record: record.write_text('{"export": 7, "scores": 1}'),
    "of other results": lambda record: record.write_text('{"export": 1, "scores": 7}'),
    "unknown": lambda record: record.write_text("{}"),
}


@pytest.mark.parametrize("overwrite", [None, False])
@pytest.mark.parametrize("accident", ACCIDENTS)
def test_what_a_refusal_says_works(tmp_path, accident, overwrite):
    run = tmp_path / "run"
    work(run, *stages(1, 1))
    ACCIDENTS[accident](run / "config.json")
    before = contents(run)
    with pytest.raises(UserError) as refusal:
        work(run, *stages(1, 1), overwrite=overwrite)
    line = str(refusal.value)
    assert "\n" not in line
    assert contents(run) == before
    assert "choose another folder" in line
    assert len(work(tmp_path / "another", *stages(1, 1), overwrite=overwrite)) == 4
    assert ("--overwrite" in line) == (overwrite is False)
    discarded = re.search("discard the (.*) with --overwrite", line)
    if discarded:
        written = work(run, *stages(1, 1), overwrite=True)
        assert len(written) == (4 if discarded[1] == "predictions" else 2)
        assert work(run, *stages(1, 1)) == []


def test_where_going_on_is_asked_for_it_is_said_so_once_it_would_work(tmp_path):
    work(tmp_path, *stages(1), resume=False)
    with pytest.raises(UserError, match="holds the predictions already; pass --resume to go on"):
        work(tmp_path, *stages(1), resume=False)
    assert work(tmp_path, *stages(1), resume=True) == []
    with pytest.raises(UserError, match="another configuration") as refusal:
        work(tmp_path, *stages(2), resume=False)
    assert "--resume" not in str(refusal.value)
    assert len(work(tmp_path, *stages(2), resume=False, overwrite=True)) == 4


def test_settings_of_an_older_version_are_completed(tmp_path):
    work(tmp_path, *stages({"size": 3}))
    newer = {"upgrade": lambda stored: {"export.roll": 0.0, **stored}}
    assert work(tmp_path, *stages({"size": 3, "roll": 0.0}), **newer) == []
    with pytest.raises(UserError, match=r"export.roll: 0.0 -> 1.0"):
        work(tmp_path, *stages({"size": 3, "roll": 1.0}), **newer)


def test_a_record_beside_other_folders_owns_only_its_own(tmp_path, monkeypatch):
    def labels(name, seed, **options):
        stage = Stage("labels", {"seed": seed}, [f"labels/{name}/*", f"*/labels/{name}"])
        with claim(tmp_path, stage, record=f"labels/{name}/config.json", **options):
            (tmp_path / f"mug/labels/{name}").mkdir(parents=True, exist_ok=True)
            (tmp_path / f"mug/labels/{name}/{seed}").touch()

    labels("a", 1)
    labels("b", 1)
    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", stop)
        with pytest.raises(KeyboardInterrupt):
            labels("a", 2, overwrite=True)
    labels("a", 1)  # its record is still there
    labels("a", 2, overwrite=True)
    found = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.glob("mug/labels/*/*"))
    assert found == ["mug/labels/a/2", "mug/labels/b/1"]


def test_overwriting_that_is_broken_off_leaves_the_folder_to_its_old_run(tmp_path, monkeypatch):
    work(tmp_path, *stages(1, 1))
    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", stop)
        with pytest.raises(KeyboardInterrupt):
            work(tmp_path, *stages(2, 1), overwrite=True)
    assert not (tmp_path / "results.json").exists()
    with pytest.raises(UserError, match="predictions of another configuration"):
        work(tmp_path, *stages(2, 1))
    assert work(tmp_path, *stages(1, 1)) == ["results.json", "table.md"]


def test_a_linked_folder_is_unlinked_and_its_files_stay(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "far/1.npz").touch()
    run = tmp_path / "run"
    work(run, *stages(1))
    (run / "predictions/1.npz").unlink()
    (run / "predictions/2.npz").unlink()
    (run / "predictions").rmdir()
    (run / "predictions").symlink_to(tmp_path / "far")
    work(run, *stages(2), overwrite=True)
    assert (tmp_path / "far/1.npz").exists()
    assert not (run / "predictions").is_symlink()


HOLD = """
import sys, time
from pathlib import Path
from funcorr.run_folder import Stage, claim

with claim(Path(sys.argv[1]), Stage("run", {"seed": 1}, ["log"])):
    print("mine", flush=True)
    time.sleep(600)
"""


def test_two_processes_never_own_one_folder_and_a_killed_one_leaves_it(tmp_path):
    other = subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], stdout=subprocess.PIPE)
    try:
        assert other.stdout.readline() == b"mine\n"
        for seed in (1, 2):
            with (
                pytest.raises(UserError, match="another process is at work in"),
                claim(tmp_path, Stage("run", {"seed": seed}, ["log"]), overwrite=True),
            ):
                pass
    finally:
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
        other.stdout.close()
    with claim(tmp_path, Stage("run", {"seed": 1}, ["log"])):
        pass


def test_a_place_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot write"):
        work(tmp_path / "file", *stages(1))


def test_a_log_is_cut_where_its_run_goes_on(tmp_path):
    log = tmp_path / "log.jsonl"
    assert log_until(log, 0).read_text() == ""
    lines = [json.dumps({"step": step}) for step in range(5)]
    log.write_text("\n".join([*lines, '{"step": 5, "lo']))
    assert log_until(log, 3).read_text().splitlines() == lines[:3]
    log.write_text("\n".join([*lines, '{"step": 5, "lo']))
    assert log_until(log, 9).read_text().splitlines() == lines
