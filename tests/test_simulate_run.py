"""funcorr simulate: trials on a benchmark's pairs, resumed, refused and told in one line."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from funcorr.assets.store import write_asset
from funcorr.cli.main import main
from funcorr.errors import UserError
from funcorr.groundtruth.pairs import ImagePair, write_benchmark, write_ground_truth
from funcorr.simulation.run import simulate
from funcorr.simulation.similarities import between_objects
from funcorr_forge import forge_asset


@pytest.fixture(scope="module")
def hooks(tmp_path_factory):
    """A benchmark of one pair of hooks, and their assets."""
    root = tmp_path_factory.mktemp("hooks")
    for index in (0, 2):
        write_asset(forge_asset("hook", index), root / "assets")
    bench = root / "bench"
    bench.mkdir()
    Image.new("RGB", (32, 32), "gray").save(bench / "image.png")
    Image.new("L", (32, 32), 255).save(bench / "mask.png")
    points = np.array([[4.0, 5.0], [6.0, 7.0]])
    write_ground_truth(bench / "gt.npz", points, points)
    pictures = ("image.png", "image.png", "mask.png", "mask.png")
    names = ("hook", "hook", "hook-0000", "hook-0002", "gt.npz")
    pair = ImagePair("one", "hang-onto", *pictures, *names)
    write_benchmark(bench, [(pair, {})], "hooks", "CC0-1.0")
    return bench, root / "assets"


@pytest.fixture(autouse=True)
def pieces_here(tmp_path, monkeypatch):
    monkeypatch.setenv("FUNCORR_CACHE", str(tmp_path / "cache"))


def test_the_oracle_hangs_both_hooks_and_chance_neither(hooks, tmp_path):
    results = simulate(*hooks, "oracle", "hang", tmp_path / "run")
    assert results["directed_pairs"] == 2
    assert results["overall"]["oracle"]["success"] == 1
    assert results["overall"]["chance"]["success"] == 0
    assert results == json.loads((tmp_path / "run" / "results.json").read_text())
    table = (tmp_path / "run" / "table.csv").read_text().splitlines()
    assert table[0] == "function,row,successes,trials,success,low,high"
    assert table[1].startswith("all,oracle,2,2,1.000,")


def test_a_second_run_tries_nothing_again_and_another_seed_is_refused(hooks, tmp_path):
    out = tmp_path / "run"
    first = simulate(*hooks, "oracle", "hang", out)
    kept = {path: path.stat().st_mtime_ns for path in (out / "trials").iterdir()}
    lost = next(iter(kept))
    content = lost.read_text()
    lost.unlink()
    assert simulate(*hooks, "oracle", "hang", out) == first
    assert lost.read_text() == content
    with pytest.raises(UserError, match=r"another configuration \(seed: 0 -> 1\)"):
        simulate(*hooks, "oracle", "hang", out, seed=1)
    simulate(*hooks, "oracle", "hang", out, seed=1, overwrite=True)
    assert json.loads((out / "config.json").read_text())["seed"] == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--task", "fly", "--model", "oracle"], "unknown task 'fly'"),
        (["--task", "pour", "--model", "oracle"], "no pair that pour can be tried on"),
        (["--task", "hang", "--model", "funcorr-small"], "has no depth"),
    ],
)
def test_what_cannot_be_simulated_is_told_in_one_line(hooks, tmp_path, capsys, words, message):
    bench, assets = map(str, hooks)
    with pytest.raises(SystemExit) as stop:
        main(["simulate", bench, "--assets", assets, "--out", str(tmp_path / "run"), *words])
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_a_missing_asset_is_named(hooks, tmp_path):
    with pytest.raises(UserError, match="has no asset 'hook-0000'"):
        simulate(hooks[0], tmp_path, "oracle", "hang", tmp_path / "run")


def test_a_pose_between_cameras_becomes_one_between_objects():
    rng = np.random.default_rng(0)
    turns = np.linalg.qr(rng.standard_normal((3, 3, 3)))[0]
    first, second, truth = (np.eye(4) for _ in range(3))
    for matrix, turn, scale in zip((first, second, truth), turns, (1, 1, 1.3), strict=True):
        matrix[:3] = np.c_[scale * turn, rng.standard_normal(3)]
    motion = second @ truth @ np.linalg.inv(first)
    assert np.allclose(between_objects(motion, first, second), truth)
