"""funcorr simulate: trials on a benchmark's pairs, resumed, refused and told in one line."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from test_results_page import loaded

from funcorr.assets.store import read_asset, write_asset
from funcorr.cli.main import main
from funcorr.errors import UserError
from funcorr.groundtruth.build import build_benchmark
from funcorr.groundtruth.pair_geometry import GeometryConfig
from funcorr.groundtruth.pair_sampling import BuildConfig
from funcorr.groundtruth.pairs import ImagePair, write_benchmark, write_ground_truth
from funcorr.render.camera_poses import ViewConfig
from funcorr.render.config import RenderConfig
from funcorr.render.dataset import Dataset
from funcorr.render.write import render_dataset
from funcorr.simulation import predicted_poses
from funcorr.simulation.asset_folder import find_assets
from funcorr.simulation.run import simulate
from funcorr.simulation.similarities import between_objects, boxed, oracle
from funcorr_forge import forge_asset

KEYS = ("image", "mask", "depth", "camera", "frame")


@pytest.fixture(scope="module")
def hooks(tmp_path_factory):
    """A benchmark of one pair of hooks, whose assets are beside it."""
    root = tmp_path_factory.mktemp("hooks")
    for index in (0, 2):
        write_asset(forge_asset("hook", index), root / "hooks-assets")
    bench = root / "hooks-exact"
    bench.mkdir()
    Image.new("RGB", (32, 32), "gray").save(bench / "image.png")
    Image.new("L", (32, 32), 255).save(bench / "mask.png")
    points = np.array([[4.0, 5.0], [6.0, 7.0]])
    write_ground_truth(bench / "gt.npz", points, points)
    pictures = ("image.png", "image.png", "mask.png", "mask.png")
    names = ("hook", "hook", "hook-0000", "hook-0002", "gt.npz")
    pair = ImagePair("one", "hang-onto", *pictures, *names)
    write_benchmark(bench, [(pair, {})], "hooks", "CC0-1.0")
    return bench


@pytest.fixture(scope="module", autouse=True)
def pieces_here(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FUNCORR_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def seen(hooks):
    """A benchmark with depth of the same hooks, made as users make it."""
    root = hooks.parent
    views = RenderConfig(views=ViewConfig(count=3, size=96), points=2000)
    render_dataset(root / "hooks-assets", root / "views", views)
    config = BuildConfig(per_function=1, across=0, image_size=96)
    return build_benchmark(
        Dataset(root / "views"),
        root / "hooks-seen",
        config,
        functions=("hang-onto",),
        geometry=GeometryConfig(),
    )


class Knowing:
    """Gives the pair itself as the match; how often it was asked is counted."""

    name, fingerprint = "knowing", "1"

    def __init__(self):
        self.asked = 0

    def encode(self, image, mask=None):
        return image

    def match(self, image1, image2, function):
        self.asked += 1
        return image1.stem.rsplit("-", 1)[0], image2.stem.rsplit("-", 1)[0]


def test_the_oracle_hangs_both_hooks_and_chance_neither(hooks, tmp_path):
    results = simulate(hooks, "oracle", "hang", tmp_path / "run")
    assert results["directed_pairs"] == 2
    assert results["overall"]["oracle"]["success"] == 1
    assert results["overall"]["chance"]["success"] == 0
    assert results == json.loads((tmp_path / "run" / "results.json").read_text())
    table = (tmp_path / "run" / "table.csv").read_text().splitlines()
    assert table[0] == "function,row,successes,trials,objects,success,low,high"
    assert table[1].startswith("all,oracle,2,2,2,1.000,")


def test_a_second_run_tries_nothing_again_and_another_seed_is_refused(hooks, tmp_path):
    out = tmp_path / "run"
    first = simulate(hooks, "oracle", "hang", out)
    lost = next((out / "trials").iterdir())
    content = lost.read_text()
    lost.unlink()
    assert simulate(hooks, "oracle", "hang", out) == first
    assert lost.read_text() == content
    with pytest.raises(UserError, match=r"another configuration \(seed: 0 -> 1\)"):
        simulate(hooks, "oracle", "hang", out, seed=1)
    simulate(hooks, "oracle", "hang", out, seed=1, overwrite=True)
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
    with pytest.raises(SystemExit) as stop:
        main(["simulate", str(hooks), "--out", str(tmp_path / "run"), *words])
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_a_missing_asset_is_named(hooks, tmp_path):
    with pytest.raises(UserError, match=r"has no asset 'hook-0000'.*--assets"):
        simulate(hooks, "oracle", "hang", tmp_path / "run", assets=tmp_path)


@pytest.mark.parametrize("name", ["a-b-c", "a-b", "a"])
def test_assets_are_found_beside_the_benchmark(tmp_path, name):
    (tmp_path / f"{name}-assets" / "x").mkdir(parents=True)
    (tmp_path / f"{name}-assets" / "x" / "asset.json").write_text("{}")
    assert find_assets(tmp_path / "a-b-c", ["x"]) == tmp_path / f"{name}-assets"
    assert (
        find_assets(tmp_path / "a-b-c", ["x"], tmp_path / f"{name}-assets").name == f"{name}-assets"
    )


def test_a_benchmark_without_assets_beside_it_says_what_was_looked_for(tmp_path):
    with pytest.raises(UserError, match=r"looked for a-b-assets, a-assets\); .* --assets"):
        find_assets(tmp_path / "a-b", ["x"])


def test_a_model_is_asked_once_whatever_is_tried_with_its_poses(seen, tmp_path, monkeypatch):
    def truth(benchmark, pair, match, backward):
        a, b = (read_asset(seen.path.parent / "hooks-assets" / name) for name in match)
        return oracle(a, b, pair.function), 0.75

    monkeypatch.setattr(predicted_poses, "predicted", truth)
    model, out = Knowing(), tmp_path / "run"
    results = simulate(seen.path, [model, "box"], "hang", out)
    assert model.asked == 2
    rows = results["overall"]
    assert list(rows) == ["oracle", "chance", "knowing", "box"]
    assert rows["knowing"]["success"] == 1
    trial = json.loads(next((out / "trials").iterdir()).read_text())
    assert trial["knowing"]["confidence"] == 0.75
    report = (out / "report.md").read_text()
    assert report.count("![") == 4
    assert "![knowing](sheets/knowing.png)" in report
    with Image.open(out / "sheets" / "box.png") as picture:
        assert picture.width > picture.height
    simulate(seen.path, [model, "box"], "lift", out, seed=1, overwrite=True)
    assert model.asked == 2


def test_the_page_gets_a_table_of_every_set_and_task(hooks, tmp_path, monkeypatch):
    page, script = tmp_path / "page.md", loaded("simulation_results")
    page.write_text("words\n<!-- simulation -->\nold\n<!-- end of simulation -->\nmore\n")
    words = [f"{hooks}=hang", "--rows", "chance", "--out", tmp_path / "out", "--page", page]
    monkeypatch.setattr("sys.argv", ["simulation_results.py", *map(str, words)])
    script.main()
    text = page.read_text()
    assert text.startswith("words\n<!-- simulation -->\n\n| set | task | row | success ↑ | of |")
    assert "| hooks | hang | oracle | 1.00 (0.34-1.00) | 2 | 2 |  |" in text
    assert "| hooks | hang | chance | 0.00 (0.00-0.66) | 2 | 2 | " in text
    assert text.endswith("<!-- end of simulation -->\nmore\n")


def test_workers_change_nothing(seen, tmp_path):
    alone = simulate(seen.path, "box", "hang", tmp_path / "alone")
    assert simulate(seen.path, "box", "hang", tmp_path / "two", workers=2) == alone


def test_the_box_carries_an_object_onto_its_own_picture(seen):
    pair = replace(seen.pairs[0], **{f"{key}2": getattr(seen.pairs[0], f"{key}1") for key in KEYS})
    assert np.allclose(boxed(seen, pair), np.eye(4))
    there, back = boxed(seen, seen.pairs[0]), boxed(seen, seen.pairs[0], backward=True)
    assert np.allclose(there @ back, np.eye(4))
    assert not np.allclose(there, np.eye(4), atol=0.05)


def test_a_pose_between_cameras_becomes_one_between_objects():
    rng = np.random.default_rng(0)
    turns = np.linalg.qr(rng.standard_normal((3, 3, 3)))[0]
    first, second, truth = (np.eye(4) for _ in range(3))
    for matrix, turn, scale in zip((first, second, truth), turns, (1, 1, 1.3), strict=True):
        matrix[:3] = np.c_[scale * turn, rng.standard_normal(3)]
    motion = second @ truth @ np.linalg.inv(first)
    assert np.allclose(between_objects(motion, first, second), truth)
