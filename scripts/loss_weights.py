"""A table of loss weights and forms: short runs of the paper's losses, scored on a benchmark.

python scripts/loss_weights.py data/train data/forge-unseen-dev --out runs/loss-weights
python scripts/loss_weights.py data/train data/forge-unseen-dev --out runs/loss-forms
    --forms paper released text --spatial 10 --mask 0 1 --seeds 0 1

Runs of one seed see the same batches and start from the same weights. Pictures go through the
frozen backbone once, whatever the number of heads. A stopped sweep goes on where it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path
from typing import Annotated

import torch
import tyro
from quick_scores import cases

from funcorr.benchmark.scores import summarize
from funcorr.benchmark.table import markdown
from funcorr.correspondence.descriptors import HeadExtractor
from funcorr.correspondence.head import FunctionHead
from funcorr.correspondence.losses.functional import FunctionalForm
from funcorr.correspondence.model import Matcher
from funcorr.features import load_backbone
from funcorr.features.backbone import Backbone
from funcorr.features.memory import MapMemory, RememberingBackbone
from funcorr.functions.text import load_text_encoder
from funcorr.groundtruth.pairs import read_benchmark
from funcorr.io import atomic_path, read_json, write_json
from funcorr.render.dataset import Dataset
from funcorr.run_folder import Stage, claim
from funcorr.train.batches import BatchLoader
from funcorr.train.config import PRESETS, TrainConfig
from funcorr.train.correspondence import head_config, make_loader
from funcorr.train.objective import Objective
from funcorr.train.trainer import Trainer

METRICS = ("normalized_distance", "pck@23", "pck@10", "best_f1@23", "best_f1@10", "ap@23", "ap@10")


def main(
    dataset: Annotated[Path, tyro.conf.Positional],
    bench: Annotated[Path, tyro.conf.Positional],
    out: Path,
    steps: int = 300,
    spatial: tuple[float, ...] = (1, 3, 10, 30),
    mask: tuple[float, ...] = (0, 1, 3),
    forms: tuple[FunctionalForm, ...] = ("paper",),
    seeds: tuple[int, ...] = (0,),
    batch: int = 12,
    pairs: int = 45,
    threads: int = 1,
) -> None:
    """Train and score a head per combination; the table comes to OUT/table.md.

    Args:
        dataset: rendered views to train on.
        bench: benchmark to score on.
        out: a folder per combination and the table.
        steps: of each run.
        spatial: weights of the spatial loss (paper: 10); the functional loss has weight 1.
        mask: weights of the mask loss (paper: 1).
        forms: of the functional loss.
        seeds: of weights and batches; each is a run.
        batch: pairs of objects, and of views, in a step (paper: 50).
        pairs: image pairs of the benchmark to score, evenly taken.
        threads: of torch.
    """
    torch.set_num_threads(threads)
    preset = replace(PRESETS["small-paper"], steps=steps, pairs=batch)
    runs = {
        out / f"{form}-spatial{s:g}-mask{m:g}-seed{seed}": replace(
            preset,
            losses=replace(preset.losses, spatial=s, mask=m, functional_form=form),
            seed=seed,
        )
        for form, s, m, seed in product(forms, spatial, mask, seeds)
    }
    views = Dataset(dataset).fingerprint()
    with ExitStack() as stack:
        for folder, config in runs.items():
            settings = {"dataset": views, **asdict(config)}
            stack.enter_context(claim(folder, Stage("run", settings, ["*"])))
        if missing := [folder for folder in runs if not (folder / "scores.json").is_file()]:
            sweep({folder: runs[folder] for folder in missing}, dataset, bench, pairs)
    write_table(list(runs), out / "table.md")


def sweep(runs: Mapping[Path, TrainConfig], dataset: Path, bench: Path, pairs: int) -> None:
    """Train and score what is missing; data, features and pictures are read once."""
    preset = next(iter(runs.values()))
    benchmark, backbone = read_benchmark(bench), load_backbone(preset.cache.backbone)
    remembering = RememberingBackbone(backbone, MapMemory())
    encoder = load_text_encoder(preset.text_encoder)
    loader = make_loader(Dataset(dataset), backbone, encoder, preset)
    for folder, config in runs.items():
        head = trained(config, loader, backbone, folder)
        extractor = HeadExtractor(remembering, encoder, head, folder.name)
        scored = summarize(cases(Matcher(folder.name, extractor), benchmark, pairs))
        found = {metric: scored["overall"][metric] for metric in METRICS}
        write_json(folder / "scores.json", found)
        print(folder.name, {metric: round(value, 3) for metric, value in found.items()})


def trained(
    config: TrainConfig, loader: BatchLoader, backbone: Backbone, folder: Path
) -> FunctionHead:
    """A head after the run in ``folder``; what is drawn does not depend on the weights."""
    torch.manual_seed(config.seed)
    text = len(next(iter(loader.words.values())))
    head = FunctionHead(head_config(config, backbone.channels, text))
    same = BatchLoader(loader.features, loader.sampler, loader.words, loader.input_size, config)
    trainer = Trainer(head, Objective(head, config.losses), same, config)
    trainer.run(folder)
    return trainer.result


def write_table(runs: Sequence[Path], path: Path) -> None:
    """A row per run."""
    rows = {folder.name: read_json(folder / "scores.json", "scores") for folder in runs}
    table = markdown(rows, "run")
    with atomic_path(path) as temporary:
        temporary.write_text(table, encoding="utf-8")
    print(table, end="")


if __name__ == "__main__":
    tyro.cli(main)
