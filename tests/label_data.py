"""A tiny multi-view dataset of mallets, and a server that knows its views."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from fake_vlm import FakeVLM, Scene, json_boxes
from test_dataset import mallet

from funcorr.assets.store import write_asset
from funcorr.pseudolabel.chat_config import ChatConfig
from funcorr.pseudolabel.chat_grounder import ChatGrounder
from funcorr.pseudolabel.openai_client import ChatModel
from funcorr.pseudolabel.prompts import JSON
from funcorr.pseudolabel.view_queries import WHITE, PictureGrounder
from funcorr.render.camera_poses import ViewConfig
from funcorr.render.config import RenderConfig
from funcorr.render.dataset import Dataset, View
from funcorr.render.shade import ShadingConfig
from funcorr.render.write import render_dataset

HEAD, VIEWS = "head", 4
CONFIG = RenderConfig(ViewConfig(count=VIEWS, size=64), ShadingConfig(1, 2), points=1500)


def write_mallets(folder: Path, count: int) -> None:
    """The models themselves."""
    for number in range(count):
        write_asset(mallet(f"mallet-{number:04d}"), folder)


def render_mallets(folder: Path, count: int = 3, config: RenderConfig = CONFIG) -> Path:
    """Render ``count`` mallets into ``folder / "data"``."""
    write_mallets(folder / "assets", count)
    render_dataset(folder / "assets", folder / "data", config)
    return folder / "data"


def scenes(dataset: Path) -> list[Scene]:
    """What a server must know to answer about every view."""
    views = [a.view(i) for a in Dataset(dataset) for i in range(a.n_views)]
    return [
        Scene(
            view.on_background(WHITE),
            {name: view.parts == k for k, name in enumerate(view.asset.part_names)},
        )
        for view in views
    ]


def server_for(dataset: Path, **settings) -> FakeVLM:
    """A server that answers in JSON."""
    return FakeVLM(scenes(dataset), write=json_boxes, **settings)


def grounder_at(server: FakeVLM, **settings) -> PictureGrounder:
    """The client of that server; patient, for the machine may be busy."""
    settings = {"timeout": 60.0, "attempts": 2, **settings}
    config = ChatConfig("fake", server.url, **settings)
    return PictureGrounder(ChatGrounder(ChatModel(config), JSON))


def true_head(view: View) -> np.ndarray:
    """The exact mask of the head."""
    return view.parts == view.asset.part_names.index(HEAD)


def true_iou(mask: np.ndarray, truth: np.ndarray) -> float:
    """Intersection over union."""
    return float((mask & truth).sum() / (mask | truth).sum())
