"""From a rendered dataset to a trained correspondence head: one run folder, resumable."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from funcorr.correspondence.affine_prior import AffinePriorConfig
from funcorr.correspondence.checkpoint import HeadCard, load_head, save_head
from funcorr.correspondence.head import FunctionHead, HeadConfig
from funcorr.errors import UserError
from funcorr.features import load_backbone
from funcorr.features.backbone import Backbone
from funcorr.functions import function_words
from funcorr.functions.text import TextEncoder, load_text_encoder
from funcorr.io import content_hash
from funcorr.render.dataset import Dataset
from funcorr.run_folder import Stage, claim
from funcorr.train.batches import BatchLoader, Features
from funcorr.train.cache import LiveFeatures, build_cache
from funcorr.train.checkpoint import provenance
from funcorr.train.config import TrainConfig
from funcorr.train.curves import write_curves
from funcorr.train.monitor import Monitor
from funcorr.train.objective import Objective
from funcorr.train.sampling import Sampler
from funcorr.train.trainer import RUN_FILES, Trainer, check_shares, launch, make_fabric
from funcorr.train.training_views import load_training_assets
from funcorr.weights.heads import head_name

if TYPE_CHECKING:
    from lightning_fabric import Fabric

PART_WEIGHTS = ("part.", "mask_layer.")
"""How the weights begin that predict the part."""


@dataclass(frozen=True)
class Run:
    """What a training run reads and where it writes.

    Attributes:
        dataset: multi-view dataset to train on; its assets of the splits ``test`` and ``unseen``
            are left out.
        out: run folder: ``config.json``, ``log.jsonl``, ``checkpoint.safetensors`` and, at the
            end, ``model/`` with the head, ``curves.png`` and ``tensorboard/``. Where the part is
            trained after the rest (``part_steps``), ``part/`` is the run folder of that, and what
            it made comes to ``model/`` too.
        labels: which labeller's part masks to train on.
        validation: held-out multi-view datasets, for instance of new instances and of new kinds;
            each has its losses in ``validation/NAME.jsonl`` and pictures in ``samples/NAME/``.
        name: of the model, for its card; by default that of the run folder.
        devices: processes or GPUs.
        cached: read the backbone's maps from a cache on disk, made first; else run it in the loop.
        start: folder of a finished head on the same features, whose weights are taken over.
    """

    dataset: Path
    out: Path
    labels: str = "exact"
    validation: tuple[Path, ...] = ()
    name: str | None = None
    devices: int = 1
    cached: bool = True
    start: Path | None = None


def train_correspondence(run: Run, config: TrainConfig) -> Path:
    """Train a head on a rendered dataset, or go on with the run in ``run.out``.

    Args:
        run: places and names.
        config: everything that shapes the result.

    Returns:
        The folder of the trained head.

    Raises:
        UserError: ``out`` holds a run of another configuration, the data cannot be used, no
            finished head is named where one is needed, or the name is that of a shipped model.
    """
    name = head_name(run.out, run.name)
    if config.part_only and run.start is None:
        raise UserError(
            "the mask loss alone trains the part of a finished head; name it: --start RUN/model"
        )
    if run.start is not None:
        check_start(run.start, config)
    views = Dataset(run.dataset, labels=run.labels, training=True)
    check_held_out(views, config.without_functions)
    names = [path.resolve().name for path in run.validation]
    if len({*names}) < len(names):
        raise UserError(f"held-out datasets need folders of different names, got {names}")
    check_shares(config.pairs, "pairs", run.devices)
    settings = {
        "dataset": views.fingerprint(),
        "labels": run.labels,
        "start": content_hash([run.start / "model.safetensors"]) if run.start else None,
        **asdict(config),
    }
    with claim(run.out, Stage("run", settings, RUN_FILES)):
        launch(make_fabric(config.precision, run.devices), _train, run, config, name)
        write_curves(run.out)
        model = run.out / "model"
        if config.part_stage:
            parted = replace(run, out=run.out / "part", start=model, name=name)
            save_head(model, *load_head(train_correspondence(parted, config.part_stage)), half=True)
    return model


def head_config(config: TrainConfig, map_channels: tuple[int, ...], text: int) -> HeadConfig:
    """The shape of head that fits a backbone's maps and a text encoder."""
    return HeadConfig(
        map_channels=map_channels,
        shared_projection=len(map_channels) > 1 and len(set(map_channels)) == 1,
        projected=config.projected,
        text=text,
        hidden=config.hidden,
        descriptor=config.descriptor,
        mask_head=config.losses.mask > 0,
        part_width=config.part_width if config.losses.mask > 0 and not config.part_steps else 0,
    )


def _train(fabric: Fabric, run: Run, config: TrainConfig, name: str) -> None:
    backbone = load_backbone(config.cache.backbone, fabric.device)
    encoder = load_text_encoder(config.text_encoder, fabric.device)
    torch.manual_seed(config.seed)
    head = FunctionHead(head_config(config, backbone.channels, encoder.dim))
    before = {} if run.start is None else {"start": warm_start(head, run.start)}
    if head.part is not None and config.part_only:
        head.requires_grad_(False)
        head.part.requires_grad_(True)
    views = Dataset(run.dataset, labels=run.labels, training=True)
    loader = make_loader(views, backbone, encoder, config, run.cached, fabric)
    monitors = []
    for path in run.validation if fabric.is_global_zero else ():
        held_out = Dataset(path)
        other = make_loader(held_out, backbone, encoder, config, run.cached)
        monitors.append(Monitor(run.out, held_out, other, backbone, encoder, fabric))
    trainer = Trainer(head, Objective(head, config.losses), loader, config, fabric)
    trainer.run(run.out, monitors)
    if fabric.is_global_zero:
        dataset = {"assets": len(views.assets), **views.info}
        card = HeadCard(
            name,
            config.cache.backbone,
            config.text_encoder,
            head.config,
            provenance(config, labels=run.labels, **before, dataset=dataset),
            layout=AffinePriorConfig() if config.layout else None,
            part_odds=config.part_odds,
            functions=tuple(loader.sampler.functions),
        )
        save_head(run.out / "model", trainer.result, card, half=True)


def check_start(folder: Path, config: TrainConfig) -> None:
    """A finished head must fit a configuration, in all but how it finds the part.

    Raises:
        UserError: it is on other features or of another shape.
    """
    _, card = load_head(folder)
    features = (config.cache.backbone, config.text_encoder)
    if (card.backbone, card.text_encoder) != features:
        raise UserError(
            f"{folder} is a head on {card.backbone} and {card.text_encoder}; this run is on "
            f"{' and '.join(features)}"
        )
    wanted = head_config(config, card.head.map_channels, card.head.text)
    if _without_part(card.head) != _without_part(wanted):
        raise UserError(f"{folder} is a head of another shape than this configuration's")


def warm_start(head: FunctionHead, folder: Path) -> dict[str, Any]:
    """Give a head the weights of a finished one, all but the part's; returns how it was made."""
    finished, card = load_head(folder)
    weights = finished.state_dict().items()
    kept = {name: value for name, value in weights if not name.startswith(PART_WEIGHTS)}
    head.load_state_dict(head.state_dict() | kept)
    return card.training


def _without_part(config: HeadConfig) -> HeadConfig:
    return replace(config, part_width=0, mask_head=False)


def check_held_out(views: Dataset, functions: Sequence[str]) -> None:
    """Functions to hold out must be there.

    Raises:
        UserError: no object of the dataset serves one of them.
    """
    served = {function for asset in views for function in asset.functions} if functions else set()
    if unknown := sorted({*functions} - served):
        raise UserError(
            f"cannot hold out {', '.join(unknown)}, which no object serves; the dataset's "
            f"functions: {', '.join(sorted(served))}"
        )


def make_loader(
    views: Dataset,
    backbone: Backbone,
    encoder: TextEncoder,
    config: TrainConfig,
    cached: bool = True,
    fabric: Fabric | None = None,
) -> BatchLoader:
    """Examples from a rendered dataset.

    Args:
        views: the dataset.
        backbone: frozen image features.
        encoder: of the functions' words.
        config: the run.
        cached: see :class:`Run`.
        fabric: the processes that share the examples; None for one alone.
    """
    assets = load_training_assets(views, backbone.input_size)
    sampler = Sampler(assets, config)
    words = {name: encoder.encode([function_words(name)])[0].cpu() for name in sampler.functions}
    features: Features = LiveFeatures(views, backbone, config.cache)
    if cached:
        with fabric.rank_zero_first() if fabric is not None else nullcontext():
            features = build_cache(views, backbone, config.cache)
    rank, world = (fabric.global_rank, fabric.world_size) if fabric is not None else (0, 1)
    return BatchLoader(features, sampler, words, backbone.input_size, config, rank, world)
