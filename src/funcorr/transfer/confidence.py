"""From how well the matches agree to the probability that a pose is right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Evidence(NamedTuple):
    """What tells a good fit from a bad one.

    Attributes:
        share: of the matches between parts that are inliers.
        agreement: votes of all matches for the pose, as a share of those for a perfect one.
        rival: votes for the best hypothesis of another rotation, as a share of those for any.
        matching: mean confidence of the matches between parts.
        pointing: votes of the objects' directions, 0 to 2.
        axes: how many of the two parts are surfaces of revolution.
    """

    share: float
    agreement: float
    rival: float
    matching: float
    pointing: float
    axes: float


@dataclass(frozen=True)
class PoseCalibration:
    """The logistic curve of :func:`pose_confidence`.

    Attributes:
        weights: of the evidence.
        offset: of the curve.
    """

    weights: Evidence
    offset: float


CALIBRATION = PoseCalibration(
    Evidence(share=2.51, agreement=1.35, rival=-0.80, matching=2.33, pointing=1.82, axes=1.10),
    offset=-5.39,
)
"""Fitted to the pairs of ``forge-unseen-dev``, with predicted and with given parts: objects that no
training saw. ``scripts/calibrate_pose.py`` remakes it."""


def pose_confidence(evidence: Evidence, curve: PoseCalibration = CALIBRATION) -> float:
    r"""Probability of "within 10 degrees and 10 percent", :math:`1 / (1 + e^{-(w \cdot e + b)})`.

    Example:
        >>> bool(0 < pose_confidence(Evidence(0.5, 0.3, 0.8, 0.5, 1.0, 0.0)) < 1)
        True
    """
    return float(1 / (1 + np.exp(-(np.array(curve.weights) @ np.array(evidence) + curve.offset))))
