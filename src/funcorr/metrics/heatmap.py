"""Affordance heatmaps: KLD, SIM and NSS of the AGD20K benchmark, as LOCATE and OOAL score them.

One image, one action. Only the map of the known action is scored; a dataset's number is the plain
mean over its images. With ``p = P / (sum P + e)``, ``g = G / (sum G + e)`` and ``e = 1e-12``.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from funcorr.metrics.checks import as_map, check_aligned

_EPS = 1e-12


def agd20k_map(heatmap: ArrayLike, size: tuple[int, int] = (224, 224)) -> Float[np.ndarray, "h w"]:
    """Bring a predicted map to the form that the AGD20K protocol scores.

    Bilinear resize without smoothing, then min-max to [0, 1]. A constant map becomes all zero.
    The ground truth of the protocol is resized too but keeps its values.

    Args:
        heatmap: H x W prediction in [0, 1].
        size: (height, width) to score at.

    Raises:
        UserError: not an H x W map in [0, 1].
    """
    from skimage.transform import resize

    resized = resize(as_map(heatmap, "heatmap"), size, order=1, mode="edge", anti_aliasing=False)
    return _min_max(resized)


def kld(pred: ArrayLike, gt: ArrayLike) -> float:
    """Kullback-Leibler divergence of the ground truth from the prediction, natural log.

    ``KLD = sum g log(g / (p + e) + e)``; lower is better. An all-zero ground truth scores 0, as in
    the protocol, although nothing was found.

    Args:
        pred: H x W prediction in [0, 1]; it is not min-maxed here, see :func:`agd20k_map`.
        gt: H x W ground truth in [0, 1].

    Raises:
        UserError: the maps differ in size or leave [0, 1].
    """
    p, g = (_distribution(heatmap) for heatmap in _pair(pred, gt))
    return float(np.sum(g * np.log(g / (p + _EPS) + _EPS)))


def sim(pred: ArrayLike, gt: ArrayLike) -> float:
    """Similarity, the intersection of the two distributions: ``SIM = sum min(p, g)``.

    1 is best, 0 worst. Arguments and errors as in :func:`kld`.
    """
    p, g = (_distribution(heatmap) for heatmap in _pair(pred, gt))
    return float(np.minimum(p, g).sum())


def nss(pred: ArrayLike, gt: ArrayLike, threshold: float = 0.1) -> float:
    """Normalized scanpath saliency: mean standardised prediction over the ground-truth region.

    ``NSS = sum(Z B) / sum(B + e)`` with ``Z = (P - mean P) / (std P + e)`` (population standard
    deviation) and ``B = [min-max(G) > threshold]``; higher is better. A constant prediction and
    an all-zero ground truth score 0.

    Args:
        pred: H x W prediction in [0, 1].
        gt: H x W ground truth in [0, 1].
        threshold: where the ground truth counts; some papers report 0.5 as "NSS-0.5".

    Raises:
        UserError: the maps differ in size or leave [0, 1].
    """
    prediction, truth = _pair(pred, gt)
    standardised = (prediction - prediction.mean()) / (prediction.std() + _EPS)
    region = _min_max(truth) > threshold
    return float((standardised * region).sum() / (region + _EPS).sum())


def _pair(
    pred: ArrayLike, gt: ArrayLike
) -> tuple[Float[np.ndarray, "h w"], Float[np.ndarray, "h w"]]:
    prediction, truth = as_map(pred, "pred"), as_map(gt, "gt")
    check_aligned(prediction, truth, "pred and gt")
    return prediction, truth


def _distribution(heatmap: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "h w"]:
    return heatmap / (heatmap.sum() + _EPS)


def _min_max(heatmap: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "h w"]:
    low, high = heatmap.min(), heatmap.max()
    return (heatmap - low) / (high - low + _EPS)
