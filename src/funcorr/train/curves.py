"""A run's logs, and what they say as a picture and for TensorBoard."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from funcorr.errors import require
from funcorr.run_folder import read_log
from funcorr.viz import plot_curves, save

Curves = dict[str, tuple[np.ndarray, np.ndarray]]
"""Name -> steps and values."""


def append_to_log(path: Path, step: int, values: Mapping[str, float]) -> None:
    """Add the line of a step."""
    with path.open("a", encoding="utf-8") as log:
        log.write(json.dumps({"step": step, **values}) + "\n")


def write_curves(run: Path) -> None:
    """Write ``curves.png`` and, anew, ``tensorboard/``: every loss by step, held-out ones too.

    Args:
        run: a run folder with ``log.jsonl`` and, perhaps, logs in ``validation/``.

    Raises:
        MissingExtraError: the extra ``train`` is not installed.
    """
    held_out = {log.stem: read_curves(log) for log in sorted(run.glob("validation/*.jsonl"))}
    _draw(run, read_curves(run / "log.jsonl"), held_out)
    _write_events(run / "tensorboard", {"train": read_curves(run / "log.jsonl")} | held_out)


def _draw(run: Path, training: Curves, held_out: Mapping[str, Curves]) -> None:
    """Training losses smoothed, held-out ones as dots."""
    figure = require("matplotlib.figure", extra="train").Figure(figsize=(9, 5))
    axes = plot_curves(training, figure.subplots())
    for dataset, curves in held_out.items():
        for name, (steps, values) in curves.items():
            axes.plot(steps, values, "o--", label=f"{name}, {dataset}")
    axes.set(ylabel="loss", title=run.name)
    axes.legend(fontsize="small", ncols=2)
    save(figure, run / "curves.png", dpi=100)


def _write_events(folder: Path, logs: Mapping[str, Curves]) -> None:
    for old in folder.glob("events.out.*"):
        old.unlink()
    require("tensorboard", extra="train")
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(folder)) as writer:
        for kind, curves in logs.items():
            for name, (steps, values) in curves.items():
                for step, value in zip(steps.tolist(), values.tolist(), strict=True):
                    writer.add_scalar(f"{kind}/{name}", value, step)


def read_curves(path: Path) -> Curves:
    """Per logged name, the steps and values; nothing where there is no log."""
    rows = read_log(path)
    names = dict.fromkeys(name for row in rows for name in row if name != "step")
    return {
        name: (
            np.array([row["step"] for row in rows if name in row]),
            np.array([row[name] for row in rows if name in row]),
        )
        for name in names
    }
