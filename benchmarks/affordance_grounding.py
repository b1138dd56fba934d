"""Checks of what the constraints claim: information rises, texts and pictures come together.

Measured on test pictures with the head as it was drawn and as it was trained. The trunk is frozen:
what can be gained or lost is in the trained fusion above it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from affordance_trunk import EncodedOnce
from jaxtyping import Float, Int
from PIL import Image
from torch import Tensor

from funcorr.affordance.data import LabelledPicture
from funcorr.affordance.head import AffordanceHead
from funcorr.functions import function_words
from funcorr.functions.prompted import prompted
from funcorr.functions.text import TextEncoder


@dataclass(frozen=True)
class Grounding:
    """How well the fused features and the texts agree on test pictures.

    Attributes:
        alignment: mean cosine of an affordance area with the text of its action, minus the mean
            with the texts of actions that its picture does not have.
        actions: share of areas whose nearest text is that of an action of the picture.
        objects: share of pictures whose nearest category text, by the object feature, is right.
        neighbours: share of pictures whose nearest other picture, by the mean fused feature, is of
            the same category: what the features themselves still tell.
        trunk: the same by the mean features of the frozen trunk, which no training changes.
    """

    alignment: float
    actions: float
    objects: float
    neighbours: float
    trunk: float


@torch.no_grad()
def grounding(
    model: EncodedOnce,
    encoder: TextEncoder,
    pictures: Sequence[Sequence[LabelledPicture]],
    object_prompt: str = "a good image of a {}",
) -> Grounding:
    """Measure a head on the photographs of a split.

    Args:
        model: the head on its trunk.
        encoder: its frozen text encoder.
        pictures: samples by photograph, see
            :func:`funcorr.benchmark.affordance.scores.by_picture`.
        object_prompt: text of a category.
    """
    head = model.model.head
    actions = sorted({sample.action for group in pictures for sample in group})
    objects = sorted({group[0].object for group in pictures})
    words = prompted(encoder, head.shape.prompt_layers)
    texts = head.text(words, words.prepare([function_words(action) for action in actions]))
    categories = encoder.encode([object_prompt.format(name) for name in objects])
    labels = torch.tensor([objects.index(group[0].object) for group in pictures])
    areas, owns, summaries, means, frozen = [], [], [], [], []
    for group in pictures:
        features = model.encode(group[0].image).features.float()
        frozen.append(torch.cat([F.normalize(each[0].mean((1, 2)), dim=0) for each in features[0]]))
        fused = head.fuse(*features)
        areas.append(_weights(group, head) @ fused.cells[0])
        owns += [[sample.action for sample in group] for _ in group]
        summaries.append(fused.summary[0])
        means.append(fused.cells[0].mean(0))
    margin, hit = area_scores(
        torch.cat(areas), texts, actions, [s.action for g in pictures for s in g], owns
    )
    return Grounding(
        alignment=margin,
        actions=hit,
        objects=_top1(torch.stack(summaries), categories, labels),
        neighbours=_same_neighbour(torch.stack(means), labels),
        trunk=_same_neighbour(torch.stack(frozen), labels),
    )


def _weights(group: Sequence[LabelledPicture], head: AffordanceHead) -> Float[Tensor, "a n"]:
    """Ground truth of a photograph's actions on the head's cells, each summing to 1."""
    grid = head.shape.grid
    rows = []
    for sample in group:
        heat = Image.fromarray(sample.truth())
        cells = np.array(heat.resize((grid, grid), Image.Resampling.BOX), np.float32).ravel()
        rows.append(torch.from_numpy(cells / max(float(cells.sum()), 1e-6)))
    return torch.stack(rows)


def area_scores(
    areas: Float[Tensor, "n d"],
    texts: Float[Tensor, "a d"],
    actions: Sequence[str],
    own: Sequence[str],
    on_picture: Sequence[Sequence[str]],
) -> tuple[float, float]:
    """Margin of the own action over absent ones; share of areas nearest to a present action."""
    cosine = F.normalize(areas, dim=1) @ F.normalize(texts, dim=1).T
    present = torch.tensor([[action in names for action in actions] for names in on_picture])
    column = torch.tensor([actions.index(action) for action in own])
    right = cosine[torch.arange(len(areas)), column]
    others = cosine.masked_fill(present, 0).sum(1) / (~present).sum(1).clamp_min(1)
    nearest = present[torch.arange(len(areas)), cosine.argmax(1)]
    return float((right - others).mean()), float(nearest.float().mean())


def _top1(
    visual: Float[Tensor, "n d"], texts: Float[Tensor, "o d"], labels: Int[Tensor, " n"]
) -> float:
    cosine = F.normalize(visual, dim=1) @ F.normalize(texts, dim=1).T
    return float((cosine.argmax(1) == labels).float().mean())


def _same_neighbour(features: Float[Tensor, "n d"], labels: Int[Tensor, " n"]) -> float:
    cosine = F.normalize(features, dim=1) @ F.normalize(features, dim=1).T
    cosine.fill_diagonal_(-2)
    return float((labels[cosine.argmax(1)] == labels).float().mean())
