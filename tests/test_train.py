"""Training on a made cache: what is drawn, that it learns, that a killed run goes on unchanged."""

from __future__ import annotations

import json
import resource
import signal
from dataclasses import asdict, replace
from multiprocessing import get_context
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from made_training import (
    CONFIG,
    made_assets,
    made_trainer,
    surface_points,
    train_until_killed,
    write_cache,
)

from funcorr.cli.train import Preset, with_changes
from funcorr.correspondence.head import FunctionHead
from funcorr.errors import UserError
from funcorr.images.backgrounds import random_background
from funcorr.train.cache import FeatureCache
from funcorr.train.config import PRESETS, LossConfig, TrainConfig
from funcorr.train.correspondence import head_config
from funcorr.train.sampling import Batch, Sampler
from funcorr.train.training_views import TrainingAsset

SIX = replace(CONFIG, pairs=6)


@pytest.fixture
def assets() -> list[TrainingAsset]:
    return made_assets()


@pytest.fixture
def cache(tmp_path: Path, assets: list[TrainingAsset]) -> FeatureCache:
    write_cache(tmp_path, [asset.name for asset in assets])
    return FeatureCache(tmp_path)


def drawn(assets: list[TrainingAsset], config: TrainConfig = SIX) -> Batch:
    return Sampler(assets, config).batch(np.random.default_rng(0))


def points_of(batch: Batch) -> list[tuple[str, np.ndarray]]:
    """Function and points of every image of the functional pairs."""
    return [(pair.function, points) for pair in batch.functional for points in pair.points]


def test_functional_points_come_from_part_and_rest_of_two_objects(assets) -> None:
    batch = drawn(assets)
    assert len(points_of(batch)) == 12
    for function, points in points_of(batch):
        assert points.shape == (16, 2)
        upper = points[:, 1] < 30
        if function == "hold-by":
            upper = ~upper
        assert upper[:8].all()
        assert not upper[8:].any()
    for pair in batch.functional:
        assert pair.images[0].asset != pair.images[1].asset


@pytest.mark.parametrize("parts", ["one", "released"])
def test_one_of_several_parts_is_drawn(assets, parts) -> None:
    sides = set()
    for function, points in points_of(drawn(assets, replace(SIX, parts=parts))):
        if function != "hold-by":
            continue
        part, rest = points[:8], points[8:]
        left = part[:, 0] < 30
        assert (part[:, 1] >= 30).all()
        assert left.all() or not left.any()
        sides.add(bool(left[0]))
        other = (rest[:, 1] >= 30) & ((rest[:, 0] < 30) != left[0])
        same = (rest[:, 1] >= 30) & ((rest[:, 0] < 30) == left[0])
        assert not same.any()
        assert parts == "released" or not other.any()
    assert sides == {True, False}


def test_the_released_code_takes_the_other_parts_for_negatives(assets) -> None:
    images = points_of(drawn(assets, replace(SIX, parts="released")))
    held = [points[8:] for function, points in images if function == "hold-by"]
    assert (np.concatenate(held)[:, 1] >= 30).any()


def test_hard_negatives_lie_near_the_part(assets) -> None:
    def gap(share: float) -> float:
        config = replace(SIX, pairs=20, hard_negatives=share, without_functions=("hold-by",))
        rest = np.stack([points[8:] for _, points in points_of(drawn(assets, config))])
        assert (rest[..., 1] >= 30).all()
        return float(rest[..., 1].mean())

    assert gap(1.0) < gap(0.5) - 1 < gap(0.0) - 2


def test_distances_are_those_of_the_aligned_part_points(assets) -> None:
    for pair in drawn(assets).functional:
        first, second = pair.points[:, :8] / 64
        expected = np.linalg.norm(first[:, None] - second[None], axis=2)
        if pair.function == "hold-by":  # no frame is known
            expected = np.full_like(expected, np.inf)
        np.testing.assert_allclose(pair.distances, expected, atol=2e-3)


def test_spatial_rows_are_the_same_surface_points(assets) -> None:
    where = {tuple(np.round(p, 3)): k for k, p in enumerate(surface_points())}
    for pair in drawn(assets).spatial:
        one, two = pair.images
        assert one.asset == two.asset
        assert one.entry != two.entry
        seeds = [(10 * int(ref.asset[1:]) + ref.entry) % 3 for ref in (one, two)]
        ids = [
            [where[tuple(np.round(p - np.float32(seed), 3))] for p in points]
            for points, seed in zip(pair.points, seeds, strict=True)
        ]
        assert ids[0] == ids[1]
        assert len(set(ids[0])) == 8


def test_a_step_is_the_same_whenever_it_is_drawn(assets) -> None:
    sampler = Sampler(assets, CONFIG)
    first = sampler.batch(np.random.default_rng([0, 5]))
    sampler.batch(np.random.default_rng([0, 6]))
    again = sampler.batch(np.random.default_rng([0, 5]))
    for one, other in zip(
        [*first.functional, *first.spatial], [*again.functional, *again.spatial], strict=True
    ):
        assert one.images == other.images
        assert np.array_equal(one.points, other.points)


@pytest.mark.parametrize("part_width", [0, 16])
def test_the_losses_fall(assets, cache, tmp_path, part_width) -> None:
    losses = LossConfig(functional=3.0, spatial=2.0, aligned=1.0)
    config = replace(CONFIG, steps=120, losses=losses, part_width=part_width)
    trainer = made_trainer(assets, cache, config)

    def unseen() -> dict[str, float]:
        drawn = [trainer.objective(trainer.loader.example(step)) for step in range(1000, 1010)]
        return {name: np.mean([each[name].item() for each in drawn]) for name in drawn[0]}

    before = unseen()
    trainer.run(tmp_path / "run")
    log = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in log] == list(range(120))
    after = unseen()
    assert {n: after[n] for n in before if after[n] >= before[n]} == {}, before


def test_a_run_killed_in_mid_step_goes_on_as_if_nothing_had_happened(
    assets, cache, tmp_path
) -> None:
    made_trainer(assets, cache).run(tmp_path / "whole")
    process = get_context("spawn").Process(
        target=train_until_killed, args=(tmp_path, tmp_path / "killed", 17)
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert len((tmp_path / "killed" / "log.jsonl").read_text().splitlines()) == 17
    made_trainer(assets, cache).run(tmp_path / "killed")
    logs = [(tmp_path / run / "log.jsonl").read_text() for run in ("whole", "killed")]
    assert logs[0] == logs[1]


def test_a_loss_weight_of_zero_leaves_its_term_out(assets, cache) -> None:
    config = replace(CONFIG, losses=replace(CONFIG.losses, spatial=0.0))
    trainer = made_trainer(assets, cache, config)
    losses = trainer.objective(trainer.loader.example(0))
    assert set(losses) == {"functional", "mask", "total"}
    expected = (losses["functional"] + losses["mask"]) / 2
    torch.testing.assert_close(losses["total"], expected)


def test_a_truncated_checkpoint_is_a_clear_line(assets, cache, tmp_path) -> None:
    made_trainer(assets, cache, replace(CONFIG, steps=10)).run(tmp_path)
    checkpoint = tmp_path / "checkpoint.safetensors"
    checkpoint.write_bytes(checkpoint.read_bytes()[: checkpoint.stat().st_size // 2])
    with pytest.raises(UserError, match="cannot resume") as caught:
        made_trainer(assets, cache).run(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_checkpoint_of_another_head_is_a_clear_line(assets, cache, tmp_path) -> None:
    made_trainer(assets, cache, replace(CONFIG, steps=10)).run(tmp_path)
    with pytest.raises(UserError, match="cannot resume") as caught:
        made_trainer(assets, cache, replace(CONFIG, hidden=12)).run(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_full_disk_in_mid_checkpoint_leaves_the_last_one_whole(assets, cache, tmp_path) -> None:
    made_trainer(assets, cache, replace(CONFIG, steps=10)).run(tmp_path)
    before = (tmp_path / "checkpoint.safetensors").read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, hard))
    try:
        with pytest.raises(UserError, match="cannot write"):
            made_trainer(assets, cache, replace(CONFIG, steps=20)).run(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (tmp_path / "checkpoint.safetensors").read_bytes() == before
    made_trainer(assets, cache).run(tmp_path)
    steps = [json.loads(x)["step"] for x in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert steps == list(range(30))


def test_an_object_without_a_visible_part_is_never_drawn(assets) -> None:
    blind = [replace(view, parts=np.zeros_like(view.parts)) for view in assets[0].views]
    hidden = replace(assets[0], views=tuple(blind))
    batch = Sampler([hidden, *assets[1:]], SIX).batch(np.random.default_rng(0))
    pairs = [*batch.functional, *batch.spatial]
    assert {image.asset for pair in pairs for image in pair.images} == {"a1", "a2"}


def test_a_loss_that_is_no_number_stops_the_run(assets, cache, tmp_path) -> None:
    trainer = made_trainer(assets, cache)
    with torch.no_grad():
        trainer.head.last_layer.weight.fill_(torch.nan)
    with pytest.raises(UserError, match="the loss became nan at step 0"):
        trainer.run(tmp_path / "run")
    saved = json.loads((tmp_path / "run" / "failed-step-0.json").read_text())
    assert saved["step"] == 0
    assert len(saved["images"]) == 8


def test_one_object_alone_cannot_be_trained_on(assets) -> None:
    with pytest.raises(UserError, match="no function is served by two"):
        Sampler(assets[:1], CONFIG)


def test_functions_held_out_are_never_drawn(assets) -> None:
    sampler = Sampler(assets, replace(SIX, without_functions=("hold-by",)))
    batch = sampler.batch(np.random.default_rng(0))
    assert {pair.function for pair in (*batch.functional, *batch.spatial)} == {"cut-with"}
    with pytest.raises(UserError, match="no function is served by two"):
        Sampler(assets, replace(SIX, without_functions=("hold-by", "cut-with")))


def test_views_that_share_too_few_points_are_a_clear_line(assets) -> None:
    with pytest.raises(UserError, match="share 150 visible points"):
        Sampler(assets, replace(CONFIG, points=150)).batch(np.random.default_rng(0))


def test_a_missing_shard_is_a_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cached features of a9"):
        FeatureCache(tmp_path).maps("a9", 0)


def test_the_papers_preset_has_the_papers_values() -> None:
    paper = PRESETS["paper"]
    assert (paper.learning_rate, paper.pairs, paper.points, paper.steps) == (1e-4, 50, 128, 100_000)
    losses = paper.losses
    assert (losses.functional, losses.spatial, losses.mask, losses.aligned) == (1, 10, 1, 0)
    assert losses.temperature == 0.1
    head = FunctionHead(head_config(paper, (768, 768, 768), 512))
    assert sum(parameter.numel() for parameter in head.parameters()) == 2_754_820


@pytest.mark.parametrize("weights", [(-1, 1, 1), (0, 0, 0, 0)])
def test_senseless_loss_weights_are_refused(weights) -> None:
    with pytest.raises(UserError, match="loss weights"):
        LossConfig(*weights)


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"points": -1}, {"learning_rate": 0.0}])
def test_senseless_runs_are_refused(wrong) -> None:
    with pytest.raises(UserError, match="must be at least 1"):
        replace(CONFIG, **wrong)


@pytest.mark.parametrize("wrong", [{"ema": 1.0}, {"hard_negatives": 1.5}])
def test_senseless_shares_are_refused(wrong) -> None:
    with pytest.raises(UserError, match=next(iter(wrong))):
        replace(CONFIG, **wrong)


def test_the_mask_alone_trains_only_an_mlp_for_the_part() -> None:
    mask = LossConfig(functional=0.0, spatial=0.0)
    with pytest.raises(UserError, match="part_width"):
        replace(CONFIG, losses=mask)
    assert replace(CONFIG, losses=mask, part_width=8).part_only


@pytest.mark.parametrize("wrong", [{"part_width": 0}, {"part_steps": -1}])
def test_the_part_that_comes_last_needs_its_mlp(wrong) -> None:
    with pytest.raises(UserError, match="part_steps"):
        replace(CONFIG, **{"part_width": 8, "part_steps": 2} | wrong)
    with pytest.raises(UserError, match="a mask loss"):
        replace(CONFIG, part_width=8, part_steps=2, losses=LossConfig(mask=0.0))


def test_ours_ends_with_the_steps_of_its_part() -> None:
    small = PRESETS["small"]
    assert small.part_stage == PRESETS["small-part"]
    assert head_config(small, (4, 4), 2).part_width == 0
    assert head_config(PRESETS["small-part"], (4, 4), 2).part_width == 256
    assert PRESETS["small-paper"].part_stage is None


def test_the_command_offers_every_preset_and_each_is_plain_json() -> None:
    assert get_args(Preset) == tuple(PRESETS)
    for preset in PRESETS.values():
        json.dumps(asdict(preset), allow_nan=False)


def test_any_value_of_a_preset_can_be_changed() -> None:
    changes = ["losses.spatial=3", "parts=one", "gradient_clip=None", "decay=False"]
    changed = with_changes(PRESETS["small"], changes)
    small = PRESETS["small"]
    assert changed == replace(
        small,
        losses=replace(small.losses, spatial=3.0),
        parts="one",
        gradient_clip=None,
        decay=False,
    )


@pytest.mark.parametrize("change", ["nonsense=1", "steps", "parts=two", "losses.mask=much"])
def test_a_senseless_change_is_one_line(change) -> None:
    with pytest.raises(UserError, match="--set takes name=value") as caught:
        with_changes(PRESETS["small"], [change])
    assert "\n" not in str(caught.value)


def test_backgrounds_vary_and_repeat_by_seed() -> None:
    first = [random_background(16, np.random.default_rng(k)) for k in range(8)]
    assert len({picture.tobytes() for picture in first}) == 8
    assert np.array_equal(first[3], random_background(16, np.random.default_rng(3)))
