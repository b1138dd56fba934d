"""Scores of directed pairs, and their means: the blocks of ``results.json``."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from funcorr.benchmark.predictions import CYCLE
from funcorr.groundtruth.pairs import ImagePair
from funcorr.io import atomic_path
from funcorr.metrics import (
    discovery,
    keypoint_pck,
    label_transfer,
    part_hits,
    released_scores,
)

THRESHOLDS = (23, 15, 10, 5)
"""Pixels in images of 224 x 224; other sizes scale them by ``max(height, width) / 224``."""

BOX_SHARES = (0.1, 0.05)
"""Of the longer side of an object's box: the distances of PCK on sets of keypoints."""

RESAMPLES = 2000
"""Bootstrap resamples of asset pairs behind each interval."""


@dataclass(frozen=True)
class Case:
    """One image pair in one direction.

    Attributes:
        pair: the image pair.
        points: its number of ground-truth pairs.
        values: metric to value.
        direction: ``"forward"`` or ``"backward"``.
    """

    pair: ImagePair
    points: int
    values: Mapping[str, float]
    direction: str = "forward"


def score(
    prediction: Mapping[str, np.ndarray],
    gt1: Float[np.ndarray, "n 2"],
    gt2: Float[np.ndarray, "n 2"],
    image_size: tuple[int, int],
    protocol: str = "paper",
) -> dict[str, float]:
    """Every metric of one directed pair, by its key in ``results.json``.

    The released code's protocol ranks matches by :func:`funcorr.metrics.released_scores` where the
    prediction has what that needs; scores above 1 are those of part matches.
    """
    pixels = _in_pixels(image_size)
    ranks = prediction["scores"]
    if protocol == "released-code" and all(name in prediction for name in CYCLE):
        similarity, cycle_error = (prediction[name] for name in CYCLE)
        ranks = released_scores(similarity, cycle_error, part=ranks > 1)
    found = discovery(prediction["points1"], prediction["points2"], ranks, gt1, gt2, pixels)
    values = _transfer(prediction, gt2, image_size, protocol)
    named = list(zip(THRESHOLDS, pixels, strict=True))
    values |= {f"best_f1@{k}": found[limit]["best_f1"] for k, limit in named}
    return values | {f"ap@{k}": found[limit]["ap"] for k, limit in named}


def score_keypoints(
    prediction: Mapping[str, np.ndarray],
    gt2: Float[np.ndarray, "n 2"],
    box2: Sequence[float],
    image_size: tuple[int, int],
    protocol: str = "paper",
) -> dict[str, float]:
    """What a few keypoints can say of a directed pair: label transfer, and PCK of the box.

    Best F1 and AP count every match; where nothing is known of most pixels they mean nothing.
    """
    carried = _with_misses(prediction["transferred"], gt2, max(image_size))
    pck = keypoint_pck(carried, gt2, box2, BOX_SHARES)
    shares = {f"pck_box@{share:g}": value for share, value in pck.items()}
    return _transfer(prediction, gt2, image_size, protocol) | shares


def score_parts(
    prediction: Mapping[str, np.ndarray], part2: Bool[np.ndarray, "h w"]
) -> dict[str, float]:
    """What parts alone can say of a directed pair: do points of the one land on the other?"""
    return {"part_hits": part_hits(prediction["transferred"], part2)}


def _transfer(
    prediction: Mapping[str, np.ndarray],
    gt2: Float[np.ndarray, "n 2"],
    image_size: tuple[int, int],
    protocol: str,
) -> dict[str, float]:
    pixels = _in_pixels(image_size)
    carried = _with_misses(prediction["transferred"], gt2, max(image_size))
    found = label_transfer(carried, gt2, image_size, pixels, protocol)
    named = zip(THRESHOLDS, pixels, strict=True)
    pck = {f"pck@{k}": found["pck"][limit] for k, limit in named}
    return {"normalized_distance": found["normalized_distance"], **pck}


def _in_pixels(image_size: tuple[int, int]) -> list[float]:
    return [k * max(image_size) / 224 for k in THRESHOLDS]


def summarize(cases: Sequence[Case], seed: int = 0) -> dict[str, Any]:
    """The blocks of ``results.json``; :func:`funcorr.benchmark.evaluate.evaluate` explains them.

    Args:
        cases: at least one scored directed pair.
        seed: of the bootstrap.
    """
    blocks = {
        "overall": list(cases),
        "within": [case for case in cases if case.pair.within],
        "across": [case for case in cases if not case.pair.within],
    }
    functions = sorted({case.pair.function for case in cases})
    keys = _shared_keys(cases)
    return {
        "pairs": len({case.pair.id for case in cases}),
        **{name: _mean(subset, keys) for name, subset in blocks.items()},
        "per_function": {
            function: _mean([case for case in cases if case.pair.function == function], keys)
            for function in functions
        },
        "pooled": _pooled(cases, keys),
        "intervals": {name: _intervals(subset, keys, seed) for name, subset in blocks.items()},
    }


def _with_misses(
    carried: Float[np.ndarray, "n 2"], truth: Float[np.ndarray, "n 2"], side: int
) -> Float[np.ndarray, "n 2"]:
    """Points without an answer (NaN) miss by the image's longer side."""
    return np.where(np.isnan(carried), truth + np.array([side, 0]), carried)


def write_cases(cases: Sequence[Case], path: Path) -> None:
    """Write ``pairs.csv``: a line per directed pair, with all its metrics.

    Args:
        cases: at least one scored directed pair.
        path: the file.
    """
    about = ("id", "function", "category1", "category2", "asset1", "asset2")
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        keys = _shared_keys(cases)
        writer.writerow([*about, "direction", "points", *keys])
        for case in cases:
            named = (getattr(case.pair, key) for key in about)
            values = (case.values[key] for key in keys)
            writer.writerow([*named, case.direction, case.points, *values])


def _shared_keys(cases: Sequence[Case]) -> list[str]:
    """The metrics that every case has."""
    return [key for key in cases[0].values if all(key in case.values for case in cases)]


def _mean(cases: Sequence[Case], keys: Sequence[str]) -> dict[str, float | None]:
    if not cases:
        return dict.fromkeys(keys)
    return {key: float(np.mean([case.values[key] for case in cases])) for key in keys}


def _pooled(cases: Sequence[Case], keys: Sequence[str]) -> dict[str, float]:
    points = [case.points for case in cases]
    return {
        key: float(np.average([case.values[key] for case in cases], weights=points))
        for key in keys
        if key == "normalized_distance" or key.startswith("pck")
    }


def _intervals(
    cases: Sequence[Case], keys: Sequence[str], seed: int
) -> dict[str, list[float] | None]:
    """Percentile bootstrap: asset pairs are drawn again, with all their directed pairs."""
    if not cases:
        return dict.fromkeys(keys)
    names = sorted({case.pair.assets for case in cases})
    group = np.array([names.index(case.pair.assets) for case in cases])
    values = np.array([[case.values[key] for key in keys] for case in cases])
    low, high = np.quantile(bootstrap_means(values, group, seed), [0.025, 0.975], axis=0)
    return {key: [float(low[i]), float(high[i])] for i, key in enumerate(keys)}


def bootstrap_means(
    values: Float[np.ndarray, "n k"], group: Int[np.ndarray, " n"], seed: int
) -> Float[np.ndarray, "r k"]:
    """Means over observations of which whole groups are drawn again, with replacement.

    Args:
        values: a row per observation, a column per metric.
        group: the group of each observation, numbered from 0.
        seed: of the draws.

    Returns:
        :data:`RESAMPLES` rows of means.
    """
    count = int(group.max()) + 1
    draws = np.random.default_rng(seed).multinomial(
        count, np.full(count, 1 / count), size=RESAMPLES
    )
    weights = draws[:, group]
    return weights @ values / weights.sum(axis=1, keepdims=True)
