"""From a folder of one-shot examples to a trained affordance head: one run folder, resumable."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from funcorr.affordance.checkpoint import AffordanceCard, save_head
from funcorr.affordance.data import OneShotExample, read_actions, read_one_shot
from funcorr.affordance.frozen_encoder import FrozenEncoder, load_frozen_encoder
from funcorr.affordance.head import AffordanceHead
from funcorr.affordance.shape import HeadShape
from funcorr.functions.prompted import prompted
from funcorr.functions.text import TextEncoder, load_text_encoder
from funcorr.io import content_hash
from funcorr.run_folder import Stage, claim
from funcorr.train.affordance.batches import AffordanceLoader
from funcorr.train.affordance.config import AffordanceTrainConfig, CropConfig
from funcorr.train.affordance.examples import Examples, choose_shots, load_examples
from funcorr.train.affordance.objective import AffordanceObjective
from funcorr.train.affordance.selection import SCORED_AT, BestState, split_examples
from funcorr.train.checkpoint import provenance
from funcorr.train.curves import write_curves
from funcorr.train.trainer import RUN_FILES, Trainer, check_shares, launch, make_fabric
from funcorr.weights.heads import head_name

if TYPE_CHECKING:
    from lightning_fabric import Fabric


def train_affordance(
    one_shot: Path,
    out: Path,
    config: AffordanceTrainConfig,
    name: str | None = None,
    test: Path | None = None,
    devices: int = 1,
) -> Path:
    """Train a head on a folder of one-shot examples, or go on with the run in ``out``.

    Args:
        one_shot: images with their heatmaps, see :func:`funcorr.affordance.data.read_one_shot`.
            Backbone features are cached in ``features/`` inside it.
        out: run folder: ``config.json``, ``log.jsonl``, ``checkpoint.safetensors`` and, at the
            end, ``model/`` with the head, ``curves.png`` and ``tensorboard/``.
        config: everything that shapes the run.
        name: of the model, for its card; by default that of the run folder.
        test: a split in AGD20K's layout, ``ROOT/Unseen``; only for ``select="test"``.
        devices: processes or GPUs, each of which takes an equal share of every batch.

    Returns:
        The folder of the trained head.

    Raises:
        UserError: ``out`` holds a run of another configuration, the data cannot be used, or the
            name is that of a shipped model.
    """
    one_shot, out = Path(one_shot), Path(out)
    name = head_name(out, name)
    examples = choose_shots(read_one_shot(one_shot), config.shots, config.draw)
    training, validation = split_examples(examples, config, test)
    check_shares(min(config.batch, len(training)), "images", devices)
    files = sorted(file for file in one_shot.iterdir() if file.is_file())
    settings = {"one_shot": content_hash(files), **asdict(config)}
    with claim(out, Stage("run", settings, RUN_FILES)):
        fabric = make_fabric(config.precision, devices)
        launch(fabric, _train, one_shot, out, config, name, training, validation)
        write_curves(out)
    return out / "model"


def _train(
    fabric: Fabric,
    one_shot: Path,
    out: Path,
    config: AffordanceTrainConfig,
    name: str,
    training: list[OneShotExample],
    validation: list[OneShotExample],
) -> None:
    trunk = load_frozen_encoder(config.backbone, config.shape, fabric.device)
    encoder = load_text_encoder(config.text_encoder, fabric.device)
    actions, cache = read_actions(one_shot), one_shot / "features"
    with fabric.rank_zero_first():
        data = load_examples(training, actions, trunk, config.crops, config.loss_size, cache)
    trainer = make_trainer(data, trunk, encoder, config, fabric)
    best = None
    if validation and fabric.is_global_zero:
        names = tuple(sorted({action for each in validation for action in each.heatmaps}))
        whole = CropConfig(versions=1)
        held_out = load_examples(validation, names, trunk, whole, SCORED_AT, cache)
        best = BestState(held_out, encoder, config, out, fabric)
    trainer.run(out, [best] if best else [])
    if best:
        best.restore(trainer.result)
    if fabric.is_global_zero:
        dataset = {"images": len(data), "objects": data.objects, "actions": data.actions}
        story = provenance(config, dataset=dataset)
        shape = trainer.head.shape
        card = AffordanceCard(name, config.backbone, config.text_encoder, shape, story)
        save_head(out / "model", trainer.result, card)


def make_trainer(
    data: Examples,
    trunk: FrozenEncoder,
    encoder: TextEncoder,
    config: AffordanceTrainConfig,
    fabric: Fabric | None = None,
) -> Trainer[AffordanceHead]:
    """A fresh head that fits backbone and text encoder, with everything that it learns from.

    Args:
        data: features and heatmaps.
        trunk: the frozen backbone that made the features.
        encoder: the frozen text encoder, on the fabric's device.
        config: the run.
        fabric: the devices, already launched; by default one process here.
    """
    fabric = fabric or make_fabric(config.precision)
    words = prompted(encoder, config.shape.prompt_layers)
    shape = replace(
        config.shape,
        map_channels=trunk.channels,
        class_channels=trunk.class_channels,
        text=words.dim,
        prompt_width=words.width,
    )
    objects = encoder.encode([config.object_prompt.format(each) for each in data.objects])
    head = initial_head(shape, config.seed).to(fabric.device)

    objective = AffordanceObjective(head, words, data.actions, objects, config, fabric)
    loader = AffordanceLoader(data, config, fabric.global_rank, fabric.world_size)
    return Trainer(head, objective, loader, config, fabric, minimised="loss")


def initial_head(shape: HeadShape, seed: int) -> AffordanceHead:
    """The head that a run of this seed starts from."""
    torch.manual_seed(seed)
    return AffordanceHead(shape)
