"""Training of the affordance head on made images: versions, learning, constraints, resuming."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from PIL import Image
from test_affordance import Colours

from funcorr.affordance.checkpoint import load_head
from funcorr.affordance.constraints import Constraint
from funcorr.affordance.data import OneShotExample, read_one_shot, write_one_shot
from funcorr.affordance.frozen_encoder import FrozenEncoder
from funcorr.affordance.head import AffordanceHead
from funcorr.affordance.shape import HeadShape
from funcorr.cli.train_affordance import Preset
from funcorr.errors import UserError
from funcorr.functions.text import TextEncoder, load_text_encoder
from funcorr.train.affordance import training
from funcorr.train.affordance.config import PRESETS, AffordanceTrainConfig, CropConfig
from funcorr.train.affordance.examples import choose_shots, draw_versions, load_examples
from funcorr.train.affordance.selection import SCORED_AT, BestState, split_examples
from funcorr.train.affordance.training import make_trainer, train_affordance
from funcorr.train.curves import read_curves
from funcorr.train.trainer import Trainer, launch, make_fabric

SHAPE = HeadShape(
    class_channels=None, fused=8, text=384, prompt_tokens=2, prompt_layers=1, grid=8, layers=1,
    heads=4, feedforward=16,
)  # fmt: skip
CONFIG = AffordanceTrainConfig(
    shape=SHAPE, crops=CropConfig(versions=3), steps=8, batch=4, loss_size=16,
    learning_rate=1e-2, checkpoint_every=3, precision="fp32",
)  # fmt: skip
KINDS = {"mug": ((220, 40, 20), "drink"), "knife": ((20, 60, 220), "cut")}


@pytest.fixture(scope="module")
def one_shot(tmp_path_factory) -> Path:
    """Squares whose colour tells the action, held by a grey bar below them."""
    folder = tmp_path_factory.mktemp("one-shot")
    generator = np.random.default_rng(0)
    for kind, (colour, action) in KINDS.items():
        for number in range(3):
            rgb = np.full((40, 60, 3), 240, np.uint8)
            x, y = generator.integers(8, 40), generator.integers(6, 14)
            rgb[y : y + 10, x : x + 10], rgb[y + 10 : y + 22, x + 3 : x + 7] = colour, 120
            points = {action: [(x + 5, y + 5)], "hold": [(x + 5, y + 16)]}
            write_one_shot(folder, f"{kind}_{number:06d}", rgb, kind, points)
    return folder


@cache
def encoder() -> TextEncoder:
    return load_text_encoder("minilm")


def made_trainer(
    one_shot: Path, folder: Path, config: AffordanceTrainConfig = CONFIG, fabric=None
) -> Trainer[AffordanceHead]:
    trunk = FrozenEncoder([Colours()], config.shape.grid)
    examples = read_one_shot(one_shot)
    actions = ("cut", "drink", "hold")
    data = load_examples(examples, actions, trunk, config.crops, config.loss_size, folder)
    return make_trainer(data, trunk, encoder(), config, fabric)


def test_versions_are_fixed_and_their_heatmaps_follow(one_shot, tmp_path) -> None:
    crops = CropConfig(versions=6)
    versions = draw_versions("mug_000000", crops)
    assert versions == draw_versions("mug_000000", crops)
    assert (versions[0].side, versions[0].mirrored) == (1.0, False)
    assert [v.mirrored for v in versions[1:]] == [True, False, True, False, True]
    ramp = Image.fromarray(np.tile(np.arange(60, dtype=np.uint8), (40, 1)))
    for version in versions:
        row = np.asarray(version.apply(ramp, 20))[0].astype(float)
        inside = (np.arange(20) + 0.5) / 20 * version.side + version.left
        expected = inside * 60 - 0.5
        expected = expected[::-1] if version.mirrored else expected
        np.testing.assert_allclose(row, expected, atol=1.5)
    data = made_trainer(one_shot, tmp_path, replace(CONFIG, crops=crops)).loader.data
    image, action = 0, 0  # the knife of the first image is cut at its blue square
    blue = data.features.maps[0].unflatten(0, (len(data), 6))[image, :, 2]
    red = data.features.maps[0].unflatten(0, (len(data), 6))[image, :, 0]
    for version in range(6):
        place = np.unravel_index((blue - red)[version].float().argmax().item(), (8, 8))
        hot = np.unravel_index(data.heat[image, version, action].argmax().item(), (16, 16))
        assert np.abs(np.array(hot) / 2 - np.array(place)).max() <= 2


def test_features_come_from_the_cache(one_shot, tmp_path, monkeypatch) -> None:
    first = made_trainer(one_shot, tmp_path)
    monkeypatch.setattr(Colours, "maps", lambda *_: pytest.fail("encoded again"))
    again = made_trainer(one_shot, tmp_path)
    assert torch.equal(first.loader.data.features.maps[0], again.loader.data.features.maps[0])


def test_shots_are_drawn_per_object() -> None:
    examples = [
        OneShotExample(Path(f"{kind}{i}.jpg"), kind, {"hold": np.ones((2, 2), np.float32)})
        for kind in ("mug", "axe")
        for i in range(5)
    ]
    draws = [choose_shots(examples, 2, draw) for draw in range(4)]
    assert all([e.object for e in chosen] == ["axe", "axe", "mug", "mug"] for chosen in draws)
    assert len({tuple(e.image for e in chosen) for chosen in draws}) > 1
    assert choose_shots(examples, 2, 3) == draws[3]
    assert choose_shots(examples, None, 0) == examples


@pytest.mark.parametrize("level", ["area", "map"])
def test_it_learns_and_the_estimates_rise(one_shot, tmp_path, level) -> None:
    ami = Constraint(0.1, level)
    both = replace(CONFIG, ami=ami, oli=Constraint(0.1), steps=25)
    run = made_trainer(one_shot, tmp_path, both)
    run.run(tmp_path / "run")
    log = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in log] == list(range(25))
    first, last = log[0], {k: np.mean([line[k] for line in log[-5:]]) for k in log[0]}
    assert last["bce"] < 0.8 * first["bce"]
    assert last["ami"] > first["ami"] + 0.2
    assert last["oli"] > first["oli"] + 0.02


def test_weights_of_zero_leave_the_cross_entropy_alone(one_shot, tmp_path) -> None:
    run = made_trainer(one_shot, tmp_path)
    terms = run.objective(run.loader.example(0))
    assert terms["loss"] is not terms["ami"]
    torch.testing.assert_close(terms["loss"], terms["bce"])
    assert not terms["ami"].requires_grad
    assert terms["ami"].isfinite()


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_a_killed_run_goes_on_as_if_nothing_had_happened(
    one_shot, tmp_path, monkeypatch, optimizer
) -> None:
    config = replace(CONFIG, optimizer=optimizer, ami=Constraint(0.1))
    made_trainer(one_shot, tmp_path, config).run(tmp_path / "whole")
    original = Trainer.step

    def dies_at_5(self, step, example):
        if step == 5:
            raise KeyboardInterrupt
        return original(self, step, example)

    monkeypatch.setattr(Trainer, "step", dies_at_5)
    with pytest.raises(KeyboardInterrupt):
        made_trainer(one_shot, tmp_path, config).run(tmp_path / "killed")
    monkeypatch.undo()
    made_trainer(one_shot, tmp_path, config).run(tmp_path / "killed")
    whole, killed = ((tmp_path / run / "log.jsonl").read_text() for run in ("whole", "killed"))
    assert whole == killed


FORMS = {
    level: replace(
        CONFIG,
        shape=replace(SHAPE, dropout=0.0),
        ami=Constraint(0.3, level),
        oli=Constraint(0.1),
        steps=4,
    )
    for level in ("map", "cells", "area")
}


def train_every_form(fabric, one_shot: Path, folder: Path) -> None:
    """What each process does."""
    for level, config in FORMS.items():
        out = folder / level / str(fabric.world_size)
        made_trainer(one_shot, folder, config, fabric).run(out)


def test_two_processes_learn_what_one_learns(one_shot, tmp_path) -> None:
    for devices in (1, 2):
        launch(make_fabric("fp32", devices), train_every_form, one_shot, tmp_path)
    for level in FORMS:
        one, two = (read_curves(tmp_path / level / n / "log.jsonl") for n in "12")
        assert set(one) == {"loss", "bce", "ami", "oli"}
        for name, (steps, values) in one.items():
            assert steps.tolist() == two[name][0].tolist() == [0, 1, 2, 3]
            np.testing.assert_allclose(values, two[name][1], atol=3e-5)


def test_the_head_is_named_after_its_run_or_as_the_user_says(
    one_shot, tmp_path, monkeypatch
) -> None:
    trunk = FrozenEncoder([Colours()], SHAPE.grid)
    monkeypatch.setattr(training, "load_frozen_encoder", lambda *_: trunk)
    config = replace(CONFIG, steps=1)
    named = {"kitchen": None, "other": "mine"}
    for folder, name in named.items():
        model = train_affordance(one_shot, tmp_path / folder, config, name)
        assert load_head(model)[1].name == (name or folder)
    with pytest.raises(UserError, match="funcorr-afford-small is the name of a model that ships"):
        train_affordance(one_shot, tmp_path / "funcorr-afford-small", config)
    assert not (tmp_path / "funcorr-afford-small").exists()


def test_images_that_do_not_share_out_are_refused(one_shot, tmp_path) -> None:
    with pytest.raises(UserError, match="4 images per step do not share out evenly on 3"):
        train_affordance(one_shot, tmp_path, CONFIG, devices=3)
    assert not (tmp_path / "config.json").exists()


def test_a_loss_that_is_no_number_stops_the_run(one_shot, tmp_path) -> None:
    run = made_trainer(one_shot, tmp_path)
    with torch.no_grad():
        run.head.text_norm.weight.fill_(torch.nan)
    with pytest.raises(UserError, match="became nan at step 0"):
        run.run(tmp_path / "run")
    saved = json.loads((tmp_path / "run" / "failed-step-0.json").read_text())
    assert (len(saved["images"]), len(saved["versions"])) == (4, 4)


def test_presets_are_what_the_command_offers() -> None:
    assert set(get_args(Preset)) == set(PRESETS)
    assert PRESETS["paper"].steps == 20_000
    assert PRESETS["small-bce"].ami.weight == PRESETS["small-bce"].oli.weight == 0


@pytest.mark.parametrize(
    "wrong", [{"steps": 0}, {"learning_rate": 0.0}, {"shots": 0}, {"held_out": 1.0}]
)
def test_senseless_settings_are_refused(wrong) -> None:
    with pytest.raises(UserError):
        AffordanceTrainConfig(**wrong)


def test_the_best_state_on_held_out_objects_becomes_the_model(one_shot, tmp_path) -> None:
    config = replace(CONFIG, select="held-out", held_out=0.5)
    kept, held = split_examples(read_one_shot(one_shot), config, None)
    assert {e.object for e in kept}.isdisjoint({e.object for e in held})
    assert len(kept) == len(held) == 3
    trunk = FrozenEncoder([Colours()], SHAPE.grid)
    whole = CropConfig(versions=1)
    actions = tuple(sorted({action for example in held for action in example.heatmaps}))
    data = load_examples(held, actions, trunk, whole, SCORED_AT, tmp_path)
    best = BestState(data, encoder(), replace(config, check_every=1), tmp_path, make_fabric("fp32"))
    head = made_trainer(one_shot, tmp_path).head
    scores = []
    for step in range(3):
        with torch.no_grad():
            head.prompt.normal_(generator=torch.Generator().manual_seed(step))
        scores.append(best.score(head))
        best(step, head)
    record = json.loads((tmp_path / "best.json").read_text())
    assert (record["step"], record["kld"]) == (int(np.argmin(scores)), min(scores))
    best.restore(head)
    assert best.score(head) == min(scores)


def test_selection_rules_need_their_data(one_shot) -> None:
    examples = read_one_shot(one_shot)
    with pytest.raises(UserError, match="belong together"):
        split_examples(examples, replace(CONFIG, select="test"), None)
    with pytest.raises(UserError, match="cannot hold out"):
        split_examples(examples, replace(CONFIG, select="held-out", held_out=0.9), None)
