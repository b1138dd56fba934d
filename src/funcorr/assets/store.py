"""Assets on disk: ``ASSETS/<asset-id>/model.glb`` and ``asset.json``."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any

from funcorr.assets.files import load_mesh, save_glb
from funcorr.assets.mesh import Mesh
from funcorr.errors import UserError
from funcorr.functions.frames import FunctionalFrame
from funcorr.io import read_json, remove_leftovers, write_json

_NOTES = ("generator", "license", "source", "attribution")

HELD_OUT = ("test", "unseen")
"""The splits that no head is trained on: other objects of the trained categories, and objects of
other categories."""

SPLITS = ("train", *HELD_OUT)
"""How a collection may be divided."""


@dataclass(frozen=True, eq=False)
class Asset:
    """One object, what it is for, and where it comes from.

    Attributes:
        id: folder name, for instance ``"mug-0007"``.
        category: ``"mug"``.
        functions: sorted function names.
        parts: per function the names of the parts that serve it.
        frames: per function its frame, in the coordinates of ``mesh``.
        mesh: centred, longest side 1, z up.
        seed: of the generator, or None for assets from elsewhere.
        generator: name and version of what made it.
        license: SPDX identifier.
        source: where it comes from.
        attribution: the line that its licence asks for, or "".
        split: one of :data:`SPLITS`, or "" where nobody divided the collection.
    """

    id: str
    category: str
    functions: tuple[str, ...]
    parts: dict[str, tuple[str, ...]]
    frames: dict[str, FunctionalFrame]
    mesh: Mesh
    seed: int | None = None
    generator: str = ""
    license: str = ""
    source: str = ""
    attribution: str = ""
    split: str = ""

    def to_json(self) -> dict[str, Any]:
        """The content of ``asset.json``."""
        return {
            "id": self.id,
            "category": self.category,
            "functions": list(self.functions),
            "parts": {name: list(parts) for name, parts in self.parts.items()},
            "frames": {name: frame.to_json() for name, frame in self.frames.items()},
            "seed": self.seed,
            "generator": self.generator,
            "license": self.license,
            "source": self.source,
            "attribution": self.attribution,
            **({"split": self.split} if self.split else {}),
        }


def write_asset(
    asset: Asset, assets: Path | str, more: Mapping[str, Any] = MappingProxyType({})
) -> Path:
    """Write an asset into its folder under ``assets``; ``asset.json`` comes last.

    Args:
        asset: what to write.
        assets: the collection; what a killed writer left in the asset's folder is removed.
        more: further keys of ``asset.json``.

    Raises:
        UserError: the place cannot be written to.
    """
    folder = Path(assets) / asset.id
    remove_leftovers(folder)
    save_glb(asset.mesh, folder / "model.glb")
    write_json(folder / "asset.json", {**asset.to_json(), **more})
    return folder


def read_asset(folder: Path | str) -> Asset:
    """Read what :func:`write_asset` wrote.

    Raises:
        UserError: a file is missing or damaged, or a key is missing.
    """
    folder = Path(folder)
    content = read_json(folder / "asset.json", "asset")
    mesh = load_mesh(folder / "model.glb")
    try:
        asset = Asset(
            functions=tuple(content["functions"]),
            parts={name: tuple(parts) for name, parts in content["parts"].items()},
            frames={k: FunctionalFrame.from_json(f) for k, f in content["frames"].items()},
            mesh=mesh,
            seed=content.get("seed"),
            **{key: content[key] for key in ("id", "category")},
            **{key: content.get(key, "") for key in ("split", *_NOTES)},
        )
        texts = [asset.id, asset.category, *asset.functions, *chain(*asset.parts.values())]
        "".join([*texts, *(getattr(asset, key) for key in _NOTES)])  # refuses what is no text
        return asset
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{folder / 'asset.json'} is not the description of an asset: "
            f"{type(error).__name__} {error}"
        ) from None


def fingerprint(folder: Path | str) -> str:
    """A hash of an asset's two files, which tells whether it has changed."""
    digest = hashlib.sha256()
    for name in ("model.glb", "asset.json"):
        try:
            digest.update(Path(folder, name).read_bytes())
        except OSError:
            digest.update(b"missing")
    return digest.hexdigest()


def list_assets(assets: Path | str) -> list[str]:
    """Sorted ids of the assets under a folder.

    Raises:
        UserError: the folder is missing or holds no asset.
    """
    assets = Path(assets)
    if not assets.is_dir():
        raise UserError(f"no such folder of assets: {assets}; make one with funcorr assets forge")
    ids = sorted(path.parent.name for path in assets.glob("*/asset.json"))
    if not ids:
        raise UserError(f"{assets} holds no assets (folders with asset.json and model.glb)")
    return ids


def is_whole(folder: Path | str, seed: int | None = None) -> bool:
    """Whether an asset of this seed has been written completely."""
    folder = Path(folder)
    if not ((folder / "asset.json").is_file() and (folder / "model.glb").is_file()):
        return False
    content = read_json(folder / "asset.json", "asset")
    return isinstance(content, dict) and content.get("seed") == seed
