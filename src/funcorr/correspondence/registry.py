"""Models by name: the rows of the paper's Table 1, ours, folders and hub repositories."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from funcorr.correspondence.chance import ChanceMatcher
from funcorr.correspondence.checkpoint import HeadCard, load_head
from funcorr.correspondence.describer import FeatureDescriber, HeadDescriber
from funcorr.correspondence.matching import Precision
from funcorr.correspondence.model import Matcher
from funcorr.correspondence.oracle import GuidedMatcher
from funcorr.errors import UserError
from funcorr.features import load_backbone
from funcorr.weights.heads import PACKAGED, from_hub
from funcorr.weights.pretrained import folder_fingerprint, pick_device
from funcorr.weights.resolver import find

FEATURES = "features:"
ORACLE = "oracle+"
SMALL = ("efficientnet-lite2", "dinov2-small-focus", "minilm")
BASE = ("dinov2-base", "clip-vit-base-patch32")


@dataclass(frozen=True)
class ModelRow:
    """A named model.

    Attributes:
        name: accepted wherever a model is.
        what: one line.
        weights: pretrained parts it needs, see ``funcorr weights list``.
        missing: what else it lacks in this version, or None.
    """

    name: str
    what: str
    weights: tuple[str, ...] = ()
    missing: str | None = None

    def available(self) -> str | None:
        """None when the model can be loaded here without a download, else the reason it cannot."""
        if self.missing:
            return self.missing
        absent = [name for name in self.weights if find(name) is None]
        return f"needs funcorr weights fetch {' '.join(absent)}" if absent else None


def rows() -> list[ModelRow]:
    """Every named model, runnable here or not."""
    return [
        ModelRow("chance", "uniform random pixels of the object"),
        ModelRow("features:efficientnet-lite2", "EfficientNet-Lite2 features", SMALL[:1]),
        ModelRow("features:dinov2-small-focus", "features of a fine-tuned ViT-S/14", SMALL[1:2]),
        ModelRow("features:fused", "both of these, whitened", SMALL[:2]),
        ModelRow("features:dinov2-base", "DINOv2-B, mean of the last three blocks", BASE[:1]),
        ModelRow("dino", "the same at 224 px: the paper's DINO row", BASE[:1]),
        *_later("sd", "sd-dino", why="Stable Diffusion features are not built yet"),
        *_later(
            "vlm+dino:cogvlm",
            "vlm+dino:manipvqa-p",
            "vlm+dino:manipvqa-f",
            why="part boxes by a vision-language model are not built yet",
        ),
        ModelRow("oracle+dino", "dino inside the true part masks of a benchmark", BASE[:1]),
        ModelRow("oracle+features:fused", "fused features inside the same masks", SMALL[:2]),
        ModelRow(
            "funcorr-base",
            "the paper's preset: DINOv2-B and CLIP",
            BASE,
            None if (PACKAGED / "funcorr-base").is_dir() else "its head has not been trained",
        ),
        *(
            ModelRow(name, what, SMALL, _untrained(name))
            for name, what in (
                ("funcorr-small", "the shipped model, on fused features and MiniLM"),
                ("funcorr-small-paper", "the paper's losses only"),
                ("funcorr-small-functional", "functional loss only"),
                ("funcorr-small-spatial", "spatial loss only"),
                ("funcorr-small-nomask", "full without mask loss"),
            )
        ),
    ]


def load_model(
    name: str | Path, device: str | torch.device | None = None, precision: Precision = "fp32"
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
    text = str(name)
    place = pick_device(device)
    if text == "chance":
        return ChanceMatcher(device=place)
    if _is_features(text):
        return Matcher(text, _features(text, place), place, precision)
    if text.startswith(ORACLE) and _is_features(text.removeprefix(ORACLE)):
        features = _features(text.removeprefix(ORACLE), place)
        return GuidedMatcher(text, features, place, precision)
    folder = _head_folder(text)
    describer, card = _trained(folder, place)
    label = folder.name if folder.parent == PACKAGED else card.name
    return Matcher(label, describer, place, precision)


def _later(*names: str, why: str) -> list[ModelRow]:
    return [ModelRow(name, "a row of the paper's Table 1", missing=why) for name in names]


def _untrained(name: str) -> str | None:
    return None if (PACKAGED / name).is_dir() else "its head has not been trained"


def _is_features(name: str) -> bool:
    return name.startswith(FEATURES) or name == "dino"


def _features(name: str, device: torch.device) -> FeatureDescriber:
    backbone = "dinov2-base@224" if name == "dino" else name.removeprefix(FEATURES)
    return FeatureDescriber(load_backbone(backbone, device))


def _head_folder(name: str) -> Path:
    """Where the head of that name lies: in the package, on disk or, fetched now, on the hub."""
    if (PACKAGED / name / "config.json").is_file():
        return PACKAGED / name
    if Path(name).expanduser().is_dir():
        return Path(name).expanduser()
    known = {row.name: row for row in rows()}
    if name in known:
        raise UserError(f"the model {name} cannot run here: {known[name].missing}")
    if name.count("/") == 1 and not name.startswith((".", "/", "~")):
        return from_hub(name)
    raise UserError(
        f"unknown model {name!r}: expected a row of 'funcorr models', a model folder or a hub id"
    )


def _trained(folder: Path, device: torch.device) -> tuple[HeadDescriber, HeadCard]:
    from funcorr.functions.text import load_text_encoder

    head, card = load_head(folder)
    backbone = load_backbone(card.backbone, device)
    text_encoder = load_text_encoder(card.text_encoder, device)
    fingerprint = f"{backbone.fingerprint}:{folder_fingerprint(folder, {})}"
    return HeadDescriber(backbone, text_encoder, head.to(device), fingerprint), card
