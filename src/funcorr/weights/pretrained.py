"""Reading weights from a model folder, putting them where they run, writing new ones."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import nn

from funcorr.errors import UserError
from funcorr.io import atomic_path, file_hash, read_json

Kind = TypeVar("Kind")


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


class UnfilledLinear(nn.Linear):
    """A layer whose weights come from a file: no random ones are drawn first."""

    def reset_parameters(self) -> None:
        """Leave the memory as it is."""


class UnfilledEmbedding(nn.Embedding):
    """The same for an embedding."""

    def reset_parameters(self) -> None:
        """Leave the memory as it is."""


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
            f"cannot read the weights {path} ({error}); get a whole copy, or delete "
            f"{path.parent} if funcorr made it, and run again"
        ) from None


def write_tensors(
    path: Path, tensors: Mapping[str, torch.Tensor], metadata: Mapping[str, str] | None = None
) -> None:
    """Write tensors, from any device, as a safetensors file, atomically.

    Raises:
        UserError: the place cannot be written to, or the disk is full.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    with atomic_path(path) as temporary:
        try:
            save_file(plain, temporary, dict(metadata) if metadata else None)
        except SafetensorError as error:
            raise UserError(f"cannot write {path}: {error}; free some space") from None


MODEL_FILES = ("config.json", "model.safetensors", "pytorch_model.bin")
"""What a transformers model consists of."""


def folder_fingerprint(
    folder: Path, settings: Mapping[str, Any], files: Sequence[str] = MODEL_FILES
) -> str:
    """Hash of the files of a model folder and of the settings that change its output."""
    digest = hashlib.sha256(json.dumps(dict(settings), sort_keys=True).encode())
    for name in files:
        if (folder / name).is_file():
            digest.update(file_hash(folder / name).digest())
    return digest.hexdigest()[:16]


def by_model_type(folder: Path, kinds: Mapping[str, Kind]) -> Kind:
    """What stands for the ``model_type`` that a folder's ``config.json`` names.

    Raises:
        UserError: the config is missing or damaged, or of a model of another kind.
    """
    content = read_json(folder / "config.json", "model config")
    kind = content.get("model_type") if isinstance(content, dict) else None
    if not isinstance(kind, str) or kind not in kinds:
        raise UserError(f"{folder} holds a {kind!r} model: expected one of {', '.join(kinds)}")
    return kinds[kind]


def load_pretrained(kind: Any, folder: Path, device: torch.device, **options: Any) -> Any:
    """Read a transformers model of class ``kind`` from a folder, frozen, in float32.

    Raises:
        UserError: the folder does not hold such a model, or is damaged.
    """
    try:
        with quiet_transformers():
            model = kind.from_pretrained(
                folder, local_files_only=True, dtype=torch.float32, **options
            )
    except Exception as error:  # a damaged or foreign folder fails in many ways
        raise UserError(
            f"cannot read {folder} as a {kind.__name__} ({type(error).__name__}); expected its "
            "config.json and model.safetensors"
        ) from None
    return model.eval().requires_grad_(False).to(device)


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
