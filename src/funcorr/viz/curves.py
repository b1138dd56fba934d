"""Curves of logged values in matplotlib axes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float, Int

Curves = Mapping[str, tuple[Int[np.ndarray, " n"], Float[np.ndarray, " n"]]]
"""By name, steps and values."""


def plot_curves(curves: Curves, ax: Any, windows: int = 50) -> Any:
    """Draw values by step, each the mean of a window that ends there.

    Args:
        curves: name -> steps and values; each gets a line in the legend.
        ax: matplotlib axes.
        windows: a curve is as smooth as means over this share of its length, 1 / ``windows``.

    Returns:
        The axes.
    """
    for name, (steps, values) in curves.items():
        width = max(1, len(values) // windows)
        means = np.convolve(values, np.ones(width) / width, mode="valid")
        ax.plot(steps[width - 1 :], means, label=name)
    ax.set_xlabel("step")
    ax.grid(alpha=0.3)
    return ax
