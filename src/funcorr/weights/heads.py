"""Trained heads on disk: a folder with ``config.json`` and ``model.safetensors``."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import nn

from funcorr.errors import MissingWeightsError, UserError
from funcorr.io import read_json, write_json
from funcorr.weights.pretrained import write_tensors
from funcorr.weights.resolver import cache_folder, is_offline

PACKAGED = Path(__file__).parent.parent / "models"
"""Heads that ship inside the package, a folder each."""

HEAD_FILES = ("config.json", "model.safetensors")
"""What a head consists of."""


def home(name: str) -> Path:
    """The run folder whose head is taken for a named model that the package has no head of."""
    return cache_folder() / "models" / name


def find_head(name: str) -> Path | None:
    """The folder of a named model's head, from the package or trained here; None if neither is."""
    if Path(name).name != name:
        return None
    places = (PACKAGED / name, home(name) / "model")
    return next((folder for folder in places if (folder / "config.json").is_file()), None)


Head = TypeVar("Head", bound=nn.Module)
Card = TypeVar("Card")


def save_folder(
    folder: Path, head: nn.Module, format: str, card: Mapping[str, Any], half: bool = False
) -> None:
    """Write a head and its card; ``half`` stores float16 (a head loses nothing measurable)."""
    kind = torch.float16 if half else torch.float32
    tensors = {name: tensor.to(kind) for name, tensor in head.state_dict().items()}
    write_tensors(folder / "model.safetensors", tensors)
    write_json(folder / "config.json", {"format": format, **card})


def head_name(run: Path, name: str | None = None) -> str:
    """What a head that is trained here is called: ``name``, or as its run folder is.

    Args:
        run: the run folder.
        name: what the user calls it, if anything.

    Raises:
        UserError: a model that ships with the package is called so.

    Example:
        >>> head_name(Path("runs/kitchen"))
        'kitchen'
    """
    chosen = name or run.resolve().name
    if (PACKAGED / chosen / "config.json").is_file():
        raise UserError(
            f"{chosen} is the name of a model that ships with funcorr; give yours another by --name"
        )
    return chosen


def load_folder(
    folder: Path, format: str, make: Callable[[dict[str, Any]], tuple[Head, Card]]
) -> tuple[Head, Card]:
    """Read what :func:`save_folder` wrote, in float32.

    Args:
        folder: of the head.
        format: that its config must name.
        make: an empty head and its card from the card's values; lists stand where tuples were.

    Raises:
        UserError: a file is missing, damaged, of another format, or they do not fit together.
    """
    from safetensors.torch import load_file

    content = read_json(folder / "config.json", "model config")
    if not isinstance(content, dict) or content.pop("format", None) != format:
        raise UserError(
            f"{folder} is no model of this kind: its config.json lacks the format {format}"
        )
    try:
        if not all(isinstance(content[key], str) for key in ("name", "backbone", "text_encoder")):
            raise TypeError("name, backbone and text_encoder are texts")
        with torch.device("meta"), warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # parameters of no elements
            head, card = make(content)
        tensors = load_file(folder / "model.safetensors")
        plain = {name: tensor.to(torch.float32, copy=True) for name, tensor in tensors.items()}
        head.load_state_dict(plain, assign=True)
        if broken := [name for name, tensor in plain.items() if not tensor.isfinite().all()]:
            raise ValueError(f"{broken[0]} has values that are no finite numbers")
    except UserError:
        raise
    except Exception as error:  # values of any kind in the config, damage of any kind
        lines = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"cannot load the model in {folder}: {lines:.200}") from None
    return head.eval(), card


def from_hub(repository: str, revision: str | None = None, token: str | None = None) -> Path:
    """The folder of a head from the Hugging Face hub, fetched now if need be.

    Raises:
        MissingWeightsError: there is no such repository, or it cannot be reached.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(
            snapshot_download(
                repository,
                revision=revision,
                token=token,
                allow_patterns=[*HEAD_FILES, "README.md"],
                local_files_only=is_offline(),
            )
        )
    except (OSError, HfHubHTTPError, HFValidationError, LocalEntryNotFoundError) as error:
        raise MissingWeightsError(
            f"cannot get the model {repository} from the hub ({type(error).__name__}): check the "
            "name and the network, or pass a folder that holds config.json and model.safetensors"
        ) from None


def to_hub(
    folder: Path, repository: str, *, private: bool | None, token: str | None, message: str
) -> str:
    """Commit a folder to a model repository, made where it is missing; the commit's address.

    Raises:
        UserError: offline, not allowed, or the hub cannot be reached.
    """
    from huggingface_hub import HfApi

    if is_offline():
        raise UserError(f"{repository} is not written: FUNCORR_OFFLINE or HF_HUB_OFFLINE is set")
    api = HfApi(token=token)
    try:
        made = api.create_repo(repository, private=private, exist_ok=True)
        commit = api.upload_folder(repo_id=made.repo_id, folder_path=folder, commit_message=message)
    except Exception as error:  # the hub client and its transport raise many kinds
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(
            f"cannot write the model repository {repository} ({reason:.200}): check the name, the "
            "network and `hf auth login`"
        ) from None
    return str(commit.commit_url)
