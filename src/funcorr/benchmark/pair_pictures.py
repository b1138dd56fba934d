"""One directed pair at a glance: the truth, where the model carried it, and its best matches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from funcorr.correspondence.result import Correspondence
from funcorr.viz import dotted, draw_sheet, framed, point_colors
from funcorr.viz.canvas import Color
from funcorr.viz.matches import PALETTE

PANEL, GAP = 200, 8
"""Longer side of a panel and white between panels, pixels."""

FRAME = (221, 225, 230)

DOT, FINE_DOT, MANY = 2.6, 1.6, 150
"""Radius of the dots of ground-truth points in pixels, finer where they are many."""

MATCHES, MATCH_DOT, RIM = 10, 3.2, 0.9
SEPARATION = 5 / 224
"""The best matches that lie this share of the image apart (paper's figures: 10, 5 of 224 px)."""

TITLES = ("asked", "truth", "carried over", "best matches", "their ends")
"""What the panels of :func:`draw_case` show, from left to right."""


def draw_case(
    rgb1: UInt8[np.ndarray, "h w 3"],
    rgb2: UInt8[np.ndarray, "h w 3"],
    gt1: Float[np.ndarray, "n 2"],
    gt2: Float[np.ndarray, "m 2"],
    prediction: Mapping[str, np.ndarray],
) -> Image.Image:
    """Five panels in a row, see :data:`TITLES`; equal colours correspond.

    Args:
        rgb1: image 1.
        rgb2: image 2, of the same size.
        gt1: ground-truth points (x, y) of image 1.
        gt2: their partners on image 2; none where nothing says what corresponds.
        prediction: ``transferred`` (n x 2, where ``gt1`` was carried), and the matches ``points1``,
            ``points2`` with their ``scores``.
    """
    colors = point_colors(gt1)
    dot = FINE_DOT if len(gt1) > MANY else DOT
    best1, best2 = _best_matches(prediction, max(rgb1.shape) * SEPARATION)
    marks = [PALETTE[rank % len(PALETTE)] for rank in range(len(best1))]
    panels = [
        _panel(rgb1, gt1, colors, dot),
        _panel(rgb2, gt2, colors, dot),
        _panel(rgb2, prediction["transferred"], colors, dot),
        _panel(rgb1, best1, marks, MATCH_DOT, RIM),
        _panel(rgb2, best2, marks, MATCH_DOT, RIM),
    ]
    return draw_sheet(panels, len(panels), GAP)


def _best_matches(
    prediction: Mapping[str, np.ndarray], separation: float
) -> tuple[Float[np.ndarray, "k 2"], Float[np.ndarray, "k 2"]]:
    order = np.argsort(-prediction["scores"], kind="stable")
    points1, points2, scores = (
        prediction[name][order].astype(np.float32) for name in ("points1", "points2", "scores")
    )
    ranked = Correspondence(points1, points2, scores, scores, 0 * scores, "", "")
    best = ranked.top(MATCHES, separation)
    return best.points1, best.points2


def _panel(
    rgb: UInt8[np.ndarray, "h w 3"],
    points: Float[np.ndarray, "n 2"],
    colors: Sequence[Color],
    radius: float,
    rim: float = 0.0,
) -> Image.Image:
    return framed(dotted(rgb, points, colors, PANEL, radius, rim), FRAME)
