"""``funcorr train``: learn a head from a rendered dataset."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import tyro

Preset = Literal[
    "small", "small-paper", "small-functional", "small-spatial", "small-nomask", "paper"
]


def correspondence(
    dataset: Annotated[Path, tyro.conf.Positional],
    out: Path,
    config: Preset = "small",
    name: str = "funcorr-small",
    labels: str = "exact",
    validation: Path | None = None,
    steps: int | None = None,
    seed: int = 0,
    ema: float | None = None,
    devices: int = 1,
    cached: bool = True,
) -> None:
    """Train the correspondence head; the same command again goes on where it stopped.

    Args:
        dataset: multi-view dataset, see ``funcorr render``.
        out: run folder; the trained head comes to ``OUT/model``, which ``--model`` takes.
        config: preset: ours, the paper's losses on our features, its ablations, its own.
        name: of the model.
        labels: whose part masks to train on: exact, or a labeller of ``funcorr label``.
        validation: held-out multi-view dataset whose losses and matches are watched.
        steps: optimiser steps, instead of the preset's.
        seed: of initial weights and sampling.
        ema: decay of a moving average of the weights, instead of the preset's.
        devices: processes or GPUs, each with an equal share of every batch.
        cached: compute the backbone's maps once, onto the disk; else run it in every step.
    """
    from rich.console import Console

    from funcorr.train.config import PRESETS
    from funcorr.train.correspondence import Run, train_correspondence

    preset = PRESETS[config]
    chosen = replace(
        preset,
        seed=seed,
        steps=preset.steps if steps is None else steps,
        ema=preset.ema if ema is None else ema,
    )
    run = Run(dataset, out, labels, validation, name, devices, cached)
    Console().print(f"trained head: {train_correspondence(run, chosen)}")
