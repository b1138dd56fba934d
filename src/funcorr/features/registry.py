"""Backbones by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch

from funcorr.errors import MissingWeightsError, UserError
from funcorr.features.backbone import Backbone
from funcorr.features.diffusion import DiffusionBackbone
from funcorr.features.dinov2 import Dinov2Backbone
from funcorr.features.efficientnet import EfficientNetBackbone
from funcorr.features.fused import SHIPPED, FusedBackbone, read_whitenings
from funcorr.io import read_json
from funcorr.registry import Registry
from funcorr.weights.pretrained import by_model_type
from funcorr.weights.resolver import PIPELINE, resolve

BACKBONES: Registry[Callable[..., Backbone]] = Registry("backbone", "funcorr.backbones")
"""Constructors that take ``name``, ``device`` and settings; a model folder is a backbone too."""


def _pretrained(base: str, make: Callable[..., Backbone]) -> None:
    @BACKBONES.register(base)
    def load(**settings: Any) -> Backbone:
        return make(resolve(base), **settings)


_pretrained("efficientnet-lite2", EfficientNetBackbone)
_focus = partial(Dinov2Backbone, layers=(10,), final_norm=True, input_size=448)
_pretrained("dinov2-small-focus", _focus)
_pretrained("dinov2-base", Dinov2Backbone)
_pretrained("stable-diffusion-1.5", DiffusionBackbone)


def load_backbone(
    name: str | Path, device: str | torch.device | None = None, **options: Any
) -> Backbone:
    """Load a frozen feature extractor, fetching its weights when they are not here yet.

    Args:
        name: one of :data:`BACKBONES`, or a folder with ``config.json`` and ``model.safetensors``
            (a transformers ``Dinov2Model``, an EfficientNet-Lite or a fused one) or with a Stable
            Diffusion pipeline; ``NAME@448`` sets the recommended input size.
        device: where to run; None takes a GPU if there is one.
        options: settings of the backbone, such as ``layers``, ``final_norm`` or ``blocks``.

    Raises:
        UserError: unknown name, a folder of another kind, or a size that is no whole number.
        MissingWeightsError: the weights are neither here nor reachable.
    """
    base, size = _split(str(name))
    if size is not None:
        options["input_size"] = size
    options |= {"name": str(name), "device": device}
    if base in BACKBONES:
        return BACKBONES[base](**options)
    if not Path(base).expanduser().is_dir():
        raise UserError(f"unknown backbone {base!r}, and no model folder{BACKBONES.hint(base)}")
    folder = resolve(base)
    if (folder / PIPELINE).is_file():
        return DiffusionBackbone(folder, **options)
    kinds: dict[str, Callable[..., Backbone]] = {
        "dinov2": Dinov2Backbone,
        "efficientnet-lite": EfficientNetBackbone,
        "fused": _load_fused,
    }
    return by_model_type(folder, kinds)(folder, **options)


@BACKBONES.register("fused")
def _shipped_fused(**settings: Any) -> Backbone:
    if (SHIPPED / "config.json").is_file():
        return _load_fused(SHIPPED, **settings)
    raise MissingWeightsError(
        "the backbone 'fused' needs whitening statistics, which this installation lacks: make "
        f"them with `python scripts/fit_whitening.py DATASET --out {SHIPPED}`"
    )


def _load_fused(
    folder: Path, name: str, device: str | torch.device | None, input_size: int | None = None
) -> FusedBackbone:
    backbones = read_json(folder / "config.json", "model config").get("backbones", [])
    parts = [load_backbone(each, device=device) for each in backbones]
    return FusedBackbone(parts, read_whitenings(folder), name, input_size)


def _split(name: str) -> tuple[str, int | None]:
    base, at, size = name.rpartition("@")
    if not at or Path(name).is_dir():
        return name, None
    if not size.isdecimal() or int(size) < 1:
        raise UserError(f"backbone {name!r}: expected a size in pixels after @, such as {base}@448")
    return base, int(size)
