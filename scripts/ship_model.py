"""Copy a trained head into the package and write its card from the run and its evaluations.

python scripts/ship_model.py runs/small runs/seen-small runs/unseen-small

Without evaluations the head is put into the package, to be evaluated there.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import tyro

from funcorr.correspondence.checkpoint import load_head, save_head
from funcorr.correspondence.registry import PACKAGED
from funcorr.io import atomic_path, read_json

CARD = """# {name}

A function-conditioned head for dense functional correspondence, on frozen `{backbone}` features and
`{text}` text.

| | |
|---|---|
| parameters | {parameters:,} (stored in float16) |
| trained on | {assets} procedural objects, rendered here; no real image, no human label |
| steps | {steps}, seed {seed}, {date} |
| losses | functional {functional:g}, spatial {spatial:g}, mask {mask:g}, aligned {aligned:g} |
{part}| ranking | the part's log-odds weigh {part_odds:g} (paper: 0) |
| versions | {versions} |

Scores, macro means over both directions of every image pair, the paper's protocol:

{scores}

`forge-seen` has new instances of the trained kinds of objects, `forge-unseen-dev` and
`forge-unseen-test` kinds that were never trained on, `real-design` models made by people.

What it cannot do: it has seen {categories} kinds of rigid household objects and tools, one at a
time, segmented, and rendered; other kinds, clutter, transparent or bent objects and heavy occlusion
are outside of that. Left and right of symmetric parts are often confused. Matches are no better
than the features' grid, a cell of which is several percent of the object. The features under it are
partly supervised on ImageNet, and partly a fine-tuned derivative of DINOv2, not DINOv2 itself.
"""

PART = (
    "| part | an MLP of its own, {part_width} wide, "
    "{steps} steps of the mask loss alone, seed {seed} |\n"
)

METRICS = ("normalized_distance", "pck@23", "pck@10", "best_f1@23", "ap@23")


def main(
    run: tyro.conf.Positional[Path],
    evaluations: tyro.conf.Positional[tuple[Path, ...]] = (),
    name: str = "funcorr-small",
) -> None:
    """Ship a head.

    Args:
        run: run folder of ``funcorr train correspondence``.
        evaluations: run folders of ``funcorr evaluate`` with this head.
        name: of the model in the package.
    """
    head, card = load_head(run / "model")
    card = replace(card, name=name)
    folder = PACKAGED / name
    save_head(folder, head, card, half=True)
    story = card.training.get("start", card.training)
    config, part = story["config"], card.training["config"]
    finished = datetime.date.fromtimestamp((run / "log.jsonl").stat().st_mtime)
    text = CARD.format(
        name=name,
        backbone=card.backbone,
        part_odds=card.part_odds,
        text=card.text_encoder,
        parameters=sum(p.numel() for p in head.parameters()),
        assets=card.training["dataset"]["assets"],
        steps=config["steps"],
        seed=config["seed"],
        date=finished.isoformat(),
        **{key: config["losses"][key] for key in ("functional", "spatial", "mask", "aligned")},
        versions=", ".join(f"{k} {v}" for k, v in card.training["versions"].items()),
        part=PART.format(**part) if head.part is not None else "",
        scores="\n".join(score_table(evaluations)),
        categories=len(card.training["dataset"]["categories"]),
    )
    with atomic_path(folder / "README.md") as path:
        path.write_text(text, encoding="utf-8")


def score_table(evaluations: Sequence[Path]) -> Iterator[str]:
    """Lines of a table with a row per benchmark."""
    yield f"| benchmark | pairs | {' | '.join(METRICS)} |"
    yield "|---|---:|" + "---:|" * len(METRICS)
    for folder in evaluations:
        results = read_json(folder / "results.json", "evaluation")
        means = " | ".join(f"{results['overall'][metric]:.3f}" for metric in METRICS)
        yield f"| `{results['benchmark']}` | {results['pairs']} | {means} |"


if __name__ == "__main__":
    tyro.cli(main)
