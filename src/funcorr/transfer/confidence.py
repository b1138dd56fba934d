"""From how well the matches agree to the probability that a pose is right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Evidence(NamedTuple):
    """What tells a good fit from a bad one.

    Attributes:
        share: of the matches between parts that are inliers.
        facing: mean cosine of the inliers' normals.
        number: log10 of the number of inliers.
    """

    share: float
    facing: float
    number: float


@dataclass(frozen=True)
class PoseCalibration:
    """The logistic curve of :func:`pose_confidence`.

    Attributes:
        weights: of the evidence.
        offset: of the curve.
    """

    weights: Evidence
    offset: float


CALIBRATION = PoseCalibration(Evidence(share=0.65, facing=3.08, number=1.20), offset=-6.42)
"""Fitted to the pairs of ``forge-unseen-dev``, with predicted and with given parts: objects that no
training saw. ``scripts/calibrate_pose.py`` remakes it."""


def pose_confidence(evidence: Evidence, curve: PoseCalibration = CALIBRATION) -> float:
    r"""Probability of "within 10 degrees and 10 percent", :math:`1 / (1 + e^{-(w \cdot e + b)})`.

    Example:
        >>> bool(0 < pose_confidence(Evidence(0.5, 0.9, 2.5)) < 1)
        True
    """
    return float(1 / (1 + np.exp(-(np.array(curve.weights) @ np.array(evidence) + curve.offset))))
