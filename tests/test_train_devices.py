"""Training on two processes, with a moving average, and with the backbone in the loop."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from made_training import CONFIG, made_assets, made_trainer, write_cache

from funcorr.errors import UserError
from funcorr.train.cache import FeatureCache
from funcorr.train.curves import read_curves, write_curves
from funcorr.train.trainer import check_shares, launch, make_fabric

FULL = replace(CONFIG, precision="fp32", steps=6, losses=replace(CONFIG.losses, aligned=2.0))


def train_here(fabric, folder: Path) -> None:
    """What each process does."""
    trainer = made_trainer(made_assets(), FeatureCache(folder / "cache"), FULL, fabric)
    trainer.run(folder / f"run{fabric.world_size}")


def test_two_processes_learn_what_one_learns(tmp_path: Path) -> None:
    write_cache(tmp_path / "cache", ["a0", "a1", "a2"])
    for devices in (1, 2):
        launch(make_fabric(FULL.precision, devices), train_here, tmp_path)
    one, two = (read_curves(tmp_path / f"run{n}" / "log.jsonl") for n in (1, 2))
    assert set(one) == {"functional", "spatial", "mask", "aligned", "total"}
    for name, (steps, values) in one.items():
        assert steps.tolist() == two[name][0].tolist() == list(range(6))
        np.testing.assert_allclose(values, two[name][1], atol=3e-5)


def test_pairs_that_do_not_share_out_are_refused() -> None:
    with pytest.raises(UserError, match="2 pairs per step do not share out evenly on 3"):
        check_shares(CONFIG.pairs, "pairs", 3)


def stop_after_10(done: int, head: torch.nn.Module) -> None:
    if done == 10:
        raise KeyboardInterrupt


def test_a_moving_average_lags_behind_and_survives_a_restart(tmp_path: Path) -> None:
    write_cache(tmp_path / "cache", ["a0", "a1", "a2"])
    assets, cache = made_assets(), FeatureCache(tmp_path / "cache")
    config = replace(CONFIG, ema=0.9, steps=20)
    whole = made_trainer(assets, cache, config)
    whole.run(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        made_trainer(assets, cache, config).run(tmp_path / "stopped", [stop_after_10])
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
    for _ in range(2):  # anew, not beside
        write_curves(tmp_path)
        assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
        assert len(list((tmp_path / "tensorboard").glob("events.out.*"))) == 1
