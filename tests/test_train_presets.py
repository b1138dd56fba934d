"""Every preset of both heads trains two steps with all of its tensors on the run's device."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import stand_in
import torch
import torch.nn.functional as F
from tiny_models import save_clip_text

from funcorr.affordance.data import write_one_shot
from funcorr.affordance.frozen_encoder import FrozenEncoder
from funcorr.correspondence.checkpoint import HeadCard, load_head, save_head
from funcorr.correspondence.head import FunctionHead
from funcorr.errors import UserError
from funcorr.functions.text import TextEncoder, load_text_encoder
from funcorr.render.camera_poses import ViewConfig
from funcorr.render.config import RenderConfig
from funcorr.render.dataset import Dataset
from funcorr.render.shade import ShadingConfig
from funcorr.render.write import render_dataset
from funcorr.train import correspondence, monitor, trainer
from funcorr.train.affordance import training
from funcorr.train.affordance.config import PRESETS as AFFORDANCE_PRESETS
from funcorr.train.affordance.config import CropConfig
from funcorr.train.config import PRESETS, TrainConfig
from funcorr.train.correspondence import Run, head_config, train_correspondence
from funcorr_forge import forge_many


@dataclass(frozen=True)
class Place:
    """Where the tests train."""

    device: torch.device
    make_fabric: Callable[..., object]
    there: Callable[[], AbstractContextManager[None]]


PLACES = {"stand-in": Place(stand_in.DEVICE, stand_in.make_fabric, stand_in.stand_in)}
if torch.cuda.is_available():
    PLACES["cuda"] = Place(torch.device("cuda", 0), trainer.make_fabric, nullcontext)


class Colours:
    """A backbone of plain colours with a weight on its device, two maps and a class token."""

    name, fingerprint, input_size = "colours", "colours", 32
    map_names, channels, strides, class_channels = ("fine", "coarse"), (3, 3), (4, 8), 3

    def __init__(self, device: torch.device) -> None:
        self.weight = torch.ones(3, 1, 1).to(device)

    def maps(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        there = self.weight * images.to(self.weight.device)
        return F.adaptive_avg_pool2d(there, 8), F.adaptive_avg_pool2d(there, 4)

    def maps_and_class(self, images):
        maps = self.maps(images)
        return maps, maps[0].mean((2, 3))


@pytest.fixture(scope="module")
def encoders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TextEncoder]:
    """On the processor."""
    clip = save_clip_text(tmp_path_factory.mktemp("text") / "clip")
    return {"minilm": load_text_encoder("minilm", "cpu"), "clip": load_text_encoder(clip, "cpu")}


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    forge_many(folder / "assets", ["mug"], per_category=2)
    config = RenderConfig(ViewConfig(count=4, size=48), ShadingConfig(1, 1), points=1000)
    render_dataset(folder / "assets", folder / "views", config)
    return folder / "views"


@pytest.fixture(scope="module")
def one_shot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("one-shot")
    for number, kind in enumerate(("mug", "knife", "axe", "cup")):
        rgb = np.full((32, 32, 3), 240, np.uint8)
        rgb[4:12, 4 + number : 14] = 40 * number
        write_one_shot(folder, f"{kind}_000000", rgb, kind, {"hold": [(8, 8)], "cut": [(20, 20)]})
    return folder


@pytest.fixture(params=PLACES)
def place(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    encoders: dict[str, TextEncoder],
) -> Iterator[Place]:
    def text_encoder(name: str, device: torch.device) -> TextEncoder:
        encoder = copy.deepcopy(encoders["clip" if name.startswith("clip") else name])
        vars(encoder).update(model=encoder.model.to(device), _device=device)
        return encoder

    place = PLACES[request.param]
    for module in (correspondence, training):
        monkeypatch.setattr(module, "make_fabric", place.make_fabric)
        monkeypatch.setattr(module, "load_text_encoder", text_encoder)
        monkeypatch.setattr(module, "write_curves", lambda _: None)
    monkeypatch.setattr(correspondence, "load_backbone", lambda _, device: Colours(device))
    monkeypatch.setattr(monitor, "BATCHES", 1)
    monkeypatch.setattr(monitor, "PICTURES", 1)
    with place.there():
        yield place


def small(preset: TrainConfig) -> TrainConfig:
    """The preset with a tiny head."""
    return replace(
        preset, steps=2, pairs=2, points=8, smallest_part=4,
        projected=8, hidden=16, descriptor=8, part_width=8 if preset.part_width else 0,
        part_steps=2 if preset.part_steps else 0, checkpoint_every=1, ema=0.5,
    )  # fmt: skip


@pytest.mark.parametrize("name", PRESETS)
def test_correspondence(name: str, place: Place, views: Path, tmp_path: Path) -> None:
    config = small(PRESETS[name])
    start = tmp_path / "start" if config.part_only else None
    if start is not None:
        shape = replace(head_config(config, (3, 3), 384), part_width=0)
        card = HeadCard("start", config.cache.backbone, config.text_encoder, shape, {})
        save_head(start, FunctionHead(shape), card)
    run = Run(views, tmp_path / "run", validation=(views,), start=start)
    made = train_correspondence(run, config)
    weights = load_head(made)[0].state_dict()
    assert all(torch.isfinite(each).all() for each in weights.values())
    again = load_head(train_correspondence(run, config))[0].state_dict()
    assert all(torch.equal(each, again[name]) for name, each in weights.items())
    log = (tmp_path / "run" / "validation" / "views.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in log] == [1, 2]


def test_assets_for_testing_are_not_trained_on(place: Place, views: Path, tmp_path: Path) -> None:
    mixed = Path(shutil.copytree(views, tmp_path / "mixed"))
    config, files = small(PRESETS["small-paper"]), sorted(mixed.glob("*/asset.json"))
    for split, file, message in zip(
        ("test", "unseen"), files, ("served by two objects", "are for testing"), strict=True
    ):
        file.write_text(json.dumps({**json.loads(file.read_text()), "split": split}))
        with pytest.raises(UserError, match=message):
            train_correspondence(Run(mixed, tmp_path / split), config)
    assert len(Dataset(mixed)) == 2  # evaluation sees all
    for file in files:
        file.write_text(json.dumps({**json.loads(file.read_text()), "split": "train"}))
    assert len(Dataset(mixed, training=True)) == 2


@pytest.mark.parametrize("name", AFFORDANCE_PRESETS)
def test_affordance(
    name: str,
    place: Place,
    one_shot: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    preset = AFFORDANCE_PRESETS[name]
    token = preset.shape.class_channels is not None
    trunk = FrozenEncoder([Colours(place.device)], 4, class_token=token)
    monkeypatch.setattr(training, "load_frozen_encoder", lambda *_: trunk)
    shape = replace(preset.shape, fused=8, grid=4, heads=2, feedforward=8)
    config = replace(
        preset, shape=shape, steps=2, loss_size=8, ema=0.5, check_every=1, select="held-out",
        crops=CropConfig(versions=2),
    )  # fmt: skip
    for _ in range(2):
        made = training.train_affordance(one_shot, tmp_path, config)
    assert made == tmp_path / "model"
    log = (tmp_path / "validation" / "held-out.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in log] == [1, 2]
