"""The paper's two constraints on mutual information between image and text features.

The paper names the constraints but the summary at hand gives no formulas: which features enter, how
they are pooled, the estimator, its temperature and its negatives are this project's choices, each
a value of :class:`Constraint`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from funcorr.affordance.information import ESTIMATORS, EstimatorName
from funcorr.errors import UserError

_EPS = 1e-6


@dataclass(frozen=True)
class Constraint:
    """How strongly a constraint counts, and in which form.

    Attributes:
        weight: of ``-estimate`` beside the cross-entropy; 0 leaves the constraint out.
        level: whether the affordance constraint looks at the mean of each ``"area"``, at single
            ``"cells"``, or at cells with the ``"map"`` itself as their critic. What each does on
            new objects: docs/results/affordance.md.
        across: let cells of other images of the batch be negatives of a text (cells only).
        estimator: of the mutual information. InfoNCE, because it keeps its gradients when nearly
            all pairs are right and has the least variance in small batches.
        temperature: the critic is ``cosine / temperature``, of the map ``log(heat) / temperature``;
            cells have the decoder's own product as their critic.
        background: let the rest of each image, its heatmaps inverted, take part as areas that
            belong to no action.
        overlap: where another action of the same image counts as positive too, not as negative:
            from this soft intersection over union of two areas, or this share of a cell's heat.
    """

    weight: float = 0.0
    level: Literal["map", "cells", "area"] = "area"
    across: bool = True
    estimator: EstimatorName = "infonce"
    temperature: float = 0.1
    background: bool = True
    overlap: float = 0.5

    def __post_init__(self) -> None:
        if not (self.weight >= 0 and self.temperature > 0 and 0 <= self.overlap <= 1):
            raise UserError(
                "a constraint needs weight >= 0, temperature > 0 and overlap in [0, 1], got "
                f"{self.weight}, {self.temperature} and {self.overlap}"
            )


def map_information(
    logits: Float[Tensor, "b a n"], heat: Float[Tensor, "b a n"], form: Constraint
) -> Float[Tensor, ""]:
    """AMI by the map: information between an action and the cell where it takes place.

    A positive pair is an action on its image with a cell drawn from its heatmap; negatives are all
    cells of the image. The critic is the predicted heatmap, ``T = log sigmoid(text . cell /
    sqrt(d)) / temperature``. With InfoNCE over N cells that is ``log(N + 1) - H(p, q) -
    sum(p log(1 + q))``: ``p`` is the true heatmap and ``q`` is ``heat ** (1 / temperature)``, both
    normed over the image, and ``H`` their cross-entropy. The information is raised by what KLD and
    SIM look at. The last term, at most ``log 2``, is there because the drawn cell counts twice, as
    the positive and among the negatives; it weakens the pull towards cells that hold much of ``q``
    already. A temperature below 1 leaves the map itself broader than the truth, which errs less on
    new objects.

    Args:
        logits: of the predicted heatmaps.
        heat: ground-truth heatmaps on the cells; all zero where an image lacks an action.
        form: estimator and temperature.
    """
    image, action = (heat.sum(2) > _EPS).nonzero(as_tuple=True)
    own = heat[image, action]
    scores = F.logsigmoid(logits[image, action].float()) / form.temperature
    drawn = torch.ones_like(own, dtype=torch.bool)
    return ESTIMATORS[form.estimator](scores, own / own.sum(1, keepdim=True), drawn)


def cell_information(
    aware: Float[Tensor, "b a d"],
    cells: Float[Tensor, "b n d"],
    heat: Float[Tensor, "b a n"],
    form: Constraint,
) -> Float[Tensor, ""]:
    """AMI by cells: information between an action's text on an image and the cells it belongs to.

    A positive pair is a text with a cell drawn from its heatmap, as a distribution. Negatives of a
    text are the cells of all images (of other images, those that the same action does not take
    place at); negatives of a cell are the other actions. The critic is the product that makes the
    heatmap, ``text . cell / sqrt(d)``, so that what is learned about the information is learned by
    the map. For InfoNCE, the first direction is the divergence of the heatmap from the predicted
    distribution, over the cells of the whole batch.

    Args:
        aware: texts after the decoder.
        cells: fused maps.
        heat: ground-truth heatmaps on the cells; all zero where an image lacks an action.
        form: estimator.
    """
    estimate = ESTIMATORS[form.estimator]
    image, action = (heat.sum(2) > _EPS).nonzero(as_tuple=True)
    rows = torch.arange(len(image))
    product = cells.flatten(0, 1).T / math.sqrt(cells.shape[-1])
    own = heat[image, action]
    joint = heat.new_zeros(len(image), len(cells), cells.shape[1])
    joint[rows, image] = own / own.sum(1, keepdim=True)
    drawn = (heat[:, action].transpose(0, 1) <= _EPS) & form.across
    drawn[rows, image] = True
    scores = aware[image, action] @ product
    there = estimate(scores, joint.flatten(1), drawn.flatten(1))
    names = (aware @ cells.mT / math.sqrt(cells.shape[-1])).mT.flatten(0, 1)
    warm = heat.mT.flatten(0, 1)
    cold = warm < form.overlap * warm.amax(1, keepdim=True)
    back = estimate(names, warm, cold)
    return (there + back) / 2


def area_information(
    cells: Float[Tensor, "b n d"],
    text: Float[Tensor, "a d"],
    heat: Float[Tensor, "b a n"],
    form: Constraint,
) -> Float[Tensor, ""]:
    """AMI by areas: information between the features of affordance areas and their actions.

    The feature of an area is the mean of the fused cells weighted by the heatmap; one area per
    image and annotated action. Text features are those that enter the decoder. Each area's partners
    are its own action and those of the same image whose areas coincide; the other actions and, for
    a text, the areas of other images and actions and the backgrounds are negatives.

    Args:
        cells: fused maps.
        text: features of all actions.
        heat: ground-truth heatmaps on the cells; all zero where an image lacks an action.
        form: estimator and temperature.
    """
    image, action = (heat.sum(2) > _EPS).nonzero(as_tuple=True)
    own = heat[image, action]
    areas = torch.einsum("rn,rnd->rd", own / own.sum(1, keepdim=True), cells[image])
    positives = soft_overlap(own, heat[image]) >= form.overlap
    positives[torch.arange(len(image)), action] = True
    if form.background:
        rest = 1 - heat.amax(1)
        around = torch.einsum("bn,bnd->bd", rest / rest.sum(1, keepdim=True), cells)
        areas = torch.cat([areas, around])
        positives = torch.cat([positives, positives.new_zeros(len(around), positives.shape[1])])
    return information(areas, text, positives, form)


def object_information(
    summary: Float[Tensor, "b d"],
    objects: Float[Tensor, "o d"],
    labels: Int[Tensor, " b"],
    form: Constraint,
) -> Float[Tensor, ""]:
    """OLI: information between the image's object feature and the text of its category.

    Negatives are the other categories and, for a text, the images of other categories.

    Args:
        summary: class-token features in the text's dimension.
        objects: frozen text features of all categories, "a good image of a CATEGORY".
        labels: row of ``objects`` per image.
        form: estimator and temperature.
    """
    positives = F.one_hot(labels, len(objects)).bool()
    return information(summary, objects, positives, form)


def information(
    visual: Float[Tensor, "n d"],
    text: Float[Tensor, "m d"],
    positives: Bool[Tensor, "n m"],
    form: Constraint,
) -> Float[Tensor, ""]:
    """The estimate, averaged over both directions (they differ for InfoNCE only)."""
    scores = F.normalize(visual.float(), dim=1) @ F.normalize(text.float(), dim=1).T
    scores = scores / form.temperature
    estimate = ESTIMATORS[form.estimator]
    there = estimate(scores, positives, ~positives)
    back = estimate(scores.T, positives.T, ~positives.T)
    return (there + back) / 2


def soft_overlap(own: Float[Tensor, "r n"], others: Float[Tensor, "r a n"]) -> Float[Tensor, "r a"]:
    """Soft intersection over union: sum of minima over sum of maxima; 0 for empty maps."""
    low = torch.minimum(own[:, None], others).sum(2)
    return low / torch.maximum(own[:, None], others).sum(2).clamp_min(_EPS)
