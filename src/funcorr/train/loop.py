"""Train the correspondence head on cached features: resumable, one run folder."""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from rich.progress import track
from torch import Tensor

import funcorr
from funcorr.correspondence.checkpoint import HeadCard, save_head
from funcorr.correspondence.head import FunctionHead, HeadConfig
from funcorr.correspondence.losses import (
    aligned_loss,
    functional_loss,
    mask_loss,
    spatial_loss,
)
from funcorr.errors import UserError
from funcorr.features import load_backbone
from funcorr.features.grid import bilinear_sample_batch
from funcorr.functions import function_words
from funcorr.functions.text import load_text_encoder
from funcorr.render.dataset import Dataset
from funcorr.runs import atomic_path, read_json, write_json
from funcorr.train.cache import FeatureCache, build_cache
from funcorr.train.checkpoint import load_state, save_state
from funcorr.train.config import TrainConfig
from funcorr.train.sampling import Batch, ImageRef, Sampler
from funcorr.train.views import load_training_assets


def train_correspondence(
    dataset: Path, out: Path, config: TrainConfig, name: str = "funcorr-small"
) -> Path:
    """Train a head on a rendered dataset, or go on with the run in ``out``.

    Args:
        dataset: multi-view dataset with exact labels.
        out: run folder: ``config.json``, ``log.jsonl``, ``checkpoint.safetensors`` and, at the
            end, ``model/`` with the head.
        config: everything that shapes the run.
        name: of the model, for its card.

    Returns:
        The folder of the trained head.

    Raises:
        UserError: ``out`` holds a run of another configuration, or the data cannot be used.
    """
    views = Dataset(dataset)
    _claim(out, config, dataset)
    backbone = load_backbone(config.cache.backbone)
    encoder = load_text_encoder(config.text_encoder)
    torch.manual_seed(config.seed)
    head = FunctionHead(head_config(config, backbone.channels, encoder.dim))
    assets = load_training_assets(views, backbone.input_size)
    sampler = Sampler(
        assets,
        config.cache.backgrounds,
        config.pairs,
        config.points,
        config.smallest_part,
        config.losses.spatial_points,
    )
    words = {f: encoder.encode([function_words(f)])[0] for f in sampler.functions}
    with build_cache(views, backbone, config.cache) as cache:
        trainer = Trainer(head, cache, sampler, words, backbone.input_size, config)
        trainer.run(out)
    card = HeadCard(
        name, config.cache.backbone, config.text_encoder, head.config, _story(views, config)
    )
    save_head(out / "model", head, card, half=True)
    return out / "model"


def head_config(config: TrainConfig, map_channels: tuple[int, ...], text: int) -> HeadConfig:
    """The shape of head that fits a backbone's maps and a text encoder."""
    return HeadConfig(
        map_channels=map_channels,
        shared_projection=len(map_channels) > 1 and len(set(map_channels)) == 1,
        projected=config.projected,
        text=text,
        hidden=config.hidden,
        descriptor=config.descriptor,
        mask_head=config.losses.mask > 0,
        frequencies=config.frequencies,
    )


class Sampled(NamedTuple):
    """Frozen features at the points of a batch: B x N x C_i per map.

    Attributes:
        functional: at the functional points.
        spatial: at the spatial points.
    """

    functional: list[Tensor]
    spatial: list[Tensor]


class Trainer:
    """One head, its optimiser and its data.

    Args:
        head: what is trained.
        cache: backbone maps.
        sampler: draws batches.
        words: text embedding per function.
        input_size: side of the backbone's square input, the frame of the sampled points.
        config: the run.
    """

    def __init__(
        self,
        head: FunctionHead,
        cache: FeatureCache,
        sampler: Sampler,
        words: dict[str, Tensor],
        input_size: int,
        config: TrainConfig,
    ) -> None:
        self.head = head
        self.cache = cache
        self.sampler = sampler
        self.words = words
        self.input_size = input_size
        self.config = config
        self.optimizer = torch.optim.AdamW(
            head.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )

    def run(self, out: Path) -> None:
        """All remaining steps, with a checkpoint now and then."""
        checkpoint = out / "checkpoint.safetensors"
        start = load_state(checkpoint, self.head, self.optimizer) if checkpoint.is_file() else 0
        log = _log_until(out / "log.jsonl", start)
        steps = range(start, self.config.steps)
        with log.open("a", encoding="utf-8") as lines:
            for step, batch in zip(steps, self._batches(steps), strict=True):
                losses = self.step(step, *batch)
                lines.write(json.dumps({"step": step, **losses}) + "\n")
                if (step + 1) % self.config.checkpoint_every == 0 or step + 1 == self.config.steps:
                    lines.flush()
                    save_state(checkpoint, self.head, self.optimizer, step + 1)

    def step(self, step: int, batch: Batch, features: Sampled) -> dict[str, float]:
        """One optimiser step; returns the losses.

        Raises:
            UserError: the loss is no finite number.
        """
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.learning_rate * _schedule(step, self.config)
        self.optimizer.zero_grad(set_to_none=True)
        losses = self.losses(batch, features)
        if not torch.isfinite(losses["total"]):
            raise UserError(
                f"the loss became {losses['total'].item()} at step {step}; lower the learning rate"
            )
        losses["total"].backward()
        if self.config.gradient_clip is not None:
            torch.nn.utils.clip_grad_norm_(self.head.parameters(), self.config.gradient_clip)
        self.optimizer.step()
        return {name: round(value.item(), 5) for name, value in losses.items()}

    def losses(self, batch: Batch, features: Sampled) -> dict[str, Tensor]:
        """Equation (3), ours added where it is on, divided by the weights; and its terms."""
        weights, points = self.config.losses, self.config.points
        described = self._describe(features.functional, batch.functional_names)
        part, rest = described[:, :points], described[:, points:]
        views = self._describe(features.spatial, batch.spatial_names)
        losses = {
            "functional": functional_loss(
                part[0::2],
                rest[0::2],
                part[1::2],
                rest[1::2],
                weights.temperature,
                weights.functional_form,
            ),
            "spatial": spatial_loss(
                views[0::2], views[1::2], weights.temperature, weights.symmetric_spatial
            ),
        }
        if weights.mask > 0:
            losses["mask"] = mask_loss(self.head.part_logits(part), self.head.part_logits(rest))
        if weights.aligned > 0:
            losses["aligned"] = aligned_loss(
                part[0::2],
                rest[0::2],
                part[1::2],
                rest[1::2],
                torch.from_numpy(batch.distances),
                weights.temperature,
            )
        share = {name: getattr(weights, name) for name in losses}
        total = torch.stack([share[n] * value for n, value in losses.items() if share[n] > 0]).sum()
        return losses | {"total": total / sum(share.values())}

    def _describe(self, sampled: list[Tensor], names: list[str]) -> Float[Tensor, "b n d"]:
        text = torch.stack([self.words[name] for name in names for _ in range(2)])[:, None]
        reduced = self.config.precision == "bf16"
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=reduced):
            return self.head.condition(self.head.mix(sampled), text)

    def _batches(self, steps: range) -> Iterator[tuple[Batch, Sampled]]:
        """Batches read one step ahead in a thread."""
        with ThreadPoolExecutor(max_workers=1) as reader:
            ahead = reader.submit(self._read, steps.start)
            for step in track(steps, description="training"):
                current = ahead.result()
                ahead = reader.submit(self._read, step + 1)
                yield current

    def _read(self, step: int) -> tuple[Batch, Sampled]:
        batch = self.sampler.batch(np.random.default_rng([self.config.seed, step]))
        functional = self._sample(batch.functional, batch.functional_points)
        return batch, Sampled(functional, self._sample(batch.spatial, batch.spatial_points))

    def _sample(self, images: list[ImageRef], points: Float[np.ndarray, "b n 2"]) -> list[Tensor]:
        loaded = [self.cache.maps(image.asset, image.entry) for image in images]
        stacked = [torch.stack(maps).float() for maps in zip(*loaded, strict=True)]
        pixels, size = torch.from_numpy(points).float(), (self.input_size, self.input_size)
        return [bilinear_sample_batch(each, pixels, size) for each in self.head.grids(stacked)]


def _schedule(step: int, config: TrainConfig) -> float:
    """Linear warm-up, then, if asked for, a cosine down to zero."""
    if step < config.warmup:
        return (step + 1) / config.warmup
    if not config.decay:
        return 1.0
    progress = (step - config.warmup) / max(config.steps - config.warmup, 1)
    return (1 + math.cos(math.pi * progress)) / 2


def _claim(out: Path, config: TrainConfig, dataset: Path) -> None:
    """Write the run's configuration, or check that the run there has the same one."""
    wanted = json.loads(json.dumps({"dataset": str(dataset.resolve()), **asdict(config)}))
    if not (out / "config.json").is_file():
        write_json(out / "config.json", wanted)
    elif read_json(out / "config.json", "run configuration") != wanted:
        raise UserError(f"{out} holds a run with another configuration; choose another folder")


def _log_until(path: Path, step: int) -> Path:
    """Drop the log's lines from ``step`` on, which a resumed run writes again."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    kept = [line for line in lines[:step] if line]
    with atomic_path(path) as temporary:
        temporary.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
    return path


def _story(dataset: Dataset, config: TrainConfig) -> dict[str, object]:
    """How the head was made, for its card."""
    return {
        "config": asdict(config),
        "dataset": {"assets": len(dataset.assets), **dataset.info},
        "versions": {
            "funcorr": funcorr.__version__,
            "torch": torch.__version__,
            "python": platform.python_version(),
        },
    }
