"""Scores of (picture, action) samples, and the blocks of an affordance ``results.json``."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from funcorr.affordance.data import LabelledPicture
from funcorr.affordance.result import AffordanceMap
from funcorr.benchmark.affordance.background_level import Calibration
from funcorr.benchmark.scores import bootstrap_means
from funcorr.io import atomic_path
from funcorr.metrics import HeatmapProtocol, agd20k_map, score_heatmap, separation

METRICS = ("kld", "sim", "nss")
CALIBRATED = tuple(f"calibrated_{metric}" for metric in METRICS)


@dataclass(frozen=True)
class Score:
    """One picture and one of its actions.

    Attributes:
        id: ``action/object/stem``.
        action: canonical.
        object: plain words.
        picture: the photograph's file name.
        photograph: see :attr:`funcorr.affordance.data.LabelledPicture.photograph`.
        values: metric -> value; with ``calibrated_`` before it where maps were calibrated.
        constant: the value that the ground truth has everywhere; None where it tells places apart.
    """

    id: str
    action: str
    object: str
    picture: str
    photograph: tuple[str, str, str]
    values: Mapping[str, float]
    constant: float | None = None


@dataclass(frozen=True)
class Separation:
    """How different the maps of a picture's actions are, predicted and true."""

    prediction: float
    truth: float


def by_picture(samples: Sequence[LabelledPicture]) -> list[list[LabelledPicture]]:
    """Samples that show one photograph, sorted by object and file name."""
    groups: dict[tuple[str, str, str], list[LabelledPicture]] = defaultdict(list)
    for sample in samples:
        groups[sample.photograph].append(sample)
    return [groups[key] for key in sorted(groups)]


def score_picture(
    samples: Sequence[LabelledPicture],
    prediction: AffordanceMap,
    protocol: HeatmapProtocol,
    calibration: Calibration | None = None,
) -> tuple[list[Score], Separation | None]:
    """Scores of all actions of one photograph.

    Args:
        samples: its actions, with their ground truth.
        prediction: a map for each of them.
        protocol: how maps are compared.
        calibration: scores calibrated maps too.

    Returns:
        A score per sample that the protocol counts, and the separation where there are two
        actions or more.
    """
    scores, truths = [], {}
    for sample in samples:
        truths[sample.action] = sample.truth()
        pred = prediction[sample.action]
        values = score_heatmap(pred, truths[sample.action], protocol)
        if values is None:
            continue
        if calibration:
            curved = calibration.apply(agd20k_map(pred, protocol.size or pred.shape))
            found = score_heatmap(curved, truths[sample.action], protocol) or {}
            values |= {f"calibrated_{name}": value for name, value in found.items()}
        truth = truths[sample.action]
        flat = float(truth.min()) if truth.min() == truth.max() else None
        about = (sample.action, sample.object, sample.image.name, sample.photograph)
        scores.append(Score(sample.id, *about, values, flat))
    if len(samples) < 2:
        return scores, None
    maps = [agd20k_map(prediction[action]) for action in truths]
    true = [agd20k_map(heatmap) for heatmap in truths.values()]
    return scores, Separation(separation(maps), separation(true))


def summarize(
    scores: Sequence[Score], separations: Sequence[Separation], seed: int = 0
) -> dict[str, Any]:
    """The blocks of ``results.json``.

    ``overall`` is the plain mean over samples, as published tables have it; ``per_action`` and
    ``per_object`` the means of each; ``action_mean`` the mean over actions, so that frequent ones
    do not decide; ``intervals`` the 95 percent bootstrap of ``overall`` over photographs;
    ``separation`` the mean over photographs with several actions; ``constant_truths`` names the
    samples whose ground truth is one value everywhere, where there are any.

    Args:
        scores: at least one.
        separations: of photographs with two actions or more.
        seed: of the bootstrap.
    """
    keys = list(scores[0].values)
    per_action = _means(scores, "action", keys)
    pictures = sorted({score.photograph for score in scores})
    group = np.array([pictures.index(score.photograph) for score in scores])
    values = np.array([[score.values[key] for key in keys] for score in scores])
    constant = {score.id: score.constant for score in scores if score.constant is not None}
    low, high = np.quantile(bootstrap_means(values, group, seed), [0.025, 0.975], axis=0)
    return {
        "samples": len(scores),
        "pictures": len(pictures),
        "overall": dict(zip(keys, values.mean(axis=0).tolist(), strict=True)),
        "action_mean": {
            key: float(np.mean([block[key] for block in per_action.values()])) for key in keys
        },
        "per_action": per_action,
        "per_object": _means(scores, "object", keys),
        "intervals": {key: [float(low[i]), float(high[i])] for i, key in enumerate(keys)},
        "separation": {
            side: float(np.mean([getattr(each, side) for each in separations]))
            for side in ("prediction", "truth")
            if separations
        },
        **({"constant_truths": constant} if constant else {}),
    }


def write_scores(scores: Sequence[Score], path: Path) -> None:
    """Write ``samples.csv``: a line per sample with all its metrics."""
    about = ("id", "action", "object", "picture")
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*about, *scores[0].values])
        writer.writerows([*(getattr(s, k) for k in about), *s.values.values()] for s in scores)


def _means(
    scores: Sequence[Score], attribute: str, keys: Sequence[str]
) -> dict[str, dict[str, float]]:
    groups: dict[str, list[Score]] = defaultdict(list)
    for score in scores:
        groups[getattr(score, attribute)].append(score)
    return {
        name: {key: float(np.mean([score.values[key] for score in members])) for key in keys}
        for name, members in sorted(groups.items())
    }
