"""The whole road on tiny data, by the commands that a user types: objects to matches."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import funcorr
from funcorr.cli.main import main
from funcorr.correspondence.checkpoint import load_head

TRAINING = ("train", "correspondence", "--set", "part_steps=2", "--steps", "3")


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("work")
    run(
        "assets",
        "forge",
        "--out",
        folder / "assets",
        "--categories",
        "mug,bottle",
        "--per-category",
        "2",
    )
    run("render", folder / "assets", "--out", folder / "views", "--views", "4", "--size", "96",
        "--points", "4000", "--supersample", "1")  # fmt: skip
    run("pairs", folder / "views", "--out", folder / "bench", "--per-function", "1",
        "--function", "pour-with")  # fmt: skip
    run(*TRAINING, folder / "views", "--out", folder / "run", "--validation", folder / "views")
    run("evaluate", folder / "bench", "--model", folder / "run" / "model", "--out",
        folder / "scores")  # fmt: skip
    return folder


def run(*words: object) -> None:
    """A command that must succeed."""
    main([str(word) for word in words])


def test_the_run_folder_tells_what_was_done(work: Path) -> None:
    run_folder = work / "run"
    assert json.loads((run_folder / "config.json").read_text())["steps"] == 3
    assert len((run_folder / "log.jsonl").read_text().splitlines()) == 3
    card = json.loads((run_folder / "model" / "config.json").read_text())
    assert card["name"] == "run"
    assert card["training"]["versions"]["funcorr"] == funcorr.__version__
    assert (card["part_odds"], card["head"]["part_width"]) == (0.1, 256)
    assert card["layout"] is not None
    assert "hang-onto" in card["functions"]
    assert len((run_folder / "part" / "log.jsonl").read_text().splitlines()) == 2
    assert json.loads((run_folder / "validation" / "views.jsonl").read_text())["step"] == 3
    assert len(list((run_folder / "samples" / "views").glob("*-step000003.png"))) == 3
    assert (run_folder / "curves.png").is_file()


def test_the_trained_head_is_scored_on_every_metric(work: Path) -> None:
    results = json.loads((work / "scores" / "results.json").read_text())
    overall = results["overall"]
    for k in (23, 15, 10, 5):
        assert {f"pck@{k}", f"best_f1@{k}", f"ap@{k}"} <= set(overall)
    assert 0 < overall["normalized_distance"] < 1
    assert results["model"] == "run"


def test_the_trained_head_matches_pictures(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pair = json.loads((work / "bench" / "pairs.jsonl").read_text().splitlines()[0])
    files = {key: str(work / "bench" / pair[key]) for key in ("image1", "image2", "mask1", "mask2")}
    capsys.readouterr()
    run("match", files["image1"], files["image2"], "--function", "pour-with",
        "--mask1", files["mask1"], "--mask2", files["mask2"],
        "--model", work / "run" / "model", "--out", work / "out", "--json")  # fmt: skip
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((work / "out" / "matches.json").read_text())
    result = funcorr.Correspondence.load(work / "out" / "matches.npz")
    assert printed["model"] == result.model == "run"
    assert result.part1 is not None
    assert np.array_equal(result.top(1).points1[0], printed["matches"][0]["point1"])


def test_the_part_of_a_finished_head_is_trained_and_nothing_else(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    part = ("train", "correspondence", work / "views", "--config", "small-part", "--steps", "2")
    run(*part, "--start", work / "run" / "model", "--out", work / "parted", "--seed", "1")
    (before, _), (after, card) = (load_head(work / name / "model") for name in ("run", "parted"))
    assert card.name == "parted"
    found = after.state_dict()
    kept = {n: v for n, v in before.state_dict().items() if not n.startswith("part.")}
    assert len(kept) > 5
    assert {n for n in kept if not torch.equal(kept[n], found[n])} == set()
    assert not torch.equal(before.state_dict()["part.last_layer.weight"],
                           found["part.last_layer.weight"])  # fmt: skip
    assert card.training["start"]["start"]["config"]["steps"] == 3
    for start, line in (
        ((), "--start RUN/model"),
        (("--start", work / "run" / "model", "--set", "hidden=64"), "of another shape"),
        (("--start", work / "run" / "model", "--set", "text_encoder=hashed"), "a head on fused"),
    ):
        with pytest.raises(SystemExit):
            run(*part, *start, "--out", work / "refused")
        assert line in capsys.readouterr().err


def test_training_again_even_in_a_moved_folder_does_nothing_twice(work: Path) -> None:
    files = ("log.jsonl", "part/log.jsonl", "model/model.safetensors")
    before = [(work / "run" / name).read_bytes() for name in files]
    shutil.copytree(work / "run", work / "moved")
    run(*TRAINING, work / "views", "--out", work / "moved")
    assert [(work / "moved" / name).read_bytes() for name in files] == before


def test_a_head_has_the_name_that_it_is_given_but_no_shipped_one(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(*TRAINING, work / "views", "--out", work / "called", "--name", "kitchen")
    assert repr(funcorr.load_model(work / "called" / "model", "cpu")) == (
        "TrainedMatcher('kitchen', on cpu)"
    )
    for out, more in ((work / "other", ("--name", "funcorr-small")), (work / "funcorr-small", ())):
        with pytest.raises(SystemExit) as end:
            run(*TRAINING, work / "views", "--out", out, *more)
        assert end.value.code == 2
        assert "funcorr-small is the name of a model that ships" in capsys.readouterr().err
        assert not out.exists()


def test_another_configuration_is_refused(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["train", "correspondence", str(work / "views"), "--out", str(work / "run"),
              "--steps", "4"])  # fmt: skip
    assert end.value.code == 2
    assert "another configuration" in capsys.readouterr().err


def test_holding_out_a_function_that_nothing_serves_is_refused(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(["train", "correspondence", str(work / "views"), "--out", str(work / "other"),
              "--without-functions", "sift-with"])  # fmt: skip
    assert end.value.code == 2
    assert "cannot hold out sift-with" in capsys.readouterr().err
