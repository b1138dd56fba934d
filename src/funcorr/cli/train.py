"""``funcorr train``: learn a head from a rendered dataset."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from funcorr.errors import UserError

if TYPE_CHECKING:
    from funcorr.train.config import TrainConfig

Preset = Literal[
    "small",
    "small-part",
    "small-paper",
    "small-functional",
    "small-spatial",
    "small-nomask",
    "small-text",
    "small-text-nomask",
    "paper",
]


def correspondence(
    dataset: Annotated[Path, tyro.conf.Positional],
    out: Path,
    config: Preset = "small",
    name: str | None = None,
    start: Path | None = None,
    labels: str = "exact",
    validation: tuple[Path, ...] = (),
    steps: int | None = None,
    seed: int | None = None,
    ema: float | None = None,
    without_functions: tuple[str, ...] = (),
    changes: Annotated[tuple[str, ...], tyro.conf.arg(name="set")] = (),
    devices: int = 1,
    cached: bool = True,
) -> None:
    """Train the correspondence head; the same command again goes on where it stopped.

    Args:
        dataset: multi-view dataset, see ``funcorr render``.
        out: run folder; the trained head comes to ``OUT/model``, which ``--model`` takes.
        config: preset: ours, the part of a finished head (--start), the paper's losses on our
            features, its ablations, the functional loss of its text, its own.
        name: of the model in tables and results; by default that of the run folder.
        start: folder of a finished head whose weights are taken over.
        labels: whose part masks to train on: exact, or a labeller of ``funcorr label``.
        validation: held-out multi-view datasets whose losses and matches are watched.
        steps: optimiser steps, instead of the preset's; those that train the part of "small"
            afterwards are --set part_steps=N.
        seed: of initial weights and sampling.
        ema: decay of a moving average of the weights, instead of the preset's.
        without_functions: functions to hold out of training, to test on them by text alone.
        changes: other values of the configuration, for instance losses.spatial=3 parts=one; their
            names, and the paper's own values, are in docs/training.md.
        devices: processes or GPUs, each with an equal share of every batch.
        cached: compute the backbone's maps once, onto the disk; else run it in every step.
    """
    from rich.console import Console

    from funcorr.functions import check_function
    from funcorr.train.config import PRESETS
    from funcorr.train.correspondence import Run, train_correspondence

    preset = with_changes(PRESETS[config], changes)
    chosen = replace(
        preset,
        seed=preset.seed if seed is None else seed,
        steps=preset.steps if steps is None else steps,
        ema=preset.ema if ema is None else ema,
        without_functions=tuple(map(check_function, without_functions)) or preset.without_functions,
    )
    name = name or out.resolve().name
    run = Run(dataset, out, labels, validation, name, devices, cached, start)
    Console().print(f"trained head: {train_correspondence(run, chosen)}")


def with_changes(preset: TrainConfig, changes: Sequence[str]) -> TrainConfig:
    """A configuration with other values.

    Args:
        preset: where the other values come from.
        changes: ``name=value`` each, ``losses.`` and ``cache.`` before the names in these.

    Raises:
        UserError: there is no such name, or the value is not of its kind.

    Example:
        >>> from funcorr.train.config import PRESETS
        >>> with_changes(PRESETS["small"], ["losses.spatial=3", "parts=one"]).losses.spatial
        3.0
    """
    from funcorr.cli.main import condense
    from funcorr.train.config import TrainConfig

    words = [word for change in changes for word in f"--{change}".partition("=")[::2]]
    stderr = io.StringIO()
    try:
        with contextlib.redirect_stderr(stderr):
            return tyro.cli(
                TrainConfig, default=preset, args=words, config=(tyro.conf.FlagConversionOff,)
            )
    except SystemExit:
        raise UserError(f"--set takes name=value: {condense(stderr.getvalue())}") from None
