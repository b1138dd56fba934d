"""Failure signatures of an evaluated affordance model, with pictures: ``failures.md``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float
from PIL import Image

from funcorr.affordance.data import LabelledPicture, read_agd20k
from funcorr.affordance.result import AffordanceMap
from funcorr.benchmark.affordance.evaluate import cached_prediction
from funcorr.benchmark.affordance.scores import by_picture
from funcorr.benchmark.table import grid
from funcorr.images import read_image
from funcorr.io import atomic_path, read_json
from funcorr.metrics import HEATMAP_PROTOCOLS, agd20k_map, score_heatmap, separation
from funcorr.metrics.heatmap import resize_map
from funcorr.viz import captioned, draw_sheet, paint_heatmap

SIGNATURES = {
    "elsewhere": "the peak lies where the ground truth has nothing",
    "haze": "the map is above a tenth of its peak on more than half of the picture",
    "blind": "maps of different actions are nearly one, though the ground truth tells them apart",
    "good": "none of these",
}
WORST = 8
ACTIONS = 10
TILE = 160


@dataclass(frozen=True, eq=False)
class Case:
    """One sample: the stretched prediction, its ground truth, and what went wrong."""

    sample: LabelledPicture
    pred: Float[np.ndarray, "h w"]
    truth: Float[np.ndarray, "h w"]
    kld: float
    signature: str


def write_failures(root: str | Path, split: str, run: str | Path) -> Path:
    """Count failure signatures of a finished evaluation and draw the worst and best samples.

    Args:
        root: the set that was evaluated.
        split: its split.
        run: the run folder; ``failures.md``, ``worst.png``, ``best.png`` and ``actions.png`` (the
            ten most frequent actions, the best sample of each beside the worst) are written into
            it. A picture's columns: image, ground truth, prediction.
    """
    run = Path(run)
    cases = sorted(_cases(read_agd20k(root, split), run), key=lambda case: -case.kld)
    sheets = {
        "worst": [_strip(case) for case in cases[:WORST]],
        "best": [_strip(case) for case in cases[::-1][:WORST]],
        "actions": [_both_ends(members) for members in _by_action(cases)[:ACTIONS]],
    }
    for name, strips in sheets.items():
        with atomic_path(run / f"{name}.png") as path:
            draw_sheet(strips, columns=1, gap=4).save(path)
    with atomic_path(run / "failures.md") as path:
        path.write_text(_report(cases, split), encoding="utf-8")
    return run / "failures.md"


def signature(pred: Float[np.ndarray, "h w"], truth: Float[np.ndarray, "h w"], blind: bool) -> str:
    """The first failure of :data:`SIGNATURES` that fits a stretched map."""
    if truth[np.unravel_index(pred.argmax(), pred.shape)] < 0.1:
        return "elsewhere"
    if blind:
        return "blind"
    return "haze" if (pred > 0.1).mean() > 0.5 else "good"


def _cases(samples: Sequence[LabelledPicture], run: Path) -> Iterator[Case]:
    rules = HEATMAP_PROTOCOLS[read_json(run / "results.json", "results")["protocol"]]
    for group in by_picture(samples):
        prediction = cached_prediction(run, group, rules)
        truths = {s.action: agd20k_map(s.truth()) for s in group}
        blind = _blind(prediction, truths)
        for sample in group:
            pred, truth = agd20k_map(prediction[sample.action]), truths[sample.action]
            kld = (score_heatmap(pred, truth) or {})["kld"]
            yield Case(sample, pred, truth, kld, signature(pred, truth, blind))


def _blind(prediction: AffordanceMap, truths: Mapping[str, Float[np.ndarray, "h w"]]) -> bool:
    """Whether the maps differ less than half as much as the ground truth."""
    if len(truths) < 2:
        return False
    maps = [agd20k_map(prediction[action]) for action in truths]
    return separation(maps) < separation(list(truths.values())) / 2


def _by_action(cases: Sequence[Case]) -> list[list[Case]]:
    """Cases of each action in the order given, the most frequent action first."""
    groups: dict[str, list[Case]] = defaultdict(list)
    for case in sorted(cases, key=lambda case: case.sample.action):
        groups[case.sample.action].append(case)
    return sorted(groups.values(), key=lambda members: -len(members))


def _both_ends(members: Sequence[Case]) -> Image.Image:
    """The best case of an action beside its worst, which comes first in ``members``."""
    return draw_sheet([_strip(members[-1]), _strip(members[0])], columns=2, gap=TILE // 10)


def _strip(case: Case) -> Image.Image:
    """Image, ground truth and prediction side by side, under the sample's name."""
    rgb = read_image(case.sample.image).rgb
    square = np.asarray(Image.fromarray(rgb).resize((TILE, TILE), Image.Resampling.LANCZOS))
    heats = [resize_map(heat, (TILE, TILE)) for heat in (case.truth, case.pred)]
    tiles = [square, *(paint_heatmap(square, heat) for heat in heats)]
    words = f"{case.sample.action} {case.sample.object}  KLD {case.kld:.2f}  {case.signature}"
    return captioned(draw_sheet([*map(Image.fromarray, tiles)], len(tiles), gap=2), words)


def _report(cases: Sequence[Case], split: str) -> str:
    lines = [["action", "samples", *SIGNATURES]]
    groups = [(members[0].sample.action, members) for members in _by_action(cases)]
    for action, members in [("all", list(cases)), *groups]:
        shares = [np.mean([case.signature == name for case in members]) for name in SIGNATURES]
        lines.append([action, str(len(members)), *(f"{share:.0%}" for share in shares)])
    meanings = "\n".join(f"- **{name}**: {meaning}." for name, meaning in SIGNATURES.items())
    return (
        f"# What goes wrong, {split}\n\nEach sample has the first signature that fits.\n\n"
        f"{meanings}\n\n{grid(lines)}\n![worst](worst.png)\n\n![best](best.png)\n\n"
        "The best and the worst of each frequent action:\n\n![actions](actions.png)\n"
    )
