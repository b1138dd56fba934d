"""Training on two processes, with a moving average, and with the backbone in the loop."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from made_training import CONFIG, SIZE, made_assets, made_trainer, write_cache

from funcorr.correspondence.head import FunctionHead
from funcorr.errors import UserError
from funcorr.train.batches import BatchLoader
from funcorr.train.cache import FeatureCache
from funcorr.train.correspondence import head_config
from funcorr.train.curves import draw_curves, read_log, write_tensorboard
from funcorr.train.loop import Trainer, launch, make_fabric
from funcorr.train.sampling import Sampler

FULL = replace(CONFIG, precision="fp32", steps=6, losses=replace(CONFIG.losses, aligned=2.0))


def train_here(fabric, folder: Path) -> None:
    """What each process does."""
    torch.manual_seed(FULL.seed)
    sampler = Sampler(made_assets(), FULL)
    words = {name: torch.eye(2)[k] for k, name in enumerate(sampler.functions)}
    head = FunctionHead(head_config(FULL, (4, 4), 2))
    cache = FeatureCache(folder / "cache")
    rank, world = fabric.global_rank, fabric.world_size
    feed = BatchLoader(cache, sampler, words, SIZE, FULL, rank, world)
    Trainer(head, feed, FULL, fabric).run(folder / f"run{world}")


def test_two_processes_learn_what_one_learns(tmp_path: Path) -> None:
    write_cache(tmp_path / "cache", ["a0", "a1", "a2"])
    for devices in (1, 2):
        launch(make_fabric(FULL, devices), train_here, tmp_path)
    one, two = (read_log(tmp_path / f"run{n}" / "log.jsonl") for n in (1, 2))
    assert set(one) == {"functional", "spatial", "mask", "aligned", "total"}
    for name, (steps, values) in one.items():
        assert steps.tolist() == two[name][0].tolist() == list(range(6))
        np.testing.assert_allclose(values, two[name][1], atol=3e-5)


def test_pairs_that_do_not_share_out_are_refused() -> None:
    with pytest.raises(UserError, match="2 pairs per step do not share out evenly on 3"):
        make_fabric(CONFIG, 3)


def test_a_moving_average_lags_behind_and_survives_a_restart(tmp_path: Path) -> None:
    write_cache(tmp_path / "cache", ["a0", "a1", "a2"])
    assets, cache = made_assets(), FeatureCache(tmp_path / "cache")
    config = replace(CONFIG, ema=0.9, steps=20)
    whole = made_trainer(assets, cache, config)
    whole.run(tmp_path / "whole")
    stopped = made_trainer(assets, cache, replace(config, steps=10))
    stopped.config = config
    for step, example in stopped.feed.ahead(range(10)):
        stopped.step(step, example)
    stopped._keep(tmp_path / "stopped" / "checkpoint.safetensors", 10, ())
    resumed = made_trainer(assets, cache, config)
    resumed.run(tmp_path / "stopped")
    last, kept = whole.head.last_layer.weight, whole.result.last_layer.weight
    assert not torch.allclose(last, kept)
    torch.testing.assert_close(resumed.result.last_layer.weight, kept)


def test_a_log_becomes_a_picture_and_tensorboard_events(tmp_path: Path) -> None:
    lines = [json.dumps({"step": k, "total": 5.0 - k, "mask": 1.0}) for k in range(5)]
    (tmp_path / "log.jsonl").write_text("\n".join(lines) + "\n")
    (tmp_path / "validation").mkdir()
    (tmp_path / "validation" / "new-kinds.jsonl").write_text(
        json.dumps({"step": 4, "total": 3.0}) + "\n"
    )
    assert draw_curves(tmp_path).read_bytes().startswith(b"\x89PNG")
    assert len(list(write_tensorboard(tmp_path).glob("events.out.*"))) == 1
    assert len(list(write_tensorboard(tmp_path).glob("events.out.*"))) == 1  # anew, not beside
