"""A trained head on disk: a folder with ``config.json`` and ``model.safetensors``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from funcorr.correspondence.affine_prior import AffinePriorConfig
from funcorr.correspondence.confidence import Calibration
from funcorr.correspondence.head import FunctionHead, HeadConfig
from funcorr.weights.heads import load_folder, save_folder

FORMAT = "funcorr-head/1"

CURVES = ("calibration", "transfer_calibration")


@dataclass(frozen=True)
class HeadCard:
    """What goes with the weights of a head.

    Attributes:
        name: of the model.
        backbone: whose maps it reads, as :func:`funcorr.features.load_backbone` takes it.
        text_encoder: as :func:`funcorr.functions.text.load_text_encoder` takes it.
        head: its shape.
        training: how it was made (configuration, data, versions), for people to read.
        calibration: what its scores mean, where that was measured.
        transfer_calibration: the same for the scores of label transfer.
        layout: how label transfer lays parts on each other; every point for itself where None.
        part_odds: weight of the part's log-odds in the ranking of matches (paper: 0).
        functions: that it was trained on.
    """

    name: str
    backbone: str
    text_encoder: str
    head: HeadConfig
    training: dict[str, Any]
    calibration: Calibration | None = None
    layout: AffinePriorConfig | None = None
    part_odds: float = 0.0
    functions: tuple[str, ...] = ()
    transfer_calibration: Calibration | None = None


def save_head(folder: Path, head: FunctionHead, card: HeadCard, half: bool = False) -> None:
    """Write a head; ``half`` stores float16 (a head loses nothing measurable by it)."""
    save_folder(folder, head, FORMAT, asdict(card), half)


def load_head(folder: Path) -> tuple[FunctionHead, HeadCard]:
    """Read what :func:`save_head` wrote, in float32.

    Raises:
        UserError: a file is missing, damaged, of another format, or they do not fit together.
    """
    return load_folder(folder, FORMAT, _made)


def _made(content: dict[str, Any]) -> tuple[FunctionHead, HeadCard]:
    shape = content.pop("head")
    curves = {name: Calibration(**content.pop(name)) for name in CURVES if content.get(name)}
    layout = content.pop("layout", None)
    if layout is not None:
        layout = AffinePriorConfig(**layout | {"reaches": tuple(layout["reaches"])})
    channels = tuple(shape.pop("map_channels"))
    functions = tuple(content.pop("functions", ()))
    config = HeadConfig(map_channels=channels, **shape)
    return FunctionHead(config), HeadCard(
        head=config, layout=layout, functions=functions, **content | curves
    )
