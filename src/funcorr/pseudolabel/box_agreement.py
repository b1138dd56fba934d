"""What several answers about one thing agree on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from funcorr.pseudolabel.boxes import Box

AGREEMENT_IOU = 0.5
"""Boxes that overlap by this much agree."""


def hull(boxes: Sequence[Box]) -> Box:
    """The smallest box around all boxes."""
    edges = np.array([box.corners for box in boxes])
    return Box(*edges[:, :2].min(axis=0).tolist(), *edges[:, 2:].max(axis=0).tolist())


def agreed_box(boxes: Sequence[Box]) -> Box:
    """What most of several boxes of one thing say.

    The mean of the boxes that agree with the one that overlaps the others most (the paper: the
    mean of the largest of two or three clusters of their centres).

    Example:
        >>> near = [Box(0, 0, 10, 10), Box(0, 0, 10, 12)]
        >>> agreed_box([*near, Box(50, 50, 60, 60)]).corners
        (0.0, 0.0, 10.0, 11.0)
    """
    overlap = _overlaps(boxes)
    agreeing = overlap[overlap.sum(axis=1).argmax()] >= AGREEMENT_IOU
    mean = np.array([box.corners for box in boxes])[agreeing].mean(axis=0)
    return Box(*mean.tolist())


def agreed_answer(answers: Sequence[tuple[Box, ...]]) -> tuple[Box, ...]:
    """What most answers about a view say: no box where half of them or more have none.

    Where an answer has several boxes, the answer that overlaps the others most stands for all.

    Example:
        >>> agreed_answer([(Box(0, 0, 10, 10),), (Box(0, 0, 10, 12),), ()])[0].corners
        (0.0, 0.0, 10.0, 11.0)
        >>> agreed_answer([(Box(0, 0, 10, 10),), ()])
        ()
    """
    found = [boxes for boxes in answers if boxes]
    if 2 * len(found) <= len(answers):
        return ()
    if all(len(boxes) == 1 for boxes in found):
        return (agreed_box([boxes[0] for boxes in found]),)
    return found[_overlaps([hull(boxes) for boxes in found]).sum(axis=1).argmax()]


def _overlaps(boxes: Sequence[Box]) -> Float[np.ndarray, "n n"]:
    """IoU of every box with every other."""
    return np.array([[box.iou(other) for other in boxes] for box in boxes])
