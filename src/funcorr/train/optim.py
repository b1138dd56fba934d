"""How a head is optimised: what the configurations of both heads have in common."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn

from funcorr.errors import UserError


@dataclass(frozen=True, kw_only=True)
class OptimConfig:
    """The part of a training run that :class:`funcorr.train.trainer.Trainer` reads.

    Attributes:
        steps: optimiser steps (functional correspondence: 100,000 in the released code; affordance:
            20,000 in OOAL).
        learning_rate: at the end of the warm-up (paper: 1e-4, constant, on 50 times as many
            samples; OOAL: 0.01 for SGD).
        warmup: steps of linear warm-up (paper and OOAL: none).
        decay: let the rate fall to zero as a cosine (paper: constant; OOAL: so).
        weight_decay: on all parameters (released code: AdamW's default; OOAL: 5e-4 for SGD).
        gradient_clip: largest gradient norm, or None for no limit (released code and OOAL: none).
        ema: decay of a moving average of the weights, which is kept instead of the last ones;
            0 for none (paper and OOAL: none).
        precision: of the head's multiplications; losses and weights stay in float32
            (released code: fp32).
        seed: of initial weights, batches and dropout.
        checkpoint_every: steps between checkpoints.
    """

    steps: int
    learning_rate: float
    warmup: int = 0
    decay: bool = True
    weight_decay: float = 0.01
    gradient_clip: float | None = 1.0
    ema: float = 0.0
    precision: Literal["fp32", "bf16"] = "bf16"
    seed: int = 0
    checkpoint_every: int = 250

    def __post_init__(self) -> None:
        if min(self.steps, self.checkpoint_every) < 1 or not self.learning_rate > 0:
            raise UserError(
                "steps and checkpoint_every must be at least 1 and learning_rate above 0, got "
                f"{self.steps}, {self.checkpoint_every} and {self.learning_rate}"
            )
        if not 0 <= self.ema < 1:
            raise UserError(f"ema must be at least 0 and below 1, got {self.ema}")

    def make_optimizer(self, head: nn.Module) -> torch.optim.Optimizer:
        """AdamW, unless a head's configuration offers others."""
        return torch.optim.AdamW(
            head.parameters(), lr=self.learning_rate, weight_decay=self.weight_decay
        )

    def rate(self, step: int) -> float:
        """The learning rate of a step."""
        if step < self.warmup:
            return self.learning_rate * ((step + 1) / self.warmup)
        if not self.decay:
            return self.learning_rate
        progress = (step - self.warmup) / max(self.steps - self.warmup, 1)
        return self.learning_rate * ((1 + math.cos(math.pi * progress)) / 2)

    def checkpoint_after(self, done: int) -> bool:
        """Whether the state is written when so many steps are done."""
        return done % self.checkpoint_every == 0 or done == self.steps
