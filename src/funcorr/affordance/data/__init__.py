"""Affordance data: one-shot examples and the published benchmarks in their own layouts."""

from funcorr.affordance.data.agd20k import (
    LabelledPicture,
    affordance_llm_split,
    read_agd20k,
)
from funcorr.affordance.data.oneshot import (
    OneShotExample,
    heatmap_from_points,
    read_actions,
    read_one_shot,
    write_one_shot,
)

__all__ = [
    "LabelledPicture",
    "OneShotExample",
    "affordance_llm_split",
    "heatmap_from_points",
    "read_actions",
    "read_agd20k",
    "read_one_shot",
    "write_one_shot",
]
