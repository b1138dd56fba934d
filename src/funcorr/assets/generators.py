"""Generators of assets: other packages, found by the entry-point group ``funcorr.assets``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol, runtime_checkable

from funcorr.assets.store import Asset
from funcorr.errors import MissingExtraError, UserError
from funcorr.parallel import Engine

GROUP = "funcorr.assets"


@dataclass(frozen=True)
class GenerationReport:
    """What a run of a generator left behind.

    Attributes:
        ids: of the assets that are there, in order of category and number.
        failed: id -> reason.
    """

    ids: tuple[str, ...]
    failed: dict[str, str]


@runtime_checkable
class AssetGenerator(Protocol):
    """What makes objects with known parts and frames: a module or an object with these."""

    def forge_asset(self, category: str, index: int, seed: int = 0) -> Asset:
        """One object; the same arguments give the same bytes."""

    def forge_many(
        self,
        out: Path | str,
        categories: Iterable[str] | None = None,
        per_category: int = 25,
        seed: int = 0,
        workers: int = 1,
        engine: Engine = "processes",
    ) -> GenerationReport:
        """Many objects under ``out``, a folder each; those that are whole already are kept."""

    def splits(self) -> dict[str, tuple[str, ...]]:
        """Which categories a model may be trained on, and which are held out."""


def load_generator(name: str = "forge") -> AssetGenerator:
    """The generator that an installed package brings by this name.

    Args:
        name: of its entry point in the group ``funcorr.assets``.

    Raises:
        MissingExtraError: no package brings it.
        UserError: what it brings is no generator.

    Example:
        >>> load_generator("forge").forge_asset("mug", 0).id
        'mug-0000'
    """
    found = [point for point in entry_points(group=GROUP) if point.name == name]
    if not found:
        raise MissingExtraError(
            f"this needs the package 'funcorr-{name}', which is not installed: "
            f"pip install ./{name} in a clone of funcorr, or pip install 'funcorr[{name}]'"
        )
    generator = found[0].load()
    if not isinstance(generator, AssetGenerator):
        raise UserError(
            f"{found[0].value} is no generator of assets; expected forge_asset, forge_many, splits"
        )
    return generator
