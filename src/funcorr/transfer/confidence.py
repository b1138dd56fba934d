"""From how well the matches agree to the probability that a pose is right."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Evidence(NamedTuple):
    """What tells a good fit from a bad one.

    Attributes:
        share: of the matches that are inliers, weighted by their confidence.
        residual: median distance of the inliers, in spreads of the part of object 2.
        facing: mean cosine of the inliers' normals.
        number: log10 of the number of inliers.
    """

    share: float
    residual: float
    facing: float
    number: float


WEIGHTS = Evidence(2.0, -2.0, 1.0, 0.0)
OFFSET = -1.5
"""Of the logistic curve that scripts/calibrate_pose.py fits."""


def pose_confidence(evidence: Evidence) -> float:
    r"""Probability of "within 10 degrees and 10 percent", :math:`1 / (1 + e^{-(w \cdot e + b)})`.

    Example:
        >>> bool(0 < pose_confidence(Evidence(0.5, 0.2, 0.9, 2.5)) < 1)
        True
    """
    return float(1 / (1 + np.exp(-(np.array(WEIGHTS) @ np.array(evidence) + OFFSET))))
