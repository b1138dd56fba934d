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
    steps: int | None = None,
    seed: int = 0,
) -> None:
    """Train the correspondence head; the same command again goes on where it stopped.

    Args:
        dataset: multi-view dataset, see ``funcorr render``.
        out: run folder; the trained head comes to ``OUT/model``, which ``--model`` takes.
        config: preset: ours, the paper's losses on our features, its ablations, its own.
        name: of the model.
        steps: optimiser steps, instead of the preset's.
        seed: of initial weights and sampling.
    """
    from rich.console import Console

    from funcorr.train.config import PRESETS
    from funcorr.train.loop import train_correspondence

    chosen = replace(PRESETS[config], seed=seed)
    if steps is not None:
        chosen = replace(chosen, steps=steps)
    Console().print(f"trained head: {train_correspondence(dataset, out, chosen, name)}")
