"""Affordance heatmaps: KLD, SIM and NSS of the AGD20K benchmark, as LOCATE and OOAL score them.

One image, one action. Only the map of the known action is scored; a dataset's number is the plain
mean over its images. With ``p = P / (sum P + e)``, ``g = G / (sum G + e)`` and ``e = 1e-12``.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from funcorr.errors import UserError
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
    return _min_max(resize_map(as_map(heatmap, "heatmap"), size))


def resize_map(
    heatmap: Float[np.ndarray, "h w"], size: tuple[int, int]
) -> Float[np.ndarray, "a b"]:
    """Bilinear about pixel centres, without smoothing, as the protocol resizes every map."""
    from skimage.transform import resize

    if heatmap.shape == tuple(size):
        return heatmap
    return resize(heatmap, size, order=1, mode="edge", anti_aliasing=False)


def separation(heatmaps: ArrayLike) -> float:
    """How different the maps of several actions on one image are: mean of 1 - SIM over pairs.

    0 where all maps are one, 1 where no two share a pixel. Compare it with that of the ground
    truth: actions may well take place at one part.

    Args:
        heatmaps: A x H x W in [0, 1], A at least 2.

    Raises:
        UserError: fewer than two maps, or values outside [0, 1].

    Example:
        >>> separation([[[1, 0]], [[0, 1]]])
        1.0
    """
    maps = [_distribution(as_map(each, "heatmaps")) for each in np.asarray(heatmaps)]
    if len(maps) < 2:
        raise UserError(f"separation compares at least two maps, got {len(maps)}")
    return float(np.mean([1 - np.minimum(a, b).sum() for a, b in combinations(maps, 2)]))


def kld(pred: ArrayLike, gt: ArrayLike, eps: float = _EPS, log_eps: float = _EPS) -> float:
    """Kullback-Leibler divergence of the ground truth from the prediction, natural log.

    ``KLD = sum g log(g / (p + eps) + log_eps)``; lower is better. An all-zero ground truth scores
    0, as in the protocol, although nothing was found.

    Args:
        pred: H x W prediction in [0, 1]; it is not min-maxed here, see :func:`agd20k_map`.
        gt: H x W ground truth in [0, 1].
        eps: added to the prediction (WSAG-PLSP: 1e-10).
        log_eps: added inside the logarithm (WSAG-PLSP: 0).

    Raises:
        UserError: the maps differ in size or leave [0, 1].
    """
    ratio, g = (_distribution(heatmap) for heatmap in _pair(pred, gt))
    ratio += eps
    np.divide(g, ratio, out=ratio)
    ratio += log_eps
    logarithm = np.log(ratio, out=ratio, where=True if log_eps > 0 else ratio > 0)
    return float(np.vdot(g, logarithm))


def sim(pred: ArrayLike, gt: ArrayLike) -> float:
    """Similarity, the intersection of the two distributions: ``SIM = sum min(p, g)``.

    1 is best, 0 worst. Arguments and errors as in :func:`kld`.
    """
    p, g = (_distribution(heatmap) for heatmap in _pair(pred, gt))
    return float(np.minimum(p, g, out=p).sum())


def nss(
    pred: ArrayLike, gt: ArrayLike, threshold: float = 0.1, ddof: int = 0, inclusive: bool = False
) -> float:
    """Normalized scanpath saliency: mean standardised prediction over the ground-truth region.

    ``NSS = sum(Z B) / sum(B + e)`` with ``Z = (P - mean P) / (std P + e)`` (population standard
    deviation) and ``B = [min-max(G) > threshold]``; higher is better. A constant prediction and
    an all-zero ground truth score 0.

    Args:
        pred: H x W prediction in [0, 1].
        gt: H x W ground truth in [0, 1].
        threshold: where the ground truth counts; some papers report 0.5 as "NSS-0.5".
        ddof: 0 for the population standard deviation, 1 for that of a sample (WSAG-PLSP).
        inclusive: let values at the threshold count too (WSAG-PLSP).

    Raises:
        UserError: the maps differ in size or leave [0, 1].
    """
    prediction, truth = _pair(pred, gt)
    centred = prediction - prediction.mean()
    spread = np.sqrt(np.vdot(centred, centred) / (centred.size - ddof)) + _EPS
    low, high = truth.min(), truth.max()
    limit = low + threshold * (high - low + _EPS)
    region = truth >= limit if inclusive else truth > limit
    return float(centred[region].sum() / spread / (np.count_nonzero(region) + _EPS * region.size))


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
