"""Where a run stands, as one safetensors file: weights, optimiser state and step."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

from funcorr.correspondence.head import FunctionHead
from funcorr.errors import UserError
from funcorr.weights.pretrained import write_tensors

MOMENTS = ("exp_avg", "exp_avg_sq", "step")


def save_state(path: Path, head: FunctionHead, optimizer: torch.optim.Optimizer, step: int) -> None:
    """Write the state after ``step`` steps; an earlier file is replaced only by a whole one."""
    tensors = {}
    for name, parameter in head.named_parameters():
        tensors[f"head.{name}"] = parameter.detach().contiguous()
        for moment in MOMENTS:
            value = optimizer.state[parameter].get(moment)
            if value is not None:
                tensors[f"{moment}.{name}"] = value.contiguous()
    write_tensors(path, tensors, metadata={"step": str(step)})


def load_state(path: Path, head: FunctionHead, optimizer: torch.optim.Optimizer) -> int:
    """Read what :func:`save_state` wrote and return the step to go on with.

    Raises:
        UserError: the file is damaged or of another head.
    """
    try:
        with safe_open(path, framework="pt") as file:
            step = int(file.metadata()["step"])
            stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        head.load_state_dict({n: stored[f"head.{n}"] for n, _ in head.named_parameters()})
    except (SafetensorError, KeyError, RuntimeError, OSError) as error:
        line = str(error).splitlines()[0]
        raise UserError(f"cannot resume from {path}: {line}; delete it to start afresh") from None
    for name, parameter in head.named_parameters():
        optimizer.state[parameter] = {
            moment: stored[f"{moment}.{name}"] for moment in MOMENTS if f"{moment}.{name}" in stored
        }
    return step
