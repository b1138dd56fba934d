"""How good pseudo-labels are: against error level, views, samples and the way votes are counted.

Exact boxes with errors on purpose are voted on the surface of procedural objects, whose parts are
known, and the masks are compared with the exact ones. Needs a dataset of labelling views and one of
other views over the same surface points, both rendered from the same assets:

    funcorr render ASSETS --out LABELLING --cameras labelling
    funcorr render ASSETS --out OTHERS --views 6
    python benchmarks/label_quality.py LABELLING OTHERS --out docs/results
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from funcorr.functions.taxonomy import Part, load_taxonomy
from funcorr.label.answers import AnswerLog
from funcorr.label.asking import AskConfig, Asker
from funcorr.label.boxes import Box
from funcorr.label.clients import PartQuery
from funcorr.label.masks import MaskConfig
from funcorr.label.oracle import LEVELS, Oracle
from funcorr.label.quality import box_iou, pooled_iou
from funcorr.label.run import part_queries
from funcorr.label.votes import VoteConfig
from funcorr.label.voting import Voter, VotingConfig, view_answers
from funcorr.render.dataset import AssetViews, Dataset, View
from funcorr.runs import write_json

Answers = list[tuple[tuple[Box, ...], ...]]

DEFAULT = VotingConfig()
RELEASED = VotingConfig(
    VoteConfig(ballots="each", sums="released", thin=False, smooth=0, pieces=0, floor=0.25),
    MaskConfig("paper"),
)
MOST_SAMPLES = 8


@dataclass(frozen=True)
class Condition:
    """One point of a curve: which answers are used, and how they are counted."""

    curve: str
    x: str
    level: str = "realistic"
    views: int = 19
    samples: int = 4
    voting: VotingConfig = field(default_factory=VotingConfig)


def conditions() -> list[Condition]:
    """Everything that is measured."""
    both = {"default": DEFAULT, "released": RELEASED}
    found = []
    for name, voting in both.items():
        found += [Condition(f"error level, {name}", x, x, voting=voting) for x in LEVELS]
        found += [Condition(f"views, {name}", str(n), views=n, voting=voting) for n in (3, 6, 10)]
        found += [
            Condition(f"samples, {name}", str(n), samples=n, voting=voting) for n in (1, 2, 8)
        ]
    return found + [Condition("way", name, voting=voting) for name, voting in ways().items()]


def ways() -> dict[str, VotingConfig]:
    """From the released code to our default, a change at a time, and what did not help."""
    votes, paper = RELEASED.votes, RELEASED.masks
    normalised = replace(votes, sums="normalised")
    smooth = replace(normalised, smooth=4)
    pieces = replace(smooth, pieces=0.1)
    agreed = replace(pieces, ballots="agreed")
    return {
        "released code": RELEASED,
        "+ normalised sums": VotingConfig(normalised, paper),
        "+ smoothing": VotingConfig(smooth, paper),
        "+ no small pieces": VotingConfig(pieces, paper),
        "+ one vote per view": VotingConfig(agreed, paper),
        "+ masks from points": VotingConfig(agreed),
        "+ floor 0.4": VotingConfig(replace(DEFAULT.votes, thin=False)),
        "+ thin parts weighted (default)": DEFAULT,
        "default, largest piece only": VotingConfig(replace(DEFAULT.votes, pieces=1.0)),
        "default, 10 rounds of smoothing": VotingConfig(replace(DEFAULT.votes, smooth=10)),
        "default, masks by the paper": VotingConfig(DEFAULT.votes, paper),
    }


def measure(asked: AssetViews, other: AssetViews) -> Iterator[dict[str, object]]:
    """Rows ``{asset, part, curve, x, iou}`` of one asset."""
    shown = [asked.view(number) for number in range(asked.n_views)]
    drawn = [other.view(number) for number in range(other.n_views)]
    voter = Voter(other)
    for part, query in part_queries(asked, load_taxonomy()):
        index = asked.part_names.index(part.name)
        truth = [view.parts == index for view in drawn]
        row = {"asset": asked.id, "part": part.name, "small": part.small, "thin": part.edge}
        answers = {level: ask(shown, part, query, level) for level in LEVELS}
        for level, said in answers.items():
            ious = [box_iou(a[:1], v.parts == index) for a, v in zip(said, shown, strict=True)]
            if not np.isnan(ious).all():
                yield {**row, "curve": "boxes", "x": level, "iou": float(np.nanmean(ious))}
        for condition in conditions():
            views = chosen(shown, answers[condition.level], condition)
            label = voter.label(part, views, condition.voting)
            iou = pooled_iou(zip(label.masks, truth, strict=True))
            if not np.isnan(iou):
                yield {**row, "curve": condition.curve, "x": condition.x, "iou": iou}


def ask(views: list[View], part: Part, query: PartQuery, level: str) -> Answers:
    """Every answer of an oracle about one part."""
    asker = Asker(Oracle(level), AskConfig(MOST_SAMPLES, MOST_SAMPLES))
    with tempfile.TemporaryDirectory() as folder:
        log = AnswerLog(Path(folder) / "answers.jsonl")
        for view in views:
            asker.ask(view, query, part.small, log)
        return [asker.answers(view, part.name, log) for view in views]


def chosen(views: list[View], answers: Answers, condition: Condition) -> list:
    """Evenly spread views and the first samples of each."""
    numbers = np.linspace(0, len(views) - 1, condition.views).round().astype(int)
    votes = condition.voting.votes
    return [view_answers(views[i], answers[i][: condition.samples], votes) for i in numbers]


def table(rows: list[dict]) -> dict[str, dict[str, float]]:
    """Mean IoU per curve and x; over parts, so that every kind of object counts."""
    cells: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        cells[row["curve"]][row["x"]].append(row["iou"])
    return {c: {x: round(float(np.mean(v)), 3) for x, v in xs.items()} for c, xs in cells.items()}


def plot(means: dict[str, dict[str, float]], path: Path, objects: int, parts: int) -> None:
    """Four panels."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, ((levels, views), (samples, way)) = plt.subplots(2, 2, figsize=(11, 8))
    shared = {"views": "19", "samples": "4"}
    for panel, curve in ((levels, "error level"), (views, "views"), (samples, "samples")):
        for name, color in (("default", "tab:orange"), ("released", "tab:blue")):
            points = dict(means[f"{curve}, {name}"])
            if curve in shared:
                points[shared[curve]] = means[f"error level, {name}"]["realistic"]
                points = dict(sorted(points.items(), key=lambda item: int(item[0])))
            panel.plot(list(points), list(points.values()), "o-", color=color, label=name)
        panel.set(xlabel=curve, ylabel="IoU with the exact part", ylim=(0, 1))
        panel.grid(alpha=0.3)
    levels.plot(*zip(*means["boxes"].items(), strict=True), "s--", color="gray", label="one box")
    levels.legend()
    views.set_xlabel("labelling views (realistic errors, 4 samples)")
    samples.set_xlabel("samples per view (realistic errors, 19 views)")
    bars = means["way"]
    way.barh(list(bars)[::-1], list(bars.values())[::-1], color="tab:orange")
    way.set(xlabel="IoU, realistic errors, 19 views, 4 samples", xlim=(0, 1))
    figure.suptitle(f"Pseudo-labels against exact parts: {objects} objects, {parts} parts")
    figure.tight_layout()
    figure.savefig(path, dpi=90)


def main() -> None:
    """Measure, going on where a broken run stopped, and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("labelling", type=Path)
    parser.add_argument("others", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs/results"))
    parser.add_argument("--assets", type=int, default=16, help="how many, evenly spread")
    words = parser.parse_args()
    asked, others = Dataset(words.labelling), Dataset(words.others)
    spread = np.linspace(0, len(asked) - 1, min(words.assets, len(asked))).round().astype(int)
    store = words.out / "pseudo-labels.json"
    rows = json.loads(store.read_text())["rows"] if store.is_file() else []
    done = {row["asset"] for row in rows}
    for name in np.random.default_rng(0).permutation([asked.assets[i] for i in spread]).tolist():
        if name not in done:
            rows += list(measure(asked[name], others[name]))
            write_json(store, {"means": table(rows), "rows": rows})
    parts = {(row["asset"], row["part"]) for row in rows}
    objects = len({row["asset"] for row in rows})
    plot(table(rows), words.out / "pseudo-labels.png", objects, len(parts))
    print(json.dumps(table(rows), indent=1))


if __name__ == "__main__":
    main()
