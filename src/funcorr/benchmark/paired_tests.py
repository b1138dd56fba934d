"""Is one model better than another? Paired differences on the same directed pairs."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from funcorr.benchmark.scores import bootstrap_means
from funcorr.errors import UserError

FLIPS = 10_000
"""Random sign patterns behind each p value."""

LARGEST_SCORE = 1e9
"""No metric is as large as this; damaged numbers are."""

_ABOUT = ("id", "function", "category1", "category2", "asset1", "asset2", "direction", "points")


@dataclass(frozen=True)
class Scores:
    """What ``pairs.csv`` of an evaluation holds.

    Attributes:
        values: (pair id, direction) to metric to value.
        assets: (pair id, direction) to the two objects, in a fixed order.
    """

    values: Mapping[tuple[str, str], Mapping[str, float]]
    assets: Mapping[tuple[str, str], tuple[str, str]]


@dataclass(frozen=True)
class Difference:
    """A metric of one model minus that of another.

    Attributes:
        metric: for instance ``"ap@23"``.
        mean: mean difference over directed pairs.
        low: lower end of its 95 percent bootstrap interval over asset pairs.
        high: upper end.
        p: two-sided p value of the sign-flip permutation test over asset pairs.
    """

    metric: str
    mean: float
    low: float
    high: float
    p: float


def read_scores(path: Path) -> Scores:
    """Read the ``pairs.csv`` of a run folder.

    Raises:
        UserError: the file is missing or not of this kind.
    """
    values, assets = {}, {}
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            for line in csv.DictReader(stream):
                key = line["id"], line["direction"]
                first, second = sorted((line["asset1"], line["asset2"]))
                assets[key] = first, second
                values[key] = {k: _score(v) for k, v in line.items() if k not in _ABOUT}
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"cannot read {path} as the scores of pairs ({type(error).__name__}); "
            "run the evaluation again"
        ) from None
    return Scores(values, assets)


def _score(text: str) -> float:
    score = float(text)
    if abs(score) > LARGEST_SCORE:
        raise ValueError(text)
    return score


def compare(first: Scores, second: Scores, seed: int = 0) -> list[Difference]:
    """Every metric that both models have: the first minus the second, on the pairs they share.

    Asset pairs are the units: image pairs of the same two objects, and the two directions of each,
    say much the same. Both the bootstrap (asset pairs drawn again) and the permutation test (the
    sign of all differences of an asset pair turned at random, under the hypothesis that the models
    are interchangeable) keep them together. The p value counts the observed pattern itself:
    ``(1 + #{|t*| >= |t|}) / (1 + flips)``.

    Args:
        first: scores of one model.
        second: of the other, on the same benchmark.
        seed: of both draws.

    Raises:
        UserError: the models were not scored on the same pairs.
    """
    if not first.values or first.values.keys() != second.values.keys():
        raise UserError("the two models were not scored on the same pairs; evaluate both again")
    keys = sorted(first.values)
    metrics = [key for key in first.values[keys[0]] if key in second.values[keys[0]]]
    names = sorted({first.assets[key] for key in keys})
    group = np.array([names.index(first.assets[key]) for key in keys])
    gaps = np.array([[first.values[k][m] - second.values[k][m] for m in metrics] for k in keys])
    low, high = np.quantile(bootstrap_means(gaps, group, seed), [0.025, 0.975], axis=0)
    p = sign_flip_test(gaps, group, seed)
    columns = zip(metrics, gaps.mean(axis=0), low, high, p, strict=True)
    return [Difference(metric, *map(float, rest)) for metric, *rest in columns]


def sign_flip_test(
    gaps: Float[np.ndarray, "n k"], group: Int[np.ndarray, " n"], seed: int = 0
) -> Float[np.ndarray, " k"]:
    """Two-sided p values of "the mean difference is zero", a sign per group.

    Args:
        gaps: differences, a row per observation, a column per metric.
        group: which observations share a sign, numbered from 0.
        seed: of the signs.

    Example:
        >>> always = np.ones((12, 1))
        >>> bool(sign_flip_test(always, np.arange(12))[0] < 0.01)
        True
    """
    sums = np.zeros((group.max() + 1, gaps.shape[1]))
    np.add.at(sums, group, gaps)
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(FLIPS, len(sums)))
    reached = np.abs(signs @ sums) >= np.abs(sums.sum(axis=0)) - 1e-12
    return (1 + reached.sum(axis=0)) / (1 + FLIPS)
