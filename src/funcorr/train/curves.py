"""What a run's logs say, as a picture and for TensorBoard."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from funcorr.errors import require
from funcorr.viz import plot_curves, save


def draw_curves(run: Path) -> Path:
    """Write ``curves.png``: every loss by step, smoothed, and the held-out ones as dots.

    Args:
        run: a run folder with ``log.jsonl`` and, perhaps, logs in ``validation/``.

    Raises:
        MissingExtraError: the extra ``train`` is not installed.
    """
    figure = require("matplotlib.figure", extra="train").Figure(figsize=(9, 5))
    axes = plot_curves(read_log(run / "log.jsonl"), figure.subplots())
    for log in _held_out(run):
        for name, (steps, values) in read_log(log).items():
            axes.plot(steps, values, "o--", label=f"{name}, {log.stem}")
    axes.set(ylabel="loss", title=run.name)
    axes.legend(fontsize="small", ncols=2)
    return save(figure, run / "curves.png", dpi=100)


def write_tensorboard(run: Path) -> Path:
    """Write the logs anew into ``tensorboard/``.

    Raises:
        MissingExtraError: the extra ``train`` is not installed.
    """
    folder = run / "tensorboard"
    for old in folder.glob("events.out.*"):
        old.unlink()
    require("tensorboard", extra="train")
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(folder)) as writer:
        logs = {"train": run / "log.jsonl"} | {log.stem: log for log in _held_out(run)}
        for kind, log in logs.items():
            for name, (steps, values) in read_log(log).items():
                for step, value in zip(steps.tolist(), values.tolist(), strict=True):
                    writer.add_scalar(f"{kind}/{name}", value, step)
    return folder


def _held_out(run: Path) -> list[Path]:
    return sorted((run / "validation").glob("*.jsonl"))


def read_log(path: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Per logged name, the steps and values; nothing where there is no log."""
    if not path.is_file():
        return {}
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    names = dict.fromkeys(name for row in rows for name in row if name != "step")
    return {
        name: (
            np.array([row["step"] for row in rows if name in row]),
            np.array([row[name] for row in rows if name in row]),
        )
        for name in names
    }
