"""Train the affordance head on cached features: resumable, one run folder."""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from rich.progress import track
from torch import Tensor

import funcorr
from funcorr.affordance.checkpoint import AffordanceCard, save_head
from funcorr.affordance.constraints import (
    area_information,
    cell_information,
    map_information,
    object_information,
)
from funcorr.affordance.data import read_actions, read_one_shot
from funcorr.affordance.frozen_encoder import FrozenEncoder, load_frozen_encoder
from funcorr.affordance.head import AffordanceHead, heatmaps
from funcorr.affordance.shape import HeadShape
from funcorr.errors import UserError
from funcorr.functions import function_words
from funcorr.functions.prompted import PromptedEncoder, prompted
from funcorr.functions.text import TextEncoder, load_text_encoder
from funcorr.io import content_hash
from funcorr.run_folder import Stage, claim, log_until
from funcorr.train.affordance.config import AffordanceTrainConfig, CropConfig
from funcorr.train.affordance.examples import Examples, choose_shots, load_examples
from funcorr.train.affordance.selection import SCORED_AT, Watcher, split_examples
from funcorr.train.checkpoint import load_state, save_state


def train_affordance(
    one_shot: Path,
    out: Path,
    config: AffordanceTrainConfig,
    name: str = "funcorr-afford-small",
    test: Path | None = None,
) -> Path:
    """Train a head on a folder of one-shot examples, or go on with the run in ``out``.

    Args:
        one_shot: images with their heatmaps, see :func:`funcorr.affordance.data.read_one_shot`.
            Backbone features are cached in ``features/`` inside it.
        out: run folder: ``config.json``, ``log.jsonl``, ``checkpoint.safetensors`` and, at the
            end, ``model/`` with the head.
        config: everything that shapes the run.
        name: of the model, for its card.
        test: a split in AGD20K's layout, ``ROOT/Unseen``; only for ``select="test"``.

    Returns:
        The folder of the trained head.

    Raises:
        UserError: ``out`` holds a run of another configuration, or the data cannot be used.
    """
    examples = choose_shots(read_one_shot(one_shot), config.shots, config.draw)
    examples, looked_at = split_examples(examples, config, test)
    actions = read_actions(one_shot)
    files = sorted(file for file in Path(one_shot).iterdir() if file.is_file())
    settings = {"one_shot": content_hash(files), **asdict(config)}
    stage = Stage("run", settings, ["checkpoint.safetensors", "log.jsonl", "model"])
    with claim(out, stage):
        trunk = load_frozen_encoder(config.backbone, config.shape)
        encoder = load_text_encoder(config.text_encoder)
        cache = Path(one_shot) / "features"
        data = load_examples(examples, actions, trunk, config.crops, config.loss_size, cache)
        learner = make_learner(data, trunk, encoder, config)
        if looked_at:
            names = tuple(sorted({action for each in looked_at for action in each.heatmaps}))
            whole = CropConfig(versions=1)
            watched = load_examples(looked_at, names, trunk, whole, SCORED_AT, cache)
            learner.watcher = Watcher(watched, encoder, config.shape.prompt_layers, out)
        learner.run(out)
        card = AffordanceCard(
            name, config.backbone, config.text_encoder, learner.head.shape, _story(data, config)
        )
        save_head(out / "model", learner.head, card)
    return out / "model"


def make_learner(
    data: Examples, trunk: FrozenEncoder, encoder: TextEncoder, config: AffordanceTrainConfig
) -> Learner:
    """A fresh head that fits backbone and text encoder, with everything that it learns from."""
    words = prompted(encoder, config.shape.prompt_layers)
    shape = replace(
        config.shape,
        map_channels=trunk.channels,
        class_channels=trunk.class_channels,
        text=words.dim,
        prompt_width=words.width,
    )
    objects = encoder.encode([config.object_prompt.format(each) for each in data.objects])
    return Learner(drawn_head(shape, config.seed), data, words, objects, config)


def drawn_head(shape: HeadShape, seed: int) -> AffordanceHead:
    """The head that a run of this seed starts from."""
    torch.manual_seed(seed)
    return AffordanceHead(shape)


class Learner:
    """One head, its optimiser and its data.

    Args:
        head: what is trained.
        data: features and heatmaps.
        encoder: frozen text encoder that takes learned tokens.
        objects: O x D text features of the categories.
        config: the run.
    """

    def __init__(
        self,
        head: AffordanceHead,
        data: Examples,
        encoder: PromptedEncoder,
        objects: Tensor,
        config: AffordanceTrainConfig,
    ) -> None:
        self.head, self.data, self.encoder, self.config = head, data, encoder, config
        self.objects = objects
        self.watcher: Watcher | None = None
        self.names = encoder.prepare([function_words(action) for action in data.actions])
        self.optimizer = _optimizer(head, config)

    def run(self, out: Path) -> None:
        """All remaining iterations, with a checkpoint now and then."""
        checkpoint, last = out / "checkpoint.safetensors", self.config.iterations
        start = load_state(checkpoint, self.head, self.optimizer) if checkpoint.is_file() else 0
        self.head.train()
        with log_until(out / "log.jsonl", start).open("a", encoding="utf-8") as lines:
            for step in track(range(start, last), description="training", transient=True):
                lines.write(json.dumps({"step": step, **self.step(step)}) + "\n")
                if (step + 1) % self.config.checkpoint_every == 0 or step + 1 == last:
                    lines.flush()
                    save_state(checkpoint, self.head, self.optimizer, step + 1)
                if self.watcher and (step + 1) % self.config.check_every == 0:
                    self.watcher.look(self.head, step + 1)
        if self.watcher:
            self.watcher.restore(self.head)
        self.head.eval()

    def step(self, step: int) -> dict[str, float]:
        """One optimiser step; returns the loss, its terms and the estimates in nats.

        Raises:
            UserError: the loss is no finite number.
        """
        rate = (1 + math.cos(math.pi * step / self.config.iterations)) / 2
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.learning_rate * rate
        with _seeded(self.config.seed, step):
            terms = self.terms(*self.draw(step))
        self.optimizer.zero_grad(set_to_none=True)
        if not torch.isfinite(terms["loss"]):
            raise UserError(
                f"the loss became {terms['loss'].item()} at step {step}; lower the learning rate"
            )
        terms["loss"].backward()
        if self.config.gradient_clip is not None:
            torch.nn.utils.clip_grad_norm_(self.head.parameters(), self.config.gradient_clip)
        self.optimizer.step()
        return {name: round(value.item(), 5) for name, value in terms.items()}

    def draw(self, step: int) -> tuple[list[int], list[int]]:
        """Images and their versions in a step's batch; the same whenever it is drawn."""
        generator = np.random.default_rng([self.config.seed, step])
        count = min(self.config.batch, len(self.data))
        images = generator.choice(len(self.data), size=count, replace=False)
        return images.tolist(), generator.integers(self.data.versions, size=count).tolist()

    def terms(self, images: list[int], versions: list[int]) -> dict[str, Tensor]:
        """Cross-entropy, both estimates, and the loss they add up to."""
        config, head = self.config, self.head
        truth = self.data.heat[images, versions]
        text = head.text(self.encoder, self.names)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=config.precision == "bf16"):
            fused = head.fuse(*self.data.rows(images, versions))
            aware = head.read(text, fused)
            logits = head.logits(aware, fused)
        predicted = heatmaps(logits, (config.loss_size, config.loss_size))
        terms = {"bce": F.binary_cross_entropy(predicted, truth)}
        cells, heat = fused.cells.float(), self._on_grid(truth)
        with torch.set_grad_enabled(config.ami.weight > 0):
            if config.ami.level == "map":
                terms["ami"] = map_information(logits.flatten(2), heat, config.ami)
            elif config.ami.level == "cells":
                terms["ami"] = cell_information(aware.float(), cells, heat, config.ami)
            else:
                terms["ami"] = area_information(cells, text, heat, config.ami)
        with torch.set_grad_enabled(config.oli.weight > 0):
            labels = self.data.labels[images]
            summary = fused.summary.float()
            terms["oli"] = object_information(summary, self.objects, labels, config.oli)
        loss = terms["bce"] - config.ami.weight * terms["ami"] - config.oli.weight * terms["oli"]
        return {"loss": loss, **terms}

    def _on_grid(self, truth: Tensor) -> Tensor:
        return F.adaptive_avg_pool2d(truth, self.head.shape.grid).flatten(2)


def _optimizer(head: AffordanceHead, config: AffordanceTrainConfig) -> torch.optim.Optimizer:
    rate, decay = config.learning_rate, config.weight_decay
    if config.optimizer == "sgd":
        return torch.optim.SGD(
            head.parameters(), rate, momentum=0.9, weight_decay=decay, nesterov=True
        )
    return torch.optim.AdamW(head.parameters(), rate, weight_decay=decay)


@contextmanager
def _seeded(seed: int, step: int) -> Iterator[None]:
    """Dropout that depends on run and step alone; the caller's random state stays untouched."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed * 1_000_003 + step)
        yield


def _story(data: Examples, config: AffordanceTrainConfig) -> dict[str, object]:
    """How the head was made, for its card."""
    return {
        "config": asdict(config),
        "dataset": {"images": len(data), "objects": data.objects, "actions": data.actions},
        "versions": {
            "funcorr": funcorr.__version__,
            "torch": torch.__version__,
            "python": platform.python_version(),
        },
    }
