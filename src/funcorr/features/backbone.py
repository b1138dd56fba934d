"""What every backbone offers, and the few things that all of them need."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import nn

from funcorr.errors import UserError


@runtime_checkable
class Backbone(Protocol):
    """A frozen network: a batch of images in, one or more dense maps out.

    Cell (i, j) of an h x w map stands for the image region of height H / h and width W / w at row
    i and column j (:mod:`funcorr.features.grid` samples by that rule). A batch gives what its
    images give one by one, to 1e-5.
    """

    @property
    def name(self) -> str:
        """What :func:`load_backbone` was asked for."""

    @property
    def map_names(self) -> tuple[str, ...]:
        """A name per map, for instance ``("block14", "block19")``."""

    @property
    def channels(self) -> tuple[int, ...]:
        """Channels per map."""

    @property
    def strides(self) -> tuple[int, ...]:
        """Input pixels per cell, per map."""

    @property
    def input_size(self) -> int:
        """Recommended side of a square input, in pixels; any H x W works."""

    @property
    def fingerprint(self) -> str:
        """A hash of weights and settings: equal fingerprints, equal maps."""

    def maps(self, images: Float[torch.Tensor, "b 3 h w"]) -> tuple[torch.Tensor, ...]:
        """Dense maps ``B x C x h x w`` of RGB images in [0, 1] of any size, without gradients."""


def pick_device(device: str | torch.device | None) -> torch.device:
    """The device asked for, or a GPU if there is one, else the CPU.

    Raises:
        UserError: no such device, or it is not on this machine.
    """
    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
        torch.empty(0, device=chosen)
    except (RuntimeError, AssertionError):
        raise UserError(
            f"the device {str(device)!r} is not usable here; try device='cpu'"
        ) from None
    return chosen


def check_images(images: torch.Tensor) -> None:
    """Refuse what is not a batch of finite RGB images.

    Raises:
        UserError: wrong shape, an empty image, an integer type, or NaN.
    """
    if images.ndim != 4 or images.shape[1] != 3 or 0 in images.shape:
        raise UserError(f"a backbone takes images B x 3 x H x W, got {tuple(images.shape)}")
    if not images.is_floating_point():
        raise UserError(f"a backbone takes RGB floats in [0, 1], got {images.dtype}")
    if not torch.isfinite(images).all():
        raise UserError("the images hold NaN or infinite values; expected RGB in [0, 1]")


def load_tensors(model: nn.Module, folder: Path) -> None:
    """Fill ``model`` from ``model.safetensors``; tensors of layers that it lacks are left out.

    Raises:
        UserError: the file is damaged, or lacks a tensor, or has one of another shape.
    """
    state = read_tensors(folder / "model.safetensors")
    wanted = model.state_dict()
    wrong = [n for n, t in wanted.items() if n not in state or state[n].shape != t.shape]
    if wrong:
        raise UserError(f"{folder} holds another model: {wrong[0]} is missing or of another shape")
    model.load_state_dict({name: state[name] for name in wanted})


def read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """All tensors of a safetensors file.

    Raises:
        UserError: the file is missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise UserError(
            f"cannot read the weights {path} ({error}); delete {path.parent} and fetch again"
        ) from None


def folder_fingerprint(folder: Path, settings: Mapping[str, Any]) -> str:
    """Hash of the weights file of a model folder and of the settings that change its output."""
    digest = hashlib.sha256(json.dumps(dict(settings), sort_keys=True).encode())
    for name in ("config.json", "model.safetensors", "pytorch_model.bin"):
        if (folder / name).is_file():
            with (folder / name).open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Keep transformers' progress bars and load reports off the terminal while the block runs."""
    from transformers.utils import logging

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
