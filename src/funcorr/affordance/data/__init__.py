"""Affordance data: one-shot examples and the published benchmarks in their own layouts."""

from funcorr.affordance.data.oneshot import (
    OneShotExample,
    heatmap_from_points,
    read_actions,
    read_one_shot,
    write_one_shot,
)

__all__ = [
    "OneShotExample",
    "heatmap_from_points",
    "read_actions",
    "read_one_shot",
    "write_one_shot",
]
