"""Affordance data: one-shot examples and the published benchmarks in their own layouts."""

from funcorr.affordance.data.agd20k import (
    LabelledPicture,
    affordance_llm_split,
    read_agd20k,
    read_training_pictures,
)
from funcorr.affordance.data.oneshot import (
    OneShotExample,
    heatmap_from_points,
    read_actions,
    read_one_shot,
    write_one_shot,
)
from funcorr.affordance.data.umd import ToolPicture, read_umd

__all__ = [
    "LabelledPicture",
    "OneShotExample",
    "ToolPicture",
    "affordance_llm_split",
    "heatmap_from_points",
    "read_actions",
    "read_agd20k",
    "read_one_shot",
    "read_training_pictures",
    "read_umd",
    "write_one_shot",
]
