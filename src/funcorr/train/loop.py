"""The training loop: steps, log, checkpoints; Lightning Fabric places it on devices."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
from rich.progress import track
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from funcorr.correspondence.head import FunctionHead
from funcorr.errors import UserError, require
from funcorr.io import write_json
from funcorr.run_folder import log_until
from funcorr.train.batches import BatchLoader
from funcorr.train.checkpoint import load_state, save_state
from funcorr.train.config import TrainConfig
from funcorr.train.objective import Example, Objective

if TYPE_CHECKING:
    from lightning_fabric import Fabric

PRECISIONS = {"fp32": "32-true", "bf16": "bf16-mixed"}


Watcher = Callable[[int, FunctionHead], None]
"""Looks at the head when some steps are done; only on the first process."""


class Trainer:
    """One head, its optimiser and its data.

    Args:
        head: what is trained.
        feed: its examples.
        config: the run.
        fabric: the devices, already launched; by default one process here.
    """

    def __init__(
        self,
        head: FunctionHead,
        feed: BatchLoader,
        config: TrainConfig,
        fabric: Fabric | None = None,
    ) -> None:
        self.fabric = fabric or make_fabric(config)
        self.head = head
        self.feed = feed
        self.config = config
        self.adam = torch.optim.AdamW(
            head.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )
        self.objective, self.optimizer = self.fabric.setup(
            Objective(head, config.losses), self.adam
        )
        self.average = (
            AveragedModel(head, multi_avg_fn=get_ema_multi_avg_fn(config.ema))
            if config.ema
            else None
        )

    @property
    def result(self) -> FunctionHead:
        """The head to keep: the moving average where there is one."""
        return self.head if self.average is None else cast(FunctionHead, self.average.module)

    def run(self, out: Path, watchers: Sequence[Watcher] = ()) -> None:
        """All remaining steps, with a checkpoint now and then."""
        checkpoint = out / "checkpoint.safetensors"
        start = 0
        if checkpoint.is_file():
            start = load_state(checkpoint, self.head, self.adam, self.average)
        steps = range(start, self.config.steps)
        with self._log(out / "log.jsonl", start) as log:
            for step, example in track(
                self.feed.ahead(steps), "training", len(steps), disable=not self._speaks
            ):
                log(step, self._guarded_step(step, example, out))
                if (step + 1) % self.config.checkpoint_every == 0 or step + 1 == self.config.steps:
                    self._keep(checkpoint, step + 1, watchers)

    def step(self, step: int, example: Example) -> dict[str, float]:
        """One optimiser step; returns the losses of the whole batch.

        Raises:
            FloatingPointError: the loss is no finite number; nothing was changed.
        """
        for group in self.adam.param_groups:
            group["lr"] = self.config.learning_rate * schedule(step, self.config)
        self.optimizer.zero_grad(set_to_none=True)
        losses = self.objective(self.fabric.to_device(example))
        if not torch.isfinite(losses["total"]):
            raise FloatingPointError(f"{losses['total'].item()}")
        self.fabric.backward(losses["total"])
        if self.config.gradient_clip is not None:
            self.fabric.clip_gradients(
                self.objective, self.optimizer, max_norm=self.config.gradient_clip
            )
        self.optimizer.step()
        if self.average is not None:
            self.average.update_parameters(self.head)
        whole = self.fabric.all_reduce(
            {name: value.detach() for name, value in losses.items()}, reduce_op="mean"
        )
        return {name: round(value.item(), 5) for name, value in whole.items()}

    @property
    def _speaks(self) -> bool:
        return self.fabric.is_global_zero

    def _guarded_step(self, step: int, example: Example, out: Path) -> dict[str, float]:
        try:
            return self.step(step, example)
        except FloatingPointError as error:
            batch, saved = (
                self.feed.batch(step),
                out / f"failed-step-{self.fabric.global_rank}.json",
            )
            images = [[ref.asset, ref.entry] for ref in (*batch.functional, *batch.spatial)]
            names = [*batch.functional_names, *batch.spatial_names]
            write_json(saved, {"step": step, "images": images, "functions": names})
            raise UserError(
                f"the loss became {error} at step {step} (its batch is in {saved}); lower the "
                "learning rate, the last checkpoint is whole"
            ) from None

    def _keep(self, checkpoint: Path, done: int, watchers: Sequence[Watcher]) -> None:
        if self._speaks:
            save_state(checkpoint, self.head, self.adam, done, self.average)
            for watch in watchers:
                watch(done, self.result)
        self.fabric.barrier()

    @contextmanager
    def _log(self, path: Path, start: int) -> Iterator[Callable[[int, dict[str, float]], None]]:
        """A writer of log lines, on the first process; earlier lines from ``start`` on go."""
        if not self._speaks:
            yield lambda step, losses: None
            return
        with log_until(path, start).open("a", encoding="utf-8", buffering=1) as lines:

            def write(step: int, losses: dict[str, float]) -> None:
                lines.write(json.dumps({"step": step, **losses}) + "\n")

            yield write


def make_fabric(config: TrainConfig, devices: int = 1) -> Fabric:
    """Where a run computes: a GPU where there is one, else the processor.

    Args:
        config: its precision counts.
        devices: processes or GPUs, each of which takes an equal share of every batch.

    Raises:
        MissingExtraError: the extra ``train`` is not installed.
        UserError: the pairs of a batch cannot be shared out evenly.
    """
    if devices < 1 or config.pairs % devices:
        raise UserError(f"{config.pairs} pairs per step do not share out evenly on {devices}")
    fabric = require("lightning_fabric", extra="train")
    return fabric.Fabric(
        accelerator="auto",
        devices=devices,
        strategy="ddp_spawn" if devices > 1 else "auto",
        precision=PRECISIONS[config.precision],
    )


def launch(fabric: Fabric, work: Callable[..., None], *given: Any) -> None:
    """Call ``work(fabric, *given)`` in every process of a fabric."""
    fabric.launch(_work_and_part, work, *given)


def _work_and_part(fabric: Fabric, work: Callable[..., None], *given: Any) -> None:
    """Leave the group at the end: a process that exits while its threads run may abort."""
    work(fabric, *given)
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def schedule(step: int, config: TrainConfig) -> float:
    """Linear warm-up, then, if asked for, a cosine down to zero."""
    if step < config.warmup:
        return (step + 1) / config.warmup
    if not config.decay:
        return 1.0
    progress = (step - config.warmup) / max(config.steps - config.warmup, 1)
    return (1 + math.cos(math.pi * progress)) / 2
