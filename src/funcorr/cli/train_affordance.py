"""``funcorr train affordance``: learn heatmaps from a handful of annotated images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import tyro

Preset = Literal["small", "small-bce", "small-ami", "small-oli", "paper", "paper-bce"]


def affordance(
    one_shot: Annotated[Path, tyro.conf.Positional],
    out: Path,
    config: Preset = "small",
    name: str | None = None,
    iterations: int | None = None,
    shots: int | None = None,
    draw: int = 0,
    seed: int = 0,
    select: Literal["last", "held-out", "test"] = "last",
    test: Path | None = None,
    ema: float = 0.0,
    devices: int = 1,
) -> None:
    """Train the affordance head; the same command again goes on where it stopped.

    Args:
        one_shot: folder of annotated images: a picture and an .npy of heatmaps with one stem.
        out: run folder; the trained head comes to ``OUT/model``, which ``afford --model`` takes.
        config: preset: both constraints, none (OOAL), one of them; small or as published.
        name: of the model in tables and results; by default that of the run folder.
        iterations: optimiser steps, instead of the preset's.
        shots: examples per object, where the folder has more.
        draw: which of them.
        seed: of initial weights, batches and dropout.
        select: which state becomes the model: the last, the best on held-out training objects, or,
            as most published numbers were made, the best on the test set.
        test: test split in AGD20K's layout, such as agd/Unseen; only with --select test.
        ema: decay of a moving average of the weights, which becomes the model; 0 for none.
        devices: processes or GPUs, each with an equal share of every batch.
    """
    from rich.console import Console

    from funcorr.train.affordance.config import PRESETS
    from funcorr.train.affordance.training import train_affordance

    chosen = replace(PRESETS[config], shots=shots, draw=draw, seed=seed, select=select, ema=ema)
    if iterations is not None:
        chosen = replace(chosen, steps=iterations)
    name = name or out.resolve().name
    Console().print(f"trained head: {train_affordance(one_shot, out, chosen, name, test, devices)}")
    if select == "test":
        Console().print("chosen on the test set: scores on it are not those of new images")
