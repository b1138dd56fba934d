"""Copy a trained affordance head into the package and write its card from the run and its scores.

python scripts/ship_affordance_model.py runs/afford scores.json --name funcorr-afford-small
"""

from __future__ import annotations

from pathlib import Path

import tyro

from funcorr.affordance.checkpoint import load_head, save_head
from funcorr.io import atomic_path
from funcorr.weights.heads import PACKAGED

CARD = """# {name}

Affordance heatmaps from an image and any verbs, on frozen `{backbone}` features and `{text}` text.

| | |
|---|---|
| parameters | {parameters:,} (stored in float16) |
| trained on | {images} annotated pictures of {objects} kinds of procedural objects, rendered here |
| actions | {actions} |
| steps | {steps} of {batch} images, seed {seed} |
| weights | affordance information {ami:g} ({level}, {estimator}), object information {oli:g} |
| model | {select} state |
| versions | {versions} |

{scores}

What it cannot do: it was trained on rendered rigid tools and household things, one or a few in a
picture; people, animals, vehicles, furniture and food are outside of that. A heatmap is a sigmoid
that ranks places. It is not a probability that the action is possible: asked where to pour on a
hammer, it shows a place. Actions with overlapping parts get similar maps. A cell of its grid is a
sixteenth of the image's side. The features under it are partly supervised on ImageNet, and partly a
fine-tuned derivative of DINOv2, not DINOv2 itself.
"""


def main(
    run: tyro.conf.Positional[Path],
    scores: tyro.conf.Positional[Path],
    name: str = "funcorr-afford-small",
) -> None:
    """Ship a head.

    Args:
        run: run folder of ``funcorr train affordance``.
        scores: markdown with what was measured.
        name: of the model in the package.
    """
    head, card = load_head(run / "model")
    folder, training = PACKAGED / name, card.training
    save_head(folder, head, card, half=True)
    config, data = training["config"], training["dataset"]
    text = CARD.format(
        name=name,
        backbone=card.backbone,
        text=card.text_encoder,
        parameters=sum(p.numel() for p in head.parameters()),
        images=data["images"],
        objects=len(data["objects"]),
        actions=", ".join(data["actions"]),
        **{key: config[key] for key in ("steps", "batch", "seed", "select")},
        ami=config["ami"]["weight"],
        level=config["ami"]["level"],
        estimator=config["ami"]["estimator"],
        oli=config["oli"]["weight"],
        versions=", ".join(f"{k} {v}" for k, v in training["versions"].items()),
        scores=scores.read_text(encoding="utf-8").strip(),
    )
    with atomic_path(folder / "README.md") as path:
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    tyro.cli(main)
