"""Models by name: the rows of the paper's Table 1, ours, folders and hub repositories."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import torch

from funcorr.correspondence import model_rows
from funcorr.correspondence.chance import ChanceMatcher
from funcorr.correspondence.descriptors import FeatureExtractor
from funcorr.correspondence.matching import Precision
from funcorr.correspondence.model import Matcher
from funcorr.correspondence.model_rows import VLM_MODEL, VLM_URL, ModelRow
from funcorr.correspondence.pairwise import (
    FeatureGroup,
    PairwiseFeatureExtractor,
    PairwiseFeatureMatcher,
)
from funcorr.correspondence.trained import TrainedMatcher, read_trained
from funcorr.errors import UserError
from funcorr.features import load_backbone
from funcorr.pseudolabel.clients import PartGrounder
from funcorr.registry import Registry
from funcorr.weights.heads import find_head, from_hub
from funcorr.weights.pretrained import pick_device

__all__ = ["MODELS", "ModelRow", "load_model", "rows"]

FEATURES, ORACLE, VLM, DINO = "features:", "oracle+", "vlm+", "dino"

ModelLoader = Callable[[str, torch.device, Precision], Matcher]
"""Makes a model from the whole name that was asked for, a device, and a precision."""

MODELS: Registry[ModelLoader] = Registry("model", "funcorr.models", separators=":+")
"""Models that are no head of their own; other packages add rows by entry points."""


def load_model(
    name: str | Path = "funcorr-small",
    device: str | torch.device | None = None,
    precision: Precision = "fp32",
) -> Matcher:
    """Load a model for dense functional correspondence.

    Args:
        name: a row of ``funcorr models`` (``"funcorr-small"``, ``"features:fused"``, ...), a
            folder with a trained head, or a Hugging Face hub id (``owner/name``).
        device: None takes a GPU if there is one.
        precision: of the search for nearest neighbours; ``"bf16"`` is faster on processors that
            multiply bfloat16 natively and gives the same matches.

    Raises:
        UserError: there is no such model, or it cannot run in this version.
        MissingWeightsError: pretrained weights are neither here nor reachable.

    Example:
        >>> load_model("chance").name
        'chance'
    """
    text, place = str(name), pick_device(device)
    if text in MODELS:
        return MODELS[text](text, place, precision)
    return TrainedMatcher.from_folder(_head_folder(text), place, precision)


def rows() -> list[ModelRow]:
    """Every named model, runnable here or not; those of other packages last."""
    others = [ModelRow(name, f"of the package {of}") for name, of in MODELS.plugins.items()]
    return [*model_rows.rows(), *others]


@MODELS.register("chance")
def _chance(name: str, device: torch.device, precision: Precision) -> Matcher:
    return ChanceMatcher(device=device)


@MODELS.register(DINO)
@MODELS.register(FEATURES)
def _plain(name: str, device: torch.device, precision: Precision) -> Matcher:
    return Matcher(name, _features(name, device), device, precision)


@MODELS.register(ORACLE)
def _oracle(name: str, device: torch.device, precision: Precision) -> Matcher:
    """``oracle+<features>`` or ``oracle+<head>``: the same matching with known parts."""
    inner = name.removeprefix(ORACLE)
    if _is_features(inner):
        return Matcher(name, _features(inner, device), device, precision, given=["part"])
    if inner in {row.name for row in rows() if not row.head}:
        raise UserError(
            f"unknown model {name!r}: expected oracle+ and features or a head, for instance "
            "oracle+features:fused or oracle+funcorr-small"
        )
    extractor, card = read_trained(_head_folder(inner), device)
    return Matcher(
        name, extractor, device, precision, None, card.layout, card.part_odds, given=["part"]
    )


@MODELS.register(VLM)
def _grounded(name: str, device: torch.device, precision: Precision) -> Matcher:
    """``vlm+<features>:<grounder>``: features matched inside the boxes of a part finder."""
    from funcorr.correspondence.grounded import GroundedMatcher
    from funcorr.pseudolabel.part_finder import GroundingConfig, PartFinder

    features, _, grounder = name.removeprefix(VLM).rpartition(":")
    if not _is_features(features):
        raise UserError(
            f"unknown model {name!r}: expected vlm+FEATURES:GROUNDER, for instance "
            "vlm+dino:cogvlm or vlm+features:fused:manipvqa-f"
        )
    config = GroundingConfig(by_function=grounder == "manipvqa-f")
    finder = PartFinder(_grounder(grounder, device), config)
    return GroundedMatcher(name, _features(features, device), finder, device, precision)


@MODELS.register("sd")
@MODELS.register("sd-dino")
def _diffusion(name: str, device: torch.device, precision: Precision) -> Matcher:
    groups = [FeatureGroup(load_backbone("stable-diffusion-1.5", device), components=256)]
    if name == "sd-dino":
        # paper: the last block of DINOv2-B at 840 px, so that both have 60 x 60 cells
        groups.append(FeatureGroup(load_backbone("dinov2-base@840", device, layers=(-1,))))
    return PairwiseFeatureMatcher(name, PairwiseFeatureExtractor(groups), device, precision)


def _is_features(name: str) -> bool:
    return name.startswith(FEATURES) or name == DINO


def _features(name: str, device: torch.device) -> FeatureExtractor:
    backbone = "dinov2-base@224" if name == DINO else name.removeprefix(FEATURES)
    return FeatureExtractor(load_backbone(backbone, device))


def _grounder(name: str, device: torch.device) -> PartGrounder:
    """A vision-language model behind a chat server, or a detector in this process."""
    from funcorr.pseudolabel.chat_config import ChatConfig
    from funcorr.pseudolabel.chat_grounder import STYLES, ChatGrounder
    from funcorr.pseudolabel.detectors import Detector
    from funcorr.pseudolabel.openai_client import ChatModel

    if name not in STYLES:
        return Detector(name, str(device))
    if not (url := os.environ.get(VLM_URL)):
        raise UserError(
            f"{name} is asked over a chat server; name it: export {VLM_URL}=http://HOST:8000/v1"
        )
    config = ChatConfig(os.environ.get(VLM_MODEL) or name, url)
    return ChatGrounder(ChatModel(config), name)


def _head_folder(name: str) -> Path:
    """Where the head of that name lies: in the package, on disk or, fetched now, on the hub."""
    if (folder := find_head(name)) is not None:
        return folder
    if Path(name).expanduser().is_dir():
        return Path(name).expanduser()
    known = {row.name: row for row in rows()}
    if name in known:
        lack = known[name].missing()
        raise UserError(f"the model {name} cannot run here: {lack.what if lack else 'no head'}")
    if name.count("/") == 1 and not name.startswith((".", "/", "~")):
        return from_hub(name)
    raise UserError(
        f"unknown model {name!r}: expected a row of 'funcorr models', a model folder or a hub id"
    )
