"""Work that is killed without a word, at any write: the same again finishes, nothing twice."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest
from label_data import render_mallets
from PIL import Image
from test_alignment_annotator import FUNCTION, PAIRS, assets, objects, start  # noqa: F401
from test_dataset import all_bytes
from test_selection import OBJECTS, captions, open_selection, server  # noqa: F401
from test_weights import tiny  # noqa: F401

from funcorr.affordance.data.oneshot import read_one_shot
from funcorr.app.affordance_annotator import AffordanceAnnotation
from funcorr.app.alignments.session import Session
from funcorr.groundtruth.alignments import read_alignments
from funcorr.io import atomic_folder, replaced_together
from funcorr.weights import resolver

# ruff: noqa: F811
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")


def killed(work, at: int = 1, what: str = "replace", whose: type = Path) -> bool:
    """Run work in a process that dies just before its n-th call; False where it ended first."""
    child = os.fork()
    if child == 0:
        calls, original = [], getattr(whose, what)

        def dies(*args, **options):
            calls.append(1)
            if len(calls) == at:
                os.kill(os.getpid(), signal.SIGKILL)
            return original(*args, **options)

        setattr(whose, what, dies)
        try:
            work()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.fixture(scope="module")
def mallets(tmp_path_factory):
    return render_mallets(tmp_path_factory.mktemp("killed"), 2).parent


@pytest.mark.parametrize("kind", ["nerfstudio", "bop"])
@pytest.mark.parametrize("at", [1, 6, 11])
def test_a_killed_export_is_not_there_and_the_next_is_whole(
    mallets, tmp_path, funcorr_command, kind, at
):
    words = ("export", mallets / "data", "--format", kind, "--assets", mallets / "assets")
    assert funcorr_command(*words, "--out", tmp_path / "whole/x").code == 0
    place = tmp_path / "killed"
    assert killed(lambda: funcorr_command(*words, "--out", place / "x"), at, "save", Image.Image)
    assert not (place / "x").exists()
    assert funcorr_command(*words, "--out", place / "x").code == 0
    assert all_bytes(place) == all_bytes(tmp_path / "whole")


@pytest.mark.parametrize("at", [1, 3])
def test_a_killed_selection_asks_nothing_twice(tmp_path, captions, server, at):
    def select():
        open_selection(tmp_path, captions, server, concurrency=1).run("names")

    assert killed(select, at, "add_line", __import__(
        "funcorr.pseudolabel.selection.cached_answers", fromlist=["add_line"]))  # fmt: skip
    asked = len(server.seen)
    assert asked >= at
    select()
    assert len(server.seen) - asked <= len(OBJECTS) - at + 1
    found = (tmp_path / "selection/names.csv").read_text().splitlines()
    assert len(found) == 1 + len(OBJECTS)
    assert not [name for name in names(tmp_path / "selection") if name.startswith(".")]


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("what", ["_convert", "_publish", "write_json"])
def test_a_killed_fetch_leaves_no_model_and_the_next_one_all(tmp_path, what):
    assert killed(lambda: resolver.fetch("tiny"), 1, what, resolver)
    assert resolver.find("tiny") is None
    folder = resolver.fetch("tiny")
    assert names(folder.parent) == ["tiny", *(f"tiny/{name}" for name in (
        "config.json", "model.safetensors", "source.json"))]  # fmt: skip


@pytest.mark.parametrize("at", range(1, 7))
@pytest.mark.parametrize("clicks", [0, 1])
def test_clicks_are_taken_up_at_whatever_write_they_were_killed(tmp_path, at, clicks):
    Image.new("RGB", (20, 16), (90, 60, 30)).save(tmp_path / "mug.png")

    def opened():
        return AffordanceAnnotation([tmp_path / "mug.png"], ["pour"], tmp_path / "out")

    for _ in range(clicks):
        opened().add(3, 4)
    died = killed(lambda: opened().add(12, 9), at)
    work = opened()
    kept = [*work.here().get("pour", [])]
    assert kept in ([(3, 4)] * clicks, [(3, 4)] * clicks + [(12, 9)])
    assert died or len(kept) == clicks + 1
    examples = [path.name for path in (tmp_path / "out").glob("*.npy")]
    assert examples == ["mug.npy"] * bool(kept)
    if kept:
        (example,) = read_one_shot(tmp_path / "out")
        seen = example.heatmaps["pour"] > 0.9
        assert [seen[int(y), int(x)] for x, y in kept] == [True] * len(kept)
    work.add(12, 9)
    assert len(opened().here()["pour"]) == len(kept) + 1
    assert not [name for name in names(tmp_path / "out") if name.startswith(".")]


@pytest.mark.parametrize("at", [1, 2, 3, 4])
@pytest.mark.parametrize("decide", ["accept", "undo"])
def test_a_decision_that_was_killed_is_made_or_not(tmp_path, start, at, decide):
    def sitting():
        return Session(tmp_path / "a.json", FUNCTION, PAIRS, start, "A. Person", "2026-01-31")

    def decided():
        with sitting() as session:
            session.accept()
            if decide == "undo":
                session.undo()

    killed(decided, at)
    with sitting() as session:
        kept = session.counts["accepted"]
        found = read_alignments(tmp_path / "a.json") if (tmp_path / "a.json").exists() else ()
        assert len(found) == kept <= 1
        session.go(0)
        session.accept()
        assert session.counts["accepted"] == len(read_alignments(tmp_path / "a.json")) == 1
    left = [name for name in names(tmp_path) if name.startswith(".") and ".lock" not in name]
    assert left == []


@pytest.mark.parametrize("make", [atomic_folder, replaced_together])
def test_scratch_folders_of_the_living_stay_and_of_the_dead_go(tmp_path, make):
    def dies():
        with make(tmp_path / "out") as folder:
            (folder / "a.txt").touch()
            os.kill(os.getpid(), signal.SIGKILL)

    assert killed(dies, 0)
    assert len([name for name in names(tmp_path) if name.endswith("a.txt")]) == 1
    with make(tmp_path / "out") as first:
        (first / "b.txt").touch()
        if make is replaced_together:
            with make(tmp_path / "out") as second:
                (second / "c.txt").touch()
            assert (first / "b.txt").exists()
    wanted = {"b.txt", "c.txt"} if make is replaced_together else {"b.txt"}
    assert {path.name for path in tmp_path.rglob("*.txt")} == wanted
    assert not [name for name in names(tmp_path) if Path(name).name.startswith(".")]
    assert np.bitwise_and((tmp_path / "out").stat().st_mode, 0o777) == 0o777 & ~_umask()


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask
