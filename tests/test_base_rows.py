"""What ``funcorr models`` tells users to run for the papers' presets, run as it is written."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest
from tiny_models import save_clip_text, save_dinov2

import funcorr
from funcorr.affordance.data import write_one_shot
from funcorr.affordance.registry import AFFORDANCE_MODELS
from funcorr.correspondence.model_rows import ModelRow
from funcorr.correspondence.registry import rows
from funcorr.render.camera_poses import ViewConfig
from funcorr.render.config import RenderConfig
from funcorr.render.shade import ShadingConfig
from funcorr.render.write import render_dataset
from funcorr.weights.resolver import find
from funcorr_forge import forge_many

IMAGE = np.full((40, 40, 3), 255, np.uint8)
IMAGE[8:32, 10:30] = 90


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache in a folder with a space, and the user's own model folders."""
    monkeypatch.setenv("FUNCORR_CACHE", str(tmp_path / "my cache"))
    save_dinov2(tmp_path / "dinov2-base", layers=4)
    for name in ("clip-vit-base-patch32", "clip-vit-base-patch16"):
        (tmp_path / f"{name}-made").mkdir()
        save_clip_text(tmp_path / f"{name}-made" / "clip").rename(tmp_path / name)
    return tmp_path


def follow(row: ModelRow, folders: Path, funcorr_command, data: Path, *fewer: object) -> None:
    """Run the commands of a row, with folders in place of the hub and few steps."""
    lack = row.missing()
    assert lack is not None
    fetch, train = (shlex.split(command) for command in lack.remedy.split(" && "))
    assert fetch[:3] == ["funcorr", "weights", "fetch"]
    for name in fetch[3:]:
        done = funcorr_command("weights", "fetch", name, "--folder", folders / name)
        assert done.code == 0, done.err
        assert find(name) == folders / "my cache" / "weights" / name
    assert row.missing().remedy == shlex.join(train)
    words = [data if word in ("DATASET", "ONE_SHOT") else word for word in train[1:]]
    done = funcorr_command(*words, *fewer)
    assert done.code == 0, done.err
    assert row.missing() is None


def test_the_papers_row_of_correspondence(folders, funcorr_command) -> None:
    forge_many(folders / "assets", ["mug"], per_category=2)
    config = RenderConfig(ViewConfig(count=4, size=64), ShadingConfig(1, 1), points=1000)
    render_dataset(folders / "assets", folders / "views", config)
    (row,) = (row for row in rows() if row.name == "funcorr-base")
    with pytest.raises(funcorr.UserError, match="cannot run here"):
        funcorr.load_model("funcorr-base", "cpu")
    small = ("pairs=2", "points=8", "smallest_part=4", "hidden=16", "cache.backgrounds=1")
    fewer = ("--steps", 2, "--set", *small)
    follow(row, folders, funcorr_command, folders / "views", *fewer)
    model = funcorr.load_model("funcorr-base", "cpu")
    assert model.name == "funcorr-base"
    assert model.extractor.backbone.input_size == 224
    assert len(model.match(IMAGE, IMAGE, "pour-with").points1) == 24 * 20


def test_the_papers_row_of_affordance(folders, funcorr_command) -> None:
    data = folders / "one-shot"
    for number, kind in enumerate(("mug", "knife")):
        picture = np.roll(IMAGE, number, axis=1)
        write_one_shot(data, f"{kind}_000000", picture, kind, {"hold": [(12, 12)]})
    name = "funcorr-afford-base"
    base = AFFORDANCE_MODELS[name]
    with pytest.raises(funcorr.UserError, match="'funcorr models' has the command"):
        funcorr.load_affordance_model(name, "cpu")
    row = ModelRow(name, base.what, base.weights, name, training=base.training)
    follow(row, folders, funcorr_command, data, "--iterations", 2)
    model = funcorr.load_affordance_model(name, "cpu")
    assert model.name == name
    assert model.predict(IMAGE, actions=["hold"]).heatmaps.shape == (1, 40, 40)


def test_a_folder_is_taken_over_whole_or_refused(folders, funcorr_command) -> None:
    def fetched(*words):
        return funcorr_command("weights", "fetch", *words)

    for words, message in (
        (("dinov2-base", "--folder", folders), "is not a model folder"),
        (("dinov2", "--folder", folders / "dinov2-base"), "unknown weights 'dinov2'"),
        (("dinov2-base", "minilm", "--folder", folders), "--folder holds one part"),
    ):
        assert message in fetched(*words).err
    assert find("dinov2-base") is None
    assert fetched("dinov2-base", "--folder", folders / "dinov2-base").code == 0
    again = fetched("dinov2-base", "--folder", folders / "dinov2-base")
    assert again.is_refusal
    assert "is here already" in again.err
