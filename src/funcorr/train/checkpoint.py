"""Where a run stands, as one safetensors file: weights, optimiser state, average and step."""

from __future__ import annotations

import platform
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

import funcorr
from funcorr.errors import UserError
from funcorr.train.optim import OptimConfig
from funcorr.weights.pretrained import write_tensors

MOMENTS = ("exp_avg", "exp_avg_sq", "step", "momentum_buffer")


def save_state(
    path: Path,
    head: nn.Module,
    optimizer: torch.optim.Optimizer,
    step: int,
    average: AveragedModel | None = None,
) -> None:
    """Write the state after ``step`` steps; an earlier file is replaced only by a whole one."""
    tensors: dict[str, Tensor] = {}
    for name, parameter in head.named_parameters():
        tensors[f"head.{name}"] = parameter
        for moment in MOMENTS:
            value = optimizer.state[parameter].get(moment)
            if value is not None:
                tensors[f"{moment}.{name}"] = value
    if average is not None:
        tensors |= {f"average.{name}": value for name, value in average.state_dict().items()}
    write_tensors(path, tensors, metadata={"step": str(step)})


def load_state(
    path: Path,
    head: nn.Module,
    optimizer: torch.optim.Optimizer,
    average: AveragedModel | None = None,
) -> int:
    """Read what :func:`save_state` wrote and return the step to go on with.

    Raises:
        UserError: the file is damaged or of another head.
    """
    try:
        with safe_open(path, framework="pt") as file:
            step = int(file.metadata()["step"])
            stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        head.load_state_dict(_below(stored, "head."))
        if average is not None:
            average.load_state_dict(_below(stored, "average."))
        for name, parameter in head.named_parameters():
            optimizer.state[parameter] = {
                moment: _placed(stored[f"{moment}.{name}"], moment, parameter)
                for moment in MOMENTS
                if f"{moment}.{name}" in stored
            }
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError, OSError) as error:
        line = " ".join(str(error).split())[:200]
        raise UserError(f"cannot resume from {path}: {line}; delete it to start afresh") from None
    return step


def provenance(config: OptimConfig, **more: Any) -> dict[str, Any]:
    """How a head was made, for its card: configuration, data and versions."""
    return {
        "config": asdict(config),
        **more,
        "versions": {
            "funcorr": funcorr.__version__,
            "torch": torch.__version__,
            "python": platform.python_version(),
        },
    }


def _below(stored: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): value for n, value in stored.items() if n.startswith(prefix)}


def _placed(value: Tensor, moment: str, parameter: Tensor) -> Tensor:
    """AdamW keeps its counter of steps on the processor, the moments beside the weights."""
    if value.shape != (torch.Size() if moment == "step" else parameter.shape):
        raise ValueError(f"{moment} of another shape")
    return value if moment == "step" else value.to(parameter.device)
