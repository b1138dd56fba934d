"""The trainer of both heads: steps, log, checkpoints; Lightning Fabric places it on devices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast, runtime_checkable

import torch
from rich.progress import track
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from funcorr.errors import UserError, require
from funcorr.io import write_json
from funcorr.run_folder import log_until
from funcorr.train.checkpoint import load_state, save_state
from funcorr.train.curves import append_to_log
from funcorr.train.optim import OptimConfig

if TYPE_CHECKING:
    from lightning_fabric import Fabric

PRECISIONS = {"fp32": "32-true", "bf16": "bf16-mixed"}
RUN_FILES = ("checkpoint.safetensors", "log.jsonl", "model")
"""What a run folder holds that depends on its configuration."""

Head = TypeVar("Head", bound=nn.Module)
Observer = Callable[[int, nn.Module], None]
"""Is shown the head after every step, with the number of steps done; on the first process only."""


@runtime_checkable
class Loader(Protocol):
    """The data of any step, drawn from seed and step alone: this process's share of the batch."""

    def example(self, step: int) -> Any:
        """What the objective takes, on any device."""

    def summary(self, step: int) -> Mapping[str, Any]:
        """What the step looks at, for people to read."""


class Trainer(Generic[Head]):
    """One head, its optimiser and its data.

    Args:
        head: what is trained; it is moved to the fabric's device.
        objective: a module around the head: an example in, losses by name out.
        loader: the examples.
        config: how the head is optimised.
        fabric: the devices, already launched; by default one process here.
        minimised: which of the losses is followed downhill; the others are only logged.
    """

    def __init__(
        self,
        head: Head,
        objective: nn.Module,
        loader: Loader,
        config: OptimConfig,
        fabric: Fabric | None = None,
        minimised: str = "total",
    ) -> None:
        self.fabric = fabric or make_fabric(config.precision)
        self.head = head.to(self.fabric.device)
        self.loader, self.config, self.minimised = loader, config, minimised
        average = get_ema_multi_avg_fn(config.ema)
        self.average = AveragedModel(head, multi_avg_fn=average) if config.ema else None
        self.objective, self.optimizer = self.fabric.setup(objective, config.make_optimizer(head))

    @property
    def result(self) -> Head:
        """The head to keep: the moving average where there is one."""
        return self.head if self.average is None else cast(Head, self.average.module)

    def run(self, out: Path, observers: Sequence[Observer] = ()) -> None:
        """All remaining steps, with a checkpoint now and then.

        Args:
            out: run folder: ``log.jsonl``, ``checkpoint.safetensors`` and, of a step whose loss is
                no number, ``failed-step-RANK.json``.
            observers: are called after each step and its checkpoint, if any.

        Raises:
            UserError: a loss is no finite number, or the checkpoint that is there is unusable.
        """
        checkpoint, state = out / "checkpoint.safetensors", (self.head, self.optimizer.optimizer)
        start = load_state(checkpoint, *state, self.average) if checkpoint.is_file() else 0
        steps, first = range(start, self.config.steps), self.fabric.is_global_zero
        if first:
            log_until(out / "log.jsonl", start)
        self.head.train()
        examples = read_ahead(self.loader.example, steps)
        for step, example in track(examples, "training", len(steps), disable=not first):
            losses = self._guarded_step(step, example, out)
            if first:
                append_to_log(out / "log.jsonl", step, losses)
            if self.config.checkpoint_after(step + 1):
                if first:
                    save_state(checkpoint, *state, step + 1, self.average)
                self.fabric.barrier()
            for observe in observers if first else ():
                observe(step + 1, self.result)
        self.result.eval()

    def step(self, step: int, example: Any) -> dict[str, float]:
        """One optimiser step; returns the losses of the whole batch.

        Raises:
            FloatingPointError: the loss or its gradient is no finite number; nothing was changed.
        """
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.rate(step)
        self.optimizer.zero_grad(set_to_none=True)
        with self._seeded(step):
            losses = self.objective(self.fabric.to_device(example))
        _check_finite(losses[self.minimised], "the loss")
        self.fabric.backward(losses[self.minimised])
        if self.config.gradient_clip is not None:
            norm = self.fabric.clip_gradients(
                self.objective,
                self.optimizer,
                max_norm=self.config.gradient_clip,
                error_if_nonfinite=False,
            )
            _check_finite(norm, "the gradient")
        self.optimizer.step()
        if self.average is not None:
            self.average.update_parameters(self.head)
        whole = self.fabric.all_reduce(
            {name: value.detach() for name, value in losses.items()}, reduce_op="mean"
        )
        return {name: round(value.item(), 5) for name, value in whole.items()}

    def _guarded_step(self, step: int, example: Any, out: Path) -> dict[str, float]:
        try:
            return self.step(step, example)
        except FloatingPointError as error:
            saved = out / f"failed-step-{self.fabric.global_rank}.json"
            write_json(saved, {"step": step, **self.loader.summary(step)})
            raise UserError(
                f"{error} at step {step} (its batch is in {saved}); choose another folder and a "
                "lower learning rate"
            ) from None

    @contextmanager
    def _seeded(self, step: int) -> Iterator[None]:
        """Dropout that depends on seed and step alone; the caller's random state stays."""
        device, rank = self.fabric.device, self.fabric.global_rank
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            torch.manual_seed((rank * 1_000_003 + self.config.seed) * 1_000_003 + step)
            yield


Example = TypeVar("Example")


def read_ahead(read: Callable[[int], Example], steps: range) -> Iterator[tuple[int, Example]]:
    """Steps and their examples, each read in a thread while the one before is used."""
    with ThreadPoolExecutor(max_workers=1) as reader:
        waiting = [reader.submit(read, step) for step in steps[:1]]
        for step in steps:
            current = waiting.pop().result()
            waiting = [reader.submit(read, step + 1)] if step + 1 in steps else []
            yield step, current


def make_fabric(precision: str, devices: int = 1) -> Fabric:
    """Where a run computes: a GPU where there is one, else the processor.

    Args:
        precision: a key of :data:`PRECISIONS`.
        devices: processes or GPUs.

    Raises:
        MissingExtraError: the extra ``train`` is not installed.
    """
    fabric = require("lightning_fabric", extra="train")
    return fabric.Fabric(
        accelerator="auto",
        devices=devices,
        strategy="ddp_spawn" if devices > 1 else "auto",
        precision=PRECISIONS[precision],
    )


def check_shares(count: int, what: str, devices: int) -> None:
    """Every process takes an equal share of every batch.

    Raises:
        UserError: the batch cannot be shared out evenly.
    """
    if devices < 1 or count % devices:
        raise UserError(f"{count} {what} per step do not share out evenly on {devices}")


def launch(fabric: Fabric, work: Callable[..., None], *given: Any) -> None:
    """Call ``work(fabric, *given)`` in every process of a fabric."""
    fabric.launch(_work_and_part, work, *given)


def _work_and_part(fabric: Fabric, work: Callable[..., None], *given: Any) -> None:
    """Leave the group at the end: a process that exits while its threads run may abort."""
    work(fabric, *given)
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def _check_finite(value: torch.Tensor, what: str) -> None:
    if not torch.isfinite(value):
        raise FloatingPointError(f"{what} became {value.item()}")
