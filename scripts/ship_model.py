"""Copy a trained head into the package and write its card from the run and its evaluation.

python scripts/ship_model.py runs/small runs/forge-dev-small --name funcorr-small
"""

from __future__ import annotations

import datetime
from pathlib import Path

import tyro

from funcorr.correspondence.checkpoint import load_head, save_head
from funcorr.correspondence.registry import PACKAGED
from funcorr.runs import atomic_path, read_json

CARD = """# {name}

A function-conditioned head for dense functional correspondence, on frozen `{backbone}` features and
`{text}` text.

| | |
|---|---|
| parameters | {parameters:,} (stored in float16) |
| trained on | {assets} procedural objects, rendered here; no real image, no human label |
| steps | {steps}, seed {seed}, {date} |
| losses | functional {functional:g}, spatial {spatial:g}, mask {mask:g}, aligned {aligned:g} |
| versions | {versions} |

Scores on `{benchmark}` ({pairs} image pairs, both directions, macro means, the paper's protocol;
new instances of the trained categories):

{table}

What it cannot do: it has seen {categories} kinds of rigid household objects and tools, one at a
time, segmented, and rendered; other kinds, clutter, transparent or bent objects and heavy occlusion
are outside of that. Left and right of symmetric parts are often confused. Matches are no better
than the features' grid, a cell of which is several percent of the object. The features under it are
partly supervised on ImageNet, and partly a fine-tuned derivative of DINOv2, not DINOv2 itself. A
score ranks matches; it is not a calibrated probability.
"""


def main(
    run: tyro.conf.Positional[Path],
    evaluation: tyro.conf.Positional[Path],
    name: str = "funcorr-small",
    categories: int = 21,
) -> None:
    """Ship a head.

    Args:
        run: run folder of ``funcorr train correspondence``.
        evaluation: run folder of ``funcorr evaluate`` with this head.
        name: of the model in the package.
        categories: kinds of objects in the training set.
    """
    head, card = load_head(run / "model")
    results = read_json(evaluation / "results.json", "evaluation")
    folder = PACKAGED / name
    save_head(folder, head, card, half=True)
    config = card.training["config"]
    finished = datetime.date.fromtimestamp((run / "log.jsonl").stat().st_mtime)
    text = CARD.format(
        name=name,
        backbone=card.backbone,
        text=card.text_encoder,
        parameters=sum(p.numel() for p in head.parameters()),
        assets=card.training["dataset"]["assets"],
        steps=config["steps"],
        seed=config["seed"],
        date=finished.isoformat(),
        **{key: config["losses"][key] for key in ("functional", "spatial", "mask", "aligned")},
        versions=", ".join(f"{k} {v}" for k, v in card.training["versions"].items()),
        benchmark=results["benchmark"],
        pairs=results["pairs"],
        table=(evaluation / "table.md").read_text(encoding="utf-8").strip(),
        categories=categories,
    )
    with atomic_path(folder / "README.md") as path:
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    tyro.cli(main)
