"""What a training run of the affordance head is made of.

The paper's own settings are not published in what was at hand; the values called OOAL's are those
of the method that it builds on.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import torch
from torch import nn

from funcorr.affordance.constraints import Constraint
from funcorr.affordance.shape import HeadShape
from funcorr.errors import UserError
from funcorr.train.optim import OptimConfig


@dataclass(frozen=True)
class CropConfig:
    """The fixed set of versions in which the frozen backbone sees a training image.

    Attributes:
        versions: of each image (OOAL draws a new one every iteration, which a cache cannot). The
            first is the whole image, as at inference; every other one is mirrored.
        side: of a crop, as a share of the image's side (OOAL: 224 / 256).
        seed: of the crops.
    """

    versions: int = 8
    side: float = 224 / 256
    seed: int = 0

    def __post_init__(self) -> None:
        if self.versions < 1 or not 0 < self.side <= 1:
            raise UserError(
                f"versions must be at least 1 and side in (0, 1], got {self.versions}, {self.side}"
            )


@dataclass(frozen=True, kw_only=True)
class AffordanceTrainConfig(OptimConfig):
    """One training run of the affordance head; see also :class:`OptimConfig`.

    Attributes:
        backbone: as :func:`funcorr.affordance.frozen_encoder.load_frozen_encoder` takes it (OOAL:
            DINOv2 ViT-B/14 at 224 pixels, the last three blocks, with the final norm; here without
            it, since every map gets a norm of its own in the head).
        text_encoder: as :func:`funcorr.functions.text.load_text_encoder` takes it (OOAL: CLIP
            ViT-B/16).
        shape: of the head; channels and lengths are set from backbone and text encoder.
        ami: the affordance constraint. Level and temperature were chosen on ``Unseen-dev``, see
            docs/results/affordance.md; the paper's form is not known.
        oli: the object constraint.
        object_prompt: text of a category for the object constraint.
        crops: versions of the training images.
        shots: examples per object, or None for all in the folder.
        draw: which examples, if there are more.
        batch: images per step (OOAL: 1, which leaves no negatives across images).
        optimizer: ``"sgd"`` with Nesterov momentum 0.9 (OOAL) or ``"adamw"``.
        loss_size: side of the maps in the cross-entropy (OOAL: 224).
        select: which state becomes the model: the ``"last"``, or the best on ``"held-out"``
            training images, or on the ``"test"`` set (OOAL and most published numbers; such a
            model is marked).
        held_out: share of the objects whose images are held out; only with that rule.
        check_every: steps between two looks of a rule other than ``"last"`` (OOAL: 2,000).
    """

    backbone: str = "efficientnet-lite2@256+dinov2-small-focus@224"
    text_encoder: str = "minilm"
    shape: HeadShape = field(
        default_factory=lambda: HeadShape(
            class_channels=None, fused=256, text=384, prompt_layers=1, grid=16, feedforward=768
        )
    )
    ami: Constraint = field(default_factory=lambda: Constraint(level="map", temperature=0.8))
    oli: Constraint = field(default_factory=Constraint)
    object_prompt: str = "a good image of a {}"
    crops: CropConfig = field(default_factory=CropConfig)
    shots: int | None = None
    draw: int = 0
    steps: int = 100
    batch: int = 8
    optimizer: Literal["sgd", "adamw"] = "adamw"
    learning_rate: float = 5e-4
    loss_size: int = 32
    select: Literal["last", "held-out", "test"] = "last"
    held_out: float = 0.2
    check_every: int = 100
    checkpoint_every: int = 25

    def __post_init__(self) -> None:
        super().__post_init__()
        counts = (self.batch, self.loss_size, self.check_every)
        if min(*counts, 1 if self.shots is None else self.shots) < 1:
            raise UserError("batch, loss_size, check_every and shots must be at least 1")
        if not 0 < self.held_out < 1:
            raise UserError(f"held_out must lie in (0, 1), got {self.held_out}")

    def make_optimizer(self, head: nn.Module) -> torch.optim.Optimizer:
        """AdamW or SGD."""
        if self.optimizer == "adamw":
            return super().make_optimizer(head)
        return torch.optim.SGD(
            head.parameters(),
            self.learning_rate,
            momentum=0.9,
            weight_decay=self.weight_decay,
            nesterov=True,
        )


SMALL_BCE = AffordanceTrainConfig()
"""The embedded features and MiniLM, cross-entropy only: OOAL's training, sized for a CPU."""

_AMI = replace(SMALL_BCE.ami, weight=0.3)
_OLI = Constraint(weight=0.005)

PAPER_BCE = AffordanceTrainConfig(
    backbone="dinov2-base@224",
    text_encoder="clip-vit-base-patch16",
    shape=HeadShape(),
    steps=20_000,
    batch=1,
    optimizer="sgd",
    learning_rate=0.01,
    weight_decay=5e-4,
    gradient_clip=None,
    loss_size=224,
    precision="fp32",
    check_every=2000,
    checkpoint_every=2000,
)

PRESETS: dict[str, AffordanceTrainConfig] = {
    "small": replace(SMALL_BCE, ami=_AMI, oli=_OLI),
    "small-bce": SMALL_BCE,
    "small-ami": replace(SMALL_BCE, ami=_AMI),
    "small-oli": replace(SMALL_BCE, oli=_OLI),
    "paper": replace(PAPER_BCE, ami=_AMI, oli=_OLI),
    "paper-bce": PAPER_BCE,
}
"""Configurations by name: both constraints, none (OOAL), one of them; small and as published."""
