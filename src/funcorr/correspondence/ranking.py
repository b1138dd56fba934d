"""What ranks matches: similarity, cycle consistency, and the functional part."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

PART_BONUS = 2.0
"""Added to the score of matches between functional parts: they rank above all others."""

PART_THRESHOLD = 0.5
"""Probability above which a pixel counts as functional part (released code: 0.5)."""


def plain_scores(
    similarity: Float[np.ndarray, " n"],
    cycle_error: Float[np.ndarray, " n"],
    size: tuple[int, int],
) -> Float[np.ndarray, " n"]:
    """Similarity times cycle consistency (section 5.1 of the paper).

    Args:
        similarity: N cosines.
        cycle_error: N pixels of image 1.
        size: (height, width) of image 1; the paper gives no unit of the cycle error, here it is
            the diagonal.
    """
    height, width = size
    return (1 - cycle_error / np.hypot(height, width)) * similarity
