"""Objects, a feature cache and a trainer, made up: for the tests of training."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from funcorr.correspondence.head import FunctionHead
from funcorr.functions.frames import FunctionalFrame
from funcorr.train.batches import BatchLoader
from funcorr.train.cache import FeatureCache
from funcorr.train.config import TrainConfig
from funcorr.train.correspondence import head_config
from funcorr.train.objective import Example, Objective
from funcorr.train.sampling import Sampler
from funcorr.train.trainer import Trainer
from funcorr.train.training_views import TrainingAsset, TrainingView

SIZE, CELLS = 64, 16
CONFIG = TrainConfig(
    projected=8, hidden=16, descriptor=8, steps=30, pairs=2, points=8, warmup=5,
    learning_rate=1e-2, smallest_part=4, checkpoint_every=10,
)  # fmt: skip


def made_view(seed: int) -> TrainingView:
    """A square object."""
    generator = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(10.0, 50), np.arange(10.0, 50))
    pixels = np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float32)
    ids = np.sort(generator.choice(200, size=120, replace=False)).astype(np.int32)
    return TrainingView(
        pixels=pixels,
        parts=parts_at(pixels),
        surface=np.pad(pixels / 64, ((0, 0), (0, 1))).astype(np.float16),
        world_to_camera=np.eye(4),
        point_ids=ids,
        point_pixels=surface_points()[ids] + np.float32(seed % 3),
    )


PARTS = {"cut-with": ("blade",), "hold-by": ("grip", "handle")}


def parts_at(pixels: np.ndarray) -> np.ndarray:
    """The blade in the upper half; below it the grip on the left and the handle on the right."""
    blade, grip, handle = 1, 2, 4
    lower = np.where(pixels[:, 0] < 30, grip, handle)
    return np.where(pixels[:, 1] < 30, blade, lower).astype(np.uint32)


def surface_points() -> np.ndarray:
    return np.random.default_rng(7).uniform(10, 48, size=(200, 2)).astype(np.float32)


def made_asset(name: str, category: str, seed: int) -> TrainingAsset:
    frames = {"cut-with": FunctionalFrame(np.zeros(3), np.eye(3), 1.0, "none")}
    views = tuple(made_view(seed + k) for k in range(3))
    return TrainingAsset(name, category, PARTS, frames, parts_at(surface_points()), views)


def write_cache(folder: Path, names: list[str]) -> None:
    """Maps that tell where a cell is, of three views per object."""
    folder.mkdir(exist_ok=True)
    generator = torch.Generator().manual_seed(0)
    y, x = torch.meshgrid(*[torch.linspace(-1, 1, CELLS)] * 2, indexing="ij")
    place = torch.stack([x, y, x * y, y * y])
    for name in names:
        noise = 0.1 * torch.randn(3, 4, CELLS, CELLS, generator=generator)
        maps = {"map0": (place + noise).half(), "map1": place[None, :, ::2, ::2].repeat(3, 1, 1, 1)}
        save_file(maps, folder / f"{name}.safetensors")


def made_trainer(assets, cache, config: TrainConfig = CONFIG, fabric=None) -> Trainer[FunctionHead]:
    """A fresh head on these assets, with this process's share of the data."""
    torch.manual_seed(config.seed)
    sampler = Sampler(assets, config)
    words = {name: torch.eye(2)[k] for k, name in enumerate(sampler.functions)}
    head = FunctionHead(head_config(config, (4, 4), 2))
    share = (fabric.global_rank, fabric.world_size) if fabric else (0, 1)
    loader = BatchLoader(cache, sampler, words, SIZE, config, *share)
    return Trainer(head, Objective(head, config.losses), loader, config, fabric)


def made_assets() -> list[TrainingAsset]:
    """An axe and two knives."""
    return [made_asset(f"a{k}", "knife" if k else "axe", 10 * k) for k in range(3)]


def train_until_killed(cache: Path, out: Path, step: int) -> None:
    """A run that its own process ends without a word, before a step."""
    trainer = made_trainer(made_assets(), FeatureCache(cache))
    original = trainer.step

    def dies(number: int, example: Example) -> dict[str, float]:
        if number == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(number, example)

    trainer.step = dies
    trainer.run(out)
