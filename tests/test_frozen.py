"""Frozen benchmark sets: packed, fetched, and runs on them checked for the leaderboard."""

import json
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from flat_objects import BOARDS
from test_benchmark import CONFIG

from funcorr import UserError
from funcorr.benchmark.evaluate import evaluate
from funcorr.benchmark.submission import differences, read_submission
from funcorr.groundtruth import frozen
from funcorr.groundtruth.build import build_benchmark
from funcorr.groundtruth.frozen import FrozenSet, fetch_frozen, frozen_set, frozen_sets, pack
from funcorr.groundtruth.pairs import read_benchmark


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return build_benchmark(BOARDS, tmp_path_factory.mktemp("bench") / "boards", CONFIG)


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    return tmp_path_factory.mktemp("archives")


@pytest.fixture
def boards(made, archives, monkeypatch):
    packed = pack(made.path, archives)
    monkeypatch.setattr(frozen, "frozen_sets", lambda: {"boards": packed})
    return packed


@pytest.fixture(scope="module")
def run(made, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "chance"
    evaluate(made.path, "chance", folder)
    return folder


@pytest.fixture
def copied(run, tmp_path):
    return shutil.copytree(run, tmp_path / "run")


def test_the_shipped_list_is_whole():
    assert set(frozen_sets()) >= {"forge-unseen-test", "real-design"}
    for each in frozen_sets().values():
        assert isinstance(each, FrozenSet)
        assert len(each.archive) == len(each.fingerprint) == 64
        assert each.made == f"python scripts/make_benchmark.py {each.name}"
    with pytest.raises(UserError, match=r"no frozen set 'forge'; there are .*real-design"):
        frozen_set("forge")


def test_equal_folders_give_equal_archives_whatever_their_dates(made, boards, tmp_path):
    copy = shutil.copytree(made.path, tmp_path / "boards", copy_function=shutil.copyfile)
    assert pack(copy, tmp_path / "again") == boards


def test_a_set_comes_back_as_it_was(made, boards, archives, tmp_path, funcorr_command):
    out = tmp_path / "boards"
    got = funcorr_command("benchmark", "fetch", "boards", "--source", archives, "--out", out)
    assert got.code == 0, got.err
    assert "16 image pairs of boards" in got.out
    assert read_benchmark(out).fingerprint() == made.fingerprint() == boards.fingerprint
    again = funcorr_command("benchmark", "fetch", "boards", "--source", archives, "--out", out)
    assert again.code == 2
    assert "is not empty" in again.err


def test_a_set_comes_from_the_web(boards, archives, tmp_path):
    handler = partial(SimpleHTTPRequestHandler, directory=archives)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    try:
        assert len(fetch_frozen(boards, address, tmp_path / "boards").pairs) == 16
        with pytest.raises(UserError, match=r"cannot get boards-1[.]zip from .*HTTP Error 404"):
            fetch_frozen(boards, f"{address}/elsewhere", tmp_path / "none")
    finally:
        server.shutdown()
        server.server_close()
    assert not (tmp_path / "none").exists()


def test_another_archive_leaves_nothing(boards, archives, tmp_path):
    (tmp_path / boards.file_name).write_bytes((archives / boards.file_name).read_bytes()[:-1])
    with pytest.raises(UserError, match=r"another file than the frozen one .*make the set"):
        fetch_frozen(boards, str(tmp_path), tmp_path / "boards")
    with pytest.raises(UserError, match=r"cannot get boards-1[.]zip from nowhere"):
        fetch_frozen(boards, "nowhere", tmp_path / "boards")
    assert [path.name for path in tmp_path.iterdir()] == [boards.file_name]


def test_a_right_run_is_a_submission(made, boards, copied, funcorr_command):
    checked = funcorr_command("benchmark", "submit-check", copied, made.path)
    assert checked.code == 0, checked.err
    assert "chance on boards, 16 image pairs: right" in checked.out
    submission = read_submission(copied / "submission.json")
    results = json.loads((copied / "results.json").read_text())
    assert submission["overall"] == results["overall"]
    assert submission["benchmark_fingerprint"] == boards.fingerprint


def change(path, edit):
    content = json.loads(path.read_text())
    edit(content)
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("name", "edit", "line"),
    [
        ("results.json", lambda c: c["overall"].update({"pck@23": 0.9}), "overall.pck@23"),
        ("results.json", lambda c: c["intervals"]["within"].clear(), "intervals.within"),
        ("results.json", lambda c: c.update(pairs=15), "pairs"),
        ("config.json", lambda c: c.update(benchmark_fingerprint="0"), "another set"),
        ("config.json", lambda c: c.pop("protocol"), "lacks protocol"),
        ("config.json", lambda c: c.update(format="funcorr-evaluation/1"), "is of the format"),
        ("config.json", lambda c: c.update(model="ours"), "model"),
    ],
)
def test_what_does_not_fit_is_refused(made, boards, copied, name, edit, line, funcorr_command):
    change(copied / name, edit)
    checked = funcorr_command("benchmark", "submit-check", copied, made.path)
    assert checked.code == 2
    assert line in checked.err
    assert not (copied / "submission.json").exists()


def test_a_run_without_a_prediction_is_refused(made, boards, copied, funcorr_command):
    next((copied / "predictions").rglob("*.npz")).unlink()
    assert funcorr_command("benchmark", "submit-check", copied, made.path).code == 2


def test_a_set_that_only_bears_the_name_is_refused(made, boards, copied, tmp_path, funcorr_command):
    other = shutil.copytree(made.path, tmp_path / "other")
    change(other / "benchmark.json", lambda c: c.update(license="mine"))
    checked = funcorr_command("benchmark", "submit-check", copied, other)
    assert checked.code == 2
    assert "is called boards but is not the frozen set" in checked.err


def test_files_that_are_no_submissions(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("[]")
    with pytest.raises(UserError, match="no submission of the format"):
        read_submission(path)
    path.write_text('{"format": "funcorr-submission/1", "model": "a"}')
    with pytest.raises(UserError, match="lacks model_fingerprint"):
        read_submission(path)


def test_differences_are_named():
    said = {"a": 1.0, "b": [1, 2], "c": {"d": None}, "e": {}}
    true = {"a": 1.0 + 1e-12, "b": [1, 3], "c": {"d": 0.5}, "e": 1}
    assert differences(said, true) == ["b[1]", "c.d", "e"]
    assert differences({"b": [1]}, {"b": [1, 2]}) == ["b"]
    assert differences({"a": 1}, {"a": {"b": 1}}) == ["a"]


def test_the_leaderboard_shows_the_committed_submissions():
    path = Path(__file__).parents[1] / "scripts" / "leaderboard.py"
    spec = spec_from_file_location("leaderboard", path)
    script = module_from_spec(spec)
    spec.loader.exec_module(script)
    page = (script.RESULTS / "leaderboard.md").read_text("utf-8")
    assert page.partition("<!-- tables -->\n\n")[2] == script.tables() + "\n"
    for file in (script.RESULTS / "submissions").glob("*/*.json"):
        submission = read_submission(file)
        assert submission["benchmark"] == file.parent.name
        assert submission["benchmark_fingerprint"] == frozen_set(file.parent.name).fingerprint
