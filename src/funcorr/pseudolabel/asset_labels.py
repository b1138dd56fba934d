"""From the answers about one asset to its labels: votes, masks, files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32
from PIL import Image

from funcorr.errors import UserError
from funcorr.functions.taxonomy import Part
from funcorr.io import atomic_path, file_name, remove_leftovers, write_arrays, write_json
from funcorr.pseudolabel.box_agreement import agreed_answer
from funcorr.pseudolabel.boxes import Box
from funcorr.pseudolabel.part_masks import MaskConfig, drawn_mask, paper_mask, visible_point_map
from funcorr.pseudolabel.surface_graph import NEIGHBOURS, SurfaceGraph
from funcorr.pseudolabel.votes import (
    ViewAnswers,
    VoteConfig,
    Votes,
    count_votes,
    point_scores,
    select_points,
)
from funcorr.render.dataset import AssetViews, View, labels_file


@dataclass(frozen=True)
class VotingConfig:
    """Everything that happens after the answers."""

    votes: VoteConfig = field(default_factory=VoteConfig)
    masks: MaskConfig = field(default_factory=MaskConfig)

    def to_json(self) -> dict[str, Any]:
        """For the files that say how labels were made."""
        return asdict(self)


RULES: Mapping[str, VotingConfig] = {
    "default": VotingConfig(),
    "paper": VotingConfig(
        VoteConfig(view_votes="each", sums="released", smooth=0, pieces=0, floor=64 / 255),
        MaskConfig("paper"),
    ),
}
"""Ways of counting by name: ours, and those of the paper's released code, less its edge network."""


@dataclass(frozen=True, eq=False)
class PartLabel:
    """What the votes say about one part of one asset.

    Attributes:
        votes: the votes.
        scores: per surface point, 0 to 1.
        selected: the surface points of the part.
        masks: per view of the dataset, the pixels of the part.
    """

    votes: Votes
    scores: Float32[np.ndarray, " p"]
    selected: Bool[np.ndarray, " p"]
    masks: tuple[Bool[np.ndarray, "h w"], ...]


class Voter:
    """Turns answers into labels for one asset; what all parts share is computed once.

    Args:
        asset: whose surface gathers the votes, and for whose views masks are made.
        neighbours: of each point on the surface graph.
    """

    def __init__(self, asset: AssetViews, neighbours: int = NEIGHBOURS) -> None:
        self.asset = asset
        self._graph = SurfaceGraph(asset.points.xyz, asset.points.normal, neighbours)
        self._shown = [visible_point_map(asset.view(number)) for number in range(asset.n_views)]

    def label(self, part: Part, views: Sequence[ViewAnswers], config: VotingConfig) -> PartLabel:
        """Votes, selected points and masks of one part.

        Args:
            part: whether it is thin or small.
            views: the answers, over the same surface points.
            config: how they are counted.
        """
        votes = count_votes(len(self.asset.points.part), views)
        scores = point_scores(votes, self._graph, config.votes, part.edge)
        selected = select_points(scores, votes, self._graph, config.votes)
        if config.masks.rule == "points":
            masks = [drawn_mask(shown, selected) for shown in self._shown]
        else:
            masks = [
                paper_mask(shown, scores, config.masks, part.edge, part.small)
                for shown in self._shown
            ]
        return PartLabel(votes, scores, selected, tuple(masks))


def view_answers(
    view: View, answers: tuple[tuple[Box, ...], ...], config: VoteConfig
) -> ViewAnswers:
    """What a view votes for, together with the surface points that it shows."""
    ids, pixels = view.visible
    if config.view_votes == "agreed" and answers:
        answers = (agreed_answer(answers),)
    return ViewAnswers(ids, pixels, answers)


def check_same_surface(asked: AssetViews, labelled: AssetViews) -> None:
    """Votes travel between two datasets only over the same surface samples.

    Raises:
        UserError: the samples differ.
    """
    if asked.folder == labelled.folder:
        return
    if not np.array_equal(asked.points.xyz, labelled.points.xyz):
        raise UserError(
            f"the surface points of {asked.folder} and {labelled.folder} differ; render both from "
            "the same assets with the same --seed and --points"
        )


def write_labels(
    asset: AssetViews,
    labeller: str,
    labels: Mapping[str, PartLabel],
    about: Mapping[str, Any],
) -> None:
    """Write the labels of one asset, ``labels.json`` last.

    What a killed writer left is removed.

    Args:
        asset: whose.
        labeller: the name under which they are read again.
        labels: by the name of the part.
        about: what ``labels.json`` says.
    """
    marker = labels_file(asset.folder, labeller)
    marker.unlink(missing_ok=True)
    remove_leftovers(marker.parent)
    for part, label in labels.items():
        folder = marker.parent / file_name(part)
        write_arrays(
            folder.with_name(f"{folder.name}.npz"),
            inside=label.votes.inside,
            answers=label.votes.answers,
            scores=label.scores.astype(np.float16),
            selected=label.selected,
        )
        remove_leftovers(folder)
        for number, mask in enumerate(label.masks):
            _write_mask(folder / f"{number:04d}.png", mask)
    write_json(marker, dict(about))


def _write_mask(path: Path, mask: Bool[np.ndarray, "h w"]) -> None:
    with atomic_path(path) as temporary:
        Image.fromarray(mask.astype(np.uint8) * 255).save(temporary, compress_level=1)
