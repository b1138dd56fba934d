"""Which points a training step looks at, and how far aligned points lie apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_training import made_asset

from funcorr.functions.frames import FunctionalFrame
from funcorr.train.point_sampling import SampledView, aligned_distances


@pytest.mark.parametrize("sizes", [(1.0, 0.5), (0.5, 1.0), (0.4, 0.4)])
def test_aligned_distances_count_in_sides_of_the_smaller_object(sizes):
    """Parts of unequal size are scaled onto each other; a side is that of the smaller one."""
    first, second = (
        replace(
            made_asset(f"a{k}", "knife", k),
            frames={"cut-with": FunctionalFrame(np.zeros(3), np.eye(3), size)},
        )
        for k, size in enumerate(sizes)
    )
    rows = [np.arange(0, 40, 7), np.arange(0, 66, 11)]
    found = aligned_distances("cut-with", [SampledView(first, 0), SampledView(second, 0)], rows)
    a, b = (
        asset.views[0].surface[r].astype(float)
        for asset, r in zip((first, second), rows, strict=True)
    )
    scale = sizes[0] / sizes[1]
    for i, j in np.ndindex(found.shape):
        expected = np.linalg.norm(a[i] - scale * b[j]) / min(1.0, scale)
        assert found[i, j] == pytest.approx(expected, abs=1e-3)
