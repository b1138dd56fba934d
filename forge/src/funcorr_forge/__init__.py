"""The forge: procedural objects with exact part labels and functional frames.

Every kind of object is one function from a random generator to a :class:`Blueprint`; those of one
form share a module. Vessels stand upright (z up); tools lie along x.
"""

from funcorr_forge.build import forge_asset, forge_many
from funcorr_forge.catalogue import CATEGORIES, families, splits
from funcorr_forge.registry import Blueprint, kind
from funcorr_forge.uses import use

__all__ = [
    "CATEGORIES",
    "Blueprint",
    "families",
    "forge_asset",
    "forge_many",
    "kind",
    "splits",
    "use",
]
