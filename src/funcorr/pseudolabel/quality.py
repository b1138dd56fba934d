"""How good labels are, where the exact parts are known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool

from funcorr.errors import UserError
from funcorr.pseudolabel.answer_log import AnswerLog
from funcorr.pseudolabel.box_agreement import agreed_box, hull
from funcorr.pseudolabel.boxes import Box
from funcorr.pseudolabel.view_queries import Asker
from funcorr.render.dataset import AssetViews, Dataset, labels_file

SMALLEST = 32
"""Pixels; boxes are judged in views that show at least this much of the part."""


@dataclass(frozen=True)
class LabelQuality:
    """Intersection over union with the exact parts, mean over assets.

    The masks of an asset's views are pooled: their common pixels over all pixels of either.

    Attributes:
        overall: over all assets and functions.
        per_function: over the assets that have the function.
        per_category: over functions and assets of the category.
        per_part: over the assets of the category that have the part, by ``"category: part"``.
        boxes: of the box that the answers agree on, mean over the views that show the part and
            have an answer with a box, then over parts and assets; None where no answers were read.
    """

    overall: float
    per_function: dict[str, float]
    per_category: dict[str, float]
    per_part: dict[str, float]
    boxes: float | None = None

    def to_json(self) -> dict[str, Any]:
        """For ``quality.json``."""
        return asdict(self)


def pooled_iou(
    pairs: Iterable[tuple[Bool[np.ndarray, "h w"], Bool[np.ndarray, "h w"]]],
) -> float:
    """Common pixels of pairs of masks over the pixels of either; NaN where all are empty.

    Example:
        >>> full, half = np.ones((2, 2), bool), np.eye(2, dtype=bool)
        >>> pooled_iou([(full, half), (half, half)])
        0.6666666666666666
    """
    counts = np.array([((a & b).sum(), (a | b).sum()) for a, b in pairs]).reshape(-1, 2)
    common, either = counts.sum(axis=0).tolist()
    return common / either if either else float("nan")


def label_quality(dataset: Path | str, labeller: str, asker: Asker | None = None) -> LabelQuality:
    """Compare labels with the exact parts of the same dataset.

    Args:
        dataset: a multi-view dataset with labels of this name.
        labeller: their name.
        asker: reads the answers for ``boxes``; only where the dataset's own views were asked about.

    Raises:
        UserError: there are no such labels, or the functional parts are not known exactly.
    """
    labelled = Dataset(dataset, labels=labeller)
    exact = Dataset(dataset)
    functions: list[tuple[str, str, float]] = []
    parts: list[tuple[str, float]] = []
    boxes: list[float] = []
    for name in labelled.assets:
        ours, true = labelled[name], exact[name]
        functional = [function for function in true.functions if function in ours.functions]
        served = list(dict.fromkeys(chain(*(true.parts[function] for function in functional))))
        if missing := set(served) - set(true.part_names):
            raise UserError(f"{name} has no exact labels of {', '.join(sorted(missing))}")
        views = [(ours.view(i), true.view(i)) for i in range(true.n_views)]
        for function in functional:
            masks = ((a.part_mask(function), b.part_mask(function)) for a, b in views)
            functions.append((function, true.category, pooled_iou(masks)))
        for part in served:
            index = true.part_names.index(part)
            masks = ((a.labelled(part), b.parts == index) for a, b in views)
            parts.append((f"{true.category}: {part}", pooled_iou(masks)))
        if asker:
            boxes += _box_ious(true, served, asker, labels_file(true.folder, labeller).parent)
    return LabelQuality(
        overall=_mean([iou for _, _, iou in functions]),
        per_function=_means((function, iou) for function, _, iou in functions),
        per_category=_means((category, iou) for _, category, iou in functions),
        per_part=_means(parts),
        boxes=_mean(boxes) if asker else None,
    )


def box_iou(answers: Sequence[tuple[Box, ...]], exact: Bool[np.ndarray, "h w"]) -> float:
    """IoU of the box that the answers agree on with the exact one; NaN without either."""
    hulls = [hull(boxes) for boxes in answers if boxes]
    if not hulls or exact.sum() < SMALLEST:
        return float("nan")
    return agreed_box(hulls).iou(Box.around(exact))


def _box_ious(asset: AssetViews, parts: Sequence[str], asker: Asker, folder: Path) -> list[float]:
    """Per part, the mean over its views."""
    log = AnswerLog(folder / "answers.jsonl")
    means = []
    for part in parts:
        index = asset.part_names.index(part)
        views = [asset.view(number) for number in range(asset.n_views)]
        ious = [box_iou(asker.answers(view, part, log), view.parts == index) for view in views]
        means.append(_mean(ious))
    return means


def _mean(values: Sequence[float]) -> float:
    """Of the values that are numbers."""
    numbers = [value for value in values if not np.isnan(value)]
    return round(float(np.mean(numbers)), 4) if numbers else float("nan")


def _means(named: Iterable[tuple[str, float]]) -> dict[str, float]:
    table: Mapping[str, list[float]] = defaultdict(list)
    for name, value in named:
        table[name].append(value)
    return {name: _mean(values) for name, values in sorted(table.items())}
