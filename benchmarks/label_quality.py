"""How good pseudo-labels are: against error level, views, samples and the way votes are counted.

Exact boxes with errors on purpose are voted on the surface of procedural objects, whose parts are
known, and the masks are compared with the exact ones. Needs a dataset of labelling views and one of
other views over the same surface points, both rendered from the same assets:

    funcorr render ASSETS --out LABELLING --cameras labelling
    funcorr render ASSETS --out OTHERS --views 6
    python benchmarks/label_quality.py LABELLING OTHERS --out docs/results

Writes ``pseudo-labels-parts.csv`` and ``-functions.csv`` (every figure by object; a broken run goes
on from them), ``pseudo-labels.png`` (curves) and ``pseudo-labels-parts.md`` (parts, functions and
categories), and prints the tables of ``pseudo-labels.md``.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool
from label_conditions import MAIN, SAMPLES, Condition, conditions, ways
from label_tables import details, plot, tables

from funcorr.functions.taxonomy import Part, load_taxonomy
from funcorr.io import atomic_path
from funcorr.pseudolabel.answer_log import AnswerLog
from funcorr.pseudolabel.asset_labels import Voter, view_answers
from funcorr.pseudolabel.boxes import Box
from funcorr.pseudolabel.clients import PartQuery
from funcorr.pseudolabel.dataset_labels import functional_parts, part_queries
from funcorr.pseudolabel.exact_boxes import LEVELS, Oracle
from funcorr.pseudolabel.quality import box_iou, pooled_iou
from funcorr.pseudolabel.view_queries import AskConfig, Asker
from funcorr.render.dataset import AssetViews, Dataset, View

Answers = list[tuple[tuple[Box, ...], ...]]
Row = dict[str, Any]
Masks = tuple[Bool[np.ndarray, "h w"], ...]

WORDS = {"asset", "category", "part", "function", "kind"}
"""Columns that are no figures."""


def measure(asked: AssetViews, other: AssetViews) -> tuple[list[Row], list[Row]]:
    """A row per part and one per function of an asset, with an IoU per condition."""
    shown = [asked.view(number) for number in range(asked.n_views)]
    drawn = [other.view(number) for number in range(other.n_views)]
    voter, kept, rows = Voter(other), {}, []
    about = {"asset": asked.id, "category": asked.category}
    for part, query in part_queries(asked, load_taxonomy()):
        index = asked.part_names.index(part.name)
        answers = {level: ask(shown, part, query, level) for level in LEVELS}
        iou = box_ious(shown, index, answers)
        truth = [view.parts == index for view in drawn]
        for condition in conditions():
            masks = vote(voter, part, shown, answers[condition.level], condition)
            iou[str(condition)] = pooled_iou(zip(masks, truth, strict=True))
            if condition in MAIN.values():
                kept[part.name, condition] = masks
        kind = "thin" if part.edge else "small" if part.small else ""
        rows.append({**about, "part": part.name, "kind": kind, **iou})
    functions = functional_parts(asked, load_taxonomy())
    return rows, [
        {**about, "function": name, **function_ious(drawn, asked, parts, kept)}
        for name, parts in functions.items()
    ]


def ask(views: list[View], part: Part, query: PartQuery, level: str) -> Answers:
    """Every answer of an oracle about one part."""
    asker = Asker(Oracle(level), AskConfig(max(SAMPLES), max(SAMPLES)))
    with tempfile.TemporaryDirectory() as folder:
        log = AnswerLog(Path(folder) / "answers.jsonl")
        for view in views:
            asker.ask(view, query, part.small, log)
        return [asker.answers(view, part.name, log) for view in views]


def box_ious(views: list[View], index: int, answers: Mapping[str, Answers]) -> dict[str, float]:
    """Of the box that the first samples agree on, mean over the views that show the part."""
    found = {}
    for level, said in answers.items():
        for count in SAMPLES:
            ious = [box_iou(a[:count], v.parts == index) for a, v in zip(said, views, strict=True)]
            known = [iou for iou in ious if not np.isnan(iou)]
            found[f"box, {level}, {count} samples"] = float(np.mean(known)) if known else np.nan
    return found


def vote(
    voter: Voter, part: Part, views: list[View], answers: Answers, condition: Condition
) -> Masks:
    """The masks that the first views, spread over the sphere, and their first samples make."""
    voting = ways()[condition.way]
    numbers = spread(views)[: condition.views]
    used = [view_answers(views[i], answers[i][: condition.samples], voting.votes) for i in numbers]
    return voter.label(part, used, voting).masks


def spread(views: Sequence[View]) -> list[int]:
    """Their numbers, each as far from all before it as can be, so that any first few go around."""
    directions = np.array([view.camera.center for view in views])
    chosen = [0]
    while len(chosen) < len(views):
        far = np.linalg.norm(directions[:, None] - directions[chosen], axis=-1).min(axis=1)
        far[chosen] = -1
        chosen.append(int(far.argmax()))
    return chosen


def function_ious(
    views: list[View],
    asset: AssetViews,
    parts: Sequence[str],
    kept: Mapping[tuple[str, Condition], Masks],
) -> dict[str, float]:
    """Of all parts that serve a function together."""
    indices = [asset.part_names.index(part) for part in parts]
    truth = [np.isin(view.parts, indices) for view in views]
    together = {
        str(condition): [
            np.any(masks, axis=0)
            for masks in zip(*(kept[part, condition] for part in parts), strict=True)
        ]
        for condition in MAIN.values()
    }
    return {name: pooled_iou(zip(m, truth, strict=True)) for name, m in together.items()}


def read_rows(path: Path) -> list[Row]:
    """What :func:`write_rows` wrote; nothing where there is no such file."""
    if not path.is_file():
        return []
    with path.open(newline="") as file:
        return [
            {k: v if k in WORDS else float(v) if v else None for k, v in row.items()}
            for row in csv.DictReader(file)
        ]


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """A line per row, figures of three digits, nothing where there is none."""
    with atomic_path(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({k: v if k in WORDS else figure(v) for k, v in row.items()})


def figure(value: float | None) -> str:
    """For a table."""
    return "" if value is None or np.isnan(value) else f"{value:.3f}"


def main() -> None:
    """Measure, going on where a broken run stopped, and write everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("labelling", type=Path)
    parser.add_argument("others", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs/results"))
    parser.add_argument("--assets", type=int, default=99, help="how many, evenly spread")
    words = parser.parse_args()
    asked, others = Dataset(words.labelling), Dataset(words.others)
    even = np.linspace(0, len(asked) - 1, min(words.assets, len(asked))).round().astype(int)
    files = [words.out / f"pseudo-labels-{kind}.csv" for kind in ("functions", "parts")]
    functions, parts = map(read_rows, files)
    done = {row["asset"] for row in parts}
    for name in np.random.default_rng(0).permutation([asked.assets[i] for i in even]).tolist():
        if name not in done:
            more_parts, more_functions = measure(asked[name], others[name])
            functions, parts = functions + more_functions, parts + more_parts
            for file, rows in zip(files, (functions, parts), strict=True):
                write_rows(file, rows)
    functions, parts = map(read_rows, files)
    plot(parts, words.out / "pseudo-labels.png")
    with atomic_path(words.out / "pseudo-labels-parts.md") as temporary:
        temporary.write_text(details(parts, functions) + "\n")
    print(tables(parts))


if __name__ == "__main__":
    main()
