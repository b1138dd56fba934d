"""The forge: procedural objects with exact part labels and functional frames.

Every category is one function from a random generator to a :class:`Blueprint`; the families live in
files of their own. Vessels stand upright (z up); tools lie along x.
"""

from funcorr_forge.blueprint import Blueprint, Family
from funcorr_forge.build import ForgeReport, forge_asset, forge_many
from funcorr_forge.categories import CATEGORIES
from funcorr_forge.split import splits
from funcorr_forge.uses import Use

__all__ = [
    "CATEGORIES",
    "Blueprint",
    "Family",
    "ForgeReport",
    "Use",
    "forge_asset",
    "forge_many",
    "splits",
]
