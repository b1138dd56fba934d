"""What a training run is made of; each value that differs from the paper says the paper's own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from funcorr.correspondence.losses.functional import FunctionalForm
from funcorr.errors import UserError
from funcorr.train.optim import OptimConfig


@dataclass(frozen=True)
class LossConfig:
    """Weights and forms of the losses, equation (3) of the paper.

    Attributes:
        functional: weight of the functional part loss (paper: 1).
        spatial: weight of the multi-view loss (paper: 10).
        mask: weight of the part mask loss (paper: 1; 0 trains without a mask head).
        aligned: weight of the loss on matches between different objects (paper: it has none).
        temperature: of both contrastive losses (released code: 0.1; the paper names none).
        functional_form: ``"paper"`` is equation (1), ``"text"`` has the term too that section 4.2
            names beside it and that pushes the rests of both objects apart, ``"released"`` is what
            the released code computes; see
            :func:`funcorr.correspondence.losses.functional_loss`.
        symmetric_spatial: both directions (paper: one).
        spatial_points: where the points of the multi-view loss lie: anywhere on the ``"object"``,
            in the functional ``"part"`` (released code), or ``"mixed"``, half and half.
    """

    functional: float = 1.0
    spatial: float = 10.0
    mask: float = 1.0
    aligned: float = 0.0
    temperature: float = 0.1
    functional_form: FunctionalForm = "paper"
    symmetric_spatial: bool = True
    spatial_points: Literal["object", "part", "mixed"] = "mixed"

    def __post_init__(self) -> None:
        weights = (self.functional, self.spatial, self.mask, self.aligned)
        if min(weights) < 0 or sum(weights) == 0:
            raise UserError(f"loss weights must be >= 0 and not all zero, got {weights}")


@dataclass(frozen=True)
class CacheConfig:
    """Which inputs the frozen backbone sees before training.

    Attributes:
        backbone: name as :func:`funcorr.features.load_backbone` takes it (paper: dinov2-base).
        backgrounds: versions of each view in the cache; each has its own background (the paper
            draws a new one every time, which a cache cannot).
        white_share: share of versions on white, as at inference; the others get the released
            code's random colour, gradient or noise (released code: 0).
        seed: of the backgrounds.
    """

    backbone: str = "fused"
    backgrounds: int = 1
    white_share: float = 0.5
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class TrainConfig(OptimConfig):
    """One training run of the correspondence head; see also :class:`OptimConfig`.

    Attributes:
        cache: backbone inputs.
        text_encoder: name as :func:`funcorr.functions.text.load_text_encoder` takes it
            (paper: clip-vit-base-patch32).
        losses: weights and forms.
        projected: see :class:`funcorr.correspondence.head.HeadConfig` (released code: 512).
        hidden: the same (paper: 1024).
        descriptor: the same (released code: 256).
        part_width: the same; width of an MLP of its own for the part (paper: none, 0). With no loss
            but the mask's, only this MLP is trained, in a head that is finished otherwise.
        part_steps: so many steps of the mask loss alone train that MLP after all others, which
            train the head with the paper's linear layer (paper: none, 0).
        layout: the head's label transfer lays part on part as a whole, see
            :mod:`funcorr.correspondence.affine_prior` (paper: no).
        part_odds: weight of the part's log-odds in the head's ranking of matches (paper: 0).
        pairs: functional and spatial image pairs per step, each (paper: 50).
        points: points per image and kind (paper: 128).
        smallest_part: fewest part pixels for a view to count (released code: more than 32).
        parts: what is positive where several parts serve a function: ``"all"`` of them; ``"one"``,
            drawn anew for every image, while the others are neither positive nor negative; or as
            ``"released"``, one, with the others among the negatives (paper: it does not say;
            released code: that).
        hard_negatives: share of the negatives that are drawn near the part in the image: of four
            draws for each, the nearest (paper: 0, all uniform on the rest of the object).
        without_functions: functions that are never drawn, to test on them by text alone (paper:
            none). Objects that serve other functions too stay.
    """

    cache: CacheConfig = field(default_factory=CacheConfig)
    text_encoder: str = "minilm"
    losses: LossConfig = field(default_factory=LossConfig)
    projected: int = 512
    hidden: int = 768
    descriptor: int = 256
    part_width: int = 0
    part_steps: int = 0
    layout: bool = False
    part_odds: float = 0.0
    steps: int = 4000
    pairs: int = 12
    points: int = 128
    learning_rate: float = 1e-3
    warmup: int = 100
    smallest_part: int = 32
    parts: Literal["all", "one", "released"] = "all"
    hard_negatives: float = 0.0
    without_functions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        numbers = (self.pairs, self.points, self.smallest_part)
        if min(numbers) < 1:
            raise UserError(f"pairs, points and smallest_part must be at least 1, got {numbers}")
        if self.part_only and not self.part_width:
            raise UserError(
                "the mask loss alone trains nothing but an MLP for the part; set part_width, or "
                "give another loss a weight above 0"
            )
        lacking = self.part_only or not self.part_width or not self.losses.mask
        if self.part_steps < 0 or (self.part_steps and lacking):
            raise UserError(
                "part_steps train an MLP for the part when the rest is done: they need part_width, "
                f"a mask loss and another loss; set part_steps=0 (got {self.part_steps})"
            )
        if not 0 <= self.hard_negatives <= 1:
            raise UserError(f"hard_negatives must lie in [0, 1], got {self.hard_negatives}")

    @property
    def part_only(self) -> bool:
        """Whether the mask's loss is the only one."""
        return max(self.losses.functional, self.losses.spatial, self.losses.aligned) == 0

    @property
    def part_stage(self) -> TrainConfig | None:
        """The run that comes after this one, for the part's MLP."""
        if not self.part_steps:
            return None
        losses = replace(self.losses, functional=0.0, spatial=0.0, aligned=0.0)
        return replace(self, losses=losses, steps=self.part_steps, part_steps=0)


PAPER = TrainConfig(
    cache=CacheConfig(backbone="dinov2-base@224", backgrounds=4, white_share=0.0),
    text_encoder="clip-vit-base-patch32",
    losses=LossConfig(symmetric_spatial=False, spatial_points="part"),
    hidden=1024,
    steps=100_000,
    pairs=50,
    learning_rate=1e-4,
    warmup=0,
    decay=False,
    gradient_clip=None,
    precision="fp32",
    checkpoint_every=1000,
)
"""The paper's preset; it draws from a few cached backgrounds per view instead of a new one each."""

SMALL_PAPER = TrainConfig(steps=1500)
"""The embedded features and MiniLM with the paper's losses, sized for two cores."""


SMALL_PART = replace(
    SMALL_PAPER,
    losses=LossConfig(functional=0.0, spatial=0.0),
    part_width=256,
    layout=True,
    part_odds=0.1,
)
"""The last 1,500 steps of ours, for the part of any finished head on these features."""

SMALL = replace(
    SMALL_PART, losses=LossConfig(aligned=10.0), steps=8000, part_steps=SMALL_PART.steps
)
"""Ours: matches between different objects as well, then the part by an MLP of its own."""

PRESETS: dict[str, TrainConfig] = {
    "small": SMALL,
    "small-part": SMALL_PART,
    "small-paper": SMALL_PAPER,
    "small-functional": replace(SMALL_PAPER, losses=LossConfig(spatial=0.0, mask=0.0)),
    "small-spatial": replace(SMALL_PAPER, losses=LossConfig(functional=0.0, mask=0.0)),
    "small-nomask": replace(SMALL_PAPER, losses=LossConfig(mask=0.0)),
    "small-text": replace(SMALL_PAPER, losses=LossConfig(functional_form="text")),
    "small-text-nomask": replace(SMALL_PAPER, losses=LossConfig(mask=0.0, functional_form="text")),
    "paper": PAPER,
}
"""Configurations by name: ours, the part of a finished head, the paper's losses on the same
features, its ablations (Table 1: functional only, spatial only, full without mask loss), the full
ones with the functional loss of the paper's text, its own."""
