"""Scenes of the HANDAL dataset: a folder in BOP's layout per category, JPEG images.

``ROOT/handal_dataset_hammers/`` holds ``models/`` and the splits ``train``, ``test`` and
``dynamic``. HANDAL is under CC-BY-NC-SA-4.0. The paper mended some scans by hand first: mugs, pots
and pans are closed in the scan where they are hollow in reality.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from funcorr.errors import UserError
from funcorr.groundtruth.scenes.bop import read_bop
from funcorr.groundtruth.scenes.known import Photograph, SceneObject

PREFIX = "handal_dataset_"
ABOUT = ("HANDAL", "CC-BY-NC-SA-4.0")
"""Its name and license."""

PLURALS = {"pots_pans": "pan", "pliers": "pliers", "ches": "ch", "s": ""}
"""Endings of folder names -> endings of categories; the first that fits counts."""


def read_handal(
    root: Path | str, split: str = "test", every: int = 1
) -> tuple[list[SceneObject], list[Photograph]]:
    """The objects and photographs of one split, of all categories that are there.

    Args:
        root: the folder that holds ``handal_dataset_*``, or one of these.
        split: ``"train"``, ``"test"`` or ``"dynamic"``.
        every: take one image in so many of each scene.

    Raises:
        UserError: no category folder, or a file is missing or damaged.
    """
    root = Path(root)
    here = [root] if root.name.startswith(PREFIX) else sorted(root.glob(f"{PREFIX}*"))
    folders = [folder for folder in here if (folder / split).is_dir()]
    if not folders:
        raise UserError(f"{root} has no folder {PREFIX}*/{split} of the HANDAL dataset")
    objects: list[SceneObject] = []
    photographs: list[Photograph] = []
    for folder in folders:
        found, taken = read_bop(folder, split, every, _always(category_of(folder.name)), *ABOUT)
        objects += found
        photographs += taken
    return objects, photographs


def _always(category: str) -> Callable[[int], str]:
    return lambda number: category


def category_of(folder: str) -> str:
    """The category that a folder is named after.

    Example:
        >>> category_of("handal_dataset_measuring_cups"), category_of("handal_dataset_whisks")
        ('measuring cup', 'whisk')
    """
    name = folder.removeprefix(PREFIX)
    for plural, singular in PLURALS.items():
        if name.endswith(plural):
            name = name.removesuffix(plural) + singular
            break
    return name.replace("_", " ")
